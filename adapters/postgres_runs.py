"""The same in PostgreSQL, for whichever machine keeps schedules."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.dialects.postgresql import insert

from adapters import runs_tables as tables
from adapters.postgres import Driver, sql
from adapters.postgres_kept import KeptTables
from events.schedules.planning import Standing
from events.schedules.running import Run

_STANDING: Final = insert(tables.standings)
_PUT: Final = sql(
    _STANDING.on_conflict_do_update(
        index_elements=[tables.standings.c.schedule],
        set_={each.name: each for each in _STANDING.excluded if each.name != "schedule"},
    )
)
_RUN: Final = insert(tables.runs).values(dict.fromkeys(Run._fields))
_NOTE: Final = sql(
    _RUN.on_conflict_do_update(
        index_elements=[tables.runs.c.id],
        set_={name: _RUN.excluded[name] for name in Run._fields if name != "id"},
    )
)
_ALL, _OPEN, _LAST, _OLD = (sql(each) for each in (tables.ALL, tables.OPEN, tables.LAST, tables.OLD))


class PostgresRuns:
    """Passes the conformance suite. `close` after use. Raises `OutboxUnavailable`."""

    def __init__(self, url: str, ontology: str) -> None:
        self._kept = KeptTables("schedules", url, ontology, tables.metadata)

    async def standings(self) -> Mapping[str, Standing]:
        return tables.as_standings(await self._kept.fetch(_ALL))

    async def unanswered(self) -> Sequence[Run]:
        return [tables.as_run(row) for row in await self._kept.fetch(_OPEN)]

    async def note(self, runs: Sequence[Run], standings: Mapping[str, Standing]) -> None:
        async def run(db: Driver) -> None:
            async with db.transaction():
                await db.executemany(_NOTE, [tables.run_row(each) for each in runs])
                await db.executemany(_PUT, [(schedule, *each) for schedule, each in standings.items()])

        await self._kept.run(run)

    async def last(self, schedule: str, most: int) -> Sequence[Run]:
        """The last first."""
        return [tables.as_run(row) for row in await self._kept.fetch(_LAST, schedule, most)]

    async def forget(self, before: int) -> int:
        """Runs that were due before a time (µs) and are over go; how many."""
        return await self._kept.execute(_OLD, before)

    async def close(self) -> None:
        await self._kept.close()
