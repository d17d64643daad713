"""The outbox in PostgreSQL: the lock on the log's head row gives the order, and a commit returns when it is durable.

Writing, reading and planning have a connection and a thread of their own, as beside a file: a group is decided in one
thread hop, and reading never waits for it. Who commits under a lease says its fence: a later holder's makes it refuse.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from adapters.postgres import AWAY, BY_INDEX, Driver, connected, why
from adapters.postgres_answers import SQL, columns, driven
from adapters.postgres_lane import Lane
from adapters.postgres_tables import inside, made, schema_of
from events.names import ONTOLOGY_SCOPE
from events.objects.section import SECTIONS
from producers.lease import Held
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
    gathering,
)
from producers.uploads import UploadsFull
from security.chain import genesis

COPIED: Final = 500  # rows of a group from which COPY is as quick as arrays; with 4,000 twice as quick (measured)
DOUBT_SECONDS: Final = 20.0
AGAIN_SECONDS: Final = 0.2
DURABLE: Final = {"synchronous_commit": "on"}  # whatever the database says
PATIENT: Final = {"idle_in_transaction_session_timeout": "0", "statement_timeout": "0"}  # a long plan holds no lock


class PostgresOutbox:
    """Passes the outbox conformance suite. `postgres_outbox` opens it."""

    def __init__(self, url: str, ontology: str, schema: str, fence: Held | None) -> None:
        self.ontology, self.schema = ontology, schema
        self._url, self._fence = url, fence
        self._writing = Lane("outbox-write", url, **inside(schema), **BY_INDEX, **DURABLE)
        self._reading = Lane("outbox-read", url, **inside(schema), **BY_INDEX)
        self._planning = Lane("outbox-plan", url, **inside(schema), **BY_INDEX, **PATIENT)

    async def begin(self) -> None:
        await self._writing.run(lambda db: db.execute(SQL["start_log_head"], self.ontology, genesis(self.ontology)))

    async def commit(self, work: Work) -> Writes:
        async def run(db: Driver) -> Writes:
            transaction = db.transaction()
            await transaction.start()
            try:
                head = await _log_head(db, "lock_log_head", self.ontology)
                writes = await driven(gathering(work), head, db)
                await self._put(db, writes)
            except BaseException:
                await _roll_back(db, transaction)
                raise
            await self._end(transaction, writes)
            return writes

        return await self._writing.run(run)

    async def plan(self, work: Planning[Planned]) -> Planned:
        """In a thread and on a connection of its own, so that neither commits nor the relay wait for it."""

        async def run(db: Driver) -> Planned:
            async with db.transaction(isolation="repeatable_read", readonly=True):
                return await driven(work, await _log_head(db, "read_log_head", self.ontology), db)

        return await self._planning.run(run)

    async def prepare(self, heads: Sequence[HeadWrite]) -> None:
        """Nothing: they are copied with the rows, in one stream."""

    async def head(self) -> LogHead:
        return await self._reading.run(lambda db: _log_head(db, "read_log_head", self.ontology))

    async def after(self, position: int, limit: int, max_bytes: int = 8 << 20) -> list[Row]:
        return [Row(*row) for row in await self._fetch("rows_after", position, limit, max_bytes)]

    async def row(self, position: int) -> Row | None:
        found = await self._fetch("read_row", position)
        return Row(*found[0]) if found else None

    async def remembered(self, command: CommandKey) -> Remembered | None:
        found = await self._fetch("find_commands", *columns([command], 2))
        return Remembered(*found[0][1:]) if found else None

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]:
        return [(number, Refusal(*rest)) for number, *rest in await self._fetch("refusals_after", after, limit)]

    async def prune(self, until: int) -> int:
        gone: int = await self._writing.run(lambda db: db.fetchval(SQL["prune_rows"], until))
        return gone

    async def forget(self, before: int) -> int:
        forgotten: int = await self._writing.run(lambda db: db.fetchval(SQL["forget_commands"], before))
        return forgotten

    async def upload(self, principal: str, sections: Mapping[str, bytes], time: int, most: int) -> None:
        async def run(db: Driver) -> None:
            async with db.transaction():
                await db.execute(SQL["keep_uploads"], principal, [*sections], [*sections.values()], time)
                size = await db.fetchval(SQL["uploaded_bytes"], principal)
                if size > most:
                    raise UploadsFull(principal, size, most)

        await self._writing.run(run)

    async def lacking(self, principal: str, sections: Mapping[str, str]) -> list[str]:
        asked = ([*sections], [*sections.values()], principal, ONTOLOGY_SCOPE, SECTIONS)
        return [digest for (digest,) in await self._fetch("lacking", *asked)]

    async def throw_away(self, before: int) -> int:
        gone: int = await self._writing.run(lambda db: db.fetchval(SQL["throw_away"], before))
        return gone

    async def restore(self, writes: Writes) -> None:
        async def run(db: Driver) -> None:
            async with db.transaction():
                await self._put(db, writes)

        await self._writing.run(run)

    async def clear(self, *, outbox: bool) -> None:
        async def run(db: Driver) -> None:
            async with db.transaction():
                await db.execute(SQL["clear_heads"])
                if outbox:
                    await db.execute(SQL["clear_rows"])
                    await self._put(db, Writes(LogHead(0, 0, genesis(self.ontology))))

        await self._writing.run(run)

    async def heads_after(self, branch: str, key: str, since: int, limit: int) -> list[HeadWrite]:
        return [HeadWrite(*row) for row in await self._fetch("heads_after", branch, key, since, limit)]

    async def keys_are(self, fingerprint: str) -> bool:
        """Whether this key store is the one that was used first."""
        same: bool = await self._writing.run(lambda db: db.fetchval(SQL["note_key_store"], fingerprint))
        return same

    async def close(self) -> None:
        for lane in (self._planning, self._reading, self._writing):
            await lane.close()

    async def _fetch(self, name: str, *arguments: object) -> list[Any]:
        found: list[Any] = await self._reading.run(lambda db: db.fetch(SQL[name], *arguments))
        return found

    async def _put(self, db: Driver, writes: Writes) -> None:
        """All of it in one statement, which also wakes whoever listens; a large group's rows are copied before."""
        heads, rows = writes.every_head(), writes.rows
        if len(heads) + len(rows) >= COPIED:
            await db.copy_records_to_table("heads", records=heads, columns=HeadWrite._fields)
            await db.copy_records_to_table("outbox", records=rows, columns=Row._fields)
            heads, rows = [], []
        if writes.taken:
            await db.execute(SQL["take_uploads"], *columns(writes.taken, 2))
        if writes.refusals:
            await db.execute(SQL["add_refusals"], *columns(writes.refusals, 6))
        remembered = [(*key, *answer) for key, answer in writes.commands]
        fence = (None, None) if self._fence is None else (self._fence.fence, self._fence.name)
        moved = await db.fetch(
            SQL["write"], *columns(heads, 4), *columns(rows, 3), *columns(writes.commits, 4), *columns(remembered, 5),
            *writes.head, self.ontology, *fence, self.schema,
        )  # fmt: skip
        if not moved:
            raise OutboxUnavailable("another process commits now", "send it again under the same id")

    async def _end(self, transaction: Any, writes: Writes) -> None:
        """A commit whose answer was lost may have happened."""
        try:
            await transaction.commit()
        except AWAY as error:
            try:
                async with asyncio.timeout(DOUBT_SECONDS):
                    written = await self._written(writes.rows[-1:])
            except TimeoutError:
                raise OutboxUnavailable(
                    f"the answer to a commit was lost ({why(error).cause}): whether it was written is not known",
                    "send it again under the same id",
                ) from error
            if not written:
                raise OutboxUnavailable(*why(error)) from error

    async def _written(self, last: Sequence[Row]) -> bool:
        """As soon as PostgreSQL is back. Who has the lock on the head row knows that the doubtful transaction is over."""
        while True:
            try:
                db = await connected(self._url, **inside(self.schema))
                try:
                    await db.fetchrow(SQL["lock_log_head"], self.ontology)
                    found = await db.fetch(SQL["read_row"], last[0].position) if last else []
                    return bool(found) and Row(*found[0]) == last[0]
                finally:
                    await db.close(timeout=1)
            except AWAY:
                await asyncio.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def postgres_outbox(url: str, ontology: str, fence: Held | None = None) -> AsyncIterator[PostgresOutbox]:
    """Open inside the block; its tables are made if they are not there. Raises `OutboxUnavailable`."""
    schema = schema_of(ontology)
    try:
        await made(url, schema)
    except AWAY as error:
        raise OutboxUnavailable(*why(error)) from error
    outbox = PostgresOutbox(url, ontology, schema, fence)
    try:
        await outbox.begin()
        yield outbox
    finally:
        await outbox.close()


async def _roll_back(db: Driver, transaction: Any) -> None:
    """What went wrong is told, not what follows from it: a connection that is broken is rolled back by its end."""
    try:
        await transaction.rollback()
    except AWAY:
        db.terminate()


async def _log_head(db: Driver, name: str, ontology: str) -> LogHead:
    found = await db.fetchrow(SQL[name], ontology)
    if found is None:
        raise OutboxUnavailable(f"the database holds no ontology {ontology!r}", "name the database of this ontology")
    return LogHead(*found)
