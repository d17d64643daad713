"""The outbox in one SQLite file (WAL, synchronous=FULL): a commit returns when it is fsynced.

One thread owns the writing connection and runs a whole unit of work in one hop; another reads for the relay, so that
reading never waits for an fsync.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from adapters import outbox_file
from adapters.courtesy import courteous
from adapters.own_thread import OwnThread
from adapters.sqlite_answers import SQL, told
from adapters.sqlite_checkpoints import Checkpoints
from adapters.sqlite_file import transaction
from adapters.sqlite_putting import Putting
from adapters.sqlite_reader import closed_if_it_fails, reader
from adapters.sqlite_staging import Staging, portions
from adapters.sqlite_taking import Taking
from events.names import ONTOLOGY_SCOPE
from events.objects.section import SECTIONS
from producers.outbox import (
    CommandKey,
    HeadWrite,
    LogHead,
    OutboxUnavailable,
    Planned,
    Planning,
    Refusal,
    Remembered,
    Row,
    Work,
    Writes,
    driven,
)
from producers.uploads import UploadsFull
from security.chain import genesis

Result = TypeVar("Result")


class SqliteOutbox:
    """Passes the outbox conformance suite. `close` after use."""

    def __init__(self, path: Path, ontology: str) -> None:
        self.ontology = ontology
        self._writing, self._reading = OwnThread("outbox-write"), OwnThread("outbox-read")
        self._planning = OwnThread("outbox-plan")
        self._beside = ThreadPoolExecutor(1, "outbox-beside")
        try:
            self._writer = self._writing.wait(lambda: _begun(path, ontology))
            self._reader = self._reading.wait(lambda: reader(path))
            self._planner = self._planning.wait(lambda: reader(path))
            self._checkpoints = self._writing.wait(lambda: Checkpoints(path, self._writer, self._writing.soon))
            self._staging, self._taking = Staging(self._writer), Taking(self._writer, self._soon)
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    async def commit(self, work: Work) -> Writes:
        return await self._write(lambda: self._commit(work))

    async def plan(self, work: Planning[Planned]) -> Planned:
        """In a thread and on a connection of its own, so that neither commits nor the relay wait for it."""
        return await _hop(self._planning, lambda: self._plan(work))

    async def prepare(self, heads: Sequence[HeadWrite]) -> None:
        """Some between two commits. Without it they are written all the same."""
        await self._write(self._staging.empty)
        several = portions(heads)
        if len(several) <= 1:
            return
        with suppress(OutboxUnavailable):
            for some in several:
                await self._write(partial(self._staging.add, some))
            await self._write(lambda: self._staging.complete(heads))

    async def head(self) -> LogHead:
        return await self._read(lambda: _log_head(self._reader, self.ontology))

    async def after(self, position: int, limit: int, max_bytes: int = 8 << 20) -> list[Row]:
        return await self._read(lambda: list(_rows_after(self._reader, position, limit, max_bytes)))

    async def row(self, position: int) -> Row | None:
        found = await self._read(lambda: self._reader.execute(SQL["read_row"], (position,)).fetchone())
        return Row(*found) if found else None

    async def prune(self, until: int) -> int:
        def run() -> int:
            with self._transaction():
                self._writer.execute(SQL["note_departed"], (until,))
                return self._writer.execute(SQL["prune_rows"], (until,)).rowcount

        return await self._write(run)

    async def remembered(self, command: CommandKey) -> Remembered | None:
        found = await self._read(lambda: self._reader.execute(SQL["find_command"], command).fetchone())
        return Remembered(*found) if found else None

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]:
        rows = await self._read(lambda: self._reader.execute(SQL["refusals_after"], (after, limit)).fetchall())
        return [(number, Refusal(*rest)) for number, *rest in rows]

    async def forget(self, before: int) -> int:
        def run() -> int:
            with self._transaction():
                return self._writer.execute(SQL["forget_commands"], (before,)).rowcount

        return await self._write(run)

    async def upload(self, principal: str, sections: Mapping[str, bytes], time: int, most: int) -> None:
        rows = [(principal, name, content, time) for name, content in sections.items()]

        def run() -> None:
            with self._transaction():
                self._writer.executemany(SQL["keep_upload"], rows)
                self._checkpoints.wrote(sum(map(len, sections.values())))
                if self._uploaded(principal) > most:
                    self._taking.finish()
                size = self._uploaded(principal)
                if size > most:
                    raise UploadsFull(principal, size, most)

        await self._write(run)

    async def lacking(self, principal: str, sections: Mapping[str, str]) -> list[str]:
        asked = (msgspec.json.encode(sections).decode(), principal, ONTOLOGY_SCOPE, SECTIONS)
        return [name for (name,) in await self._read(lambda: self._reader.execute(SQL["lacking"], asked).fetchall())]

    async def throw_away(self, before: int) -> int:
        def run() -> int:
            with self._transaction():
                self._taking.finish()
                return self._writer.execute(SQL["throw_away"], (before,)).rowcount

        return await self._write(run)

    async def restore(self, writes: Writes) -> None:
        await self._write(lambda: self._restore(writes))

    async def clear(self, *, outbox: bool) -> None:
        def run() -> None:
            with self._transaction():
                self._clear(outbox=outbox)

        await self._write(run)

    async def heads_after(self, branch: str, key: str, since: int, limit: int) -> list[HeadWrite]:
        rows = await self._read(
            lambda: self._reader.execute(SQL["heads_after"], (branch, key, since, limit)).fetchall()
        )
        return [HeadWrite(*row) for row in rows]

    def close(self) -> None:
        self._checkpoints.close()
        self._planning.wait(self._planner.close)
        self._reading.wait(self._reader.close)
        self._writing.wait(self._writer.close)  # the last one, so that it leaves no journal behind
        self._writing.close()
        self._reading.close()
        self._planning.close()
        self._beside.shutdown()

    def _uploaded(self, principal: str) -> int:
        """Bytes of sections that wait."""
        (size,) = self._writer.execute(SQL["uploaded_bytes"], (principal,)).fetchone()
        return int(size)

    def _plan(self, work: Planning[Planned]) -> Planned:
        self._planner.execute("BEGIN")  # one state, as of the first read
        try:
            with courteous():
                return driven(work, _log_head(self._planner, self.ontology), partial(told, self._planner))
        finally:
            self._planner.execute("COMMIT")

    def _commit(self, work: Work) -> Writes:
        with self._transaction(), self._putting() as putting:
            writes = driven(work, _log_head(self._writer, self.ontology), putting.told)
            putting.put(writes, self.ontology)
            if writes.prepared is not None:
                self._checkpoints.wrote(2 * sum(len(head.state or b"") for head in writes.prepared.heads))
        if writes.prepared is not None:
            self._writing.soon(self._staging.empty_if_moved)
        self._taking.rest(writes.taken)
        return writes

    def _restore(self, writes: Writes) -> None:
        with self._transaction(), self._putting() as putting:
            putting.put(writes, self.ontology)

    def _putting(self) -> Putting:
        return Putting(self._writer, self._staging, self._taking, self._beside)

    def _soon(self, work: Callable[[], object]) -> None:
        """Not once this is being closed."""
        with suppress(RuntimeError):
            self._writing.soon(work)

    def _clear(self, *, outbox: bool) -> None:
        for name in ("clear_heads", "clear_commits"):
            self._writer.execute(SQL[name])
        if outbox:
            self._writer.execute(SQL["clear_rows"])
            self._writer.execute(SQL["clear_departed"])
            self._writer.execute(SQL["clear_commands"])
            self._writer.execute(SQL["move_log_head"], (0, 0, genesis(self.ontology), self.ontology))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with transaction(self._writer):
            yield
        self._checkpoints.committed()

    async def _write(self, run: Callable[[], Result]) -> Result:
        return await _hop(self._writing, run)

    async def _read(self, run: Callable[[], Result]) -> Result:
        return await _hop(self._reading, run)


async def _hop(thread: OwnThread, run: Callable[[], Result]) -> Result:
    try:
        return await thread.run(run)
    except sqlite3.OperationalError as error:
        raise _unavailable(error) from error


def _begun(path: Path, ontology: str) -> sqlite3.Connection:
    connection = outbox_file.writer(path)
    with closed_if_it_fails(connection):
        connection.execute(SQL["start_log_head"], (ontology, genesis(ontology)))
    return connection


def _log_head(connection: sqlite3.Connection, ontology: str) -> LogHead:
    found = connection.execute(SQL["read_log_head"], (ontology,)).fetchone()
    if found is None:
        cause = f"this file holds another ontology than {ontology!r}"
        raise OutboxUnavailable(cause, "name the data folder of this ontology")
    return LogHead(*found)


def _rows_after(connection: sqlite3.Connection, position: int, limit: int, max_bytes: int) -> Iterator[Row]:
    size = 0
    for found in connection.execute(SQL["rows_after"], (position, limit)):
        size += len(found[2])
        if size > max_bytes and size > len(found[2]):
            return
        yield Row(*found)


def _unavailable(error: sqlite3.Error) -> OutboxUnavailable:
    text = str(error)
    if "full" in text:
        return OutboxUnavailable("the disk is full", "free some space; nothing was written, send it again")
    if "locked" in text or "busy" in text:
        return OutboxUnavailable(
            "the outbox is locked by another process", "end the other process, or wait, and send it again"
        )
    return OutboxUnavailable(
        f"the outbox refused: {text}", "see that the data folder is there and writable, and send it again"
    )
