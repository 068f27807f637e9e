"""A search is commands with pipes between them.

Search Manual, "Anatomy of a search"; Search Reference, search, "Quotes and escaping characters"; Search Manual, "Add comments to
searches". Pipes, brackets, backticks and comments mean nothing inside double quotation marks.
"""

from .errors import syntax, unknown

# The commands whose argument is an expression, where single quotation marks stand around names of fields.
EXPRESSIONS = ("where", "eval")
FENCE = "```"


def commands(text):
    """The commands of a search, each a name and the text behind it. What stands first without a pipe is `search`."""
    parts = list(split(text))
    first, rest = parts[0], parts[1:]
    out = []
    if first.strip():
        out.append(named(first) if first.split()[0] == "search" else ("search", first))
    elif not rest:
        raise syntax("an empty search")
    for part in rest:
        if not part.strip():
            raise syntax("no command behind a pipe")
        out.append(named(part))
    return out, not first.strip()


def named(part):
    words = part.split(None, 1)
    return words[0], words[1] if len(words) > 1 else ""


def split(text):
    """The parts between pipes, without comments."""
    part, at = [], 0
    while at < len(text):
        char = text[at]
        if char == '"':
            end = closing(text, at)
            part.append(text[at:end])
            at = end
        elif char == "'" and in_expression(part):
            end = text.find("'", at + 1)
            if end < 0:
                raise syntax("a single quotation mark without its other")
            name = text[at : end + 1]
            if any(c in name for c in '|"`[]\\'):
                raise unknown("a field name in single quotation marks that holds | \" ` [ ] or \\")
            part.append(name)
            at = end + 1
        elif char == "\\" and at + 1 < len(text):
            part.append(text[at : at + 2])
            at += 2
        elif text.startswith(FENCE, at):
            end = text.find(FENCE, at + 3)
            if end < 0:
                raise syntax("a comment without its end")
            part.append(" ")
            at = end + 3
        elif char == "`":
            raise unknown("a macro")
        elif char in "[]":
            raise unknown("a subsearch")
        elif char == "|":
            yield "".join(part)
            part, at = [], at + 1
        else:
            part.append(char)
            at += 1
    yield "".join(part)


def in_expression(part):
    words = "".join(part).split(None, 1)
    return bool(words) and words[0] in EXPRESSIONS


def closing(text, at):
    """The place behind the quotation mark that ends what starts here; a backslash takes the next character with it."""
    at += 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == '"':
            return at + 1
        else:
            at += 1
    raise syntax("a quotation mark without its other")
