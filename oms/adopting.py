"""The write side from the log alone: a new outbox beside the old one, flipped when it is whole; heads anew; heads compared."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from adapters.heads_differ import HeadsDiffer
from events import catalog
from oms.outboxes import Outboxes, outboxes
from oms.settings import Settings
from oms.sources import Source
from producers.adopt import NotAdoptable, adopt
from producers.copies import Copy
from producers.outbox import LogHead
from security.chain import body_hash

Told = Callable[[int, int], None]
ADOPTING: Final = "adopting"
SCRATCH: Final = "scratch"


async def adopt_log(settings: Settings, log: Source, told: Told, *, force: bool) -> tuple[LogHead, str | None]:
    """A new outbox from `log`; where the old one is kept now, if there was one. Nothing else may run on it.

    Raises `NotAdoptable` where the old outbox holds what the log does not, unless `force`.
    """
    there, last = outboxes(settings), await log.last()
    old = await there.head()
    if not force:
        await _refuse_loss(old, log, last)
    async with there.beside(ADOPTING) as outbox:
        head = await adopt(outbox, log, last, catalog.fold, catalog.proven, told)
    if old:
        await there.carry_over(ADOPTING)
    return head, await there.flip(ADOPTING)


async def rebuild_heads(settings: Settings, log: Copy, told: Told) -> int:
    """Heads and commits anew, from the log and what the outbox has behind it; how many there are."""
    there = outboxes(settings)
    async with _replayed(there, log, told):
        return await there.replace_heads(SCRATCH)


async def verify_heads(settings: Settings, log: Copy, told: Told) -> tuple[int, HeadsDiffer | None]:
    """The position as of which the heads were compared, and the first that differs. OMS may run meanwhile."""
    there = outboxes(settings)
    async with _replayed(there, log, told) as position:
        return position, await there.compare_heads(SCRATCH, position)


@asynccontextmanager
async def _replayed(there: Outboxes, log: Copy, told: Told) -> AsyncIterator[int]:
    """Another outbox, up to the head that the real one has now."""
    head = await there.head()
    if head is None:
        raise FileNotFoundError(f"{there.name} cannot be read; `oms adopt log` makes it from the log")
    try:
        async with there.beside(SCRATCH) as outbox:
            for copy, until in ((log, min(await log.last(), head.position)), (there.copy(), head.position)):
                await adopt(outbox, copy, until, catalog.fold, catalog.proven, told)
        yield head.position
    finally:
        await there.remove(SCRATCH)


async def _refuse_loss(old: LogHead | None, log: Source, last: int) -> None:
    if old is None or old.position == 0:
        return
    if old.position > last:
        raise NotAdoptable(
            f"the outbox ends at {old.position}, {log.name} at {last}: `oms up` brings the log up to the outbox, "
            "and `oms repair log` heals it; --force would lose what only the outbox holds"
        )
    async for rows in log.read(old.position - 1, old.position):
        if body_hash(rows[0].body) != old.hash:
            raise NotAdoptable(
                f"the outbox and {log.name} hold different events at position {old.position}; `oms repair log` keeps "
                "the outbox's, --force the log's (the outbox is kept aside)"
            )
