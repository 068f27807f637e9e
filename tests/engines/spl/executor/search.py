"""The language of `search`, whose tree is tuples:

    ("and", [..]) ("or", [..]) ("not", x) ("compare", field, operator, value) ("in", field, [value]) ("term", value) ("TERM", word) ("CASE", word)

A value is ("word" or "quoted", text). Search Reference, search; Search Manual, "Boolean expressions with logical operators",
"Difference between != and NOT", "Wildcards", "Backslashes" and "Use CASE() and TERM() to match phrases".
"""

import re

from . import networks, patterns, raw
from .errors import limit, syntax, unknown
from .values import number, odd

OPERATORS = ("!=", "<=", ">=", "=", "<", ">")
ENDS = set(" \t\r\n()\",=<>")
ESCAPES = re.compile(r'\\([\\"|])')
MODIFIERS = re.compile(
    r"_?(?:index_)?(?:earliest|latest)|starttime|endtime|timeformat|hosttag|eventtype|eventtypetag|savedsearch|savedsplunk|splunk_server(?:_group)?|"
    r"(?:start|end)(?:time)?(?:u|daysago|hoursago|minutesago|monthsago)?|searchtimespan\w+|(?:minutes|hours|days|months)ago|tag::.*"
)
DEPTH = 400


def unescaped(text):
    """A text as the command gets it: \\\\, \\" and \\| are escapes, others stay."""
    return ESCAPES.sub(r"\1", text)


def lex(text):
    """Tokens: ("word", text), ("quoted", text), ("op", text), ("(",), (")",), (",",)."""
    out, at = [], 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            if char not in " \t\r\n":
                raise unknown("a blank that is not ASCII")
            at += 1
        elif char == '"':
            end = at + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out.append(("quoted", unescaped(text[at + 1 : end])))
            at = end + 1
            if at < len(text) and text[at] not in ENDS and not text.startswith("!=", at):
                raise unknown("text right behind a quotation mark")
        elif char in "(),":
            out.append((char,))
            at += 1
        elif operator := next((one for one in OPERATORS if text.startswith(one, at)), None):
            out.append(("op", operator))
            at += len(operator)
        else:
            start = at
            while at < len(text) and text[at] not in ENDS and not text.startswith("!=", at) and ord(text[at]) < 0x80 or at < len(text) and ord(text[at]) >= 0x80:
                at += 2 if text[at] == "\\" and at + 1 < len(text) else 1
            word = text[start:at]
            if at < len(text) and text[at] == '"':
                raise unknown("a quotation mark inside a word")
            if word in ("TERM", "CASE") and at < len(text) and text[at] == "(":
                end = text.find(")", at)
                if end < 0:
                    raise syntax(f"{word}( without its end")
                out.append((word, text[at + 1 : end]))
                at = end + 1
            else:
                out.append(("word", unescaped(word)))
    return out


