"""A large document as sections: small content-addressed pieces, each loaded only when somebody looks into it.

    {title, chapters: [3,000 of them]}                                  50 MB
        stub ──► {title, chapters: stub} ──► runs of stubs ──► runs of chapters ──► a chapter that is large by itself

Where a run of items ends depends on the items alone, not on where they stand: what is put in at the front leaves the
sections behind it as they are, and they have the same digests as before.

NOTE stored format: what was split once is read so for ever, and the same content must always have the same digest.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Literal, NamedTuple
from zlib import crc32

import msgspec

Json = Any
"""`None`, bool, int, float, str, list of Json, dict of str to Json."""

INLINE_BYTES: Final = 16 * 1024  # of JSON; a value up to this stays where it is
RUN_BYTES: Final = 48 * 1024  # what a run has on average
MOST_BYTES: Final = 128 * 1024  # and at most; with what surrounds it a section stays far below SECTION_BYTES
SECTION_BYTES: Final = 256 * 1024
FIRST: Final = 80  # characters of a text that are told of it
NAMES: Final = 8  # members of an object that are told of it
PIECE: Final = 4_096  # characters of a line that are kept together
MOST_NAME: Final = 1_024  # characters of a member's name

Kind = Literal["object", "array", "text"]
encoded: Final = msgspec.json.Encoder(order="deterministic").encode


class Stub(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What stands in place of a part that is kept elsewhere, or not shown: enough to know whether to look into it.

    `items` are an object's members, an array's items, a text's characters; `start` is the first member of a run.
    """

    kind: Kind
    bytes: int
    items: int
    first: str = ""  # the first line of the first text in it
    names: list[str] = msgspec.field(default_factory=list)  # an object's first members
    types: dict[str, int] = msgspec.field(default_factory=dict)  # how many of an array's items are what
    section: str = ""  # SHA-256 of its content, hex
    start: str | None = None

    def json(self) -> dict[str, Json]:
        """`{"_folded": {…}}`."""
        return {FOLDED: msgspec.to_builtins(self)}


FOLDED: Final = "_folded"
Placed = Any
"""A value as it stands in a section: itself, or the `Stub` of what is kept elsewhere."""


class Split(NamedTuple):
    """`stub` stands for the whole; `sections` are those it needs, by digest, each behind those that it names."""

    stub: Stub
    sections: dict[str, Json]


def split(value: Json) -> Split | None:
    """`None` where the value is small enough to stay where it is. Raises `ValueError` where a name is too long."""
    if len(encoded(value)) <= INLINE_BYTES:
        return None
    sections: dict[str, Json] = {}
    placed = _placed(value, sections)
    assert isinstance(placed, Stub), "what is too large is kept elsewhere"
    return Split(placed, sections)


def digest(content: Json) -> str:
    """By which a section is called: SHA-256 (hex) of its JSON with sorted names."""
    return sha256(encoded(content)).hexdigest()


def stub_in(value: Json) -> Stub | None:
    """The stub that stored JSON stands for; `None` where it has another form."""
    if type(value) is not dict or value.keys() != {FOLDED}:
        return None
    try:
        stub = msgspec.convert(value[FOLDED], Stub)
    except msgspec.ValidationError:
        return None
    return stub if stub.section else None


def named_in(content: Json) -> Iterator[str]:
    """The digests of the sections that a section names."""
    for stub in members(content):
        if isinstance(stub[1], Stub):
            yield stub[1].section


def members(content: Json) -> Iterator[tuple[str | int, Placed]]:
    """What stands in a section, by name or index; of runs and texts the pieces. Raises `NotASection`."""
    if "runs" in content:
        yield from enumerate(runs_in(content))
        return
    folded = set(content.get("folded", ()))
    found: Iterable[tuple[str | int, Json]]
    found = content["object"].items() if "object" in content else enumerate(content.get("array", ()))
    for step, value in found:
        yield step, (msgspec.convert(value, Stub) if step in folded else value)


def runs_in(content: Json) -> list[Stub]:
    """The runs that a section leads to, in order; `[]` where it holds the items themselves."""
    return msgspec.convert(content.get("runs", []), list[Stub])


def summary(value: Placed) -> Stub:
    """What is told of an object, an array or a text that is not shown."""
    return value if isinstance(value, Stub) else _summary(value, len(encoded(value)))


def line(value: Json) -> str:
    """The first line of the first text in it, shortened."""
    return _line(value, 4)


