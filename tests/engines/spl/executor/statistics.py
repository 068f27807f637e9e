"""stats and eventstats: Search Reference, stats, eventstats and "Statistical and charting functions"."""

import re

from . import expression
from .errors import syntax, unknown
from .evaluate import evaluate
from .rows import Row
from .values import number, text_of

FUNCTIONS = {"count": "count", "c": "count", "dc": "dc", "distinct_count": "dc", "sum": "sum", "avg": "avg", "mean": "avg", "min": "min", "max": "max",
             "values": "values", "list": "list", "range": "range"}
TERM = re.compile(r"\s*,?\s*(?P<name>[A-Za-z_]+)(?P<open>\()?")
AS = re.compile(r'\s+(?:AS|as)\s+(?:"(?P<quoted>[^"\\]*)"|(?P<word>[^\s,()"]+))')
BY = re.compile(r"\s*,?\s*(?:BY|by)\s+(?P<fields>.+)", re.S)


def parse(text):
    """The aggregates, each (function, field or condition or None, name), and the fields behind BY."""
    out, by, at = [], [], 0
    while text[at:].strip():
        if found := BY.match(text, at):
            if not out:
                raise syntax("BY without a function")
            by = re.findall(r'"[^"]*"|[^\s,]+', found["fields"])
            if any(re.search(r"[*()=\\]", name) for name in by):
                raise unknown("a field behind BY")
            return out, [name.strip('"') for name in by]
        found = TERM.match(text, at)
        if not found:
            raise syntax("stats without a function")
        name, at = found["name"], found.end()
        if name not in FUNCTIONS:
            raise unknown(f"the function {name}() of stats") if found["open"] else unknown(f"the option {name} of stats")
        argument = None
        if found["open"]:
            end = closing(text, at)
            argument, at = text[at : end - 1].strip(), end
        elif FUNCTIONS[name] != "count":
            raise unknown(f"{name} of all fields")
        title = f"{name}({argument})" if found["open"] else name
        if alias := AS.match(text, at):
            title, at = alias["quoted"] or alias["word"], alias.end()
        out.append((FUNCTIONS[name], of(argument), title))
        if at < len(text) and not text[at].isspace() and text[at] != ",":
            raise syntax(f"`{text[at]}` behind a function of stats")
    if not out:
        raise syntax("stats without a function")
    return out, by


def closing(text, at):
    depth = 1
    while at < len(text):
        if text[at] == '"':
            at = text.find('"', at + 1)
            if at < 0:
                break
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if not depth:
            return at
    raise syntax("a parenthesis of stats without its end")


def of(argument):
    """What is counted: ("field", name), ("if", tree), or None."""
    if argument is None:
        return None
    if argument.startswith("eval("):
        return ("if", expression.parse_condition(argument[5:-1]))
    name = argument.strip('"')
    if not name or re.search(r"[*()=\\\"]", name):
        raise unknown(f"stats of {argument}")
    return ("field", name)


def values(what, rows):
    return [text for row in rows for text in row.get(what[1])]


def aggregate(function, what, rows):
    if what is None:
        return len(rows)
    if what[0] == "if":
        if function != "count":
            raise unknown(f"{function}(eval())")
        return sum(evaluate(what[1], row) is True for row in rows)
    texts = values(what, rows)
    match function:
        case "count":
            return len(texts)
        case "dc":
            return len(set(texts))
        case "values":
            return tuple(sorted(set(texts))) or None
        case "list":
            if len(texts) > 100:
                raise unknown("list() of more than 100 values")
            return tuple(texts) or None
    numbers = [number(text) for text in texts]
    if function in ("min", "max"):
        if not texts:
            return None
        if None in numbers:
            if any(one is not None for one in numbers):
                raise unknown(f"{function}() of numbers and texts")
            return min(texts) if function == "min" else max(texts)
        return min(numbers) if function == "min" else max(numbers)
    numbers = [one for one in numbers if one is not None]
    if not numbers:
        return None
    total = sum(numbers)
    return {"sum": total, "avg": total / len(numbers), "range": max(numbers) - min(numbers)}[function]


def groups(rows, by):
    """The rows of each combination of values behind BY; a row without one of them is in none, one with several in several."""
    out = {}
    for row in rows:
        keys = [()]
        for name in by:
            keys = [(*key, text) for key in keys for text in dict.fromkeys(row.get(name))]
        for key in keys:
            out.setdefault(key, []).append(row)
    return out


def stats(rows, text):
    aggregates, by = parse(text)
    if not by:
        return [filled(Row({}, lost_raw=True), aggregates, rows)]
    out = []
    for key, members in groups(rows, by).items():
        row = Row({name: (text_of(value),) for name, value in zip(by, key, strict=True)}, lost_raw=True)
        out.append(filled(row, aggregates, members))
    return out


def eventstats(rows, text):
    aggregates, by = parse(text)
    out = [Row(dict(row.fields), row.number, row.lost_raw) for row in rows]
    if any(len(row.get(name)) > 1 for row in rows for name in by):
        raise unknown("eventstats by a field with several values")
    for members in groups(out, by).values() if by else [out]:
        for _, _, title in aggregates:
            if any(title in (what or ("", ""))[1:] for _, what, _ in aggregates) or title in by:
                raise unknown("eventstats that overwrites what it reads")
        found = filled(Row({}), aggregates, members)
        for row in members:
            row.fields.update(found.fields)
    return out


def filled(row, aggregates, rows):
    for function, what, title in aggregates:
        row.set(title, aggregate(function, what, rows))
    return row
