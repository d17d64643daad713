"""What is written beside a long unit of work ends with what failed first."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from adapters.outbox_file import writer
from adapters.sqlite_file import transaction
from adapters.sqlite_putting import Putting
from adapters.sqlite_staging import Staging
from adapters.sqlite_taking import Taking
from producers.outbox import Ask, LogHead, Prepared, Ready, Row, Writes

NONE = Prepared([], 0, {})


def putting_to(connection, beside):
    return Putting(connection, Staging(connection), Taking(connection, beside.submit), beside)


def write(path, ready):
    """Each row is ready by itself, in a file that has no room but for some pages."""
    with closing(writer(path)) as connection, ThreadPoolExecutor(1) as beside:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + 1}")
        with transaction(connection), putting_to(connection, beside) as putting:
            for row in ready:
                putting.told(Ask(ready=Ready([row], NONE)))
            putting.put(Writes(LogHead(2, 1, "ab" * 32), rows=ready, prepared=NONE), "main")


@pytest.mark.parametrize("variables", [5, 30, 32_766])
def test_rows_are_written_however_many_sqlite_takes_at_once(tmp_path, variables):
    rows = [Row(at, "a", b"x") for at in range(1, 26)]
    with closing(writer(tmp_path / "outbox.db")) as connection, ThreadPoolExecutor(1) as beside:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, variables)
        with transaction(connection), putting_to(connection, beside) as putting:
            putting.told(Ask(ready=Ready(rows, NONE)))
        assert connection.execute("SELECT position, subject, body FROM outbox").fetchall() == rows


def test_nothing_is_written_behind_a_disk_that_is_full(tmp_path):
    path = tmp_path / "outbox.db"
    with pytest.raises(sqlite3.OperationalError, match="full"):
        write(path, [Row(1, "a", b"x" * (1 << 20)), Row(2, "b", b"x")])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT position FROM outbox").fetchall() == []
