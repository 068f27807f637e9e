"""Rows as `datatable` expressions of KQL (K: "datatable operator", "Scalar data types")."""

import json
import re

# A character that a string or a bracketed name would end at, or that no literal may hold.
SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f\x85\u2028\u2029]')
# What may stand between the parentheses of datetime(), timespan() and guid().
PLAIN = re.compile(r"[0-9A-Za-z:.+\- ]*")


SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def string(text):
    return '"%s"' % SPECIAL.sub(lambda found: SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def name(text):
    return text if re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII) else f"[{string(text)}]"


def dynamic(value):
    """JSON, but its strings are those of KQL: an escaped slash or a pair of surrogates is none there."""
    if isinstance(value, dict):
        return "{%s}" % ",".join(f"{string(key)}:{dynamic(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(dynamic, value))
    return string(value) if isinstance(value, str) else json.dumps(value)


def cell(value, kind):
    """A value of a column; strings have no null."""
    if kind == "string":
        return string("" if value is None else value if isinstance(value, str) else json.dumps(value))
    if value is None:
        return f"{kind}(null)"
    if kind == "dynamic":
        return f"dynamic({dynamic(value)})"
    text = json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)
    if not PLAIN.fullmatch(text):
        raise ValueError(f"{text!r} in a column of type {kind}")
    return f"{kind}({text})"


def datatable(columns, rows, row_column):
    """The expression, with a column for the rows' numbers."""
    head = ", ".join([f"{row_column}: long", *(f"{name(column)}: {kind}" for column, kind in columns.items())])
    lines = (", ".join([str(row["row"]), *(cell(row["values"].get(column), kind) for column, kind in columns.items())]) for row in rows)
    return f"datatable({head})[\n%s]" % ",\n".join(lines)
