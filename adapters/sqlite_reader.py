"""Connections that only read. Nothing else is imported here: whoever asks one question has not to wait for more."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CACHE_KIB: Final = 4 * 1024  # for each connection
BUSY_SECONDS: Final = 5.0


def reader(path: Path, *, one_thread: bool = True) -> sqlite3.Connection:
    """A connection that cannot write; for one thread at a time, and if not `one_thread`, not always the same."""
    uri = path.resolve().as_uri() + "?mode=ro"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=one_thread
    )
    with closed_if_it_fails(connection):
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return connection


@contextmanager
def closed_if_it_fails(connection: sqlite3.Connection) -> Iterator[None]:
    """For what is done to a connection before anybody has it who would close it."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def remedy(view: str, error: sqlite3.Error) -> str:
    """What helps where a view's file cannot be read."""
    said = str(error)
    if said.startswith(("no such table", "no such column")):
        return "an earlier version of OMS made it; `oms up` makes it anew, ask again when it has"
    return "free some space on its disk" if "is full" in said else f"`oms verify {view}`"
