"""Where the write side of an ontology stands in a database of PostgreSQL, and what only PostgreSQL has of it."""

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import migrations
from adapters.outbox_tables import TEXT
from adapters.postgres import engine

_STARTING: Final = 0x6F6D73  # two processes that start at the same time make the tables one after the other

leases = Table(
    "leases", MetaData(),
    Column("name", TEXT, primary_key=True),
    Column("fence", BigInteger, nullable=False),  # how often it was given
    Column("until", DateTime(timezone=True), nullable=False),
    Column("backend", Integer, nullable=False),  # the holder's connection: a lease ends with it
    Column("backend_start", DateTime(timezone=True), nullable=False),
)  # fmt: skip

key_store = Table(
    "key_store", MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),  # one row
    Column("fingerprint", TEXT, nullable=False),
)  # fmt: skip


def schema_of(ontology: str) -> str:
    """Each ontology has a schema of its own; it is also the channel on which commits are told."""
    return f"oms_{ontology}"


def inside(schema: str) -> dict[str, str]:
    """Settings of a connection that sees this schema alone."""
    return {"search_path": f'"{schema}"'}


async def made(url: str, schema: str) -> None:
    """The schema and its tables, made or brought up to date; a second time it is one question. Raises one of `AWAY`."""
    pool = engine(url, pool=1, **inside(schema))
    try:
        if not await _newest(pool):
            async with pool.begin() as connection:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_STARTING})"))
                await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
                await connection.run_sync(migrations.upgrade)
    finally:
        await pool.dispose()


async def _newest(pool: AsyncEngine) -> bool:
    async with pool.connect() as connection:
        if (await connection.execute(text("SELECT to_regclass('alembic_version')"))).scalar() is None:
            return False
        return (await connection.execute(text(migrations.VERSION))).scalar() == migrations.newest()
