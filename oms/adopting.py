"""The write side from the log alone: a new outbox beside the old one, flipped when it is whole; heads anew; heads compared."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.sqlite_copies import outbox_copy, outbox_head
from adapters.sqlite_heads import HeadsDiffer, carry_over, compare_heads, replace_heads
from adapters.sqlite_outbox import SqliteOutbox
from events import catalog
from oms.settings import Settings
from oms.sources import Source
from producers.adopt import NotAdoptable, adopt
from producers.copies import Copy
from producers.outbox import LogHead
from security.chain import body_hash

Told = Callable[[int, int], None]
_BESIDE = (".db", ".db-wal", ".db-shm")


async def adopt_log(settings: Settings, log: Source, told: Told, *, force: bool) -> tuple[LogHead, Path | None]:
    """A new `outbox.db` from `log`; where the old one is kept now, if there was one. Nothing else may run on the folder.

    Raises `NotAdoptable` where the old outbox holds what the log does not, unless `force`.
    """
    folder, last = settings.folder, await log.last()
    old = folder / "outbox.db"
    readable = await _readable(old, settings.ontology)
    if not force:
        await _refuse_loss(readable, log, last)
    fresh = folder / "outbox.adopting.db"
    _remove(fresh)
    outbox = SqliteOutbox(fresh, settings.ontology)
    try:
        head = await adopt(outbox, log, last, catalog.fold, catalog.proven, told)
    finally:
        outbox.close()
    if readable:
        await asyncio.to_thread(carry_over, old, fresh)
    return head, _flip(old, fresh)


async def rebuild_heads(settings: Settings, log: Copy, told: Told) -> int:
    """Heads and commits anew, from the log and what the outbox has behind it; how many there are."""
    path = settings.folder / "outbox.db"
    async with _replayed(settings, log, told) as (scratch, _):
        return await asyncio.to_thread(replace_heads, path, scratch)


async def verify_heads(settings: Settings, log: Copy, told: Told) -> tuple[int, HeadsDiffer | None]:
    """The position as of which the heads were compared, and the first that differs. OMS may run meanwhile."""
    path = settings.folder / "outbox.db"
    async with _replayed(settings, log, told) as (scratch, position):
        return position, await asyncio.to_thread(compare_heads, path, scratch, position)


@asynccontextmanager
async def _replayed(settings: Settings, log: Copy, told: Told) -> AsyncIterator[tuple[Path, int]]:
    """Another outbox, up to the head that the real one has now."""
    path = settings.folder / "outbox.db"
    head = await _readable(path, settings.ontology)
    if head is None:
        raise FileNotFoundError(f"{path} cannot be read; `oms adopt log` makes it from the log")
    scratch = settings.folder / "outbox.scratch.db"
    _remove(scratch)
    try:
        outbox = SqliteOutbox(scratch, settings.ontology)
        try:
            for copy, until in ((log, min(await log.last(), head.position)), (outbox_copy(path), head.position)):
                await adopt(outbox, copy, until, catalog.fold, catalog.proven, told)
        finally:
            outbox.close()
        yield scratch, head.position
    finally:
        _remove(scratch)


async def _readable(path: Path, ontology: str) -> LogHead | None:
    """`None`: it is not there, not readable, or another ontology's."""
    try:
        return await outbox_head(path, ontology)
    except sqlite3.DatabaseError:
        return None


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


def _flip(old: Path, fresh: Path) -> Path | None:
    """A kill in between leaves no outbox: then this is to be run again."""
    assert not fresh.with_suffix(".db-wal").exists(), "the new outbox was not closed"
    kept = _move_aside(old) if old.exists() else None
    _remove(old)  # a journal without its file would be taken for the new one's
    fresh.rename(old)
    return kept


def _move_aside(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"outbox.before-{number}.db")).exists():
        number += 1
    for suffix in _BESIDE:
        file = path.with_suffix(suffix)
        if file.exists():
            file.rename(kept.with_suffix(suffix))
    return kept


def _remove(path: Path) -> None:
    for suffix in _BESIDE:
        path.with_suffix(suffix).unlink(missing_ok=True)
