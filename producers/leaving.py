"""Lets rows leave the outbox: written into segments, read again there and compared, and only then pruned.

log ──► segment (whole, fsynced) ──► is it read again what the outbox holds? ──► pruned, some rows at a time

A kill at any step leaves more than is needed, never less: what has a segment and is still a row is compared and pruned
the next time. The rows that stay are those with which a log that lost its end is healed.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple, Protocol

from producers.archive import Told
from producers.copies import Copy
from producers.heeding import in_thread
from producers.outbox import LogHead, Row
from security.chain import body_hash, genesis

KEPT: Final = 1  # the relay compares the log's end with it
AT_ONCE: Final = 2_000  # rows in one transaction: other commits wait for it


class Segments(Protocol):
    """Where segments of the log lie, one behind the other from position 1 on."""

    async def last(self) -> int:
        """Up to where, 0 = nowhere. Raises `Gap` where one is missing between two."""

    def open(self) -> Copy: ...

    def behind(self, after: int, prevhash: str) -> "Writing":
        """For what follows. Raises `ChainBroken` where the last segment does not end in that hash."""


class Writing(Protocol):
    def append(self, rows: Sequence[Row]) -> None:
        """What follows, in order. Raises `ChainBroken`."""

    def finish(self) -> Sequence[object]:
        """All of it is fsynced, under names of its own."""

    def abandon(self) -> None: ...


class Rows(Protocol):
    """What rows leave: an outbox, or the audit."""

    ontology: str

    async def head(self) -> LogHead: ...

    async def after(self, position: int, limit: int) -> list[Row]:
        """Rows behind `position`, at most `limit`, in order; fewer where some left."""

    async def prune(self, until: int) -> int:
        """Rows up to `until` go; how many. What cannot go yet stays."""


class NotArchived(Exception):
    """A segment holds another event than the rows at `position`; nothing left."""

    def __init__(self, position: int, segments: str, rows: str) -> None:
        self.position = position
        super().__init__(
            f"{segments} and the {rows} hold different events at position {position}; nothing left the {rows}. "
            f"`oms verify log` says which one is right; if it is the {rows}, move the segments away and archive again"
        )


class Left(NamedTuple):
    """Up to where segments hold the log, up to where rows have left the outbox, and how many did now."""

    archived: int
    until: int
    pruned: int


async def leave(
    outbox: Rows, log: Copy, segments: Segments, keep: int, told: Told = lambda *_: None, name: str = "outbox"
) -> Left:
    """All but the last `keep` rows; `name` is what people call them. Raises `NotArchived`, `Gap`, `ChainBroken`, `OutboxUnavailable`."""
    until = min((await outbox.head()).position - max(keep, KEPT), await log.last() - KEPT)
    held = await segments.last()
    if until > held:
        await _archive(outbox.ontology, log, segments, held, until, told)
    oldest = await outbox.after(0, 1)
    begun = oldest[0].position - 1 if oldest else until
    if until > begun:
        await _compare(outbox, segments.open(), begun, until, told, name)
    pruned = 0
    for after in range(begun, until, AT_ONCE):
        pruned += await outbox.prune(min(after + AT_ONCE, until))
        told("prune", min(after + AT_ONCE, until), until)
    return Left(max(held, until), max(begun, until), pruned)


async def _archive(ontology: str, log: Copy, segments: Segments, after: int, until: int, told: Told) -> None:
    archive = segments.behind(after, await _hash_at(ontology, log, after))
    try:
        async for rows in log.read(after, until):
            await in_thread(archive.append, [Row(*row) for row in rows])
            told("archive", rows[-1][0], until)
        archive.finish()
    except BaseException:
        archive.abandon()
        raise


async def _compare(outbox: Rows, segments: Copy, after: int, until: int, told: Told, name: str) -> None:
    """All of it before anything is pruned: a segment is whole only if its end is."""
    mine = _rows(outbox, after)
    async for rows in segments.read(after, until):
        for row in rows:
            if Row(*row) != await anext(mine, None):
                raise NotArchived(row[0], segments.name, name)
        told("compare", rows[-1][0], until)


async def _rows(outbox: Rows, after: int) -> AsyncIterator[Row]:
    while rows := await outbox.after(after, AT_ONCE):
        for row in rows:
            yield row
        after = rows[-1].position


async def _hash_at(ontology: str, log: Copy, position: int) -> str:
    """The hash that the event behind `position` names."""
    if position == 0:
        return genesis(ontology)
    async for rows in log.read(position - 1, position):
        return body_hash(rows[0][2])
    raise AssertionError("a log that goes on holds what came before, or says that there is a gap")
