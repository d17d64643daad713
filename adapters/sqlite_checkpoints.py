"""Moves SQLite's write-ahead log into its file beside the commits, not inside one of them.

```
commit commit commit commit commit commit commit        the writer's thread
       └─ copy, fsync ─┘ └─ copy, fsync ─┘ └ rest ┘     a connection and a thread of its own; the rest: the writer
```

A copy leaves what was committed meanwhile, so it alone would let the write-ahead log grow for ever. Once that is long
the writer copies the little that is left, in between two commits; its next commit begins the write-ahead log anew.
"""

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

CHANGES: Final = 4_000  # rows written between two copies
CHANGE_BYTES: Final = 4_096
LONG: Final = 4_000  # pages of the write-ahead log, then the writer copies the rest
BOUND: Final = 32_000  # pages; then the writer copies all of it inside a commit, as SQLite does by itself
BEHIND: Final = 16  # times CHANGES; then the writer waits for the copy


class Checkpoints:
    """For one writer, told of every commit in its thread. `in_between` runs something there. `close` before the writer."""

    def __init__(
        self,
        path: Path,
        writer: sqlite3.Connection,
        in_between: Callable[[Callable[[], None]], object],
        changes: int = CHANGES,
        long: int = LONG,
    ) -> None:
        self._path, self._writer, self._in_between = path, writer, in_between
        self._changes, self._long = changes, long
        self._thread = ThreadPoolExecutor(1, "sqlite-checkpoint")
        self._connection: sqlite3.Connection | None = None
        self._file = -1
        self._copied = 0  # rows written before the last copy began
        self._large = 0  # rows for which large ones count besides
        self._copying: Future[None] | None = None
        writer.execute(f"PRAGMA wal_autocheckpoint={BOUND}")

    def wrote(self, size: int) -> None:
        """So many bytes, within a commit of few large rows: they count as so many rows of some bytes."""
        self._large += size // CHANGE_BYTES

    def committed(self) -> None:
        """A copy that fails (the disk is full) harms no commit: what it should copy stays, and the next one tries again."""
        waiting = self._writer.total_changes + self._large - self._copied
        if waiting >= BEHIND * self._changes and self._copying is not None:
            wait([self._copying])
        if waiting >= self._changes and (self._copying is None or self._copying.done()):
            self._copied += waiting
            self._copying = self._thread.submit(self._copy)

    def close(self) -> None:
        """NOTE the file stays open: to close it would take SQLite's own locks on it from every connection of this process."""
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def _copy(self) -> None:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._file = os.open(self._path, os.O_RDONLY)
        pages = _copied(self._connection)
        os.fsync(self._file)  # SQLite does not where commits went on; the writer would have to
        if pages >= self._long:
            self._in_between(self._rest)

    def _rest(self) -> None:
        _copied(self._writer)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _copied(connection: sqlite3.Connection) -> int:
    """How many pages the write-ahead log has."""
    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
