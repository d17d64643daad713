"""Connections to PostgreSQL: one way to make them, lean by themselves or in an engine of SQLAlchemy.

url ─► connected: a connection of asyncpg, for a hot path
   └─► engine: a pool of them, for statements and migrations of SQLAlchemy

Each is bounded: to connect, to wait for a lock, to run a statement, to idle inside a transaction, to hear of a dead peer.
"""

import asyncio
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.sql import ClauseElement

Driver: TypeAlias = Any  # a connection of asyncpg, which has no types
POOL: Final = 50
CONNECT_SECONDS: Final = 5.0
POOL_SECONDS: Final = 30.0  # to wait for one of the fifty
STATEMENT_SECONDS: Final = 60.0
GRACE_SECONDS: Final = 5.0  # behind the server's own bound: then its answer is lost, or the server
BOUNDS: Final = {
    "lock_timeout": "10s",
    "statement_timeout": f"{STATEMENT_SECONDS:g}s",
    # who stopped in the middle of a transaction loses it, and with it the lock that others wait for
    "idle_in_transaction_session_timeout": "30s",
    # a machine that is gone is noticed within some ten seconds (nothing of this where the socket is a file)
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
AWAY: Final = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
    DBAPIError, PoolTimeout, OSError, TimeoutError,
)  # fmt: skip
"""What a server that refuses, or is not there, raises. Nothing was written, unless a commit was on its way."""
BY_INDEX: Final = dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"), "off")
"""Whatever is known of a table that was empty a minute ago: a plan is kept, and would read all of it when it has grown."""
_SCHEME: Final = "postgresql+asyncpg://"
_DIALECT: Final = make_url(_SCHEME).get_dialect()()


class Why(NamedTuple):
    cause: str
    remedy: str


async def connected(url: str, **settings: str) -> Driver:
    """One connection; `settings` go before `BOUNDS`, `statement_timeout` in seconds (`60s`, 0 = none). Raises one of `AWAY`."""
    bounds = {"application_name": "oms", **BOUNDS, **settings}
    seconds = float(bounds["statement_timeout"].removesuffix("s"))
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=seconds + GRACE_SECONDS if seconds else None,
        server_settings=bounds,
    )


def engine(url: str, pool: int = POOL, **settings: str) -> AsyncEngine:
    """A pool for one event loop, without a connection as long as none is needed; `dispose` after use.

    Each is tried before it is lent, so that a server that was restarted is met with new ones.
    """
    return create_async_engine(
        _SCHEME,
        async_creator=partial(connected, url, **settings),
        pool_size=pool, max_overflow=0, pool_timeout=POOL_SECONDS, pool_pre_ping=True,
    )  # fmt: skip


def sql(statement: ClauseElement) -> str:
    """The statement's text for asyncpg, compiled once; parameters are `$1`, `$2` … in the order in which they stand in it."""
    return str(statement.compile(dialect=_DIALECT))


def names_in(statement: ClauseElement) -> list[str]:
    """The names of the parameters of `sql`, in order."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    return list(compiled.positiontup or ())


def with_values(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The statement's text and the values that were bound in it, in order."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    return str(compiled), [compiled.params[name] for name in compiled.positiontup]


def why(error: BaseException) -> Why:
    """What an error of `AWAY` says to a person."""
    beneath = getattr(error, "orig", None) or error
    beneath = getattr(beneath, "__cause__", None) or beneath  # SQLAlchemy wraps the driver's own
    again = "nothing was written, send it again"
    if isinstance(beneath, asyncpg.DiskFullError):
        return Why("the disk of PostgreSQL is full", f"free some space; {again}")
    if isinstance(beneath, asyncpg.LockNotAvailableError):
        return Why("another process holds the lock in PostgreSQL", f"end the other process, or wait; {again}")
    if isinstance(beneath, asyncpg.QueryCanceledError | TimeoutError | asyncio.TimeoutError):
        return Why("PostgreSQL did not answer in time", "see that it is not overloaded, and send it again")
    if isinstance(beneath, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InsufficientPrivilegeError):
        return Why(f"PostgreSQL refuses this user: {beneath}", "see the user and the password in OMS_POSTGRES_URL")
    if isinstance(
        beneath, asyncpg.PostgresConnectionError | asyncpg.InterfaceError | asyncpg.InternalClientError | OSError
    ):
        return Why(f"PostgreSQL is not there: {beneath}", "see that it runs, and send it again")
    return Why(f"PostgreSQL refused: {beneath}", "see its log, and send it again")


def place(url: str) -> str:
    """A URL without its password, for people."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":…@")).geturl()
