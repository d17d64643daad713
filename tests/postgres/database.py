"""Databases for tests on a server of PostgreSQL: one of its own, dropped afterwards, or one for many that is emptied."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from adapters.postgres import Driver, connected

TABLES = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname LIKE 'oms\\_%' AND tablename <> 'alembic_version'"


@asynccontextmanager
async def database(server: str) -> AsyncIterator[str]:
    """Its URL. Whoever is still connected at the end is cut off."""
    name = f"oms_test_{secrets.token_hex(6)}"
    async with speaking(server) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        async with speaking(server) as connection:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def emptied(url: str) -> AsyncIterator[str]:
    """Afterwards no table of any ontology has a row: quicker than to make them all anew."""
    try:
        yield url
    finally:
        async with speaking(url) as connection:
            tables = [name for (name,) in await connection.fetch(TABLES)]
            if tables:
                await connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")


@asynccontextmanager
async def speaking(url: str) -> AsyncIterator[Driver]:
    connection = await connected(url)
    try:
        yield connection
    finally:
        await connection.close()
