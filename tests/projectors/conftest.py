"""Shelves of views in every place where they can be kept."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.postgres_audit import postgres_audit
from adapters.postgres_session import PostgresSessions
from adapters.postgres_shelf import PostgresShelf
from adapters.postgres_versions import postgres_versions
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_versions import sqlite_versions
from adapters.view_shelf import SqliteShelf
from tests.postgres.database import database


@pytest.fixture(params=["sqlite", "postgres"])
async def shelves(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[str], Any]]:
    """`shelves(name)` = the builds of a view; none is there yet."""
    if request.param == "sqlite":
        opened = {"versions": sqlite_versions, "audit": sqlite_audit}
        yield lambda name: SqliteShelf(tmp_path, name, "main", opened[name])
        return
    async with database(request.getfixturevalue("postgres_server_url")) as url:
        with PostgresSessions(url) as sessions:
            there = {"versions": postgres_versions, "audit": postgres_audit}
            yield lambda name: PostgresShelf(sessions, name, "main", there[name], tmp_path)
