"""Functions of `where` and `eval`: name → (least arguments, most or None, function).

Search Reference: "Comparison and Conditional functions", "Multivalue eval functions", "Text functions", "Conversion functions",
"Informational functions", "Mathematical functions", "Cryptographic functions". A function is given values; a lazy one
the row and its arguments unevaluated.
"""

import hashlib
import math
import urllib.parse

from . import networks, paths, patterns, times, values
from .errors import failed, unknown
from .values import Field, is_number, single, text_of

FUNCTIONS = {}


def function(least, most=-1, *, lazy=False, name=None):
    def add(body):
        body.lazy = lazy
        FUNCTIONS[name or body.__name__.rstrip("_")] = (least, least if most == -1 else most, body)
        return body

    return add


def text(value, what):
    """A single text, or None; a number is refused where no page gives one."""
    value = single(value, what)
    if is_number(value):
        return text_of(value)
    if isinstance(value, bool):
        raise unknown(f"{what} of a Boolean")
    return value


def many(value):
    """The values of a field, none for null."""
    return () if value is None else value if isinstance(value, tuple) else (value,)


def of_many(results):
    results = tuple(results)
    return results if len(results) > 1 else results[0] if results else None


# Comparison and conditional functions.


@function(3, lazy=True, name="if")
def if_(row, evaluate, condition, then, otherwise):
    return evaluate(then if evaluate(condition, row) is True else otherwise, row)


@function(2, None, lazy=True)
def case(row, evaluate, *arguments):
    for condition, value in zip(arguments[::2], arguments[1::2], strict=True):
        if evaluate(condition, row) is True:
            return evaluate(value, row)
    return None


@function(2, None, lazy=True)
def validate(row, evaluate, *arguments):
    for condition, value in zip(arguments[::2], arguments[1::2], strict=True):
        truth = evaluate(condition, row)
        if truth is None:
            raise unknown("validate() with a condition that is null")
        if not truth:
            return evaluate(value, row)
    return None


@function(1, None)
def coalesce(*arguments):
    return next((value for value in arguments if value is not None), None)


@function(2)
def nullif(one, other):
    return None if values.compare(one, "=", other) is True else one


for constant in ("true", "false", "null"):
    FUNCTIONS[constant] = (0, 0, None)


@function(2, None, name="in")
def in_(one, *others):
    from .evaluate import member

    return member(one, others)


@function(2)
def like(one, pattern):
    from .evaluate import like as matches

    return matches(one, pattern)


@function(2)
def match(one, pattern):
    one, pattern = text(one, "match()"), text(pattern, "match()")
    if pattern is None:
        raise unknown("match() with a pattern that is null")
    patterns.regex(pattern)
    return None if one is None else patterns.found(pattern, one) is not None


@function(2)
def cidrmatch(network, address):
    network, address = text(network, "cidrmatch()"), text(address, "cidrmatch()")
    if network is None or address is None:
        return None
    net = networks.network(network)
    if net is None:
        raise unknown("cidrmatch() with what is no network")
    return networks.holds(net, address)


@function(1, lazy=True)
def searchmatch(row, evaluate, argument):
    from . import search

    if argument[0] != "text":
        raise unknown("searchmatch() of other than a text")
    if "\\" in argument[1]:
        raise unknown("a backslash in searchmatch()")
    return search.compiled(search.parse(argument[1]))(row)


# Informational functions.


@function(1)
def isnull(value):
    return value is None


@function(1)
def isnotnull(value):
    return value is not None


def looks(value):
    value = single(value, "an informational function")
    return value if is_number(value) else values.number(value) if isinstance(value, Field) else None


@function(1)
def isnum(value):
    return looks(value) is not None


@function(1)
def isint(value):
    return isinstance(looks(value), int)


@function(1)
def isstr(value):
    value = single(value, "isstr()")
    if isinstance(value, Field) and values.number(value) is not None:
        raise unknown("isstr() of a field that looks like a number")
    return isinstance(value, str)


@function(1)
def isbool(value):
    return isinstance(value, bool)


