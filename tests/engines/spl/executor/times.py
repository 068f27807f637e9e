"""Times, in UTC: Search Reference, "Date and Time functions" and "Date and time format variables"."""

import calendar
import re
from datetime import datetime, timedelta, timezone

from .errors import unknown
from .values import Field, is_number, number, single

WRITTEN = {"%Y": "%Y", "%m": "%m", "%d": "%d", "%H": "%H", "%M": "%M", "%S": "%S", "%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%j": "%j", "%V": "%V", "%U": "%U",
           "%w": "%w", "%a": "%a", "%A": "%A", "%b": "%b", "%B": "%B", "%y": "%y", "%p": "%p", "%I": "%I", "%%": "%%"}
READ = {"%Y": r"(?P<Y>[0-9]{4})", "%m": r"(?P<m>[0-9]{2})", "%d": r"(?P<d>[0-9]{2})", "%H": r"(?P<H>[0-9]{2})", "%M": r"(?P<M>[0-9]{2})", "%S": r"(?P<S>[0-9]{2})",
        "%z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})", "%%": "%"}
VARIABLE = re.compile(r"%.|[^%]+", re.S)


def seconds(value):
    value = single(value, "a time function")
    return value if is_number(value) else number(value) if isinstance(value, Field) else None


def strftime(value, form):
    if value is None or form is None:
        return None
    moment = seconds(value)
    if moment is None or not isinstance(form, str):
        raise unknown("strftime() of what is no time")
    parts = VARIABLE.findall(form)
    if any(part[0] == "%" and part not in WRITTEN for part in parts) or not float(moment).is_integer():
        raise unknown("a variable of strftime(), or parts of seconds")
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=int(moment))
    return "".join(at.strftime(WRITTEN[part]) if part[0] == "%" else part for part in parts)


def strptime(value, form):
    value = single(value, "strptime()")
    if value is None or form is None:
        return None
    parts = VARIABLE.findall(form)
    if any(part[0] == "%" and part not in READ for part in parts):
        raise unknown("a variable of strptime()")
    if not {"%Y", "%m", "%d"} <= set(parts):
        # A time without a date is one of a day that no page names; a text that starts otherwise is none.
        if re.match(r"[0-9]", str(value)):
            raise unknown("strptime() without a whole date")
        return None
    found = re.fullmatch("".join(READ[part] if part[0] == "%" else re.escape(part) for part in parts), str(value))
    if not found:
        if re.match("".join(READ[part] if part[0] == "%" else re.escape(part) for part in parts), str(value)):
            raise unknown("strptime() of more than the time")
        return None
    given = {name: int(text) for name, text in found.groupdict().items() if name != "z"}
    zone = found.groupdict().get("z") or "Z"
    offset = 0 if zone == "Z" else (-1 if zone[0] == "-" else 1) * (int(zone[1:3]) * 60 + int(zone[-2:]))
    try:
        moment = datetime(given["Y"], given["m"], given["d"], given.get("H", 0), given.get("M", 0), given.get("S", 0))
    except ValueError:
        return None
    return calendar.timegm(moment.timetuple()) - offset * 60
