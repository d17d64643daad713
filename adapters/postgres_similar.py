"""The similar view in a schema of PostgreSQL: texts with their checkpoint in one transaction, vectors beside them as they come."""

from collections.abc import Callable, Collection, Sequence
from functools import partial

from adapters import pgvector
from adapters.postgres_session import PostgresSession, Row, quoted
from adapters.postgres_similar_statements import SQL
from adapters.postgres_similar_texts import put
from adapters.postgres_thread import PostgresThread, transaction
from adapters.postgres_view import CHECKPOINT, LOCK, MOVE, START, script
from events.names import Key
from projectors.embedding.provider import Space, Vectors
from projectors.projector import FOREVER, Checkpoint, Overtaken, ViewOutdated
from projectors.similar import NAME, VERSION
from projectors.similar_source import Coverage, Due, Part, Waits
from security.chain import genesis


class PostgresSimilar:
    """One writer at a time. `close` after use. Raises `ViewUnavailable` where PostgreSQL refuses for now, or has no pgvector."""

    def __init__(self, url: str, schema: str, ontology: str, fingerprint: str) -> None:
        self.url, self.schema, self.ontology, self._fingerprint = url, schema, ontology, fingerprint
        self._thread = PostgresThread(NAME, self._opened)

    async def checkpoint(self) -> Checkpoint:
        """Raises `ViewOutdated` where the texts were made in another way, or of another ontology."""

        def read(session: PostgresSession) -> Checkpoint:
            view, version, ontology, *checkpoint, _ = session.row(CHECKPOINT, self.ontology, NAME) or ()
            found = (view, version, ontology, session.value(SQL["made_with"]))
            wanted = (NAME, VERSION, self.ontology, self._fingerprint)
            if found != wanted:
                raise ViewOutdated(self.schema, repr(found), repr(wanted))
            return Checkpoint(*checkpoint)

        return await self._thread.run(read)

    async def left_out(self) -> frozenset[tuple[int, str, Key]]:
        """What the versions view had parked at the checkpoint, a row for each place."""
        return await self._thread.run(lambda session: frozenset(map(tuple, session.rows(SQL["left_out"]))))

    async def advance(self, further: Part, known: Checkpoint) -> None:
        """Texts in the order of their positions, what stands at `anew` replaced by them. Raises `Overtaken`."""

        def write(session: PostgresSession) -> None:
            _, _, _, *found, _ = session.row(LOCK, self.ontology, NAME) or ()
            if known != tuple(found):
                raise Overtaken(NAME, known, Checkpoint(*found))
            put(session, further.texts, further.anew)
            session.run(SQL["forget_left_out"])
            session.all(SQL["leave_out"], [(position, *place) for position, place in further.left_out])
            session.row(MOVE, *further.reached)

        await self._thread.run(write)

    async def pending(self, space: Space, after: int, most: int, now: int) -> list[Due]:
        """Passages that have no vector in this space and are not waiting, behind this id."""

        def read(session: PostgresSession) -> list[Due]:
            number = _space(session, space)
            if session.value(SQL["nothing_pending"], number, now):
                return []
            return [Due(*row) for row in session.rows(SQL["pending"], number, after, most, now)]

        return await self._thread.run(read)

    async def store(self, space: Space, due: Sequence[Due], rows: Vectors) -> None:
        """What was forgotten meanwhile is left out."""

        def write(session: PostgresSession) -> None:
            number, digests = _space(session, space), [one.digest for one in due]
            before = session.value(SQL["vectors_of"], number, digests)
            given = [(number, digest, row.tolist()) for digest, row in zip(digests, rows, strict=True)]
            session.each(SQL["add_vector"], given)
            session.row(SQL["count_vectors"], number, session.value(SQL["vectors_of"], number, digests) - before)
            session.row(SQL["no_longer_waiting"], number, digests)

        await self._thread.run(write)

    async def wait(self, space: Space, due: Sequence[Due], why: Waits) -> None:
        """They are not tried before `why.again`."""

        def write(session: PostgresSession) -> None:
            reason = why.reason.replace("\0", "\\0")  # it may quote what a text of PostgreSQL cannot hold
            digests = [one.digest for one in due]
            session.row(SQL["wait"], _space(session, space), why.code, reason, why.again, digests)

        await self._thread.run(write)

    async def try_again(self) -> None:
        """Nothing waits any longer."""
        await self._thread.run(lambda session: session.run(SQL["at_once"]))

    async def serve(self, space: Space, keep: Collection[Space]) -> bool:
        """From now on readers search this space, if nothing is missing in it that may still come; else, or if they did, `False`.

        Others go, but the one before and those of `keep`. Spaces have an index from here on: made of many vectors at once it
        takes a fifth of the time, and until then all of them are looked at.
        """
        if without := await self._thread.run(
            lambda session: session.rows(SQL["not_indexed"], pgvector.INDEXED, pgvector.SUFFIX)
        ):
            await self._patiently(partial(_index, spaces=without))

        def write(session: PostgresSession) -> bool:
            number = _space(session, space)
            served = next(row[0] for row in session.rows(SQL["all_spaces"]) if row[3])
            if served == number or not session.value(SQL["nothing_missing"], number, FOREVER):
                return False
            session.row(SQL["serve"], number)
            kept = [number, served, *(_space(session, each) for each in keep)]
            session.row(SQL["forget_space_waiting"], kept)
            for (gone,) in session.rows(SQL["forget_spaces"], kept):
                session.run(f"DROP TABLE vectors_{gone}")
            return True

        return await self._thread.run(write)

    async def coverage(self, space: Space) -> Coverage:
        return await self._thread.run(lambda session: Coverage(*(session.row(SQL["coverage"], space.name) or ())))

    async def carry(self, old: "PostgresSimilar") -> None:
        """The vectors that another build has of the same texts: they cost time, and some of them money."""
        await self._patiently(partial(_carry, old=quoted(old.schema)))

    async def close(self) -> None:
        await self._thread.close()

    async def _patiently(self, work: Callable[[PostgresSession], object]) -> None:
        """However long it takes."""
        patient = PostgresThread(NAME, partial(self._opened, statement_timeout="0s", maintenance_work_mem="512MB"))
        try:
            await patient.run(work)
        finally:
            await patient.close()

    def _opened(self, **settings: str) -> PostgresSession:
        with PostgresSession(self.url) as maker, transaction(maker):
            maker.run(script("postgres_live.sql"))
            vectors = pgvector.vectors_of(maker, NAME)
            if maker.value("SELECT to_regclass($1::text)", f"{quoted(self.schema)}.checkpoint") is None:
                maker.run(f"CREATE SCHEMA {quoted(self.schema)}")
                maker.see(self.schema, vectors)
                maker.run(script("postgres_view.sql"))
                maker.run(script("postgres_similar_tables.sql"))
                maker.row(START, NAME, VERSION, self.ontology, 0, genesis(self.ontology), 0, 0)
                maker.row(SQL["make_with"], self._fingerprint)
        path = f"{quoted(self.schema)}, {quoted(vectors)}"
        return PostgresSession(self.url, synchronous_commit="off", search_path=path, **settings)


def _space(session: PostgresSession, space: Space) -> int:
    found: int | None = session.value(SQL["space"], space.name)
    if found is None:
        found = int(session.value(SQL["add_space"], space.name, space.dimensions))
        pgvector.partition(session, found)
    return found


def _index(session: PostgresSession, spaces: Sequence[Row]) -> None:
    for number, dimensions in spaces:
        pgvector.index(session, number, dimensions)


def _carry(session: PostgresSession, old: str) -> None:
    session.run(SQL["carry_spaces"].format(old=old))
    for before, now in session.rows(SQL["same_spaces"].format(old=old)):
        pgvector.partition(session, now)
        session.row(SQL["carry_vectors"].format(old=old), before, now)
    session.run(SQL["carried"])
