"""Writes single rows of a view again, as the log says: those that a verification names, and no others.

verify ─► the first row that differs, is missing or is extra ─► mend that row ─► verify …

What cannot be written row by row (the tables' sizes, a checkpoint, an audit that is only added to) takes a rebuild.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

from events.wire.envelope import decode
from projectors.checks import WrittenVersions, version_before
from projectors.decode import record
from projectors.projector import Feed, PayloadOf, Projector, Recorded
from projectors.verify import Agreed, Difference
from projectors.versions import place_of

MOST: Final = 1_000  # rows; whoever finds more makes the view anew

RowOf = Callable[[Any], Any]
"""The row that belongs there, from what the view holds of the rows before it."""


class NotMendable(Exception):
    """The rows of such a view cannot be written again."""


class Mendable(Protocol):
    async def mend(self, position: int, row_of: RowOf | None) -> None:
        """The row that begins at a position is this one; without `row_of` there is none. Raises `NotMendable`."""


class Mended(NamedTuple):
    """The positions whose rows were written again, and what the verification said at last."""

    positions: Sequence[int]
    found: Agreed | Difference


async def mend(
    projector: Projector[Any],
    verified: Callable[[], Awaitable[Agreed | Difference]],
    view: Mendable,
    feed: Feed,
    payload_of: PayloadOf,
) -> Mended:
    """Until nothing is wrong, or what is wrong cannot be mended so. Raises what `verify` raises, and `NotMendable`."""
    mended: list[int] = []
    while True:
        found = await verified()
        if isinstance(found, Agreed) or not _of_a_row(found) or found.position in mended or len(mended) == MOST:
            return Mended(mended, found)
        event = None if found.what == "extra" else await _event(feed, found.position, payload_of)
        await view.mend(found.position, None if event is None else _row_of(projector, event))
        mended.append(found.position)


def _of_a_row(found: Difference) -> bool:
    return not found.row.startswith(("table ", "checkpoint", "what left"))


def _row_of(projector: Projector[Any], event: Recorded) -> RowOf:
    if not projector.reads:
        return lambda _stored: projector.evolve(None, event)

    def version(stored: WrittenVersions) -> Any:
        branch, entity = place_of(event)
        return projector.evolve(version_before(stored, branch, entity, event.position), event)

    return version


async def _event(feed: Feed, position: int, payload_of: PayloadOf) -> Recorded:
    async with aclosing(feed.read(position - 1, position)) as chunks:
        async for (_, subject, body), *_rest in chunks:
            return record(position, subject, body, sha256(body).hexdigest(), decode(body), payload_of)
    raise AssertionError("a log that was verified up to a position holds it")
