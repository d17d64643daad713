"""Tables of a store that stands beside the outbox, in the ontology's schema of PostgreSQL: made when they are first needed."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import MetaData
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from adapters.postgres import AWAY, Driver, sql, why
from adapters.postgres_lane import Lane
from adapters.postgres_tables import inside, made, schema_of
from producers.outbox import OutboxUnavailable

Result = TypeVar("Result")


class KeptTables:
    """`name` is that of the thread. `close` after use. Raises `OutboxUnavailable`."""

    def __init__(self, name: str, url: str, ontology: str, tables: MetaData) -> None:
        self._url, self._schema, self._tables, self._there = url, schema_of(ontology), tables, False
        self._lane = Lane(name, url, **inside(self._schema))

    async def run(self, work: Callable[[Driver], Awaitable[Result]]) -> Result:
        """What `work` makes of a connection that sees the tables."""
        await self._make()
        return await self._lane.run(work)

    async def fetch(self, statement: str, *values: object) -> Sequence[Any]:
        rows: Sequence[Any] = await self.run(lambda db: db.fetch(statement, *values))
        return rows

    async def execute(self, statement: str, *values: object) -> int:
        """How many rows it concerned."""
        done: str = await self.run(lambda db: db.execute(statement, *values))
        return affected(done)

    async def close(self) -> None:
        await self._lane.close()

    async def _make(self) -> None:
        """Once; older ones get the columns that they lack."""
        if not self._there:
            try:
                await made(self._url, self._schema)
            except AWAY as error:
                raise OutboxUnavailable(*why(error)) from error
            for statement in _made(self._tables):
                await self._lane.run(lambda db, statement=statement: db.execute(statement))  # type: ignore[misc]  # mypy infers no default
            self._there = True


def affected(done: str) -> int:
    """Rows, of what PostgreSQL says of a statement: `DELETE 3`."""
    return int(done.rpartition(" ")[2])


def _made(tables: MetaData) -> Iterator[str]:
    for table in tables.sorted_tables:
        yield sql(CreateTable(table, if_not_exists=True))
        for column in table.columns:
            yield f"ALTER TABLE {table.name} ADD COLUMN IF NOT EXISTS {sql(CreateColumn(column))}"
        for index in table.indexes:
            yield sql(CreateIndex(index, if_not_exists=True))
