"""Where duckdb-kql 1.1.2 is known to answer something else than Kusto: such a query is refused, with what it uses.

Measured against Microsoft's parser, the Rust regex crate (Kusto's documented dialect) and Microsoft's pages.
"""

import dataclasses
import re

from duckdb_kql import ir

# A string literal that it decodes as Kusto does: verbatim, or with no escapes but these. Hidden (h'..') and fenced literals
# keep their marks, \u0041, \x41 and \101 stay undecoded.
LITERAL = re.compile(r"""@"(?:[^"]|"")*"|@'(?:[^']|'')*'|(["'])(?:[^\\]|\\[\\'"nrt])*\1""", re.DOTALL)

# Operators and functions that ignore case: in Kusto that of ASCII letters alone ("String operators"), in DuckDB that of all.
FOLDING = {"=~", "!~", "contains", "!contains", "startswith", "!startswith", "endswith", "!endswith", "has", "!has",
           "hasprefix", "!hasprefix", "hassuffix", "!hassuffix", "has_any", "has_all", "tolower", "toupper"}
# Operators on terms: which non-ASCII characters delimit one, and what a term of no letters finds, no page says.
TERMS = {name for name in FOLDING if "has" in name} | {"has_cs", "!has_cs", "hasprefix_cs", "!hasprefix_cs",
                                                       "hassuffix_cs", "!hassuffix_cs"}
# Functions with a pattern, and its place.
PATTERNS = {"extract": 0, "extract_all": 0, "replace_regex": 1, "trim": 0, "trim_start": 0, "trim_end": 0}

# What RE2 and the Rust crate read alike. Left out: set operations and brackets in classes, \< and \>, \u, \Q, \p, (?x),
# a brace that is no repetition. \d, \w, \s and \b differ on non-ASCII text.
ESCAPE = r"\\(?:[^A-Za-z0-9<>\x80-\U0010ffff]|[nrtfva]|x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]+\}|[dDsSwW])"
ITEM = rf"(?:\[:\^?[a-z]+:\]|{ESCAPE}|(?!&&|--|~~)[^\[\]\\])"
PATTERN = re.compile(
    rf"(?:{ESCAPE}|\\[bB](?!\{{)|\\[Az]|\[\^?\]?{ITEM}*\]|\((?!\?)|\(\?(?:P?<[A-Za-z]\w*>|[imsU]*(?:-[imsU]+)?[:)])"
    r"|\{\d+(?:,\d*)?\}|[^\\\[({])*")
SHORTHAND = re.compile(r"(?<!\\)(?:\\\\)*\\[dDwWsSbB]")

# Types that DuckDB compares by converting one, where Kusto refuses.
CLASSES = {"string": "string", "guid": "string", "int": "number", "long": "number", "real": "number", "decimal": "number",
           "datetime": "datetime", "timespan": "timespan", "bool": "bool"}
GIVES = {"tostring": "string", "strcat": "string", "substring": "string", "tolower": "string", "toupper": "string",
         "replace_string": "string", "trim": "string", "tolong": "number", "toint": "number", "strlen": "number",
         "countof": "number", "indexof": "number", "todatetime": "datetime", "now": "datetime", "ago": "datetime"}
# Functions whose first argument is a string; DuckDB converts any other.
TAKES_STRING = {"strlen", "replace_string", "base64_decode_tostring", "base64_encode_tostring", "toguid", "parse_json", "todynamic"}
# Arguments that may not be dynamic, where DuckDB reads them as JSON.
NOT_DYNAMIC = {"not": [0], "iff": [0], "iif": [0], "min_of": [0, 1], "max_of": [0, 1], "abs": [0], "bin": [0, 1], "substring": [1, 2],
               "ipv4_is_match": [2], "hourofday": [0], "datetime_part": [1], "min": [0], "max": [0], "arg_max": [0], "arg_min": [0]}
ORDERING = {"<", "<=", ">", ">="}
COMPARING = {"==", "!=", "<>"} | ORDERING


def nodes(tree):
    """All nodes of a query's tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (list, tuple)):
            waiting.extend(node)
        elif dataclasses.is_dataclass(node):
            yield node
            waiting.extend(getattr(node, field.name) for field in dataclasses.fields(node))


def names(node):
    """The names of columns that a node reads or makes."""
    match node:
        case ir.ColumnRef(name=name) | ir.NamedExpr(name=name) | ir.RangeSource(name=name) | ir.ParseSegment(name=name):
            return [name]
        case ir.DataTable(columns=columns):
            return [name for name, _ in columns]
        case ir.ProjectAway(columns=columns):
            return list(columns)
        case ir.ProjectRename(renames=renames):
            return [name for pair in renames for name in pair]
        case ir.JoinKey(left=left, right=right):
            return [left, right]
        case ir.MvExpandTarget(column=column, name=name):
            return [column, name]
    return []


def kind(node, types):
    """The class of an expression's type, as far as that is plain."""
    match node:
        case ir.Literal(kind=given):
            return CLASSES.get(given)
        case ir.ColumnRef(name=name):
            return CLASSES.get(types.get(name))
        case ir.FunctionCall(name=name):
            return GIVES.get(name)
    return None


def compared(node):
    """Expressions that a node compares with each other."""
    match node:
        case ir.BinaryOp(op=op, left=left, right=right) if op in COMPARING:
            return [left, right]
        case ir.InList(value=value, items=items) if node.subquery is None:
            return [value, *items]
        case ir.Between(value=value, low=low):  # the end may be a span behind the beginning
            return [value, low]
    return []


