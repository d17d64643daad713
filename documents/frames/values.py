"""The values of a frame and where each stands: YAML 1.2, of which only what JSON can say is taken.

`country: NO` is a text, `no: x` has the key `no`, dates are texts; aliases and tags of one's own are refused: a small
frame could stand for a very large value, or for code.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Json = Any
MOST_BYTES: Final = 256 * 1024  # of one frame
MOST_LEVELS: Final = 32
_TAG: Final = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Characters `start` to `end` of the text, `end` excluded; `line` and `column` count from 1."""

    start: int
    end: int
    line: int
    column: int


class Fault(Exception):
    """Why a frame cannot be read: a code, a place in the frame's own text, a sentence."""

    def __init__(self, code: str, index: int, text: str) -> None:
        self.code, self.index, self.text = code, index, text
        super().__init__(text)


class Values(NamedTuple):
    """`nodes` by JSON Pointer; `""` is the whole mapping, absent where the frame is empty."""

    values: dict[str, Json]
    nodes: dict[str, Node]


def values_in(text: str) -> Values:
    """Of the YAML of a frame. Raises `Fault`."""
    if len(text) > MOST_BYTES:
        raise Fault(
            "DOCUMENT_TOO_LARGE", 0, f"a frame has at most {MOST_BYTES:,} characters, this one has {len(text):,}"
        )
    try:
        root = YAML(typ="rt").compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Fault("DOCUMENT_YAML", mark.index if mark else 0, str(error.problem or error.context)) from None
    except (YAMLError, ValueError) as error:
        raise Fault("DOCUMENT_YAML", 0, str(error).splitlines()[0]) from None
    if root is None or (isinstance(root, ScalarNode) and not root.value and not root.style):
        return Values({}, {})
    if not isinstance(root, MappingNode):
        raise Fault("DOCUMENT_SHAPE", root.start_mark.index, "a frame holds names with values, `name: value`")
    nodes: dict[str, Node] = {}
    return Values(_value(root, "", nodes, MOST_LEVELS), nodes)


def trimmed_end(text: str, node: Node) -> int:
    """Where a node really ends: what stands behind it, blank lines and comments, belongs to nobody."""
    if isinstance(node, ScalarNode):
        return _block_end(text, node) if node.style in ("|", ">") else int(node.end_mark.index)
    if isinstance(node, MappingNode | SequenceNode) and node.flow_style:
        return int(node.end_mark.index)
    ends = [trimmed_end(text, each) for each in _below(node)]
    return max(ends, default=int(node.end_mark.index))


def _below(node: Node) -> Iterator[Node]:
    for each in node.value:
        if isinstance(node, MappingNode):
            yield from each
        else:
            yield each


def _block_end(text: str, node: ScalarNode) -> int:
    """Behind the last line of a block scalar, without its line end and what is less indented."""
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    lines = text[start:end].splitlines(keepends=True)
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip()), default=0)
    first = next((line for line in lines[1:] if line.strip()), "")
    indent = max(indent, len(first) - len(first.lstrip(" ")))
    while len(lines) > 1 and (not lines[-1].strip() or len(lines[-1]) - len(lines[-1].lstrip(" ")) < indent):
        lines.pop()
    return start + len("".join(lines).rstrip("\r\n"))


def _value(node: Node, path: str, nodes: dict[str, Node], levels: int) -> Json:
    at = int(node.start_mark.index)
    if node.anchor is not None or path in nodes:
        raise Fault("DOCUMENT_ALIAS", at, "anchors and aliases are not taken: write the value twice")
    if levels == 0:
        raise Fault("DOCUMENT_SHAPE", at, f"values are nested deeper than {MOST_LEVELS} levels")
    nodes[path] = node
    if isinstance(node, MappingNode):
        return _mapping(node, path, nodes, levels)
    if isinstance(node, SequenceNode):
        _plain_tag(node, "seq")
        return [_value(each, f"{path}/{index}", nodes, levels - 1) for index, each in enumerate(node.value)]
    assert isinstance(node, ScalarNode), "a node is a mapping, a sequence or a scalar"
    return _scalar(node)


def _mapping(node: MappingNode, path: str, nodes: dict[str, Node], levels: int) -> dict[str, Json]:
    _plain_tag(node, "map")
    found: dict[str, Json] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise Fault("DOCUMENT_SHAPE", int(key.start_mark.index), "a name is a text")
        if key.value in found:
            raise Fault("DOCUMENT_KEY_TWICE", int(key.start_mark.index), f"{key.value} stands twice in it")
        found[key.value] = _value(value, path + pointer(key.value), nodes, levels - 1)
    return found


def pointer(name: str) -> str:
    """One step of a JSON Pointer."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _plain_tag(node: Node, kind: str) -> None:
    if node.tag != _TAG + kind:
        raise Fault("DOCUMENT_YAML", int(node.start_mark.index), f"the tag {node.tag} is not taken")


def _scalar(node: ScalarNode) -> Json:
    tag = str(node.tag)
    if tag == _TAG + "null":
        return None
    if tag == _TAG + "bool":
        return node.value.lower() == "true"
    if tag in (_TAG + "int", _TAG + "float"):
        return _number(node, tag == _TAG + "int")
    if tag in (_TAG + "str", _TAG + "timestamp", _TAG + "value", _TAG + "merge"):
        return str(node.value)
    raise Fault("DOCUMENT_YAML", int(node.start_mark.index), f"the tag {tag} is not taken")


def _number(node: ScalarNode, whole: bool) -> int | float:
    text = node.value.replace("_", "")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(text.lstrip("+-")[:2].lower(), 10)
    try:
        number = int(text, base) if whole else float(text)
    except ValueError:
        raise Fault("DOCUMENT_YAML", int(node.start_mark.index), f"{node.value} is no number") from None
    if not isfinite(number):
        raise Fault("DOCUMENT_YAML", int(node.start_mark.index), f"{node.value} is no number that JSON knows")
    return number
