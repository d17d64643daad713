"""Sets one value of a frame and touches no other byte: comments, order, quotes and line ends stay as they are written.

What came out is read again before it is given away: everything else must still say the same.
"""

import re
from typing import Any, Final

import msgspec
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from documents.frames.source import Source, read
from documents.frames.values import Fault, trimmed_end, values_in

Json = Any
_PLAIN: Final = re.compile(r"[^\W_][\w .()/가-힣-]*")
_UNPRINTABLE: Final = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_encode: Final = msgspec.json.Encoder().encode


class EditRefused(ValueError):
    """The value cannot be set there; the text says why and what to do."""


def with_value(text: str, index: int, path: str, value: Json) -> str:
    """The text with the value at a JSON Pointer of frame `index` (of `read`), which need not be there in a mapping.

    Raises `EditRefused`.
    """
    source = read(text)
    if not 0 <= index < len(source.frames):
        there = f"they are 0 to {len(source.frames) - 1}" if source.frames else "the text has none"
        raise EditRefused(f"there is no frame {index}; {there}")
    if not path.startswith("/"):
        raise EditRefused(f"{path or 'an empty path'} names no value: a path begins with /")
    frame = source.frames[index]
    start, end = frame.inside.start, frame.inside.end
    inside = text[start:end]
    edited = text[:start] + _edited(inside, path, value, "\r\n" if "\r\n" in text else "\n") + text[end:]
    _prove(source, edited, index, path, value)
    return edited


def _edited(inside: str, path: str, value: Json, newline: str) -> str:
    nodes = values_in(inside).nodes
    if path in nodes:
        node = nodes[path]
        start, end = int(node.start_mark.index), trimmed_end(inside, node)
        written = _written(value, node)
        if start == end or (start and inside[start - 1] not in ' \t\n\r[{,"'):
            written = " " + written
        return inside[:start] + written + inside[end:]
    above, _, step = path.rpartition("/")
    name = step.replace("~1", "/").replace("~0", "~")
    if above not in nodes and above:
        raise EditRefused(f"{above} is not there; set that first")
    if not above and not nodes:
        return inside + f"{_text(name)}: {_written(value)}" + newline
    node = nodes[above]
    if not isinstance(node, MappingNode):
        raise EditRefused(f"{above} is no mapping; set the whole of it")
    return _added(inside, node, f"{_text(name)}: {_written(value)}", newline)


def _added(inside: str, node: MappingNode, member: str, newline: str) -> str:
    end = trimmed_end(inside, node)
    if node.flow_style:
        return inside[: end - 1] + (", " if node.value else "") + member + inside[end - 1 :]
    line = inside.find("\n", end)
    behind = len(inside) if line < 0 else line  # a comment behind the last value stays with it
    first = node.value[0][0].start_mark
    if behind and inside[behind - 1] == "\r":
        behind -= 1
    return inside[:behind] + newline + " " * int(first.column) + member + (inside[behind:] or newline)


def _written(value: Json, before: Node | None = None) -> str:
    """As YAML that stands on one line; a text is quoted as it was before, or where it must be."""
    if isinstance(value, str):
        return _text(value, before.style if isinstance(before, ScalarNode) else None)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", _encode(value).decode())


def _text(value: str, style: str | None = None) -> str:
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _PLAIN.fullmatch(value) and value == value.strip() and _reads_as(value):
        return value
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", _encode(value).decode())


def _reads_as(value: str) -> bool:
    try:
        return values_in(f"a: {value}").values == {"a": value} and values_in(f"{value}: 1").values == {value: 1}
    except Fault:
        return False


def _prove(before: Source, edited: str, index: int, path: str, value: Json) -> None:
    after = read(edited)
    expected = [frame.values for frame in before.frames]
    expected[index] = _set(expected[index], path, value)
    same = _encode([frame.values for frame in after.frames]) == _encode(expected)
    if not same or len(after.problems) != len(before.problems) or len(after.hidden) != len(before.hidden):
        raise EditRefused(f"{path} cannot be set there without changing something else; edit the text by hand")


def _set(document: Json, path: str, value: Json) -> Json:
    first, _, rest = path[1:].partition("/")
    name: Any = first.replace("~1", "/").replace("~0", "~")
    copied = list(document) if isinstance(document, list) else dict(document)
    if isinstance(copied, list):
        name = int(name)
    copied[name] = _set(copied[name], "/" + rest, value) if rest or path.count("/") > 1 else value
    return copied
