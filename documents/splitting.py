"""Splits a large document into sections (`documents.sections`), so that a change of one part leaves the others as they are.

Where a run of items ends depends on the items alone, not on where they stand: what is put in at the front leaves the
sections behind it as they are, and they have the same digests as before.

NOTE stored format: the same content must always be split alike.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec

from documents.sections import FOLDED, Json, Kind, Placed, Stub, digest, encoded, summary

INLINE_BYTES: Final = 16 * 1024  # of JSON; a value up to this stays where it is
RUN_BYTES: Final = 48 * 1024  # what a run has on average
MOST_BYTES: Final = 128 * 1024  # and at most; with what surrounds it a section stays far below SECTION_BYTES
PIECE: Final = 4_096  # characters of a line that are kept together
MOST_NAME: Final = 1_024  # characters of a member's name
_MAY_BE_LARGE: Final = frozenset((str, list, dict))


Seal = Callable[[Json], Json]
"""What is stored of a section's content."""


class Split(NamedTuple):
    """`stub` stands for the whole; `sections` are those it needs, by digest, each behind those that it names."""

    stub: Stub
    sections: dict[str, Json]


def split(value: Json, seal: Seal = lambda content: content) -> Split | None:
    """`None` where the value is small enough to stay where it is. Raises `ValueError` where a name is too long."""
    sections = _Sections({}, seal)
    placed = _placed(value, sections).placed
    return Split(placed, sections.kept) if isinstance(placed, Stub) else None


class _Sections(NamedTuple):
    """Those that are made so far, as they are stored, and how that is."""

    kept: dict[str, Json]
    seal: Seal


class _Item(msgspec.Struct, frozen=True, gc=False):
    """A part as it stands in a section."""

    placed: Placed
    text: bytes  # the JSON of `placed`
    size: int  # bytes of JSON of the part itself


def _placed(value: Json, sections: _Sections) -> _Item:
    """The value itself, or the stub of it: its sections are added. What is large is never encoded as a whole."""
    if type(value) not in _MAY_BE_LARGE or not _surely_large(value):
        item = _item(value)
        if item.size <= INLINE_BYTES:
            return item
    if type(value) is str:
        pieces = _Pieces("text", lambda run: {"text": "".join(run)}, lambda run: sum(map(len, run)))
        size = len(encoded(value))
        runs = [_kept(pieces, run, sections) for run in _runs(map(_item, _lines(value)))]
    elif type(value) is list:
        items = [_placed(item, sections) for item in value]
        size = _size(each.size for each in items)
        runs = [_kept(_ARRAY, run, sections) for run in _runs(items)]
    else:
        if max(map(len, value), default=0) > MOST_NAME:
            raise ValueError(f"a name in it has more than {MOST_NAME:,} characters")
        members = {name: _placed(item, sections) for name, item in value.items()}
        size = _size(len(encoded(name)) + 1 + each.size for name, each in members.items())
        runs = [_kept(_OBJECT, run, sections) for run in _runs_of_members(members)]
    stub = msgspec.structs.replace(summary(value, size), section=_together(runs, sections).section)
    return _Item(stub, encoded(stub), size)


def _item(value: Json) -> _Item:
    """The part itself."""
    text = encoded(value)
    return _Item(value, text, len(text))


def _surely_large(value: Json) -> bool:
    """Whether it has more than `INLINE_BYTES` of JSON, as far as that can be told by counting up to so many."""
    left, waiting = INLINE_BYTES, [value]
    while waiting and left >= 0:
        one = waiting.pop()
        if type(one) is str:
            left -= len(one)
        elif type(one) is list:
            left -= len(one)
            waiting += one if left >= 0 else ()
        elif type(one) is dict:
            left -= len(one)
            waiting += [*one, *one.values()] if left >= 0 else ()
    return left < 0


def _size(members: Iterable[int]) -> int:
    """Bytes of a list or an object with members of so many."""
    sizes = list(members)
    return 2 + sum(sizes) + max(0, len(sizes) - 1)


_Run = tuple[list[Any], int]
"""Items that are kept together, and how many bytes they are."""


class _Pieces(NamedTuple):
    """What runs are made of: the content of a section with these, and how many items it holds."""

    kind: Kind
    content: Callable[[Sequence[Any]], Json]
    items: Callable[[Sequence[Any]], int]


def _kept(pieces: _Pieces, run: _Run, sections: _Sections) -> Stub:
    items, size = run
    start = items[0][0] if pieces.kind == "object" else None
    section = _keep(pieces.content(items), sections)
    return Stub(kind=pieces.kind, bytes=size, items=pieces.items(items), section=section, start=start)


def _together(stubs: list[Stub], sections: _Sections) -> Stub:
    """The one section that leads to all of these runs."""
    while len(stubs) > 1:
        above = []
        for run, _ in _runs(_item(each.json()[FOLDED]) for each in stubs):
            below, stubs = stubs[: len(run)], stubs[len(run) :]
            section = _keep({"kind": below[0].kind, "runs": run}, sections)
            size, items = sum(each.bytes for each in below), sum(each.items for each in below)
            first = below[0]
            above.append(Stub(kind=first.kind, bytes=size, items=items, section=section, start=first.start))
        stubs = above
    return stubs[0]


def _keep(content: Json, sections: _Sections) -> str:
    stored = sections.seal(content)
    name = digest(stored)
    sections.kept.setdefault(name, stored)
    return name


def _runs(items: Iterable[_Item]) -> Iterator[_Run]:
    """At least two in each but the last, so that runs of runs come to an end."""
    run: list[Any] = []
    size = 0
    for item in items:
        text = item.text
        if len(run) > 1 and size + len(text) > MOST_BYTES:
            yield run, size
            run, size = [], 0
        run.append(item.placed)
        size += len(text)
        # the larger an item, the likelier a run ends with it: runs have the same mean size whatever they are made of
        if len(run) > 1 and crc32(text) % max(1, RUN_BYTES // len(text)) == 0:
            yield run, size
            run, size = [], 0
    if run:
        yield run, size


def _runs_of_members(members: Mapping[str, _Item]) -> Iterator[_Run]:
    """One in their order; several are sorted, so that a member is found without looking into each."""
    pairs = {
        name: _Item((name, each.placed), b"[" + encoded(name) + b"," + each.text + b"]", each.size)
        for name, each in members.items()
    }
    size = sum(len(pair.text) for pair in pairs.values())
    if size <= RUN_BYTES:
        yield [pair.placed for pair in pairs.values()], size
    else:
        yield from _runs(pairs[name] for name in sorted(pairs))


def _array(run: Sequence[Placed]) -> Json:
    folded = [index for index, item in enumerate(run) if isinstance(item, Stub)]
    return _content({"array": [_stored(item) for item in run]}, folded)


def _object(run: Sequence[tuple[str, Placed]]) -> Json:
    folded = [name for name, item in run if isinstance(item, Stub)]
    return _content({"object": {name: _stored(item) for name, item in run}}, folded)


def _content(content: dict[str, Json], folded: list[Any]) -> Json:
    return content | {"folded": folded} if folded else content


def _stored(item: Placed) -> Json:
    return msgspec.to_builtins(item) if isinstance(item, Stub) else item


_ARRAY: Final = _Pieces("array", _array, len)
_OBJECT: Final = _Pieces("object", _object, len)


def _lines(text: str) -> Iterator[str]:
    for each in text.splitlines(keepends=True):
        for start in range(0, len(each), PIECE):
            yield each[start : start + PIECE]
