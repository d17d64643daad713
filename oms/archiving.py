"""Puts together what lets rows leave the outbox: the log, the folder of segments, one at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters import system_clock as clock
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.postgres_outbox import postgres_outbox
from adapters.repair_files import refuse_while_repairing
from adapters.segment_folder import SegmentFolder
from adapters.sqlite_outbox import SqliteOutbox
from oms.roles import roles
from oms.settings import Settings
from oms.shelves import ARCHIVE, Leaving, Shelves, kept
from oms.sources import Source, refuse_no_log, source
from producers.archive import Told
from producers.leaving import Left, leave
from producers.outbox import Outbox

ROLE: Final = "archive"
DAY: Final = 86_400e6  # µs


async def archived(settings: Settings, keep: int, told: Told) -> Left:
    """As `producers.leaving.leave`, whether or not OMS runs there. Raises `RoleTaken` where another one is at it."""
    refuse_no_log(settings)
    refuse_while_repairing(settings.folder / "repair")
    async with (
        _outbox(settings) as outbox,  # before anything is written: it may be another folder
        roles(settings.folder, (ROLE,)),
        source("log", settings) as log,
    ):
        return await leave(outbox, log, _segments(settings), keep, told)


async def audit_archived(settings: Settings, before: int, told: Told) -> Left:
    """As `archived`, of the audit's rows that are older than a time (µs); of PostgreSQL the months that are."""
    refuse_no_log(settings)
    refuse_while_repairing(settings.folder / "repair")
    async with roles(settings.folder, (ROLE,)), source("log", settings) as log:
        with kept(settings) as shelves:
            return await _audit_left(settings, log, shelves.audit_rows(), before, told)


async def _audit_left(
    settings: Settings, log: Source, rows: Leaving, before: int, told: Told = lambda *_: None
) -> Left:
    try:
        keep = (await rows.head()).position - await rows.before(before)
        return await leave(rows, log, _segments(settings), keep, told, "audit")
    finally:
        await rows.close()


async def trimmed(settings: Settings, endpoint: Endpoint, outbox: Outbox) -> Left | None:
    """What `oms up` does once in a while: `None` where fewer than twice as many rows as shall stay are there."""
    keep, oldest = settings.outbox_rows, await outbox.after(0, 1)
    if not keep or not oldest or (await outbox.head()).position - oldest[0].position < 2 * keep:
        return None
    log = Source("log", NatsReader(endpoint, settings.ontology))
    async with roles(settings.folder, (ROLE,)):
        return await leave(outbox, log, _segments(settings), keep)


async def audit_trimmed(settings: Settings, endpoint: Endpoint, shelves: Shelves) -> Left | None:
    """As `trimmed`, of the audit: rows that are older than `audit_days`. `None` where all stay, or there is no audit yet."""
    if not settings.audit_days or shelves.shelf("audit").live() is None:
        return None
    log = Source("log", NatsReader(endpoint, settings.ontology))
    before = clock.now() - int(settings.audit_days * DAY)
    async with roles(settings.folder, (ROLE,)):
        return await _audit_left(settings, log, await asyncio.to_thread(shelves.audit_rows), before)


def _segments(settings: Settings) -> SegmentFolder:
    return SegmentFolder(settings.folder / ARCHIVE, settings.ontology)


@asynccontextmanager
async def _outbox(settings: Settings) -> AsyncIterator[Outbox]:
    """Raises `FileNotFoundError`."""
    if settings.postgres_url:
        async with postgres_outbox(settings.postgres_url, settings.ontology) as outbox:
            yield outbox
        return
    path = settings.folder / "outbox.db"
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; name the data folder with --folder")
    file = SqliteOutbox(path, settings.ontology)
    try:
        yield file
    finally:
        file.close()
