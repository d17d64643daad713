"""Puts a repair of the log together: the folder's own stream, its copies, its journal."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from adapters.nats_repair import repairable
from adapters.repair_files import RepairArchives, RepairJournal
from adapters.view_files import ViewMissing
from oms.alone import alone
from oms.outboxes import outboxes
from oms.settings import Settings
from oms.shelves import ARCHIVE
from oms.sources import NoSource, refuse_no_log, source, started
from producers.copies import Copy
from producers.repair import Repair, Repaired
from producers.verify_log import Verified, verify_log

USUAL = ("outbox", "audit", ARCHIVE)


async def verified(settings: Settings, live: Copy, told: Callable[[int, int], None]) -> Verified:
    """The log, compared with the folder's outbox if it has one."""
    last = await live.last()
    head = await outboxes(settings).head()
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(source("outbox", settings)) if head else None
        return await verify_log(settings.ontology, live, last, outbox, head, told)


async def repair_log(
    settings: Settings, froms: Sequence[str], told: Callable[[str, int, int], None]
) -> tuple[Verified, Repaired | None]:
    """What was wrong with the log, and what was done; `None`: it was whole. `froms`: copies in order of trust.

    Raises `RoleTaken`, `Lost`, `LogAhead`, `NotRepaired`, `NoSource`.
    """
    refuse_no_log(settings)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(alone(settings))
        endpoint = await stack.enter_async_context(started(settings))
        stream, live = await stack.enter_async_context(repairable(endpoint, settings.ontology, settings.nats_replicas))
        journal = RepairJournal(settings.folder / "repair")
        found = await verified(settings, live, lambda position, of: told("verify", position, of))
        if found.whole and not found.behind and journal.read() is None:
            return found, None
        copies = [copy for name in froms or USUAL if (copy := await _copy(name, settings, stack, optional=not froms))]
        archives = RepairArchives(settings.folder / "repair", settings.ontology)
        repair = Repair(settings.ontology, stream, live, archives, journal, told)
        return found, await repair.run(copies, await outboxes(settings).head())


async def _copy(name: str, settings: Settings, stack: AsyncExitStack, *, optional: bool) -> Copy | None:
    try:
        return await stack.enter_async_context(source(name, settings))
    except (ViewMissing, FileNotFoundError, NoSource):
        if optional:
            return None
        raise
