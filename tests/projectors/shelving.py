"""What somebody does to the builds on a shelf who can write to their store."""

import sqlite3
from contextlib import closing
from typing import Any

from adapters.view_shelf import SqliteShelf


async def tampered(shelf: Any, build: int, statement: str, *values: Any) -> None:
    """By who can write to the store."""
    if isinstance(shelf, SqliteShelf):
        with closing(sqlite3.connect(shelf.path(build))) as connection, connection:
            connection.execute(statement, values)
    else:
        with shelf.sessions.lent(shelf.schema(build)) as session:
            session.row(statement.replace("?", "{}").format(*(f"${n}" for n in range(1, 1 + len(values)))), *values)
            session.run("COMMIT")