@function(1)
def ismv(value):
    return isinstance(value, tuple)


# Multivalue functions.


@function(1)
def mvcount(value):
    return len(many(value)) or None


@function(2)
def mvfind(value, pattern):
    if not isinstance(pattern, str):
        raise unknown("mvfind() with a pattern that is no text")
    patterns.regex(pattern)
    return next((at for at, one in enumerate(many(value)) if patterns.found(pattern, text_of(one)) is not None), None)


@function(2, 3)
def mvindex(value, start, end=False):
    of, end = many(value), start if end is False else end
    if not all(isinstance(index, int) for index in (start, end)):
        raise unknown("mvindex() with an index that is no number")
    start, end = (index + len(of) if index < 0 else index for index in (start, end))
    if start < 0 or end < start or start >= len(of):
        return None
    return of_many(of[start : end + 1])


@function(1, lazy=True)
def mvfilter(row, evaluate, condition):
    names = fields(condition)
    if len(names) != 1:
        raise failed("mvfilter() of more fields than one, or none")
    (name,) = names
    kept = []
    for one in many(row.value(name)):
        if evaluate(condition, row.having(name, one)) is True:
            kept.append(one)
    return of_many(kept)


@function(2, lazy=True)
def mvmap(row, evaluate, value, expression):
    if value[0] != "field":
        raise unknown("mvmap() of other than a field")
    results = [evaluate(expression, row.having(value[1], one)) for one in many(row.value(value[1]))]
    if any(isinstance(result, tuple) for result in results):
        raise unknown("mvmap() that gives several values")
    return of_many(result for result in results if result is not None)


@function(1, None)
def mvappend(*arguments):
    return of_many(one for value in arguments for one in many(value))


@function(2)
def mvjoin(value, delimiter):
    if not isinstance(delimiter, str):
        raise unknown("mvjoin() with a delimiter that is no text")
    return delimiter.join(map(text_of, many(value))) if value is not None else None


@function(1)
def mvdedup(value):
    return of_many(dict.fromkeys(many(value)))


@function(1)
def mvsort(value):
    return of_many(sorted(many(value), key=text_of))


@function(1)
def mvreverse(value):
    return of_many(reversed(many(value)))


@function(2)
def split(value, delimiter):
    value, delimiter = text(value, "split()"), text(delimiter, "split()")
    if value is None or delimiter is None:
        return None
    if not delimiter or not value:
        raise unknown("split() of or by an empty text")
    return of_many(map(Field, value.split(delimiter)))


def fields(tree):
    """The names of the fields in a tree."""
    if isinstance(tree, tuple) and tree and tree[0] == "field":
        return {tree[1]}
    return set().union(*map(fields, tree)) if isinstance(tree, (tuple, list)) else set()


# Text functions.


def mapped(change):
    def body(value):
        results = []
        for one in many(value):
            if is_number(one):
                raise unknown("the case of a number")
            results.append(change(one))
        return of_many(results)

    return body


FUNCTIONS["lower"] = (1, 1, mapped(str.lower))
FUNCTIONS["upper"] = (1, 1, mapped(str.upper))


@function(1, name="len")
def len_(value):
    value = text(value, "len()")
    return None if value is None else len(value)


@function(2, 3)
def substr(value, start, length=False):
    """As substr() of SQLite: https://www.sqlite.org/lang_corefunc.html#substr"""
    value = text(value, "substr()")
    if value is None or start is None or length is None:
        return None
    if not isinstance(start, int) or start == 0 or (length is not False and (not isinstance(length, int) or length < 0)):
        raise unknown("substr() from 0, or with other than whole numbers")
    first = start - 1 if start > 0 else len(value) + start
    end = len(value) if length is False else first + length
    return value[max(first, 0) : max(end, 0)]


def trimmer(name, strip):
    def body(value, characters=" \t"):
        value = text(value, f"{name}()")
        if value is None or characters is None:
            return None
        return strip(value, characters)

    FUNCTIONS[name] = (1, 2, body)


