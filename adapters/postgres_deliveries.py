"""The same in PostgreSQL, for whichever machine carries events out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert

from adapters import deliveries_rows as as_rows
from adapters import deliveries_tables as tables
from adapters.postgres import Driver, sql
from adapters.postgres_kept import KeptTables, affected
from events.subscriptions.consent import Consent
from events.subscriptions.letters import ALL, FOREVER, Deferred, Discarded, Sought, Standing, Try, Unsent, Waiting
from events.subscriptions.tallies import Counted, tallies

_INSERT: Final = insert(tables.standings)
_PUT: Final = sql(
    _INSERT.on_conflict_do_update(
        index_elements=[tables.standings.c.subscription],
        set_={each.name: each for each in _INSERT.excluded if each.name != "subscription"},
    )
)
_ADD, _ALL, _LAST, _FAILED, _COUNTED, _WAITING, _UNSENT, _ARRIVED, _AFTER, _NEWEST = (
    sql(each)
    for each in (
        tables.ADD, tables.ALL, tables.LAST, tables.FAILED, tables.COUNTED, tables.WAITING, tables.UNSENT,
        tables.ARRIVED, tables.AFTER, tables.NEWEST,
    )
)  # fmt: skip
_OLD, _OLD_FAILURES, _OLD_TALLIES = (sql(each) for each in (tables.OLD, tables.OLD_FAILURES, tables.OLD_TALLIES))
_EXPUNGE, _EXPUNGE_ONE, _EXPUNGE_DETAILS = (
    sql(each) for each in (tables.EXPUNGE, tables.EXPUNGE_ONE, tables.EXPUNGE_DETAILS)
)
_DELIVERED, _COMING = (sql(each) for each in (tables.DELIVERED_THERE, tables.COMING_THERE))
_CONSENTS, _GRANT, _UNASKED = (sql(each) for each in (tables.CONSENTS, tables.GRANT, tables.UNASKED))
_DISCARDS, _DISCARD = sql(tables.DISCARDS), sql(tables.discard(insert))
_ASK: Final = sql(tables.ask(insert))
_TALLY: Final = sql(tables.tally(insert))
_FAIL: Final = sql(tables.fail(insert))


class PostgresDeliveries:
    """Passes the conformance suite. `close` after use. Raises `OutboxUnavailable`."""

    def __init__(self, url: str, ontology: str) -> None:
        self._kept = KeptTables("webhooks", url, ontology, tables.metadata)

    async def standings(self) -> Mapping[str, Standing]:
        return as_rows.as_standings(await self._kept.fetch(_ALL))

    async def note(
        self, tries: Sequence[Try], standings: Mapping[str, Standing],
        waits: Sequence[Deferred] = (), over: Sequence[tuple[str, int]] = (),
    ) -> None:  # fmt: skip
        async def run(db: Driver) -> None:
            async with db.transaction():
                await db.executemany(_ADD, [as_rows.try_row(each) for each in tries])
                await db.executemany(_TALLY, as_rows.tally_rows(tallies(tries)))
                await db.executemany(_FAIL, as_rows.deferred_rows(waits))
                await db.executemany(_FAIL, as_rows.failure_rows(tries))
                await db.executemany(_ARRIVED, [*as_rows.arrived(tries), *over])
                await db.executemany(
                    _PUT, [as_rows.standing_row(identity, each) for identity, each in standings.items()]
                )

        await self._kept.run(run)

    async def last(self, subscription: str, most: int, asked: Sought = ALL) -> list[tuple[int, Try]]:
        """Numbered tries of a subscription, the last first."""
        return _numbered(await self._kept.fetch(_LAST, subscription, *as_rows.sought(asked), most))

    async def after(self, number: int, subscription: str | None, most: int) -> list[tuple[int, Try]]:
        """Numbered tries behind one, of a subscription or of all, in the order in which they were noted."""
        return _numbered(await self._kept.fetch(_AFTER, number, subscription, most))

    async def newest(self) -> int:
        """The number of the try that was noted last; 0 if there is none."""
        return (await self._kept.fetch(_NEWEST))[0][0] or 0

    async def undelivered(
        self, subscription: str, since: int, overdue: int, until: int = FOREVER, kinds: Collection[str] | None = None
    ) -> list[int]:
        """Positions, in order, whose last try in a time (µs, `until` excluded) failed, by one of `kinds`, and that are not tried again or should have been before `overdue`."""
        return as_rows.positions(await self._kept.fetch(_FAILED, subscription, since, until, overdue), kinds)

    async def counted(self, first: int, last: int) -> dict[str, list[Counted]]:
        """Of these slots, by subscription."""
        return as_rows.as_counted(await self._kept.fetch(_COUNTED, first, last))

    async def waiting(self, overdue: int) -> dict[str, Waiting]:
        """By subscription; what should have come again before `overdue` (µs) never will."""
        return as_rows.as_waiting(await self._kept.fetch(_WAITING, overdue))

    async def unsent(self) -> list[Unsent]:
        """What is parked, in order."""
        return [Unsent(*row) for row in await self._kept.fetch(_UNSENT)]

    async def discard(self, letters: Collection[tuple[str, int]], author: str, why: str, time: int) -> int:
        """Dead letters, by subscription and position, are none any more, which is recorded at a time (µs). How many there were."""

        async def run(db: Driver) -> int:
            async with db.transaction():
                gone = as_rows.as_discarded(await db.fetch(_UNSENT), letters, author, why, time)
                await db.executemany(_DISCARD, gone)
                await db.executemany(_ARRIVED, [each[:2] for each in gone])
            return len(gone)

        return await self._kept.run(run)

    async def discarded(self) -> list[Discarded]:
        """What was given up, in the order of that."""
        return [Discarded(*row) for row in await self._kept.fetch(_DISCARDS)]

    async def forget(self, before: int, slot: int) -> int:
        """Tries before a time (µs) go, and slots before one; how many tries."""

        async def run(db: Driver) -> str:
            async with db.transaction():
                await db.execute(_OLD_FAILURES, before)
                await db.execute(_OLD_TALLIES, slot)
                done: str = await db.execute(_OLD, before)
                return done

        return affected(await self._kept.run(run))

    async def arrived(self, subscription: str, after: int, until: int, overdue: int) -> set[int]:
        """Positions behind `after`, up to `until`, that were delivered, as far as tries are remembered, or that come again at `overdue` (µs) or later."""
        there = subscription, after, until
        rows = [*await self._kept.fetch(_DELIVERED, *there), *await self._kept.fetch(_COMING, *there, overdue)]
        return {row[0] for row in rows}

    async def expunge(self, subscription: str, before: int, position: int | None = None) -> int:
        """Of tries that began before a time (µs) what was sent and answered goes. How many had some."""
        await self._kept.execute(_EXPUNGE_DETAILS, subscription, before, position)
        if position is None:
            return await self._kept.execute(_EXPUNGE, subscription, before)
        return await self._kept.execute(_EXPUNGE_ONE, subscription, before, position)

    async def consents(self) -> Mapping[str, Consent]:
        """By subscription."""
        return as_rows.as_consents(await self._kept.fetch(_CONSENTS))

    async def asked(self, consent: Consent) -> None:
        """Unless the same sink gave the same origin its consent meanwhile."""
        await self._kept.execute(_ASK, *consent)

    async def grant(self, digest: str, rate: int | None, time: int) -> bool:
        """By whoever has the token: requests a minute, `None` as many as there are, at a time (µs). Whether there is such a token."""
        return bool(await self._kept.fetch(_GRANT, time, rate, digest))

    async def ask_anew(self, subscription: str) -> None:
        """As if it had never been asked."""
        await self._kept.execute(_UNASKED, subscription)

    async def close(self) -> None:
        await self._kept.close()


def _numbered(rows: Sequence[Any]) -> list[tuple[int, Try]]:
    return [(row[0], as_rows.as_try(list(row)[1:])) for row in rows]
