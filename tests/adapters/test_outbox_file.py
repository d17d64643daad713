"""The outbox's file is made by Alembic's steps; one that has taken them all is opened without them."""

import subprocess
import sys

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
