"""Expressions of `where` and `eval`, whose tree is tuples:

    ("text", t) ("number", n) ("field", name) ("true",) ("false",) ("null",) ("not", x) ("and" or "or" or "xor", [..])
    ("compare", operator, x, y) ("like", x, y) ("in", x, [..]) ("arithmetic", operator, x, y) ("minus", x) ("call", name, [..])

Search Reference, eval ("Operators", "Field names", "Boolean expressions") and where; Search Manual, "Types of expressions".
"""

import re

from . import patterns
from .errors import failed, limit, syntax, unknown

TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<quoted>'[^']*')|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<op>==|!=|<=|>=|[=<>+\-*/%.,()!])""",
    re.S,
)
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\t": "\t"}
COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# Functions that give a Boolean: Search Reference, "Comparison and Conditional functions", "Informational functions".
PREDICATES = {"cidrmatch", "in", "like", "match", "searchmatch", "isnull", "isnotnull", "isnum", "isint", "isdouble", "isstr", "isbool", "ismv", "true", "false"}
LOWER = {"and", "or", "not", "xor", "like", "in", "And", "Or", "Not", "Like", "In", "Xor"}
# Functions and the argument that is a regular expression.
REGEX_ARGUMENT = {"match": 1, "mvfind": 1, "replace": 1}
DEPTH = 250


def lex(text):
    out, at = [], 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise syntax(f"{text[at]} in an expression") if text[at] in "'\"" else unknown(f"{text[at]} in an expression")
        at = found.end()
        kind, what = found.lastgroup, found[0]
        if kind == "blank":
            continue
        if kind == "number" and at < len(text) and (text[at].isalnum() or text[at] == "_"):
            raise syntax("a field name that starts with a digit, without single quotation marks")
        if kind == "text":
            what = what[1:-1]
        out.append((kind, what))
    out.append(("end", ""))
    return out


def decoded(text):
    """A written text: \\\\, \\" and \\t are escapes, others stay."""
    if re.search(r"(?<!\\)(?:\\\\)*\\[nr]", text):
        raise unknown(r"\n or \r in a text of eval")
    return re.sub(r"\\.", lambda found: ESCAPES.get(found[0], found[0]), text, flags=re.S)


def decoded_regex(text):
    # \n and \r mean the same to the regular expression, whether the text or it decodes them.
    return re.sub(r"\\.", lambda found: ESCAPES.get(found[0], found[0]), text, flags=re.S)


