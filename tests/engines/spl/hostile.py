#!/usr/bin/env python3
"""Tries to break out of the texts, names and comments of the SPL that sigmaglot writes.

    hostile.py SIGMAGLOT ENGINE [COUNT]      COUNT: how many random texts

Rules hold hostile text in each place that a rule has: values, lists, keywords, placeholders, regexes, field names, titles, names of
selections. The executor's parser reads each query: its tree, without the texts, must be one that the same rule gives with a harmless
word. Then `sigmaglot verify` has the engine find the events that the rules mean: the texts, decoded, are the rules' own.
"""

import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).parents[1] / "common"))

from protocol import Refused  # noqa: E402

from executor import expression, pipeline, search  # noqa: E402

# Harmless text of each sort that is written in another way: with and without case, with what a search cannot say, beyond ASCII.
WORDS = ["zqharmlessqz", "+70077+", "zq*x", "a*b*c", "*", "zqé7", "zqé*7", "z\nq", "z\nq*", "5", " a", "a\\b", "<a>", '"', "z'q", "a b", "a%b", "é", "𝔞b", "ſa", "ſ", "a'*", "'", "&", "&*"]
ATOMS = ['"', "'", '""', "''", '"""', "```", "`x`", "\\", "\\\\", '\\"', "\\'", '"\\', '\\\\"', "\n", "\r\n", "\t", "\0", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\u200b", "\u202e", "é",
         "ſ", "中", "😀", "//", "--", "#", "|", "| where true()", "\\|", "| delete", ";", ",", "(", ")", "))", "[", "]", "[search *]", "{", "}", "{{x}}", "%", "_", "$", "$x$", "${x}", "@", "\\u0041",
         "\\x41", "\\n", "\\s", "\\Q", "\\E", "&", "<", ">", "=", "==", "!=", "!", "*", "?", "**", "\\*", "\\?", ".", "..", "^", "+", "-", " ", "  ", " AND ", " OR *", "NOT", "NOT x", "IN (", "TERM(x)",
         "CASE(x)", "null", "true", "0", "-1", "10.0.0.0/8", "a", "A", "earliest=0", "index=*", "F::x", '" OR "', '") OR ("', '*" OR F="*', '"))) | where (("', '\\") OR 1=1', "``` | delete ```", '",1,0)=1 OR if("']

RULE = {"title": "Hostile", "logsource": {"product": "aws", "service": "cloudtrail"}}


def plain(text):
    """As a plain value of Sigma ("Escaping" in its specification)."""
    return "".join("\\" + c if c in "\\*?" else c for c in text)


def regex(text):
    return "".join("\\" + c if c in "\\^$.|?*+()[]{}&~#-" else c for c in text)


def rule(detection, **more):
    return {**RULE, "detection": detection, **more}


def selection(field, value, **more):
    return rule({"selection": {field: value}, "condition": "selection"}, **more)


# Place → the rule that has a text there.
PLACES = {
    "value": lambda text, _: selection("userAgent", plain(text)),
    "contains": lambda text, _: selection("userAgent|contains", plain(text)),
    "startswith": lambda text, _: selection("userAgent|startswith", plain(text)),
    "endswith": lambda text, _: selection("userAgent|endswith", plain(text)),
    "cased": lambda text, _: selection("userAgent|contains|cased", plain(text)),
    "equal_cased": lambda text, _: selection("userAgent|cased", plain(text)),
    "wildcard": lambda text, _: selection("userAgent", f"a*{plain(text)}?b"),
    "list": lambda text, _: selection("userAgent", [plain(text), "other", f"{plain(text)}x"]),
    "all": lambda text, _: selection("userAgent|contains|all", [plain(text), "other"]),
    "not": lambda text, _: rule({"selection": {"userAgent": plain(text)}, "other": {"eventName": plain(text)}, "condition": "other and not selection"}),
    "keyword": lambda text, _: rule({"keywords": [plain(text)], "condition": "keywords"}),
    "regex": lambda text, _: selection("userAgent|re", regex(text)),
    "placeholder": lambda text, number: selection("userAgent|expand", f"a%P{number}%b"),
    "field": lambda text, _: selection(text, "x"),
    "title": lambda text, _: selection("userAgent", "x", title=text),
    "described": lambda text, _: selection("userAgent", "x", id=text, description=text, author=text, references=[text], falsepositives=[text], tags=[text]),
    "selection": lambda text, _: rule({text: {"userAgent": "x"}, "condition": "1 of them"}),
    "logsource": lambda text, _: {**selection("userAgent", "x"), "logsource": {**RULE["logsource"], "definition": text}},
}


