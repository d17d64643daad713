"""Where the read models can be kept, for tests that hold for all of these places."""

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from adapters import postgres_verify, sqlite_verify
from adapters.postgres import connected
from adapters.postgres_audit import postgres_audit
from adapters.postgres_versions import postgres_versions
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_versions import sqlite_versions
from projectors.projector import Feed, View
from projectors.verify import Agreed, Difference


class SqliteStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, name: str) -> View[Any]:
        opened: Callable[[Path, str], View[Any]] = {"versions": sqlite_versions, "audit": sqlite_audit}[name]
        return opened(self.folder / f"{name}.db", "main")

    async def verified(self, name: str, feed: Feed) -> Agreed | Difference:
        return await sqlite_verify.verify_view(self.folder / f"{name}.db", name, feed)

    async def tamper(self, name: str, statement: str) -> int:
        """By who can write to the file; how many rows it changed."""
        with closing(sqlite3.connect(self.folder / f"{name}.db")) as connection, connection:
            return connection.execute(statement).rowcount


class PostgresStore:
    def __init__(self, url: str, prefix: str = "") -> None:
        self.url, self.prefix = url, prefix or secrets.token_hex(6)

    def schema(self, name: str) -> str:
        return f"{name}_{self.prefix}"

    def open(self, name: str) -> View[Any]:
        opened: Callable[[str, str, str], View[Any]] = {"versions": postgres_versions, "audit": postgres_audit}[name]
        return opened(self.url, self.schema(name), "main")

    async def verified(self, name: str, feed: Feed) -> Agreed | Difference:
        return await postgres_verify.verify_view(self.url, self.schema(name), name, feed)

    async def tamper(self, name: str, statement: str) -> int:
        """By a superuser who takes the triggers away first."""
        connection = await connected(self.url, search_path=self.schema(name))
        try:
            if name == "audit":
                await connection.execute("ALTER TABLE events DISABLE TRIGGER ALL")
            return int((await connection.execute(statement)).split()[-1])
        finally:
            await connection.close()


Store = SqliteStore | PostgresStore
