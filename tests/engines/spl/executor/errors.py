"""How a search ends without an answer; the kinds are those of ../../README.md."""

from protocol import Refused


def syntax(why):
    """The text is not of the language."""
    return Refused("syntax", why)


def failed(why):
    """The product stops at this search."""
    return Refused("failed", why)


def unknown(what):
    """No page says what the product does, or this executor lacks it."""
    return Refused("unknown", what)


def limit(why):
    return Refused("limit", why)
