"""The same in PostgreSQL, for whichever machine keeps schedules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters import runs_tables as tables
from adapters.postgres import Driver, sql
from adapters.postgres_lane import Lane
from adapters.postgres_tables import inside, made, schema_of
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
        self._url, self._schema, self._there = url, schema_of(ontology), False
        self._lane = Lane("schedules", url, **inside(self._schema))

    async def standings(self) -> Mapping[str, Standing]:
        await self._make()
        return tables.as_standings(await self._lane.run(lambda db: db.fetch(_ALL)))

    async def unanswered(self) -> Sequence[Run]:
        await self._make()
        return [tables.as_run(row) for row in await self._lane.run(lambda db: db.fetch(_OPEN))]

    async def note(self, runs: Sequence[Run], standings: Mapping[str, Standing]) -> None:
        async def run(db: Driver) -> None:
            async with db.transaction():
                await db.executemany(_NOTE, [tables.run_row(each) for each in runs])
                await db.executemany(_PUT, [(schedule, *each) for schedule, each in standings.items()])

        await self._make()
        await self._lane.run(run)

    async def last(self, schedule: str, most: int) -> Sequence[Run]:
        """The last first."""
        await self._make()
        return [tables.as_run(row) for row in await self._lane.run(lambda db: db.fetch(_LAST, schedule, most))]

    async def forget(self, before: int) -> int:
        """Runs that were due before a time (µs) and are over go; how many."""
        await self._make()
        done: str = await self._lane.run(lambda db: db.execute(_OLD, before))
        return int(done.rpartition(" ")[2])

    async def close(self) -> None:
        await self._lane.close()

    async def _make(self) -> None:
        """Its tables, once."""
        if not self._there:
            await made(self._url, self._schema)
            for statement in _TABLES:
                await self._lane.run(lambda db, statement=statement: db.execute(statement))  # type: ignore[misc]  # mypy infers no default
            self._there = True


def _made() -> Iterator[str]:
    for table in tables.metadata.sorted_tables:
        yield sql(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            yield sql(CreateIndex(index, if_not_exists=True))


_TABLES: Final = list(_made())
