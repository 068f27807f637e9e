"""The functions on IP addresses, which duckdb-kql lacks: each call is asked of chdb, ClickHouse's dialect of Kusto.

Two rules of Microsoft's pages that chdb does not keep are applied before it is asked. A text that is no address makes the
result null (chdb throws). The functions on IPv6 take an IPv4 address as its mapped form, and those on IPv4 take no IPv6
address (chdb's compare both kinds, and find them different).
"""

import functools
import json

FUNCTIONS = ("ipv4_is_in_range", "ipv4_is_in_any_range", "ipv4_is_private", "ipv4_is_match", "ipv4_compare",
             "ipv6_is_in_range", "ipv6_is_in_any_range", "ipv6_is_match")
# chdb's backslash escapes are C's; a text may hold any other character as it is.
ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"})


@functools.cache
def session():
    from chdb.session import Session  # 0.8 s that only a query with addresses has to pay

    opened = Session()
    opened.query("SET allow_experimental_kusto_dialect = 1")
    opened.query("SET dialect = 'kusto'")
    return opened


@functools.lru_cache(100_000)
def ask(name, *arguments):
    """What `name(arguments)` gives; None where chdb says that an argument is no address."""
    literals = [f"'{a.translate(ESCAPES)}'" if isinstance(a, str) else str(a) for a in arguments]
    try:
        answer = session().query(f"print {name}({', '.join(literals)})", "JSONCompactEachRow")
    except RuntimeError as error:
        if str(error).startswith("Code: 6."):  # CANNOT_PARSE_TEXT
            return None
        raise
    return json.loads(str(answer))[0]


def fitting(kind, text):
    """The text as the functions on `ipv4` or `ipv6` take it; None where it is no address or network of theirs."""
    is_ipv4 = ":" not in text and ask("ipv4_is_in_range", "0.0.0.0", text) is not None
    if kind == "ipv6" and is_ipv4:
        address, slash, prefix = text.partition("/")
        return f"::ffff:{address}/{int(prefix) + 96}" if slash else f"::ffff:{address}"
    if kind == "ipv6":
        return text if ":" in text and ask("ipv6_is_in_range", "::", text) is not None else None
    return text if is_ipv4 else None


def call(name, arguments):
    """A function of Kusto's, with its arguments as texts: addresses, a JSON list of them, or a prefix in third place."""
    fit = []
    for place, text in enumerate(arguments):
        if text is not None and text.startswith('"'):
            raise ValueError("an address inside a dynamic value")
        is_prefix = place == 2 and not name.endswith("_range")
        for one in json.loads(text) if text is not None and text.startswith("[") else [text]:
            fit.append(int(one) if is_prefix else fitting(name[:4], one) if one is not None else None)
    if fit[0] is not None and None in fit and name.endswith("_any_range"):
        raise ValueError("a range that is none among others: no page says what that gives")
    if None in fit:
        return None
    if name.startswith("ipv6") and name.endswith("_range") and "/" in fit[0]:
        raise ValueError("a network inside a network, which chdb takes for no address")
    return ask(name, *fit)
