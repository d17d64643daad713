"""A database of its own on a server of PostgreSQL, dropped afterwards."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from adapters.postgres import connected


@asynccontextmanager
async def database(server: str) -> AsyncIterator[str]:
    """Its URL. Whoever is still connected at the end is cut off."""
    name = f"oms_test_{secrets.token_hex(6)}"
    await _say(server, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        await _say(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _say(server: str, statement: str) -> None:
    connection = await connected(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
