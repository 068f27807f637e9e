"""The commands: name → function of rows and the text behind the name. Search Reference, the page of each command."""

import re

from . import arguments, expression, paths, patterns, search, statistics
from .errors import failed, syntax, unknown
from .evaluate import evaluate
from .rows import Row
from .values import number, text_of

COMMANDS = {"stats": statistics.stats, "eventstats": statistics.eventstats}
REGEX = re.compile(r'\s*(?:(?P<field>[^\s=!"\']+)\s*(?P<operator>!?=)\s*)?"(?P<regex>(?:[^"\\]|\\.)*)"\s*', re.S)
SPAN = re.compile(r"([0-9]+)(s|m|h|d)?")
SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def command(body):
    COMMANDS[body.__name__.rstrip("_")] = body
    return body


@command
def search_(rows, text):
    test = search.compiled(search.parse(text))
    return [row for row in rows if test(row)]


@command
def where(rows, text):
    tree = expression.parse_condition(text)
    return [row for row in rows if evaluate(tree, row) is True]


@command
def eval_(rows, text):
    assignments = expression.parse_assignments(text)
    out = [Row(dict(row.fields), row.number, row.lost_raw) for row in rows]
    for row in out:
        for name, tree in assignments:
            row.set(name, evaluate(tree, row))
            row.lost_raw &= name != "_raw"
    return out


def pattern_of(text):
    """The regular expression in the quotation marks of a command."""
    if "\\|" in text.replace("\\\\", ""):
        raise unknown("\\| in the regular expression of a command")
    pattern = search.unescaped(text)
    patterns.regex(pattern)
    return pattern


@command
def regex(rows, text):
    found = REGEX.fullmatch(text)
    if not found:
        raise syntax("regex without a regular expression in quotation marks")
    field, wanted, pattern = found["field"] or "_raw", found["operator"] != "!=", pattern_of(found["regex"])

    def keeps(row):
        truths = {patterns.found(pattern, one) is not None for one in row.get(field)}
        if len(truths) > 1:
            raise unknown("regex on a field with several values")
        # A field that is null does not match, so != keeps it.
        return (truths == {True}) == wanted

    return [row for row in rows if keeps(row)]


@command
def rex(rows, text):
    given, rest = arguments.options(arguments.words(text.replace("\\", "\\\\").replace('\\\\"', '\\"')), field="_raw", max_match="1")
    if len(rest) != 1 or rest[0][0] != "quoted":
        raise unknown("rex with other than one regular expression in quotation marks")
    pattern, most = pattern_of(rest[0][1].replace('"', '\\"')), int(given["max_match"])
    compiled = patterns.regex(pattern)
    if not compiled.groupindex:
        raise failed("rex without a named group")
    out = []
    for row in rows:
        row, texts = Row(dict(row.fields), row.number, row.lost_raw), row.get(given["field"])
        if len(texts) > 1:
            raise unknown("rex on a field with several values")
        found = [match for one in texts for match in patterns.all_found(pattern, one)][: most or None]
        for name in compiled.groupindex:
            values = [match.group(name) for match in found]
            if None in values or "" in values:
                raise unknown("a group of rex that takes nothing")
            if values:
                row.set(name, tuple(values) if len(values) > 1 else values[0])
        out.append(row)
    return out


@command
def fields(rows, text):
    sign = re.match(r"\s*([+-])\s", text)
    text = text[sign.end() :] if sign else text
    matchers = [arguments.wildcards(name) for name in arguments.names(arguments.words(text))]
    out = []
    for row in rows:
        listed = {name for name in row.fields if any(matches(name) for matches in matchers)}
        if sign and sign[1] == "-":
            kept = row.fields.keys() - listed
        else:
            # Internal fields stay unless they are taken away.
            kept = listed | {name for name in row.fields if name in ("_raw", "_time")}
        out.append(Row({name: value for name, value in row.fields.items() if name in kept}, row.number, row.lost_raw or "_raw" not in kept))
    return out


@command
def table(rows, text):
    matchers = [arguments.wildcards(name) for name in arguments.names(arguments.words(text))]
    return [Row({name: value for name, value in row.fields.items() if any(m(name) for m in matchers)}, row.number, True) for row in rows]


@command
def rename(rows, text):
    given = [one for one in arguments.words(text) if one[0] != "comma"]
    if len(given) % 3 or not given:
        raise syntax("rename without AS")
    pairs = []
    for (_, source), (_, word), (_, target) in zip(given[::3], given[1::3], given[2::3], strict=True):
        if word not in ("AS", "as"):
            raise syntax("rename without AS")
        if "*" in source + target:
            raise unknown("rename with wildcards")
        pairs.append((source, target))
    out = []
    for row in rows:
        row = Row(dict(row.fields), row.number, row.lost_raw)
        for source, target in pairs:
            if source not in row.fields and target in row.fields:
                raise unknown("rename of a field that is not there to one that is")
            if source in row.fields:
                row.fields[target] = row.fields.pop(source)
                row.lost_raw |= source == "_raw"
        out.append(row)
    return out


