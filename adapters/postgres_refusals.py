"""What has no position, in PostgreSQL beside the rows of the audit, and only added to: refused commands, incidents."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from sqlalchemy import func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from adapters.audit_tables import incidents, refusals
from adapters.own_thread import OwnThread
from adapters.postgres import AWAY, sql
from adapters.postgres_audit import WRITER
from adapters.postgres_session import PostgresSession
from adapters.postgres_view import unavailable
from producers.outbox import Refusal
from projectors.incidents import Incident

Result = TypeVar("Result")
_LAST: Final = sql(select(func.coalesce(func.max(refusals.c.number), literal_column("0"))))
_ADD: Final = sql(insert(refusals).on_conflict_do_nothing())
_ADD_INCIDENT: Final = sql(insert(incidents).on_conflict_do_nothing())


class PostgresRegister:
    """`close` after use. Raises `ViewUnavailable`: nothing was written, and it may be tried again."""

    def __init__(self, url: str, schema: str) -> None:
        self._url, self._schema = url, schema
        self._session: PostgresSession | None = None
        self._thread = OwnThread("refusals")

    async def last(self) -> int:
        found: int = await self._run(lambda session: session.value(_LAST))
        return found

    async def add(self, found: Sequence[tuple[int, Refusal]]) -> None:
        await self._run(lambda session: session.each(_ADD, [(number, *refusal) for number, refusal in found]))

    async def add_incidents(self, found: Sequence[Incident]) -> None:
        await self._run(lambda session: session.each(_ADD_INCIDENT, found))

    async def close(self) -> None:
        await self._thread.run(self._drop)
        self._thread.close()

    async def _run(self, work: Callable[[PostgresSession], Result]) -> Result:
        def attempt() -> Result:
            try:
                if self._session is None or self._session.closed:
                    self._session = PostgresSession(self._url, self._schema, role=WRITER)
                return work(self._session)
            except AWAY as error:
                self._drop()
                raise unavailable("audit", error) from error

        return await self._thread.run(attempt)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None
