"""The audit's rows in PostgreSQL as those that may leave for segments: a month at a time, since it is a partition."""

from typing import Final

from sqlalchemy import bindparam, func, literal_column, select

from adapters.audit_tables import events, metadata
from adapters.own_thread import OwnThread
from adapters.postgres import sql
from adapters.postgres_audit import OWNER
from adapters.postgres_session import PostgresSession
from producers.outbox import LogHead, Row

_checkpoint = metadata.tables["checkpoint"]
_HEAD: Final = sql(select(_checkpoint.c.position, _checkpoint.c.time, _checkpoint.c.hash))
_AFTER: Final = sql(
    select(events.c.position, events.c.subject, events.c.body)
    .where(events.c.position > bindparam("after"))
    .order_by(events.c.position)
    .limit(bindparam("most"))
)
_BEFORE: Final = sql(
    select(func.coalesce(func.max(events.c.position), literal_column("0"))).where(events.c.time < bindparam("time"))
)


class PostgresAuditRows:
    """`producers.leaving.Rows` of an audit's schema. `close` after use. Raises `adapters.postgres.AWAY`."""

    def __init__(self, url: str, schema: str, ontology: str) -> None:
        self.ontology = ontology
        self._thread = OwnThread("leaving")
        self._session = self._thread.wait(lambda: PostgresSession(url, schema, role=OWNER))

    async def head(self) -> LogHead:
        return LogHead(*await self._thread.run(lambda: self._session.row(_HEAD) or ()))

    async def after(self, position: int, limit: int) -> list[Row]:
        found = await self._thread.run(lambda: self._session.rows(_AFTER, position, limit))
        return [Row(*row) for row in found]

    async def before(self, time: int) -> int:
        """The last position before a time (µs), 0 if there is none."""
        return int(await self._thread.run(lambda: self._session.value(_BEFORE, time)))

    async def prune(self, until: int) -> int:
        """Of months that end before it."""
        return int(await self._thread.run(lambda: self._session.value("SELECT leave($1)", until)))

    async def close(self) -> None:
        await self._thread.run(self._session.close)
        self._thread.close()
