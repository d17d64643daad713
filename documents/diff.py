"""What changed from one JSON document to another, as small changes that carry both the old and the new value.

Changes are an RFC 6902 patch in the order in which they apply, with `old` beside it: `applied(a, changes(a, b)) == b`.
Maps are compared name by name; arrays keep what is equal in order, and compare what stands between pair by pair.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple

import msgspec

Json = Any
"""`None`, bool, int, float, str, list of Json, dict of str to Json."""

ALIGNED_CELLS: Final = 40_000
"""Arrays whose changed middles span more than this (length × length) are compared index by index: bounded cost."""

_text: Final = msgspec.json.Encoder(order="deterministic").encode


class Change(NamedTuple):
    """`path` is a JSON Pointer (RFC 6901) into the document as the changes before it left it.

    `old` is `None` for `add`, `new` is `None` for `remove`; a JSON null is also `None`: `op` tells them apart.
    """

    op: Literal["add", "remove", "replace"]
    path: str
    old: Json = None
    new: Json = None

    def json(self) -> dict[str, Json]:
        """`{op, path, old?, new?}`."""
        values = {"old": self.old, "new": self.new}
        absent = {"add": "old", "remove": "new"}.get(self.op)
        return {"op": self.op, "path": self.path} | {name: values[name] for name in values if name != absent}


def changes(old: Json, new: Json) -> list[Change]:
    """The changes that make `new` of `old`; `[]` if they are the same JSON (`true` is not 1, 1 is not 1.0)."""
    return list(_changes("", old, new))


def applied(document: Json, steps: Iterable[Change]) -> Json:
    """The document after these changes; what is given stays as it was. Raises `LookupError` where a path leads nowhere."""
    root = [_copied(document)]
    for step in steps:
        *parents, last = ["0", *map(unescaped, step.path.split("/")[1:])]
        target: Json = root
        for name in parents:
            target = target[int(name)] if isinstance(target, list) else target[name]
        _apply(target, last, step)
    return root[0]


def pointer(path: Iterable[str | int]) -> str:
    """The JSON Pointer of these names and indexes; `""` is the whole document."""
    return "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in path)


def _changes(path: str, old: Json, new: Json) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _in_maps(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _in_arrays(path, old, new)
    elif type(old) is not type(new) or old != new:
        yield Change("replace", path, old, new)


def _in_maps(path: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        if _are_one_text(old.get(name), new.get(name)):
            continue
        at = path + pointer([name])
        if name not in new:
            yield Change("remove", at, old=old[name])
        elif name not in old:
            yield Change("add", at, new=new[name])
        else:
            yield from _changes(at, old[name], new[name])


def _are_one_text(one: Json, other: Json) -> bool:
    """Most members are texts that did not change."""
    return type(one) is str and type(other) is str and one == other


def _in_arrays(path: str, old: Sequence[Json], new: Sequence[Json]) -> Iterator[Change]:
    shift = 0  # how far earlier changes moved what stands behind them
    for start, stop, new_start, new_stop in _unequal(old, new):
        paired = min(stop - start, new_stop - new_start)
        for offset in range(paired):
            yield from _changes(f"{path}/{start + shift + offset}", old[start + offset], new[new_start + offset])
        for index in range(start + paired, stop):
            yield Change("remove", f"{path}/{start + shift + paired}", old=old[index])
        for index in range(new_start + paired, new_stop):
            yield Change("add", f"{path}/{index - new_start + start + shift}", new=new[index])
        shift += (new_stop - new_start) - (stop - start)


def _unequal(old: Sequence[Json], new: Sequence[Json]) -> Iterator[tuple[int, int, int, int]]:
    """Ranges `(old start, old stop, new start, new stop)` that differ, left to right."""
    a, b = [_text(item) for item in old], [_text(item) for item in new]
    head = _common(a, b)
    tail = _common(a[head:][::-1], b[head:][::-1])
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    if len(a) * len(b) > ALIGNED_CELLS:
        yield head, head + len(a), head, head + len(b)
        return
    for tag, start, stop, new_start, new_stop in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            yield head + start, head + stop, head + new_start, head + new_stop


def _common(a: Sequence[bytes], b: Sequence[bytes]) -> int:
    """How many items at the start are equal."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _apply(target: Json, last: str, step: Change) -> None:
    name: Json = int(last) if isinstance(target, list) else last
    if step.op == "remove":
        del target[name]
    elif step.op == "add" and isinstance(target, list):
        target.insert(name, _copied(step.new))
    else:
        target[name] = _copied(step.new)


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def unescaped(name: str) -> str:
    """A name as it stands in a document, from a JSON Pointer."""
    return name.replace("~1", "/").replace("~0", "~")
