"""Paths of spath in JSON and XML: Search Reference, spath, and spath() of "Text functions".

Only values that a path names are given; the limit of 5,000 characters is one of extraction without a path.
"""

import json
import re
from xml.parsers import expat

from .errors import unknown

STEP = re.compile(r"([^.{}]+)((?:\{[^{}]*\})*)")


def steps(path):
    """The names and indexes of a path; an index is a tuple."""
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
        raise unknown("spath with a path that is no text")
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return of_json(text, steps(path))
    if start == "<":
        return of_xml(text, steps(path))
    raise unknown("spath of what is neither JSON nor XML")


def of_json(text, path):
    try:
        nodes = [json.loads(text, parse_float=str, parse_int=str)]
    except (ValueError, RecursionError) as error:
        raise unknown("spath of JSON that is not well-formed") from error
    for step in path:
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


class Element:
    def __init__(self, name, attributes):
        self.name, self.attributes, self.children, self.text = name, attributes, [], ""


def tree(text):
    """A node above the element of a document; names are as written, prefixes of namespaces with them."""
    top = Element("", {})
    open_elements = [top]

    def start(name, attributes):
        element = Element(name, attributes)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def data(characters):
        open_elements[-1].text += characters

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler = start, data
    parser.EndElementHandler = lambda _: open_elements.pop()
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise unknown("spath of XML that is not well-formed") from error
    return top


def of_xml(text, path):
    nodes = [[tree(text)]]
    for at, step in enumerate(path):
        if isinstance(step, str):
            nodes = [[child for child in node.children if child.name == step] for group in nodes for node in group]
            continue
        (index,) = step
        if index.startswith("@"):
            if at != len(path) - 1:
                raise unknown("an attribute inside a path")
            return [node.attributes[index[1:]] for group in nodes for node in group if index[1:] in node.attributes]
        if index.isdigit() and int(index):
            nodes = [group[int(index) - 1 : int(index)] for group in nodes]
        elif index:
            raise unknown(f"the index {index} in a path of XML")
    out = []
    for node in (node for group in nodes for node in group):
        if node.children:
            raise unknown("spath that ends at an element with elements")
        out.append(node.text)
    # An element without text has no value.
    return [one for one in out if one]
