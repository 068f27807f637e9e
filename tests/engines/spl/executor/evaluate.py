"""Expressions on rows. Booleans have three values: what is compared with null is null.

Search Reference, where and eval; Search Manual, "Types of expressions".
"""

from protocol import Refused

from . import patterns, values
from .errors import unknown
from .functions import FUNCTIONS


def evaluate(tree, row):
    match tree:
        case ("text" | "number", value):
            return value
        case ("field", name):
            return row.value(name)
        case ("true",):
            return True
        case ("false",):
            return False
        case ("null",):
            return None
        case ("group", inner):
            return evaluate(inner, row)
        case ("not", inner):
            truth = evaluate(inner, row)
            return None if truth is None else not truth
        case ("and", parts):
            return joined(parts, row, decides=False)
        case ("or", parts):
            return joined(parts, row, decides=True)
        case ("xor", parts):
            truths = [evaluate(part, row) for part in parts]
            return None if None in truths else sum(truths) % 2 == 1
        case ("compare", operator, one, other):
            return values.compare(evaluate(one, row), operator, evaluate(other, row))
        case ("like", one, other):
            return like(evaluate(one, row), evaluate(other, row))
        case ("in", one, others):
            return member(evaluate(one, row), [evaluate(other, row) for other in others])
        case ("arithmetic", operator, one, other):
            return values.arithmetic(evaluate(one, row), operator, evaluate(other, row))
        case ("minus", inner):
            return values.arithmetic(0, "-", evaluate(inner, row))
        case ("call", name, arguments):
            function = FUNCTIONS[name][2]
            if getattr(function, "lazy", False):
                return function(row, evaluate, *arguments)
            return function(*[evaluate(argument, row) for argument in arguments])
    raise AssertionError(tree)


def joined(parts, row, decides):
    """AND, which a false part decides, and OR, which a true one does, whatever the others are; else a null part makes it null."""
    truths, refused = [], None
    for part in parts:
        try:
            truths.append(evaluate(part, row))
        except Refused as error:
            if error.kind != "unknown":
                raise
            refused = error
        if decides in truths:
            return decides
    if refused:
        raise refused
    return None if None in truths else not decides


def like(one, pattern):
    one, pattern = values.single(one, "LIKE"), values.single(pattern, "LIKE")
    if one is None or pattern is None:
        return None
    if not isinstance(pattern, str) or not isinstance(one, str):
        raise unknown("LIKE of a number")
    return bool(patterns.like(pattern).fullmatch(one))


def member(one, others):
    truths = [values.compare(one, "=", other) for other in others]
    return True if True in truths else None if None in truths else False