def is_dynamic(node, types):
    return isinstance(node, ir.PathAccess) or isinstance(node, ir.ColumnRef) and types.get(node.name) == "dynamic"


def mistyped(node, types):
    """Whether Kusto stops at a node because of its operands' types, where DuckDB converts or has no rows to stop at."""
    kinds = {kind(one, types) for one in compared(node)} - {None}
    # A text compared with a datetime is taken for one by both.
    if len(kinds) > 1 and not (kinds == {"datetime", "string"} and operator(node) in ("==", "!=")):
        return True
    match node:
        case ir.BinaryOp(op=op, left=left) if op in ORDERING:
            return kind(left, types) == "string"
        case ir.FunctionCall(name=name, args=(first, *_)) if name in TAKES_STRING:
            return kind(first, types) not in (None, "string")
        case ir.FunctionCall(name="coalesce", args=args):
            return len({is_dynamic(one, types) for one in args}) > 1
        case ir.FunctionCall(name=name, args=args) if name in NOT_DYNAMIC:
            return any(is_dynamic(args[at], types) for at in NOT_DYNAMIC[name] if at < len(args))
        case ir.UnaryOp(op="not", operand=operand):
            return is_dynamic(operand, types)
        case ir.SortKey(expr=expr):
            return is_dynamic(expr, types)
        case ir.Distinct(expressions=expressions):
            return any(is_dynamic(one.expr, types) for one in expressions)
        case ir.PathStep(index=ir.ColumnRef(name=name)):
            return types.get(name) not in ("string", "int", "long")
        case ir.Where(predicate=predicate):
            return kind(predicate, types) not in (None, "bool")
        case ir.PathAccess(base=base):
            return kind(base, types) is not None
        case ir.MvExpandTarget(column=column):
            return types.get(column, "dynamic") != "dynamic"
    return False


def pattern(node):
    """The pattern of a node that has one."""
    match node:
        case ir.BinaryOp(op="matches regex", right=right):
            return right
        case ir.FunctionCall(name=name, args=args) if PATTERNS.get(name, len(args)) < len(args):
            return args[PATTERNS[name]]
    return None


def operator(node):
    match node:
        case ir.BinaryOp(op=op):
            return op
        case ir.FunctionCall(name=name):
            return name
        case ir.HasList():
            return "has_all" if node.require_all else "has_any"
        case ir.InList(case_insensitive=True):
            return "=~"
    return None


def difference(tree, types, texts):
    """What of a query may be answered differently on these texts, or None. `types` are those of its tables' columns."""
    every = list(nodes(tree))
    # What is no JSON gives a dynamic text in Kusto ("parse_json() function") and null here; neither has members or elements.
    opened = {id(node.base) for node in every if isinstance(node, ir.PathAccess)}
    opened |= {id(node.args[0]) for node in every if operator(node) == "set_has_element"}
    if any(operator(node) in ("parse_json", "todynamic") and id(node) not in opened for node in every):
        return "parse_json() of what may be no JSON"
    used = {name for node in every for name in names(node) if name}
    if clash := next((name for name in used for other in used | types.keys()
                      if name != other and name.lower() == other.lower()), None):
        return f"{clash}: names that differ in case alone"
    texts = texts + [node.value for node in every if isinstance(node, ir.Literal) and node.kind == "string"]
    foreign = {character for text in texts if not text.isascii() for character in text if not character.isascii()}
    cased = any(c.lower() != c or c.upper() != c or c.casefold() != c for c in foreign)
    for node in every:
        what = operator(node)
        if cased and what in FOLDING:
            return f"{what} on non-ASCII letters"
        if what in TERMS:
            terms = node.items if isinstance(node, ir.HasList) else [node.right]
            if foreign or not all(isinstance(term, ir.Literal) and re.search("[A-Za-z0-9]", str(term.value)) for term in terms):
                return f"{what} with what is no ASCII letter"
        if (given := pattern(node)) is not None:
            if not isinstance(given, ir.Literal) or (what == "replace_regex" and not isinstance(node.args[2], ir.Literal)):
                return "a pattern that is no literal"
            if not PATTERN.fullmatch(given.value):
                return "a pattern that RE2 reads differently"
            if SHORTHAND.search(given.value) and (foreign or any("\v" in text for text in texts)):
                return "\\w, \\d, \\s or \\b on non-ASCII text"
            if given.value.count("(") > 16:
                return "a pattern of many groups"
        if mistyped(node, types):
            return "values of other types than Kusto takes there"
        if what in ("toreal", "todouble") and any("nan" in text.lower() for text in texts):
            return f"{what} of NaN, which DuckDB puts above all numbers"
        if what == "array_index_of":
            return "array_index_of() of what may be no array"
        if what == "format_datetime":
            return "format_datetime() of what may be null: a string in Kusto has no null"
        if what in COMPARING and any(isinstance(one, ir.Literal) and one.value == "" for one in (node.left, node.right)) and any(
                isinstance(one, ir.PathAccess) or isinstance(one, ir.ColumnRef) and types.get(one.name) == "dynamic"
                for one in (node.left, node.right)):
            return "a dynamic value compared with the empty text"
        if isinstance(node, ir.Parse) and node.kind != "simple":
            return "parse with a pattern"
        if isinstance(node, ir.GetSchema) or (isinstance(node, ir.Distinct) and any(
                isinstance(one, ir.Wildcard) for one in nodes(node.expressions))):
            return "all columns at once"
    return None
