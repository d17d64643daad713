"""Two sides of a view, what is stored and what a replay makes, compared by a checksum for each range of positions.

positions  0…999   1,000…1,999   2,000…2,999
replay       a          b             c
stored       a          x             c      ─► only the rows of 1,000…1,999 are looked at, one by one
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from projectors.projector import FOREVER
from projectors.verify import Agreed, Difference, Range

SIZE: Final = 1_000  # positions of a range
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
AT_ONCE: Final = 100  # ranges that are asked for together


class Row(NamedTuple):
    """`name` says which one to people, `kind` tells rows of one position apart."""

    position: int
    name: str
    columns: Mapping[str, Any]
    kind: str = ""


class Side(Protocol):
    """Rows by the position at which they began. Asked in ascending order, so that one side may be a log being read."""

    async def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        """By number (position // size) of each range that has rows within first ≤ position ≤ last."""

    async def rows(self, first: int, last: int) -> Sequence[Row]:
        """By position."""

    async def strangers(self) -> Sequence[Row]:
        """Some of the rows that belong to no other row, and so to no range."""


class Compared(NamedTuple):
    """How many ranges there are, which differ, and the first difference."""

    ranges: int
    differing: Sequence[Range]
    first: Difference | None


async def compare(
    expected: Side, found: Side, last: int, told: Callable[[int], None] = lambda _: None, size: int = SIZE
) -> Compared:
    """All of it up to position `last`, behind which there must be nothing."""
    differing: list[Range] = []
    for start in range(0, last + 1, size * AT_ONCE):
        end = min(start + size * AT_ONCE - 1, last)
        wanted = await expected.checksums(start, end, size)
        there = await found.checksums(start, end, size)
        numbers = sorted(n for n in wanted.keys() | there.keys() if wanted.get(n) != there.get(n))
        differing += [Range(n * size, min((n + 1) * size - 1, last)) for n in numbers]
        told(end)
    if await found.checksums(last + 1, FOREVER, FOREVER):
        differing.append(Range(last + 1, FOREVER))
    return Compared(last // size + 1, differing, await _first(expected, found, differing))


async def _first(expected: Side, found: Side, differing: Sequence[Range]) -> Difference | None:
    for each in differing:
        wanted = await expected.rows(*each) if each.last != FOREVER else []
        difference = first_difference(wanted, await found.rows(*each))
        return difference or Difference("differs", each.first, f"range {each}", "checksum")
    for row in await found.strangers():
        return Difference("extra", row.position, row.name)
    return None


def first_difference(expected: Sequence[Row], found: Sequence[Row]) -> Difference | None:
    """By position."""
    wanted, there = _by_place(expected), _by_place(found)
    for position, kind in sorted(wanted.keys() | there.keys()):
        should, has = wanted.get((position, kind), []), there.get((position, kind), [])
        if len(should) < len(has):
            return Difference("extra", position, has[-1].name)
        if len(has) < len(should):
            return Difference("missing", position, should[-1].name)
        for one, other in zip(should, has, strict=True):
            if one.columns != other.columns or _plain(one.columns) != _plain(other.columns):
                return _column(one, other)
    return None


def _by_place(rows: Sequence[Row]) -> Mapping[tuple[int, str], list[Row]]:
    by_place: defaultdict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_place[row.position, row.kind].append(row)
    return by_place


def _column(expected: Row, found: Row) -> Difference | None:
    for name in [*expected.columns, *(found.columns.keys() - expected.columns.keys())]:
        value, there = expected.columns.get(name), found.columns.get(name)
        if _plain(value) != _plain(there):
            return Difference("differs", expected.position, expected.name, name, value, there)
    return None


def _plain(value: Any) -> tuple[type, Any]:
    """So that 1, 1.0 and true are three things, however deep they lie."""
    return type(value), json_text(value) if isinstance(value, dict | list) else value


def json_text(value: Any) -> bytes:
    """The same bytes for the same value, whatever the order of members."""
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError):  # what no row of ours holds, but somebody's may
        return json.dumps(value, sort_keys=True, default=repr).encode()


class Aside:
    """A side whose questions block: each is asked where it may, e.g. in the thread of its connection."""

    def __init__(self, side: "Blocking", run: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._side, self._run = side, run

    async def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]:
        found: Mapping[int, bytes] = await self._run(lambda: self._side.checksums(first, last, size))
        return found

    async def rows(self, first: int, last: int) -> Sequence[Row]:
        found: Sequence[Row] = await self._run(lambda: self._side.rows(first, last))
        return found

    async def strangers(self) -> Sequence[Row]:
        found: Sequence[Row] = await self._run(self._side.strangers)
        return found


class Blocking(Protocol):
    """See `Side`."""

    def checksums(self, first: int, last: int, size: int) -> Mapping[int, bytes]: ...
    def rows(self, first: int, last: int) -> Sequence[Row]: ...
    def strangers(self) -> Sequence[Row]: ...


async def judged(
    expected: Side,
    found: Side,
    position: int,
    left_out: Collection[int],
    wrong: Callable[[], Difference | None],
    told: Callable[[int], None],
) -> Agreed | Difference:
    """The first row that differs; `wrong`, asked afterwards, is what else is known to be."""
    compared = await compare(expected, found, position, told)
    if compared.first is not None:
        return compared.first._replace(ranges=compared.differing)
    return wrong() or Agreed(position, position - len(left_out), sorted(left_out), compared.ranges)
