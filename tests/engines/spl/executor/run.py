"""Runs a search on stored rows."""

import ctypes
import sys
import threading

from protocol import row_numbers

from . import pipeline
from .commands import COMMANDS
from .errors import failed, limit, unknown
from .rows import Row
from .values import number

# Commands that look at the order of the rows; they come as the index gives them, the latest first.
ORDERED = {"head", "dedup"}
GENERATING = {"search", "makeresults"}
DEPTH = 20_000
STACK = 256 << 20


def ordered(rows):
    """The latest first, and whether that says all of the order."""
    times = [number(row.get("_time", ("",))[0]) for row in rows]
    if None in times:
        return rows, len(rows) < 2
    order = sorted(range(len(rows)), key=lambda at: -times[at])
    return [rows[at] for at in order], len(set(times)) == len(times)


def run(query, stored, now):
    """The numbers of the rows found, or whether there is any where they are no stored ones."""
    return row_numbers([(row.number,) for row in results(query, stored, now)], 0)


def results(query, stored, now):
    """The rows that a search gives."""
    Row.clock = int(now)
    commands, starts_with_pipe = pipeline.commands(query)
    for name, _ in commands:
        if name not in COMMANDS:
            raise unknown(f"the command {name}")
    if "makeresults" in [name for name, _ in commands[starts_with_pipe:]]:
        raise failed("makeresults behind another command")
    if starts_with_pipe and commands[0][0] not in GENERATING:
        raise failed(f"{commands[0][0]} at the start of a search")
    rows, certain = ordered([Row.stored(row["values"], row["row"]) for row in stored])
    for name, text in commands:
        before = len(rows)
        rows = COMMANDS[name](rows, text)
        if name in ORDERED and not certain and len(rows) < before:
            raise unknown(f"{name} of events of the same time")
        certain |= name == "sort"
    return rows


class TooLong(BaseException):
    """Raised inside a search that takes too long."""


def bounded(call, seconds):
    """What a call gives or raises, with a stack for deep searches, and not for longer than that."""
    result = {}

    def body():
        try:
            result["value"] = call()
        except (RecursionError, MemoryError):
            result["error"] = limit("a deep search")
        except TooLong:
            result["error"] = limit(f"no answer within {seconds} s")
        except BaseException as error:
            result["error"] = error

    sys.setrecursionlimit(DEPTH)
    threading.stack_size(STACK)
    thread = threading.Thread(target=body)
    thread.start()
    thread.join(seconds)
    while thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TooLong))
        thread.join(1)
    if "error" in result:
        raise result["error"]
    return result["value"]
