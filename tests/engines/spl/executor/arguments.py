"""Arguments of commands other than search, where and eval: words, quoted texts, `name=value`, lists with commas or blanks."""

import re

from .errors import syntax, unknown
from .search import unescaped

WORD = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<comma>,)|(?P<word>[^\s,"]+))', re.S)


def words(text):
    """Words and quoted texts, in order, as (kind, text); commas as ("comma", ",")."""
    out, at = [], 0
    while text[at:].strip():
        found = WORD.match(text, at)
        if not found:
            raise syntax("a quotation mark without its other")
        at = found.end()
        kind = found.lastgroup
        out.append((kind, unescaped(found[kind][1:-1]) if kind == "quoted" else found[kind]))
    return out


def names(given):
    """A list of fields."""
    out = [text for kind, text in given if kind != "comma"]
    if not out:
        raise syntax("a command without fields")
    for name in out:
        if any(char in name for char in "()='"):
            raise unknown(f"the argument {name}")
    return out


def options(given, **known):
    """Takes `name=value` words away from the front or wherever they stand; what is not known stops."""
    rest, out = [], dict(known)
    for kind, text in given:
        name, equals, value = text.partition("=")
        if kind == "word" and equals and name in known and value:
            out[name] = value
        elif kind == "word" and equals:
            raise unknown(f"the option {name}")
        else:
            rest.append((kind, text))
    return out, rest


def wildcards(pattern):
    """A matcher of names of fields."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.S).fullmatch