@command
def dedup(rows, text):
    given, rest = arguments.options(arguments.words(text), keepempty="false", consecutive="false", keepevents="false")
    if set(given.values()) != {"false"} or ("word", "sortby") in rest:
        raise unknown("options of dedup")
    count = 1
    if rest and rest[0][1].isdigit():
        count = int(rest.pop(0)[1])
    names, seen, out = arguments.names(rest), {}, []
    if not count or any(name.startswith(("+", "-")) or "*" in name for name in names):
        raise unknown("dedup of 0, with a sign or with wildcards")
    for row in rows:
        key = tuple(row.get(name) for name in names)
        if all(key):
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= count:
                out.append(row)
    return out


@command
def head(rows, text):
    words = text.split()
    if len(words) > 1 or words and not words[0].isdigit():
        raise unknown("head with other than a number")
    return rows[: int(words[0]) if words else 10]


@command
def sort(rows, text):
    given, count = arguments.words(re.sub(r"([+-])\s+", r"\1", text)), 10_000
    if given and given[0][0] == "word" and given[0][1].isdigit():
        count = int(given.pop(0)[1])
    out = list(rows)
    for name in reversed(arguments.names(given)):
        reverse, name = name.startswith("-"), name.lstrip("+-")
        if not name or name in ("desc", "d", "asc", "a"):
            raise unknown("sort with desc")
        out.sort(key=sort_key(rows, name), reverse=reverse)
    return out[: count or None]


def sort_key(rows, name):
    texts = [row.get(name) for row in rows]
    if any(len(one) > 1 for one in texts) or () in texts and any(texts):
        raise unknown("sort by a field that is missing somewhere, or has several values")
    numbers = [number(one[0]) is not None for one in texts if one]
    if any(numbers) and not all(numbers):
        raise unknown("sort by numbers and texts")
    return lambda row: () if not row.get(name) else (number(row.get(name)[0]) if all(numbers) else row.get(name)[0],)


@command
def makeresults(rows, text):
    given, rest = arguments.options(arguments.words(text), count="1")
    if rest or not given["count"].isdigit():
        raise unknown("makeresults with other than a count")
    return [Row({"_time": (str(Row.clock),)}, lost_raw=True) for _ in range(int(given["count"]))]


@command
def streamstats(rows, text):
    found = re.fullmatch(r"\s*count\s+(?:AS|as)\s+(\w+)\s*", text)
    if not found:
        raise unknown("streamstats with other than a count")
    return [Row({**row.fields, found[1]: (str(at),)}, row.number, row.lost_raw) for at, row in enumerate(rows, 1)]


@command
def bin_(rows, text):
    given, rest = arguments.options(arguments.words(text), span="")
    span = SPAN.fullmatch(given["span"])
    words = [one for _, one in rest]
    if not span or not int(span[1]) or len(words) not in (1, 3) or len(words) == 3 and words[1] not in ("AS", "as"):
        raise unknown("bin with other than a field and a whole span")
    size, out = int(span[1]) * SECONDS[span[2]], []
    for row in rows:
        row, texts = Row(dict(row.fields), row.number, row.lost_raw), row.get(words[0])
        numbers = [number(one) for one in texts]
        if len(texts) > 1 or None in numbers or words[0] != "_time" and texts:
            raise unknown("bin of other than a time")
        if texts:
            row.set(words[-1], text_of(int(numbers[0] // size * size)))
        out.append(row)
    return out


COMMANDS["bucket"] = bin_


@command
def spath(rows, text):
    given, rest = arguments.options(arguments.words(text), input="_raw", output="", path="")
    path = given["path"] or (rest[0][1] if len(rest) == 1 else "")
    if not path or bool(given["path"]) == bool(rest):
        raise unknown("spath without a path")
    out = []
    for row in rows:
        row, texts = Row(dict(row.fields), row.number, row.lost_raw), row.get(given["input"])
        if len(texts) > 1:
            raise unknown("spath of a field with several values")
        found = tuple(one for text in texts for one in paths.extract(text, path))
        if found:
            row.set(given["output"] or path, found)
        elif (given["output"] or path) in row.fields:
            raise unknown("spath that finds nothing, into a field that is there")
        out.append(row)
    return out
