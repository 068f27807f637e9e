"""Regular expressions, wildcards and LIKE.

Search Manual, "SPL and regular expressions" and "Wildcards"; Search Reference, "Comparison and Conditional functions" (like, match).
"""

import functools
import re

import pcre2

from .errors import failed, limit, unknown

# Before 10.43 these are plain text, since then they are repetitions: https://www.pcre.org/changelog.txt
OPEN_REPEAT = re.compile(r"\{\s*,\s*[0-9]+\s*\}|\{\s+[0-9]*\s*,?\s*[0-9]*\s*\}|\{[0-9]*\s+,?\s*[0-9]*\s*\}|\{[0-9]*\s*,\s+[0-9]*\s*\}|\{[0-9]+,[0-9]*\s+\}")
# \C is off in some builds; callouts and verbs need no answer here.
OTHER = re.compile(r"\\C|\(\?C|\(\*")
# The package sets these of its own accord: classes of Unicode, and \x and \u as in JavaScript.
NOT_OURS = pcre2._cy.CompileOption.UCP | 0x2


@functools.lru_cache(1024)
def regex(pattern):
    """A compiled pattern. Splunk names PCRE; it is compiled for UTF-8, with classes such as \\w of ASCII."""
    plain = re.sub(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", lambda m: m[0] if m[0] == "\\C" else "x", pattern, flags=re.S)
    if OPEN_REPEAT.search(plain):
        raise unknown("{,n} in a regular expression, which means two things in two versions of PCRE2")
    if OTHER.search(plain):
        raise unknown("\\C, a callout or a verb in a regular expression")
    if len(pattern) > 60_000:
        raise limit("a long regular expression")
    try:
        code = pcre2._cy.compile(pattern, 0, NOT_OURS)
        return pcre2.Pattern(code, pattern, pcre2.RegexFlag(0), False, None)
    except pcre2.PatternError as error:
        if "too deeply nested" in str(error) or "too large" in str(error):
            raise limit(f"a regular expression: {error}") from error
        raise failed(f"a regular expression: {error}") from error
    except pcre2.LibraryError as error:
        raise limit(f"a regular expression: {error}") from error


def found(pattern, text):
    """The first match, or None."""
    try:
        return regex(pattern).search(text)
    except pcre2.LibraryError as error:
        raise limit(f"a regular expression: {error}") from error


def all_found(pattern, text):
    try:
        return list(regex(pattern).finditer(text))
    except pcre2.LibraryError as error:
        raise limit(f"a regular expression: {error}") from error


def replaced(pattern, text, replacement):
    """Every match replaced; \\1 and so on are its groups."""
    if re.search(r"\\(?![0-9])|\$", replacement):
        raise unknown("a replacement with $ or a backslash before other than a digit")
    out, end = [], 0
    for match in all_found(pattern, text):
        out += [text[end : match.start()], re.sub(r"\\([0-9])", lambda group, m=match: group_of(m, int(group[1])), replacement)]
        end = match.end()
    return "".join([*out, text[end:]])


def group_of(match, number):
    try:
        return match.group(number) or ""
    except (IndexError, pcre2.LibraryError) as error:
        raise unknown("a group in a replacement that the pattern lacks") from error


def wildcard(pieces, text):
    """Whether the pieces of a pattern, between which anything stands, are all of the text. Takes linear time or nearly."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        place = text.find(piece, at, end)
        if place < 0:
            return False
        at = place + len(piece)
    return True


@functools.lru_cache(1024)
def like(pattern):
    """A matcher of LIKE: % is any characters, _ is one."""
    if "\\" in pattern:
        raise unknown("a backslash in a pattern of LIKE")
    return re.compile("".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern), re.S)
