#!/usr/bin/env python3
"""Asks an engine behind the protocol of ../README.md which types each function and operator takes, for operands.js to compare.

    operands.py PROGRAM [ARGUMENT...] | node operands.js

Writes a line a query: whether the engine stops at it, and how much of a disagreement is none (`looser`: the binder accepts what the
product then refuses, by its pages).
"""

import json
import random
import re
import sys

from facts import Program
from queries import COLUMNS, Queries

TYPES = {"string": "F", "long": "N", "int": "toint(N)", "real": "R", "bool": "B", "datetime": "At", "timespan": "(At - At)", "dynamic": "D",
         "member": "D.a", "guid": "toguid(F)"}
# Each function with arguments that it takes.
FUNCTIONS = """not(B) tostring(F) toint(F) tolong(F) toreal(F) todouble(F) tobool(F) todatetime(F) totimespan(F) toguid(F) isempty(F)
isnotempty(F) isnull(N) isnotnull(N) coalesce(N,M) iff(B,N,M) case(B,N,M) abs(N) min_of(N,M) max_of(N,M) tohex(N) bin(N,2) floor(R,1.0)
strcat(F,G) strcat_delim('-',F,G) strlen(F) tolower(F) toupper(F) substring(F,1,2) trim('a',F) trim_start('a',F) trim_end('a',F)
replace_string(F,'a','b') replace_regex(F,'a','b') extract('(a)',1,F) extract_all('(a)',F) split(F,'a',0) indexof(F,'a',0) countof(F,'a')
base64_decode_tostring(F) base64_encode_tostring(F) url_decode(F) reverse(F) parse_path(F) parse_json(F) todynamic(F) bag_has_key(D,'a')
bag_keys(D) bag_pack('a',F) set_has_element(D,'a') array_length(D) array_index_of(D,'a') array_concat(D,D) strcat_array(D,',')
pack_array(F,N) ipv4_is_in_range(F,'10.0.0.0/8') ipv4_is_in_any_range(F,'10.0.0.0/8') ipv6_is_in_range(F,'::1')
ipv6_is_in_any_range(F,'::1') ipv4_is_private(F) ipv4_is_match(F,'10.0.0.0',24) ipv6_is_match(F,'::1',24) parse_ipv4(F) now(1d) ago(1d)
getyear(At) getmonth(At) monthofyear(At) dayofmonth(At) dayofyear(At) dayofweek(At) hourofday(At) week_of_year(At)
datetime_part('hour',At) datetime_diff('hour',At,At) datetime_add('hour',1,At) startofday(At,1) startofweek(At) startofmonth(At)
endofday(At) unixtime_seconds_todatetime(N) format_datetime(At,'yyyy')""".split()
AGGREGATES = """sum(N) avg(N) min(N) max(N) dcount(N) make_set(N) make_list(N) any(N) take_any(N) countif(B) sumif(N,B) dcountif(N,B) minif(N,B)
arg_max(N,F) arg_min(N,F) make_set_if(N,B) count_distinct(N)""".split()
OPERATORS = ["where {0}", "sort by {0}", "distinct Y = {0}", "extend Y = {0} | distinct Y", "summarize count() by Y = {0}",
             "extend Y = {0} | join kind=inner (T | extend Y = {0}) on Y", "extend Y = {0} | where tostring(Y.a) == 'x'", "extend Y = D[{0}]",
             "parse {0} with 'a' r", "extend Y = {0} | mv-expand Y", "extend Y = -{0}", "where B and {0}", "where {0} in ({0})",
             "where {0} in~ ('a')", "where {0} has_any ('a')", "where {0} contains 'a'", "where F contains {0}", "where {0} matches regex 'a'",
             "where {0} < {0}", "where {0} between ({0} .. {0})", "take {0}"]
# Where the binder accepts any types and the product refuses to compare or to choose between them.
LOOSE = re.compile(r"(iff|case)\(.*\)$| (==|!=|in|!in) ")
# A column or value in a query, to be exchanged for one of another type; not inside text, nor with a member behind it.
EXCHANGED = re.compile(r"""(?<![\w.'"\\\[-])(F|G|I|N|M|R|B|At|D)\b(?![.:'"\[])""")
TEXT = re.compile(r"""datetime\([^)]*\)|@?"[^"]*"|@?'[^']*'""")


def queries():
    for call in FUNCTIONS + AGGREGATES:
        name, _, arguments = call.rstrip(")").partition("(")
        arguments = arguments.split(",") if "','" not in arguments else ["D", "','"]
        for place in range(len(arguments)):
            for one in TYPES.values():
                given = ", ".join(arguments[:place] + [one] + arguments[place + 1:])
                yield f"T | {'summarize' if call in AGGREGATES else 'extend'} X = {name}({given})"
    for one in TYPES.values():
        yield from ("T | " + form.format(one) for form in OPERATORS)
        yield from (f"T | extend X = {one} {op} {other}" for other in TYPES.values() for op in ("==", "!=", "<", "+", "-", "*", "/", "%"))
    draw = random.Random(1)
    drawn = Queries(draw)
    for _ in range(500):
        query = drawn.query()
        yield query
        if places := list(EXCHANGED.finditer(TEXT.sub(lambda text: "~" * len(text[0]), query))):
            place = draw.choice(places)
            yield query[:place.start()] + draw.choice([*TYPES.values(), "5", "'a'", "1.5", "X"]) + query[place.end():]


def main(command):
    program = Program(command, {"T": COLUMNS})
    for query in queries():
        answer = program.ask(query, [])
        if answer.get("kind") not in ("unknown", "limit"):
            print(json.dumps({"query": query, "stops": answer.get("kind"), "error": answer.get("error"), "looser": bool(LOOSE.search(query))}))
    program.end()


if __name__ == "__main__":
    main(sys.argv[1:])
