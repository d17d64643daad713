"""The outbox's file: made by Alembic's steps, then opened for its one writer (WAL, synchronous=FULL)."""

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine

from adapters import migrations
from adapters.sqlite_reader import BUSY_SECONDS, closed_if_it_fails

CACHE_KIB: Final = 16 * 1024  # for the writer; more gains nothing, even where keys change at random
PAGE_BYTES: Final = 8192


def writer(path: Path) -> sqlite3.Connection:
    """Makes the file if it is not there. Threads may hand it to each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    with closed_if_it_fails(connection):
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # counts only for a new file
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        if not _newest(connection):
            _migrate(path)
    return connection


def _newest(connection: sqlite3.Connection) -> bool:
    """Whether all steps have been taken."""
    try:
        found = connection.execute(migrations.VERSION).fetchone()
    except sqlite3.OperationalError:  # a new file
        return False
    return found is not None and found[0] == migrations.newest()


def _migrate(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            migrations.upgrade(connection)
    finally:
        engine.dispose()
