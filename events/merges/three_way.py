"""Three-way merge of JSON: one document from what two sides made of a third. Pure.

What one side changed is taken, what both changed alike is taken once, the rest are clashes. Maps are merged name by
name; lists of distinct scalars element by element, as sets, where both sides kept the order; all else as a whole, and
so are encrypted values and documents that are kept in sections: of two of them no third can be made.

    base {"gate": "A1", "tags": ["a"]}   ours {"gate": "B2", "tags": ["a", "b"]}   theirs {"gate": "C3", "tags": []}
    ──► {"gate": "B2", "tags": ["b"]} and one clash at /gate
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

import msgspec

from events.objects.sealing import is_closed
from events.objects.splits import is_stub
from events.schema.values import Json, pointer, same

DEEPEST: Final = 1_000  # steps; no document has as many
_SCALARS: Final = (str, int, float, bool, type(None))
_text: Final = msgspec.json.Encoder().encode


class Absent(Enum):
    """What stands for a member that is not there: JSON null is a value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class Clash(NamedTuple):
    """Both sides changed what stands at `path` (JSON Pointer), each to something else. Each value may be `ABSENT`."""

    path: str
    base: Json
    ours: Json
    theirs: Json


class Merged(NamedTuple):
    """`value` has ours at every clash."""

    value: Json
    clashes: tuple[Clash, ...]


def three_way(base: Json, ours: Json, theirs: Json, *, deep: int = DEEPEST, ordered: Iterable[str] = ()) -> Merged:
    """`deep`: so many steps down, maps and sets that both sides added are merged, too, as if they had been empty before.

    `ordered`: names of members whose lists are no sets, because their order means something.
    """
    clashes: list[Clash] = []
    value = _Merging(deep, frozenset(ordered), clashes).at("", "", base, ours, theirs)
    return Merged(value, tuple(clashes))


def replaced(document: Json, path: str, value: Json) -> Json:
    """The document with another value at a JSON Pointer, `ABSENT` for none; what is given stays as it was.

    Maps on the way that are not there come into being. Raises `LookupError` where the path leads through no map.
    """
    return _replaced(document, _steps(path), value)


def found(document: Json, path: str) -> Json:
    """What stands at a JSON Pointer through maps; `ABSENT` if nothing does."""
    for step in _steps(path):
        if type(document) is not dict:
            return ABSENT
        document = document.get(step, ABSENT)
    return document


Difference = dict[str, Json]
"""`{path, value?, was?}`: no `value` = the member goes, no `was` = it was not there."""


def differences(before: Json, after: Json, path: str = "") -> Iterator[Difference]:
    """What makes one document of another: map by map down to what differs, lists as a whole. Either may be `ABSENT`."""
    if type(before) is dict and type(after) is dict:
        for name in dict.fromkeys((*before, *after)):
            yield from differences(before.get(name, ABSENT), after.get(name, ABSENT), path + pointer(name))
    elif not same(before, after):
        sides = {"value": after, "was": before}
        yield {"path": path} | {name: value for name, value in sides.items() if value is not ABSENT}


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _replaced(document: Json, steps: Sequence[str], value: Json) -> Json:
    if not steps:
        return value
    within = {} if document is ABSENT else document
    if type(within) is not dict:
        raise LookupError(steps[0])
    inner = _replaced(within.get(steps[0], ABSENT), steps[1:], value)
    others = {name: item for name, item in within.items() if name != steps[0] or inner is not ABSENT}
    return others if inner is ABSENT else {**others, steps[0]: inner}


class _Merging(NamedTuple):
    deep: int
    ordered: frozenset[str]
    clashes: list[Clash]

    def at(self, path: str, name: str, base: Json, ours: Json, theirs: Json) -> Json:
        if same(ours, theirs) or same(base, theirs):
            return ours
        if same(base, ours):
            return theirs
        if any(is_closed(each) or is_stub(each) for each in (base, ours, theirs)):
            self.clashes.append(Clash(path, base, ours, theirs))
            return ours
        if (
            base is ABSENT
            and path.count("/") <= self.deep
            and type(ours) is type(theirs)
            and type(ours) in (dict, list)
        ):
            base = type(ours)()
        if type(base) is type(ours) is type(theirs) is dict:
            return self._maps(path, base, ours, theirs)
        if type(base) is type(ours) is type(theirs) is list and name not in self.ordered:
            merged = _sets(base, ours, theirs)
            if merged is not None:
                return merged
        self.clashes.append(Clash(path, base, ours, theirs))
        return ours

    def _maps(self, path: str, base: Json, ours: Json, theirs: Json) -> dict[str, Json]:
        merged = {}
        for name in dict.fromkeys((*base, *ours, *theirs)):
            sides = (side.get(name, ABSENT) for side in (base, ours, theirs))
            value = self.at(path + pointer(name), name, *sides)
            if value is not ABSENT:
                merged[name] = value
        return merged


def _sets(base: Sequence[Json], ours: Sequence[Json], theirs: Sequence[Json]) -> list[Json] | None:
    """What both kept in the order of the base, then what either added, sorted; `None` where these are no sets."""
    by_text: dict[bytes, Any] = {}
    sides = []
    for side in (base, ours, theirs):
        if not all(type(item) in _SCALARS for item in side):
            return None
        texts = [_text(item) for item in side]
        if len(set(texts)) < len(texts):
            return None
        by_text.update(zip(texts, side, strict=True))
        sides.append(texts)
    old, mine, other = sides
    kept = [text for text in old if text in mine and text in other]
    if any([text for text in side if text in kept] != kept for side in (mine, other)):
        return None
    return [by_text[text] for text in (*kept, *sorted({*mine, *other} - set(old)))]