class Parser:
    def __init__(self, text):
        self.tokens, self.at, self.depth = lex(text), 0, 0

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def is_op(self, *ops):
        kind, what = self.peek()
        return kind == "op" and what in ops

    def is_name(self, *names):
        kind, what = self.peek()
        return kind == "name" and what in names

    def expect(self, op):
        if not self.is_op(op):
            raise syntax(f"`{self.peek()[1]}` where `{op}` stands")
        self.take()

    def ended(self):
        if self.peek()[0] != "end":
            if self.peek()[1] in LOWER:
                raise unknown("an operator that is not capital")
            raise syntax(f"`{self.peek()[1]}` behind an expression")

    def operators(self, word, part):
        parts = [part()]
        while self.is_name(word):
            self.take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        for one in parts:
            must_be_boolean(one)
        return (word.lower(), parts)

    def expression(self):
        self.depth += 1
        if self.depth > DEPTH:
            raise limit("a deep expression")
        tree = self.operators("XOR", lambda: self.operators("OR", lambda: self.operators("AND", self.negation)))
        self.depth -= 1
        return tree

    def negation(self):
        count = 0
        while self.is_name("NOT"):
            self.take()
            count += 1
        tree = self.comparison()
        if count:
            must_be_boolean(tree)
        for _ in range(min(count, 2 + count % 2)):
            tree = ("not", tree)
        return tree

    def comparison(self):
        left = self.sum()
        kind, what = self.peek()
        if kind == "op" and what in COMPARISONS:
            self.take()
            tree = ("compare", COMPARISONS[what], left, self.sum())
        elif self.is_name("LIKE"):
            self.take()
            tree = ("like", left, self.sum())
        elif self.is_name("IN", "in") and self.peek(1) == ("op", "("):
            self.take()
            tree = ("in", left, self.arguments(None))
        else:
            return left
        if self.peek()[1] in COMPARISONS and self.peek()[0] == "op":
            raise unknown("a comparison of a comparison")
        return tree

    def sum(self):
        parts, used = [self.product()], []
        while self.is_op("+", "-", "."):
            used.append(self.take()[1])
            parts.append(self.product())
        if "." in used and (set(used) != {"."} or any(part[0] in ("arithmetic", "minus") for part in parts)):
            raise unknown("whether . or arithmetic goes first")
        tree = parts[0]
        for operator, part in zip(used, parts[1:], strict=True):
            tree = ("arithmetic", operator, tree, part)
        return tree

    def product(self):
        tree = self.signed()
        while self.is_op("*", "/", "%"):
            operator = self.take()[1]
            tree = ("arithmetic", operator, tree, self.signed())
        return tree

    def signed(self):
        count = 0
        while self.is_op("-", "+"):
            count += self.take()[1] == "-"
        tree = self.primary()
        for _ in range(min(count, 2 + count % 2)):
            tree = ("minus", tree)
        return tree

    def primary(self):
        kind, what = self.take()
        if kind == "op" and what == "(":
            tree = self.expression()
            self.expect(")")
            return ("group", tree) if tree[0] == "arithmetic" else tree
        if kind == "op" and what == "!":
            tree = self.primary()
            must_be_boolean(tree)
            return ("not", tree)
        if kind == "text":
            return ("text", decoded(what))
        if kind == "number":
            return ("number", float(what) if any(c in what for c in ".eE") else int(what))
        if kind == "quoted":
            if what == "''":
                raise syntax("a field without a name")
            return ("field", what[1:-1])
        if kind == "name":
            if self.is_op("("):
                return self.call(what)
            if what in ("true", "false", "null"):
                return (what,)
            if what in ("AND", "OR", "NOT", "XOR", "LIKE", "IN"):
                raise syntax(f"{what} where a value stands")
            if what in LOWER:
                raise unknown("an operator that is not capital")
            return ("field", what)
        raise syntax(f"`{what}` where a value stands" if what else "an expression without its end")

    def arguments(self, regex):
        self.expect("(")
        out = []
        while not self.is_op(")"):
            if out:
                self.expect(",")
            if len(out) == regex and self.peek()[0] == "text" and self.peek(1)[1] in (",", ")") and self.peek(1)[0] == "op":
                out.append(("text", decoded_regex(self.take()[1])))
                # "The syntax of the eval expression is checked before running the search."
                patterns.regex(out[-1][1])
            else:
                out.append(self.expression())
        self.take()
        return out

    def call(self, name):
        from .functions import FUNCTIONS

        if name not in FUNCTIONS:
            raise unknown(f"the function {name}()")
        arguments = self.arguments(REGEX_ARGUMENT.get(name))
        least, most = FUNCTIONS[name][:2]
        if not least <= len(arguments) <= (most or len(arguments)):
            raise failed(f"{name}() with {len(arguments)} arguments")
        if name in ("true", "false", "null"):
            return (name,)
        if name in ("case", "validate", "if"):
            if name != "if" and len(arguments) % 2:
                raise failed(f"{name}() with an odd number of arguments")
            for condition in arguments[:1] if name == "if" else arguments[::2]:
                must_be_boolean(condition)
        return ("call", name, arguments)


def is_boolean(tree):
    kind = tree[0]
    if kind == "call":
        if tree[1] in ("if", "case", "coalesce", "validate", "nullif"):
            values = {"if": tree[2][1:], "case": tree[2][1::2], "validate": tree[2][1::2]}.get(tree[1], tree[2])
            if any(is_boolean(value) for value in values):
                raise unknown(f"{tree[1]}() that gives a Boolean")
            return False
        return tree[1] in PREDICATES
    return kind in ("not", "and", "or", "xor", "compare", "like", "in", "true", "false")


def must_be_boolean(tree):
    if tree == ("null",):
        raise unknown("null as a condition")
    if not is_boolean(tree):
        raise failed("a condition that is no Boolean")


def parse(text):
    parser = Parser(text)
    if parser.peek()[0] == "end":
        raise syntax("no expression")
    tree = parser.expression()
    parser.ended()
    return tree


def parse_condition(text):
    tree = parse(text)
    must_be_boolean(tree)
    return tree


def parse_assignments(text):
    """The fields of `eval` and their expressions."""
    parser, out = Parser(name_first(text)), []
    while True:
        kind, what = parser.take()
        if kind == "op" and what == "{":
            raise unknown("a name of eval that is made of a value")
        if kind not in ("name", "quoted", "text"):
            raise syntax("eval without the name of a field")
        name = what[1:-1] if kind == "quoted" else what
        while parser.is_op(".", "-") and kind == "name" and parser.peek(1)[0] == "name":
            name += parser.take()[1] + parser.take()[1]
        if not parser.is_op("="):
            raise syntax("eval without `=`")
        parser.take()
        tree = parser.expression()
        if is_boolean(tree):
            raise failed("eval gives a field a Boolean")
        out.append((name, tree))
        if parser.is_op(","):
            parser.take()
            continue
        parser.ended()
        return out


def name_first(text):
    if re.match(r"\s*[^=\"']*\{", text):
        raise unknown("a name of eval that is made of a value")
    return text