class Parser:
    def __init__(self, text):
        self.tokens, self.at, self.depth = lex(text), 0, 0

    def peek(self, ahead=0):
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end",)

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def is_word(self, word):
        return self.peek() == ("word", word)

    def whole(self):
        if self.peek() == ("end",):
            raise syntax("nothing to search for")
        tree = self.conjunction()
        if self.peek() != ("end",):
            raise syntax(f"{self.peek()[-1]} where the search ends")
        return tree

    def conjunction(self):
        parts = [self.disjunction()]
        while self.peek() not in (("end",), (")",)):
            if self.is_word("AND"):
                self.take()
            parts.append(self.disjunction())
        return parts[0] if len(parts) == 1 else ("and", parts)

    def disjunction(self):
        parts = [self.negation()]
        while self.is_word("OR"):
            self.take()
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else ("or", parts)

    def negation(self):
        count = 0
        while self.is_word("NOT"):
            self.take()
            count += 1
        tree = self.primary()
        for _ in range(min(count, 2 + count % 2)):
            tree = ("not", tree)
        return tree

    def primary(self):
        token = self.take()
        match token:
            case ("(",):
                self.depth += 1
                if self.depth > DEPTH:
                    raise limit("a deep search")
                tree = self.conjunction()
                if self.take() != (")",):
                    raise syntax("a parenthesis without its end")
                self.depth -= 1
                return tree
            case ("word", "AND" | "OR" | "IN" | "XOR"):
                raise unknown("XOR") if token[1] == "XOR" else syntax(f"{token[1]} where a term stands")
            case ("word" | "quoted", name):
                if self.peek()[0] == "op" or self.peek() == ("word", "IN") and self.peek(1) == ("(",):
                    return self.comparison(token)
                if token[0] == "word" and "::" in name:
                    raise unknown("an indexed field (::)")
                return ("term", token)
            case ("TERM" | "CASE", _):
                return token
        raise syntax(f"{token[-1]} where a term stands")

    def comparison(self, token):
        name = token[1]
        if MODIFIERS.fullmatch(name):
            raise unknown(f"the modifier {name}")
        if "*" in name or not name:
            raise unknown("a field name with *, or none")
        if self.take() == ("word", "IN"):
            self.take()
            values = [self.value()]
            while self.peek() == (",",):
                self.take()
                values.append(self.value())
            if self.take() != (")",):
                raise syntax("a list without commas or without its end")
            return ("in", name, values)
        operator = self.tokens[self.at - 1][1]
        value = self.value()
        if self.peek() == (",",):
            raise unknown("a comma behind a value")
        return ("compare", name, operator, value)

    def value(self):
        token = self.take()
        if token[0] in ("TERM", "CASE"):
            raise unknown(f"{token[0]}() as the value of a field")
        if token[0] not in ("word", "quoted"):
            raise syntax("a comparison without a value")
        if token[0] == "word" and token[1] in ("AND", "OR", "NOT", "IN", "XOR", "AS", "BY"):
            raise unknown("an operator as a value, without quotation marks")
        if self.peek()[0] == "op":
            raise syntax("an operator behind a value")
        return token


def parse(text):
    return Parser(text).whole()


def compiled(tree):
    """A test of rows for a tree."""
    kind = tree[0]
    if kind in ("and", "or"):
        tests = [compiled(part) for part in tree[1]]
        return (lambda row: all(test(row) for test in tests)) if kind == "and" else (lambda row: any(test(row) for test in tests))
    if kind == "not":
        test = compiled(tree[1])
        return lambda row: not test(row)
    if kind == "compare":
        return comparison(*tree[1:])
    if kind == "in":
        tests = [comparison(tree[1], "=", value) for value in tree[2]]
        return lambda row: any(test(row) for test in tests)
    return keyword(kind, tree[1])


def folded(text):
    """Without regard to case."""
    return text.lower()


def comparison(field, operator, value):
    text = value[1]
    if operator in ("=", "!="):
        pieces = folded(text).split("*")
        net = networks.network(text) if len(pieces) == 1 else None

        other = text.casefold().split("*")

        def equal(one):
            same = patterns.wildcard(pieces, folded(one))
            if not (one.isascii() and text.isascii()) and same != patterns.wildcard(other, one.casefold()):
                raise unknown("the case of letters such as ſ")
            return same or net is not None and networks.holds(net, one)

        if operator == "=":
            return lambda row: any(map(equal, row.get(field, ())))
        return lambda row: any(not equal(one) for one in row.get(field, ()))
    if "*" in text:
        raise unknown("a wildcard behind < or >")
    other = number(text)

    def ordered(one):
        mine = number(one)
        if other is None and odd(text) and (mine is not None or odd(one)) or odd(one) and other is not None:
            raise unknown("whether a text such as 0x1f, nan or one with blanks is a number")
        left, right = (mine, other) if mine is not None and other is not None else (one, text)
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]

    return lambda row: any(map(ordered, row.get(field, ())))


def keyword(kind, value):
    def test(row):
        texts = row.get("_raw", ())
        if row.lost_raw:
            raise unknown("a keyword behind a command that loses _raw")
        if kind == "TERM":
            return any(raw.term(folded(value), folded(one)) for one in texts)
        if kind == "CASE":
            return any(raw.occurs(value.split("*"), one) for one in texts)
        text = folded(value[1])
        # * alone is every event.
        return set(text) == {"*"} or any(raw.occurs(text.split("*"), folded(one)) for one in texts)

    if not (value if isinstance(value, str) else value[1]):
        raise unknown("an empty keyword")
    return test
