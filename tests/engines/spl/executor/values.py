"""Values: null is None; a text is str, or `Field` where a field holds it; a number is int or float; several values are a tuple.

Search Reference, eval, "Operators" and "Numeric calculations"; Search Reference, search, "Comparison expression options" and
"Lexicographical order".
"""

import re

from .errors import unknown

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# Text that some read as numbers: no page says whether Splunk does.
ODD = re.compile(r"[+-]?(?:0x[0-9a-f]+|inf|infinity|nan)", re.I)


class Field(str):
    """The text of a field: a number where it looks like one."""

    __slots__ = ()


def number(text):
    """The number that a text is, or None."""
    if NUMBER.fullmatch(text):
        return float(text) if any(c in text for c in ".eE") else int(text)
    return None


def odd(text):
    return bool(ODD.fullmatch(text.strip())) or (text != text.strip() and number(text.strip()) is not None)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def text_of(value):
    """A value as text; numbers in their shortest form."""
    if is_number(value):
        if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
            return str(int(value))
        return repr(value)
    return str(value)


def single(value, what):
    """A value that is not several: functions and operators that no page gives several values to stop here."""
    if isinstance(value, tuple):
        raise unknown(f"{what} of a field with several values")
    return value


def compare(one, operator, other):
    """The truth of a comparison of two values; None where one of them is null."""
    one, other = single(one, "a comparison"), single(other, "a comparison")
    if one is None or other is None:
        return None
    if isinstance(one, bool) or isinstance(other, bool):
        raise unknown("a comparison of a Boolean")
    left, right = sides(one, other)
    match operator:
        case "=":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def sides(one, other):
    """Both as numbers where both are; else both as texts."""
    numbers = tuple(value if is_number(value) else number(value) if isinstance(value, Field) else None for value in (one, other))
    if None not in numbers:
        return numbers
    texts = [value for value in (one, other) if isinstance(value, str)]
    if any(is_number(value) for value in (one, other)) and not all(isinstance(value, Field) for value in texts):
        raise unknown("a comparison of a number with a text that is no field's")
    for value, its, mate in zip((one, other), numbers, (other, one), strict=True):
        if isinstance(value, Field) and its is None and odd(value) and value != mate:
            if is_number(mate) or (isinstance(mate, Field) and (number(mate) is not None or odd(mate))):
                raise unknown("whether a text such as 0x1f, nan or one with blanks is a number")
    # UTF-8 sorts as code points do.
    return text_of(one), text_of(other)


def arithmetic(one, operator, other):
    one, other = single(one, "arithmetic"), single(other, "arithmetic")
    if operator == ".":
        return None if one is None or other is None else text_of(one) + text_of(other)
    if one is None or other is None:
        return None
    if operator == "+" and all(isinstance(value, str) for value in (one, other)):
        values = [number(value) if isinstance(value, Field) else None for value in (one, other)]
        if None in values:
            if any(value is not None for value in values):
                raise unknown("+ of a number and a text")
            return one + other
    values = [number(value) if isinstance(value, Field) else value if is_number(value) else None for value in (one, other)]
    if None in values:
        if operator == "+" or not all(is_number(v) or isinstance(v, Field) for v in (one, other)):
            raise unknown(f"{operator} of a number and a text")
        return None
    left, right = values
    if operator in "*/%" and any(isinstance(value, float) and not value.is_integer() for value in values):
        raise unknown("the rounding of products of decimals")
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            if right == 0:
                return None
            result = left / right
        case _:
            if right == 0 or left < 0 or right < 0:
                raise unknown("% of zero or of negative numbers")
            result = left % right
    if abs(result) > 2**53:
        raise unknown("numbers beyond 53 bits")
    return int(result) if isinstance(result, float) and result.is_integer() else result
