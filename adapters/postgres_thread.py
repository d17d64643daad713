"""One session of PostgreSQL in a thread of its own: a lost one is made anew for who asks next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from adapters.own_thread import OwnThread
from adapters.postgres import AWAY
from adapters.postgres_session import PostgresSession
from adapters.postgres_view import unavailable

Result = TypeVar("Result")


class PostgresThread:
    """`close` after use. For the view `name`: raises `ViewUnavailable` where PostgreSQL refuses or is not there."""

    def __init__(self, name: str, opened: Callable[[], PostgresSession]) -> None:
        self._name, self._opened = name, opened
        self._session: PostgresSession | None = None
        self._thread = OwnThread("postgres")

    async def run(self, work: Callable[[PostgresSession], Result]) -> Result:
        """What `work` makes of the session, in one transaction."""
        return await self._thread.run(partial(self._attempt, work))

    async def close(self) -> None:
        await self._thread.run(self._drop)
        self._thread.close()

    def _attempt(self, work: Callable[[PostgresSession], Result]) -> Result:
        try:
            if self._session is None or self._session.closed:
                self._session = self._opened()
            with transaction(self._session):
                return work(self._session)
        except AWAY as error:
            self._drop()
            raise unavailable(self._name, error) from error

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None


@contextmanager
def transaction(session: PostgresSession) -> Iterator[None]:
    session.run("BEGIN")
    try:
        yield
        session.run("COMMIT")
    except BaseException:
        if not session.closed and session.in_transaction:
            session.run("ROLLBACK")
        raise
