"""The similar view in SQLite: texts with their checkpoint in one transaction, vectors beside them as they come."""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from sqlalchemy import bindparam, insert, select, update

from adapters.similar_statements import SQL
from adapters.similar_tables import WORDS, made_with, metadata
from adapters.similar_texts import forget, put, take_away
from adapters.sqlite_file import SqliteFile, create, sql, transaction, writer
from adapters.sqlite_reader import closed_if_it_fails
from adapters.sqlite_view import unavailable
from events.names import Key
from projectors.embedding.provider import Space, Vectors
from projectors.projector import FOREVER, Checkpoint, Overtaken, ViewOutdated
from projectors.similar import NAME, VERSION
from projectors.similar_source import Coverage, Due, Part, Waits
from security.chain import genesis

Result = TypeVar("Result")


class SqliteSimilar:
    """One writer at a time. `close` after use. Raises `ViewUnavailable` where the file refuses for now."""

    def __init__(self, path: Path, ontology: str, fingerprint: str) -> None:
        self.path, self.ontology, self._fingerprint = path, ontology, fingerprint
        self._file = SqliteFile(self._open)

    async def checkpoint(self) -> Checkpoint:
        """Raises `ViewOutdated` where the texts were made in another way, or of another ontology."""

        def read(connection: sqlite3.Connection) -> Checkpoint:
            view, version, ontology, *checkpoint = connection.execute(_CHECKPOINT).fetchone()
            found = (view, version, ontology, connection.execute(_MADE_WITH).fetchone()[0])
            wanted = (NAME, VERSION, self.ontology, self._fingerprint)
            if found != wanted:
                raise ViewOutdated(str(self.path), repr(found), repr(wanted))
            return Checkpoint(*checkpoint)

        return await self._run(read)

    async def left_out(self) -> frozenset[tuple[int, str, Key]]:
        """What the versions view had parked at the checkpoint, a row for each place."""
        return await self._run(lambda connection: frozenset(connection.execute(SQL["left_out"]).fetchall()))

    async def advance(self, further: Part, known: Checkpoint) -> None:
        """Texts in the order of their positions, what stands at `anew` replaced by them. Raises `Overtaken`."""

        def write(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                _fence(connection, known)
                before = {each for place in further.anew for each in take_away(connection, place)}
                purged = False
                for text in further.texts:
                    purged |= text.purged
                    before |= put(connection, text)
                forgotten = forget(connection, before)
                connection.execute(SQL["forget_left_out"])
                connection.executemany(SQL["leave_out"], [(position, *place) for position, place in further.left_out])
                connection.execute(_MOVE, (*further.reached, NAME))
                if purged and forgotten:
                    connection.execute(SQL["tidy_words"])
            if purged and forgotten:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return forgotten

        if await self._run(write):
            drop_indexes(self.path)

    async def pending(self, space: Space, after: int, most: int, now: int) -> list[Due]:
        """Passages that have no vector in this space and are not waiting, behind this id."""

        def read(connection: sqlite3.Connection) -> list[Due]:
            number = _space(connection, space)
            if connection.execute(SQL["nothing_pending"], (number, now)).fetchone()[
                0
            ]:  # a twentieth of the look itself
                return []
            return [Due(*row) for row in connection.execute(SQL["pending"], (number, after, most, now))]

        return await self._run(read)

    async def store(self, space: Space, due: Sequence[Due], rows: Vectors) -> None:
        """What was forgotten meanwhile is left out."""
        stored = rows.astype("<f2")

        def write(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                number = _space(connection, space)
                (written,) = connection.execute(SQL["write"], (number,)).fetchone()
                given = [(number, written, row.tobytes(), one.digest) for one, row in zip(due, stored, strict=True)]
                connection.executemany(SQL["add_vector"], given)
                connection.executemany(SQL["no_longer_waiting"], [(number, one.digest) for one in due])

        await self._run(write)

    async def wait(self, space: Space, due: Sequence[Due], why: Waits) -> None:
        """They are not tried before `why.again`."""

        def write(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                number = _space(connection, space)
                connection.executemany(
                    SQL["wait"], [(number, why.code, why.reason, why.again, one.digest) for one in due]
                )

        await self._run(write)

    async def try_again(self) -> None:
        """Nothing waits any longer."""

        def write(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                connection.execute(SQL["at_once"])

        await self._run(write)

    async def serve(self, space: Space, keep: Collection[Space]) -> bool:
        """From now on readers search this space, if nothing is missing in it that may still come; else, or if they did, `False`.

        Others go, but the one before and those of `keep`.
        """

        def write(connection: sqlite3.Connection) -> bool:
            number = _space(connection, space)
            served = next(row[0] for row in connection.execute(SQL["all_spaces"]) if row[3])
            if served == number or not connection.execute(SQL["nothing_missing"], (number, FOREVER)).fetchone()[0]:
                return False
            with transaction(connection):
                connection.execute(SQL["serve"], (number,))
                kept = msgspec.json.encode([number, served, *(_space(connection, each) for each in keep)]).decode()
                for name in ("forget_spaces", "forget_space_waiting", "forget_space_rows"):
                    connection.execute(SQL[name], (kept,))
            return True

        return await self._run(write)

    async def coverage(self, space: Space) -> Coverage:
        def read(connection: sqlite3.Connection) -> Coverage:
            return Coverage(*connection.execute(SQL["coverage"], (_space(connection, space),)).fetchone())

        return await self._run(read)

    async def carry(self, old: "SqliteSimilar") -> None:
        """The vectors that another build has of the same texts: they cost time, and some of them money."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("ATTACH ? AS old", (str(old.path),))
            with transaction(connection):
                connection.execute(SQL["carry_spaces"])
                connection.execute(SQL["carry_vectors"])
                connection.execute(SQL["carried"])
            connection.execute("DETACH old")

        await self._run(write)

    async def close(self) -> None:
        await self._file.close()

    def _open(self) -> sqlite3.Connection:
        connection = writer(self.path)
        with closed_if_it_fails(connection):
            connection.execute("PRAGMA secure_delete=ON")  # what is purged is gone from the file, too
            if not connection.execute("PRAGMA schema_version").fetchone()[0]:
                with transaction(connection):
                    create(connection, metadata)
                    connection.execute(WORDS)
                    connection.execute(_START, (NAME, VERSION, self.ontology, 0, genesis(self.ontology), 0, 0))
                    connection.execute(_MAKE_WITH, (self._fingerprint,))
        return connection

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            return await self._file.run(work)
        except sqlite3.OperationalError as error:
            raise unavailable(NAME, error) from error


def drop_indexes(view: Path) -> None:
    """Those of this file: they are made anew from its vectors."""
    for index in view.parent.glob(f"{view.name}.*.usearch"):
        index.unlink(missing_ok=True)


def _fence(connection: sqlite3.Connection, known: Checkpoint) -> None:
    _, _, _, *found = connection.execute(_CHECKPOINT).fetchone()
    if known != tuple(found):
        raise Overtaken(NAME, known, Checkpoint(*found))


def _space(connection: sqlite3.Connection, space: Space) -> int:
    found = connection.execute(SQL["space"], (space.name,)).fetchone()
    if found is None:
        connection.execute(SQL["add_space"], (space.name, space.dimensions))
        found = connection.execute(SQL["space"], (space.name,)).fetchone()
    return int(found[0])


_checkpoint: Final = metadata.tables["checkpoint"]
_START: Final = sql(insert(_checkpoint))
_CHECKPOINT: Final = sql(select(_checkpoint))
_MOVE: Final = sql(
    update(_checkpoint)
    .where(_checkpoint.c.view == bindparam("v"))
    .values({name: bindparam(name) for name in Checkpoint._fields})
)
_MAKE_WITH: Final = sql(insert(made_with))
_MADE_WITH: Final = sql(select(made_with))
