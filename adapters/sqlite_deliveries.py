"""How far each endpoint is and what became of each letter, in one file: both or neither is written."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.schema import CreateColumn

from adapters import deliveries_rows as as_rows
from adapters import deliveries_tables as tables
from adapters.sqlite_file import SqliteFile, make, sql, transaction, writer
from events.subscriptions.consent import Consent
from events.subscriptions.letters import ALL, FOREVER, Deferred, Discarded, Sought, Standing, Try, Unsent, Waiting
from events.subscriptions.tallies import Counted, tallies

_PUT: Final = sql(insert(tables.standings).prefix_with("OR REPLACE"))
_ADD, _ALL, _LAST, _FAILED, _COUNTED, _WAITING, _UNSENT, _ARRIVED, _AFTER, _NEWEST = (
    sql(each)
    for each in (
        tables.ADD, tables.ALL, tables.LAST, tables.FAILED, tables.COUNTED, tables.WAITING, tables.UNSENT,
        tables.ARRIVED, tables.AFTER, tables.NEWEST,
    )
)  # fmt: skip
_EXPUNGE, _EXPUNGE_ONE, _EXPUNGE_DETAILS = (
    sql(each) for each in (tables.EXPUNGE, tables.EXPUNGE_ONE, tables.EXPUNGE_DETAILS)
)
_DELIVERED, _COMING = (sql(each) for each in (tables.DELIVERED_THERE, tables.COMING_THERE))
_OLD, _OLD_FAILURES = (sql(each) for each in (tables.OLD, tables.OLD_FAILURES))
_OLD_TALLIES: Final = sql(tables.OLD_TALLIES)
_CONSENTS, _GRANT, _UNASKED = (sql(each) for each in (tables.CONSENTS, tables.GRANT, tables.UNASKED))
_DISCARDS, _DISCARD = sql(tables.DISCARDS), sql(tables.discard(insert))
_ASK: Final = sql(tables.ask(insert))
_TALLY: Final = sql(tables.tally(insert))
_FAIL: Final = sql(tables.fail(insert))


class SqliteDeliveries:
    """Passes the conformance suite. `close` after use."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(lambda: _opened(path))

    async def standings(self) -> Mapping[str, Standing]:
        rows = await self._file.run(lambda connection: connection.execute(_ALL).fetchall())
        return as_rows.as_standings(rows)

    async def note(
        self, tries: Sequence[Try], standings: Mapping[str, Standing],
        waits: Sequence[Deferred] = (), over: Sequence[tuple[str, int]] = (),
    ) -> None:  # fmt: skip
        await self._file.run(lambda connection: _note(connection, tries, standings, waits, over))

    async def last(self, subscription: str, most: int, asked: Sought = ALL) -> list[tuple[int, Try]]:
        """Numbered tries of a subscription, the last first."""
        given = subscription, *as_rows.sought(asked), most
        rows = await self._file.run(lambda connection: connection.execute(_LAST, given).fetchall())
        return [(row[0], as_rows.as_try(row[1:])) for row in rows]

    async def after(self, number: int, subscription: str | None, most: int) -> list[tuple[int, Try]]:
        """Numbered tries behind one, of a subscription or of all, in the order in which they were noted."""
        given = (number, subscription, subscription, most)
        rows = await self._file.run(lambda connection: connection.execute(_AFTER, given).fetchall())
        return [(row[0], as_rows.as_try(row[1:])) for row in rows]

    async def newest(self) -> int:
        """The number of the try that was noted last; 0 if there is none."""
        return await self._file.run(lambda connection: connection.execute(_NEWEST).fetchone()[0] or 0)

    async def undelivered(
        self, subscription: str, since: int, overdue: int, until: int = FOREVER, kinds: Collection[str] | None = None
    ) -> list[int]:
        """Positions, in order, whose last try in a time (µs, `until` excluded) failed, by one of `kinds`, and that are not tried again or should have been before `overdue`."""
        rows = await self._file.run(
            lambda connection: connection.execute(_FAILED, (subscription, since, until, overdue)).fetchall()
        )
        return as_rows.positions(rows, kinds)

    async def counted(self, first: int, last: int) -> dict[str, list[Counted]]:
        """Of these slots, by subscription."""
        rows = await self._file.run(lambda connection: connection.execute(_COUNTED, (first, last)).fetchall())
        return as_rows.as_counted(rows)

    async def waiting(self, overdue: int) -> dict[str, Waiting]:
        """By subscription; what should have come again before `overdue` (µs) never will."""
        rows = await self._file.run(lambda connection: connection.execute(_WAITING, (overdue,) * 3).fetchall())
        return as_rows.as_waiting(rows)

    async def unsent(self) -> list[Unsent]:
        """What is parked, in order."""
        rows = await self._file.run(lambda connection: connection.execute(_UNSENT).fetchall())
        return [Unsent(*row) for row in rows]

    async def discard(self, letters: Collection[tuple[str, int]], author: str, why: str, time: int) -> int:
        """Dead letters, by subscription and position, are none any more, which is recorded at a time (µs). How many there were."""

        def run(connection: sqlite3.Connection) -> int:
            with transaction(connection):
                gone = as_rows.as_discarded(connection.execute(_UNSENT).fetchall(), letters, author, why, time)
                connection.executemany(_DISCARD, gone)
                connection.executemany(_ARRIVED, [each[:2] for each in gone])
            return len(gone)

        return await self._file.run(run)

    async def discarded(self) -> list[Discarded]:
        """What was given up, in the order of that."""
        rows = await self._file.run(lambda connection: connection.execute(_DISCARDS).fetchall())
        return [Discarded(*row) for row in rows]

    async def forget(self, before: int, slot: int) -> int:
        """Tries before a time (µs) go, and slots before one; how many tries."""
        return await self._file.run(lambda connection: _forgotten(connection, before, slot))

    async def arrived(self, subscription: str, after: int, until: int, overdue: int) -> set[int]:
        """Positions behind `after`, up to `until`, that were delivered, as far as tries are remembered, or that come again at `overdue` (µs) or later."""
        there = subscription, after, until
        rows = await self._file.run(
            lambda connection: [*connection.execute(_DELIVERED, there), *connection.execute(_COMING, (*there, overdue))]
        )
        return {position for (position,) in rows}

    async def expunge(self, subscription: str, before: int, position: int | None = None) -> int:
        """Of tries that began before a time (µs) what was sent and answered goes. How many had some."""
        given = (subscription, before) if position is None else (subscription, before, position)
        statement = _EXPUNGE if position is None else _EXPUNGE_ONE

        def run(connection: sqlite3.Connection) -> int:
            with transaction(connection):
                connection.execute(_EXPUNGE_DETAILS, (subscription, before, position))
                return connection.execute(statement, given).rowcount

        return await self._file.run(run)

    async def consents(self) -> Mapping[str, Consent]:
        """By subscription."""
        rows = await self._file.run(lambda connection: connection.execute(_CONSENTS).fetchall())
        return as_rows.as_consents(rows)

    async def asked(self, consent: Consent) -> None:
        """Unless the same sink gave the same origin its consent meanwhile."""
        await self._file.run(lambda connection: connection.execute(_ASK, consent))

    async def grant(self, digest: str, rate: int | None, time: int) -> bool:
        """By whoever has the token: requests a minute, `None` as many as there are, at a time (µs). Whether there is such a token."""
        given = (time, rate, digest)
        return bool(await self._file.run(lambda connection: connection.execute(_GRANT, given).fetchall()))

    async def ask_anew(self, subscription: str) -> None:
        """As if it had never been asked."""
        await self._file.run(lambda connection: connection.execute(_UNASKED, (subscription,)))

    async def close(self) -> None:
        await self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = writer(path)
    there = {
        name: {column for _, column, *_ in connection.execute(f"PRAGMA table_info({name})")}
        for name in tables.metadata.tables
    }
    older = list(tables.added({name: columns for name, columns in there.items() if columns}))
    if older or not all(there.values()):
        connection.execute("BEGIN IMMEDIATE")
        make(connection, tables.metadata.sorted_tables)
        for table, column in older:
            connection.execute(f"ALTER TABLE {table.name} ADD COLUMN {sql(CreateColumn(column))}")
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _note(
    connection: sqlite3.Connection, tried: Sequence[Try], standing: Mapping[str, Standing],
    waits: Sequence[Deferred], over: Sequence[tuple[str, int]],
) -> None:  # fmt: skip
    with transaction(connection):
        connection.executemany(_ADD, [as_rows.try_row(each) for each in tried])
        connection.executemany(_TALLY, as_rows.tally_rows(tallies(tried)))
        connection.executemany(_FAIL, as_rows.deferred_rows(waits))
        connection.executemany(_FAIL, as_rows.failure_rows(tried))
        connection.executemany(_ARRIVED, [*as_rows.arrived(tried), *over])
        connection.executemany(_PUT, [as_rows.standing_row(identity, each) for identity, each in standing.items()])


def _forgotten(connection: sqlite3.Connection, before: int, slot: int) -> int:
    with transaction(connection):
        connection.execute(_OLD_FAILURES, (before, before))
        tries = connection.execute(_OLD, (before,)).rowcount
        connection.execute(_OLD_TALLIES, (slot,))
    return tries
