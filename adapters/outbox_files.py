"""The outbox in the file of a data folder, and others beside it: to be compared with it, or to take its place."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from adapters.heads_differ import HeadsDiffer
from adapters.outbox_snapshots import Snapshot, file_snapshot
from adapters.sqlite_copies import SqliteCopy, outbox_copy, outbox_head
from adapters.sqlite_heads import carry_over, compare_heads, replace_heads
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_standing import destroyed_keys
from producers.outbox import LogHead

_BESIDE: Final = (".db", ".db-wal", ".db-shm")


class OutboxFiles:
    """One that is beside has a name of its own."""

    def __init__(self, folder: Path, ontology: str) -> None:
        self._folder, self._ontology = folder, ontology
        self._path = folder / "outbox.db"

    @property
    def name(self) -> str:
        return str(self._path)

    async def head(self) -> LogHead | None:
        """`None`: it is not there, not readable, or another ontology's."""
        try:
            return await outbox_head(self._path, self._ontology) if self._path.exists() else None
        except sqlite3.DatabaseError:
            return None

    def copy(self) -> SqliteCopy:
        """Raises `FileNotFoundError`."""
        return outbox_copy(self._path)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """As it is now."""
        return file_snapshot(self._path, self._ontology)

    async def destroyed_keys(self) -> list[str]:
        """The data keys of which it says that they were destroyed."""
        return await asyncio.to_thread(destroyed_keys, self._path)

    @asynccontextmanager
    async def beside(self, name: str) -> AsyncIterator[SqliteOutbox]:
        """A new one, open inside the block; it stays until it takes the place or is removed."""
        await self.remove(name)
        outbox = SqliteOutbox(self._file(name), self._ontology)
        try:
            yield outbox
        finally:
            outbox.close()

    async def carry_over(self, name: str) -> None:
        """Into the one beside: what no log knows."""
        await asyncio.to_thread(carry_over, self._path, self._file(name))

    async def replace_heads(self, name: str) -> int:
        """By those of the one beside; how many there are."""
        return await asyncio.to_thread(replace_heads, self._path, self._file(name))

    async def compare_heads(self, name: str, position: int) -> HeadsDiffer | None:
        """With those of the one beside, both as of `position`; `None` = they agree."""
        return await asyncio.to_thread(compare_heads, self._path, self._file(name), position)

    async def flip(self, name: str) -> str | None:
        """The one beside takes the place; where the old one is kept now. A kill in between leaves none: do it again."""
        fresh = self._file(name)
        assert not fresh.with_suffix(".db-wal").exists(), "the new outbox was not closed"
        kept = _move_aside(self._path) if self._path.exists() else None
        _remove(self._path)  # a journal without its file would be taken for the new one's
        fresh.rename(self._path)
        return str(kept) if kept else None

    async def remove(self, name: str) -> None:
        _remove(self._file(name))

    def _file(self, name: str) -> Path:
        return self._folder / f"outbox.{name}.db"


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