_KINDS: Final = {dict: "object", list: "array", str: "text", int: "number", float: "number", bool: "boolean", type(None): "null"}  # fmt: skip


def _placed(value: Json, sections: dict[str, Json]) -> Placed:
    """The value itself, or the stub of it: its sections are added."""
    size = len(encoded(value))
    if size <= INLINE_BYTES:
        return value
    if type(value) is str:
        pieces = _Pieces("text", lambda run: {"text": "".join(run)}, lambda run: sum(map(len, run)))
        runs = [_kept(pieces, run, sections) for run in _runs(_lines(value))]
    elif type(value) is list:
        runs = [_kept(_ARRAY, run, sections) for run in _runs([_placed(item, sections) for item in value])]
    else:
        if max(map(len, value), default=0) > MOST_NAME:
            raise ValueError(f"a name in it has more than {MOST_NAME:,} characters")
        placed = [(name, _placed(item, sections)) for name, item in value.items()]
        runs = [_kept(_OBJECT, run, sections) for run in _runs_of_members(placed)]
    return msgspec.structs.replace(_summary(value, size), section=_together(runs, sections).section)


_Run = tuple[list[Any], int]
"""Items that are kept together, and how many bytes they are."""


class _Pieces(NamedTuple):
    """What runs are made of: the content of a section with these, and how many items it holds."""

    kind: Kind
    content: Callable[[Sequence[Any]], Json]
    items: Callable[[Sequence[Any]], int]


def _kept(pieces: _Pieces, run: _Run, sections: dict[str, Json]) -> Stub:
    items, size = run
    start = items[0][0] if pieces.kind == "object" else None
    section = _keep(pieces.content(items), sections)
    return Stub(kind=pieces.kind, bytes=size, items=pieces.items(items), section=section, start=start)


def _together(stubs: list[Stub], sections: dict[str, Json]) -> Stub:
    """The one section that leads to all of these runs."""
    while len(stubs) > 1:
        above = []
        for run, _ in _runs([each.json()[FOLDED] for each in stubs]):
            below, stubs = stubs[: len(run)], stubs[len(run) :]
            section = _keep({"kind": below[0].kind, "runs": run}, sections)
            size, items = sum(each.bytes for each in below), sum(each.items for each in below)
            first = below[0]
            above.append(Stub(kind=first.kind, bytes=size, items=items, section=section, start=first.start))
        stubs = above
    return stubs[0]


def _keep(content: Json, sections: dict[str, Json]) -> str:
    name = digest(content)
    sections.setdefault(name, content)
    return name


def _runs(items: Iterable[Any]) -> Iterator[_Run]:
    """At least two items in each but the last, so that runs of runs come to an end."""
    run: list[Any] = []
    size = 0
    for item in items:
        text = encoded(item)
        if len(run) > 1 and size + len(text) > MOST_BYTES:
            yield run, size
            run, size = [], 0
        run.append(item)
        size += len(text)
        # the larger an item, the likelier a run ends with it: runs have the same mean size whatever they are made of
        if len(run) > 1 and crc32(text) % max(1, RUN_BYTES // len(text)) == 0:
            yield run, size
            run, size = [], 0
    if run:
        yield run, size


def _runs_of_members(members: list[tuple[str, Placed]]) -> Iterator[_Run]:
    """One in their order; several are sorted, so that a member is found without looking into each."""
    size = sum(len(encoded(each)) for each in members)
    if size <= RUN_BYTES:
        yield members, size
    else:
        yield from _runs(sorted(members, key=lambda each: each[0]))


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


def _summary(value: Json, size: int) -> Stub:
    if type(value) is dict:
        names = [_short(name, FIRST // 2) for name in islice(value, NAMES)]
        return Stub(kind="object", bytes=size, items=len(value), first=line(value), names=names)
    if type(value) is list:
        types = dict(Counter(_KINDS[type(item)] for item in value))
        return Stub(kind="array", bytes=size, items=len(value), first=line(value), types=types)
    return Stub(kind="text", bytes=size, items=len(value), first=line(value))


def _line(value: Json, levels: int) -> str:
    if type(value) is str:
        return _short(value.strip()[: 4 * FIRST].split("\n", 1)[0].strip(), FIRST)
    if levels and type(value) in (dict, list):
        for item in islice(value.values() if type(value) is dict else value, NAMES):
            if found := _line(item, levels - 1):
                return found
    return ""


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