trimmer("trim", str.strip)
trimmer("ltrim", str.lstrip)
trimmer("rtrim", str.rstrip)


@function(3)
def replace(value, pattern, replacement):
    value, pattern, replacement = (text(one, "replace()") for one in (value, pattern, replacement))
    if pattern is None or replacement is None:
        raise unknown("replace() with null")
    return None if value is None else patterns.replaced(pattern, value, replacement)


@function(1)
def urldecode(value):
    value = text(value, "urldecode()")
    if value is not None and "+" in value:
        raise unknown("+ in urldecode()")
    return None if value is None else urllib.parse.unquote(value)


@function(2)
def spath(value, path):
    value = single(value, "spath()")
    if value is None:
        return None
    return of_many(map(Field, paths.extract(value, path)))


# Conversion functions.


@function(1, 2, lazy=True)
def tonumber(row, evaluate, argument, base=("number", 10)):
    value, base = single(evaluate(argument, row), "tonumber()"), evaluate(base, row)
    if value is None or is_number(value):
        return value
    if not isinstance(base, int) or not 2 <= base <= 36:
        raise unknown("tonumber() with an odd base")
    found = None
    if base == 10:
        found = values.number(value)
    elif value[:1] in ("+", "-") or not value.isascii():
        raise unknown("tonumber() of a sign, in another base")
    elif value.isalnum():
        try:
            found = int(value, base)
        except ValueError:
            found = None
    if found is None and argument[0] == "text":
        raise failed("tonumber() of a written text that is no number")
    if found is not None and (value[0] in "+." or value.endswith(".") or "e" in value.lower() and base == 10):
        raise unknown("tonumber() of +1, 1e3, .5 or 5.")
    return found


@function(1, 2)
def tostring(value, form=None):
    value = single(value, "tostring()")
    if form is not None:
        if form == "hex" and isinstance(value, int) and value >= 0:
            return f"0x{value:X}"
        if form == "binary" and isinstance(value, int) and value >= 0:
            return f"{value:b}"
        raise unknown("tostring() in this format")
    if isinstance(value, bool):
        return str(value)
    return None if value is None else text_of(value)


# Times.

FUNCTIONS["strftime"] = (2, 2, times.strftime)
FUNCTIONS["strptime"] = (2, 2, times.strptime)


@function(0, lazy=True)
def now(row, _):
    return row.clock


FUNCTIONS["time"] = FUNCTIONS["now"]


# Mathematical functions.


def mathematical(name, compute, least=1, most=1):
    def body(*arguments):
        numbers = [looks(value) for value in arguments]
        if None in numbers:
            return None
        try:
            result = compute(*numbers)
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            raise unknown(f"{name}() outside its range") from error
        return int(result) if isinstance(result, float) and result.is_integer() else result

    FUNCTIONS[name] = (least, most, body)


mathematical("abs", abs)
mathematical("ceiling", math.ceil)
mathematical("ceil", math.ceil)
mathematical("floor", math.floor)
mathematical("pow", pow, 2, 2)
mathematical("sqrt", math.sqrt)
mathematical("exp", math.exp)
mathematical("ln", math.log)
mathematical("log", lambda one, base=10: math.log(one, base), 1, 2)
mathematical("round", lambda one, digits=0: math.floor(one * 10**digits + 0.5) / 10**digits, 1, 2)


def extreme(name, choose):
    def body(*arguments):
        given = [single(value, f"{name}()") for value in arguments if value is not None]
        numbers = [looks(value) for value in given]
        if None in numbers:
            raise unknown(f"{name}() of texts")
        return choose(numbers) if numbers else None

    FUNCTIONS[name] = (1, None, body)


extreme("max", max)
extreme("min", min)


# Cryptographic functions.


def hashing(name):
    def body(value):
        value = text(value, f"{name}()")
        return None if value is None else hashlib.new(name, value.encode()).hexdigest()

    FUNCTIONS[name] = (1, 1, body)


for algorithm in ("md5", "sha1", "sha256", "sha512"):
    hashing(algorithm)
