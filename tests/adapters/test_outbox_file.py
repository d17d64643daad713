"""The outbox's file is made by Alembic's steps; one that has taken them all is opened without them."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from adapters.migrations import MadeByLater
from adapters.outbox_file import writer
from adapters.sqlite_outbox import SqliteOutbox

OPEN = """
import sys
from pathlib import Path
from adapters.sqlite_outbox import SqliteOutbox
SqliteOutbox(Path(sys.argv[1]), "main").close()
print("alembic" in sys.modules)
"""


def opened(path):
    """Whether Alembic was asked."""
    done = subprocess.run([sys.executable, "-c", OPEN, path], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_alembic_is_asked_only_where_there_are_steps_to_take(tmp_path):
    assert [opened(tmp_path / "outbox.db") for _ in range(2)] == ["True", "False"]


def test_a_file_that_knows_later_steps_is_refused_and_left_closed(tmp_path):
    path = tmp_path / "outbox.db"
    SqliteOutbox(path, "main").close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MadeByLater):
        writer(path)
    with closing(sqlite3.connect(path, timeout=0)) as alone:
        alone.execute("PRAGMA locking_mode=EXCLUSIVE")
        alone.execute("BEGIN EXCLUSIVE")  # in WAL nobody else may have it open
