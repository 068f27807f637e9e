"""Paths of spath in JSON and XML: Search Reference, spath, and spath() of "Text functions"."""

import json
import re

from .errors import unknown

STEP = re.compile(r"([^.{}]+)((?:\{[^{}]*\})*)")


def steps(path):
    """The names and indexes of a path."""
    out, at = [], 0
    while at < len(path):
        found = STEP.match(path, at)
        if not found or found.end() < len(path) and path[found.end()] != ".":
            raise unknown(f"the path {path}")
        out.append(found[1])
        out += [(index,) for index in re.findall(r"\{([^{}]*)\}", found[2])]
        at = found.end() + 1
    if not out or path.endswith("."):
        raise unknown(f"the path {path}")
    return out


def extract(text, path):
    """The texts at a path."""
    if not isinstance(path, str):
        raise unknown("spath() with a path that is no text")
    if not text.lstrip().startswith(("{", "[")):
        raise unknown("spath of what is no JSON")
    try:
        nodes = [json.loads(text, parse_float=str, parse_int=str)]
    except ValueError as error:
        raise unknown("spath of what is no JSON") from error
    if len(text) > 5000:
        raise unknown("spath of more than 5,000 characters")
    for step in steps(path):
        nodes = [one for node in nodes for one in children(node, step)]
    out = []
    for node in nodes:
        if node is None or isinstance(node, (dict, list)):
            raise unknown("spath that ends at null, an object or an array")
        out.append(str(node).lower() if isinstance(node, bool) else node)
    return out


def children(node, step):
    if isinstance(step, str):
        return [node[step]] if isinstance(node, dict) and step in node else []
    (index,) = step
    if index and not index.isdigit():
        raise unknown("an attribute in a path of JSON")
    if not isinstance(node, list):
        return []
    return node if not index else node[int(index) : int(index) + 1]