def yaml(value):
    """JSON that is YAML too: every character that YAML may take for something else is an escape of both."""
    return re.sub("[\x7f-\xa0\u2028\u2029\ufeff\ufffe]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def texts(count):
    draw = random.Random(1)
    mixed = ["".join(draw.choice(ATOMS) for _ in range(draw.randint(1, 5))) for _ in range(count)]
    return list(dict.fromkeys([*ATOMS, *(f"a{atom}b" for atom in ATOMS), "x" * 5000, '"' * 999, *mixed]))


def shape(tree):
    """A tree without its texts."""
    if isinstance(tree, list):
        return tuple(map(shape, tree))
    if not isinstance(tree, tuple):
        return tree
    if tree and tree[0] in ("word", "quoted", "text", "TERM", "CASE", "field"):
        return ("text",) if tree[0] in ("word", "quoted") else (tree[0],)
    if tree and tree[0] == "compare" and isinstance(tree[1], str) and len(tree) == 4 and tree[3][0] in ("word", "quoted"):
        return ("compare", tree[2], shape(tree[3]))
    if tree and tree[0] == "in" and isinstance(tree[1], str):
        return ("in", shape(tree[2]))
    return tuple(map(shape, tree))


def parsed(query):
    """The commands of a query, each with its tree."""
    out = []
    for name, text in pipeline.commands(query)[0]:
        out.append((name, {"search": search.parse, "where": expression.parse_condition, "eval": expression.parse_assignments}[name](text)))
    return shape(out)


def run(program, *args):
    done = subprocess.run([program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: some rules are refused
        sys.exit(f"{args[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def asked(program, rules, placeholders, *options):
    """The lines of `convert` or `verify` by the names of the rules."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "rules").mkdir()
        for name, one in rules.items():
            (folder / "rules" / f"{name}.yml").write_text(yaml(one), encoding="utf-8")
        (folder / "placeholders").write_text(yaml(placeholders), encoding="utf-8")
        lines = run(program, options[0], "-q", "--json", "--to", "spl", "--placeholders", str(folder / "placeholders"), *options[1:], str(folder / "rules"))
    return {pathlib.Path(line["path"]).stem: line for line in lines}


def main(program, engine, count="60"):
    given = [*WORDS, *texts(int(count))]
    rules = {f"{place}-{number}": make(text, number) for place, make in PLACES.items() for number, text in enumerate(given)}
    placeholders = {f"P{number}": [plain(text)] for number, text in enumerate(given)}
    converted = asked(program, rules, placeholders, "convert")
    failures, harmless = 0, collections.defaultdict(set)
    counts = {place: collections.Counter() for place in PLACES}
    for name in rules:
        place, _, number = name.rpartition("-")
        line = converted[name]
        if line["query"] is None:
            counts[place]["refused: " + next(one["code"] for one in line["diagnostics"] if one["severity"] == "error")] += 1
            continue
        try:
            tree = parsed(line["query"])
        except Refused as refused:
            if refused.kind == "unknown":
                counts[place][f"unknown: {refused.why}"] += 1
                continue
            tree = f"{refused.kind}: {refused.why}"
        if int(number) < len(WORDS):
            harmless[place].add(tree)
        elif tree not in harmless[place]:
            failures += 1
            print(f"{place} {given[int(number)]!r}: has another tree\n{line['query']}\n{tree}")
        counts[place]["judged"] += 1
    for place, number in counts.items():
        print(f"hostile {place}: " + ", ".join(f"{n} {what}" for what, n in number.most_common()))
        if number["judged"] < len(given) / 2 and place != "field":
            failures += 1
            print(f"{place}: too few queries to judge")
    verified = asked(program, {name: one for name, one in rules.items() if name.startswith("keyword") or int(name.rpartition("-")[2]) % 2}, placeholders, "verify", "--engine", f"spl={engine}")
    statuses = collections.Counter()
    for name, line in verified.items():
        number = name.rpartition("-")[2]
        reason = line["reason"] or ""
        statuses[line["status"]] += 1
        if line["status"] == "refuted" or reason.startswith("E11") and not reason.startswith(("E1102", "E1107")):
            failures += 1
            print(f"{name} {given[int(number)]!r}: {line['status']}, {reason} {json.dumps(line['refuted'][:1])[:700]}")
    print("hostile rules verified: " + ", ".join(f"{n} {what}" for what, n in statuses.most_common()))
    print(f"{failures} broke out")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
