"""Which of a row of documents said last what each value of the newest one is.

0  {"a": 1, "tags": ["x"]}
1  {"a": 2, "tags": ["x"]}             /a       2    by 1
2  {"a": 2, "tags": ["한", "x"]}   ─►  /tags/0  "한"  by 2
                                       /tags/1  "x"  by 0    it moved, nobody said it again
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from documents.diff import Change, Json, changes, pointer, unescaped


class Said(NamedTuple):
    """A value that holds no others, or is empty; `by` counts documents from 0."""

    path: str
    value: Json
    by: int


def blame(documents: Iterable[Json]) -> list[Said]:
    """Of every value of the last document, in its order. What changed and changed back was said again."""
    known: Json = None
    top = _Value(0, {"": _Value(0)})  # in the shape of the document: in the place of each value who said it
    for by, document in enumerate(documents):
        for change in changes(known, document) if by else [Change("replace", "", None, document)]:
            _say(top, change, by)
        known = document
    return list(_said("", known, top.inner[""]))


@dataclass(slots=True)
class _Value:
    """`by`: who said it; of a map or an array, who last put something in or took something out."""

    by: int
    inner: Any = None


def _say(top: _Value, change: Change, by: int) -> None:
    *above, last = change.path.split("/")
    within = top
    for name in above:
        within = within.inner[_index(within, name)]
    at = _index(within, last)
    if change.op == "remove":
        del within.inner[at]
    elif change.op == "add" and isinstance(within.inner, list):
        within.inner.insert(at, _by(change.new, by))
    else:
        within.inner[at] = _by(change.new, by)
    if change.op != "replace":
        within.by = by


def _index(within: _Value, name: str) -> Any:
    return int(name) if isinstance(within.inner, list) else unescaped(name)


def _by(value: Json, by: int) -> _Value:
    if isinstance(value, dict):
        return _Value(by, {name: _by(each, by) for name, each in value.items()})
    return _Value(by, [_by(each, by) for each in value] if isinstance(value, list) else None)


def _said(path: str, value: Json, said: _Value) -> Iterator[Said]:
    if not isinstance(value, dict | list) or not value:
        yield Said(path, value, said.by)
        return
    for name, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _said(path + pointer([name]), each, said.inner[name])
