"""A similar view as a side of a comparison with one that was made anew of the same versions, wherever either is kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from events.names import Key
from projectors.projector import Place
from projectors.ranges import Row
from projectors.row_lines import Sums, line
from projectors.verify import Range


class Slice(NamedTuple):
    """When a version with a text was there, and of which object it is."""

    since: int
    until: int
    branch: str
    entity: str
    slug: str


class Part(NamedTuple):
    """A passage of a version's text; nothing but its place where nobody knows it any more."""

    since: int
    number: int
    digest: bytes | None
    text: str | None
    entity: str | None
    branch: str | None


class Written(Protocol):
    """What a similar view holds, from one unchanging state of it. Positions first ≤ since ≤ last."""

    def position(self) -> int: ...

    def slices(self, first: int, last: int) -> Iterator[Slice]:
        """By `since`."""

    def parts(self, first: int, last: int) -> Iterator[Part]:
        """By `since` and number."""

    def hashed(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        """As `parts`, with the SHA-256 of each text in its place: long texts stay where they are."""

    def stray(self) -> bytes | None:
        """The digest of a passage that no version has."""


class SimilarSide:
    """Of a comparison: see `ranges.Blocking`."""

    def __init__(self, written: Written) -> None:
        self.written = written

    def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        sums = Sums(size), Sums(size)
        for several, rows in zip(sums, (self.written.slices, self.written.hashed), strict=True):
            for row in rows(first, last):
                several.add(row[0], line(row))
        slices, parts = (several.digests() for several in sums)
        return {number: slices.get(number, b"-") + parts.get(number, b"-") for number in {*slices, *parts}}

    def rows(self, first: int, last: int) -> Sequence[Row]:
        slices = (_row(each, each._asdict(), "") for each in self.written.slices(first, last))
        parts = (_row(each, each._asdict(), f"part {each.number:06}") for each in self.written.parts(first, last))
        return [*slices, *parts]

    def strangers(self) -> Sequence[Row]:
        stray = self.written.stray()
        return [] if stray is None else [Row(self.written.position(), f"passage {stray.hex()[:12]}", {})]


def places(ranges: Iterable[Range], *sides: Written) -> frozenset[Place]:
    """The objects of which any of the sides has a version that began there."""
    slices = (each for range_ in ranges for side in sides for each in side.slices(*range_))
    return frozenset((each.branch, Key(each.entity)) for each in slices)


def _row(of: Slice | Part, columns: Mapping[str, Any], kind: str) -> Row:
    return Row(of.since, f"{of.entity} on {of.branch}", columns, kind)
