"""Terms and phrases in `_raw`.

Search Manual, "Event segmentation and searching" (which lists the breakers) and "Use CASE() and TERM() to match phrases".
"""

from .errors import unknown
from .patterns import wildcard

MAJOR = set(" \t\r\n[]<>(){}|!;,'\"*&?+")
MINOR = set("/:=@.-$#%\\_")


def occurs(pieces, raw, breakers=MAJOR | MINOR):
    """Whether a term, the pieces between its wildcards, stands in a text between breakers."""
    words = [piece for piece in pieces if piece]
    if not words:
        return bool(raw)
    if len(pieces) > 1 and any(char in MAJOR for word in words for char in word):
        # A term that an index holds has no major breaker inside.
        raise unknown("a phrase with wildcards")
    if len(words) > 1:
        return crossing(pieces, raw, breakers)
    word = words[0]
    at = raw.find(word)
    while at >= 0:
        end = at + len(word)
        starts = len(pieces) > 1 and not pieces[0] or at == 0 or raw[at - 1] in breakers or word[0] in breakers
        ends = len(pieces) > 1 and not pieces[-1] or end == len(raw) or raw[end] in breakers or word[-1] in breakers
        if starts and ends:
            return True
        at = raw.find(word, at + 1)
    return False


def crossing(pieces, raw, breakers):
    """A wildcard inside a term: it stands for characters of one term. Whether a minor breaker may be among them no page says."""
    narrow = any(wildcard(pieces, token) for token in tokens(raw, breakers))
    wide = any(wildcard(pieces, token) for major in tokens(raw, MAJOR) for token in parts(major))
    if narrow != wide:
        raise unknown("a wildcard inside a term, over a breaker")
    return narrow


def tokens(raw, breakers):
    token = []
    for char in raw:
        if char in breakers:
            if token:
                yield "".join(token)
            token = []
        else:
            token.append(char)
    if token:
        yield "".join(token)


def parts(major):
    """All runs of a major segment that start and end at a minor breaker."""
    starts = [0, *(at + 1 for at, char in enumerate(major) if char in MINOR)]
    ends = [*(at for at, char in enumerate(major) if char in MINOR), len(major)]
    return {major[start:end] for start in starts for end in ends if start < end} | {major}


def term(word, raw):
    """TERM(): the word is a whole major segment."""
    if any(char in MAJOR for char in word):
        raise unknown("TERM() of more than a term")
    return word in tokens(raw, MAJOR)
