"""Copies of the log in tables of PostgreSQL: the rows of an outbox, the stored bytes of an audit. They are only read."""

from collections.abc import AsyncGenerator, Sequence
from typing import Final

from sqlalchemy import Table, bindparam, func, literal_column, select

from adapters.postgres import AWAY, connected, sql
from adapters.postgres_session import quoted
from projectors.projector import Fetched
from security.chain import Gap

CHUNK: Final = 2_000  # rows


class PostgresCopy:
    """What a table of a schema holds of the log; positions may be missing. Its statements read one at a time."""

    def __init__(self, url: str, schema: str, table: Table) -> None:
        """`table` has the columns position, subject and body."""
        self._name = f"{schema}.{table.name}"
        self._url, self._path = url, quoted(schema)
        self._last = sql(select(func.coalesce(func.max(table.c.position), literal_column("0"))))
        self._rows = sql(
            select(table.c.position, table.c.subject, table.c.body)
            .where(table.c.position > bindparam("after"), table.c.position <= bindparam("until"))
            .order_by(table.c.position)
            .limit(bindparam("most"))
        )

    @property
    def name(self) -> str:
        return self._name

    async def last(self) -> int:
        connection = await connected(self._url, search_path=self._path)
        try:
            return int(await connection.fetchval(self._last))
        finally:
            await connection.close()

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """Raises `Gap`, also where PostgreSQL cannot be read."""
        end = await self.last() if until is None else until
        connection = await connected(self._url, search_path=self._path)
        try:
            while after < end:
                try:
                    rows = [Fetched(*row) for row in await connection.fetch(self._rows, after, end, CHUNK)]
                except AWAY as error:
                    raise Gap(after + 1, None, f"{self._name} ({error})") from error
                whole = next((n for n, row in enumerate(rows) if row.position != after + 1 + n), len(rows))
                if whole:
                    yield rows[:whole]
                    after += whole
                if whole < len(rows) or not rows:
                    raise Gap(after + 1, rows[whole].position - 1 if rows else None, self._name)
        finally:
            await connection.close()
