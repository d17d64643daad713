"""Holds a similar view against one that was made anew of the same versions, row beside row, wherever either is kept."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from projectors.verify import Difference


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
    """What a similar view holds, from one unchanging state of it."""

    def position(self) -> int: ...

    def slices(self) -> Iterator[Slice]:
        """By `since`."""

    def parts(self) -> Iterator[Part]:
        """By `since` and number."""

    def stray(self) -> bytes | None:
        """The digest of a passage that no version has."""


def difference(found: Written, right: Written) -> Difference | None:
    """The first version or text that is missing, extra or another one; then a passage that nothing leads to."""
    for ours, made in _beside(found.slices(), right.slices(), 1):
        if ours != made:
            return _differing(f"{(ours or made).entity} on {(ours or made).branch}", ours, made)
    for ours, made in _beside(found.parts(), right.parts(), 2):
        if ours != made:
            return _differing(f"{(made or ours).entity} on {(made or ours).branch}", ours, made)
    stray = found.stray()
    return Difference("extra", found.position(), f"passage {stray.hex()[:12]}") if stray else None


def _differing(row: str, found: Any, right: Any) -> Difference:
    if found is None or right is None:
        return Difference("missing" if found is None else "extra", (found or right).since, row)
    column = next(name for name in found._fields if getattr(found, name) != getattr(right, name))
    return Difference("differs", found.since, row, column, getattr(right, column), getattr(found, column))


def _beside(found: Iterable[Any], right: Iterable[Any], key: int) -> Iterator[Sequence[Any]]:
    """Rows with the same first `key` columns, `None` where one side has none."""
    for _, same in groupby(merge(_sided(0, found, key), _sided(1, right, key)), lambda each: each[0]):
        pair: list[Any] = [None, None]
        for _, side, row in same:
            pair[side] = row
        yield pair


def _sided(side: int, rows: Iterable[Any], key: int) -> Iterator[tuple[Any, int, Any]]:
    return ((row[:key], side, row) for row in rows)
