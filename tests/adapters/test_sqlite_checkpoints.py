"""The write-ahead log is moved into the file beside the commits: it stays short, and nothing is lost on the way."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from adapters.sqlite_checkpoints import Checkpoints

COMMITS, ROWS = 400, 20
LARGE = b"x" * 4_000  # about a page each


@pytest.fixture
def writing():
    with ThreadPoolExecutor(1) as thread:
        yield thread


def opened(path):
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE facts (number INTEGER PRIMARY KEY, body BLOB)")
    return writer


def commit(writer, checkpoints, number):
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO facts VALUES (?, ?)", [(number * ROWS + n, LARGE) for n in range(ROWS)])
    writer.execute("COMMIT")
    checkpoints.committed()


def held(path):
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return reader.execute("SELECT count(*), max(number) FROM facts").fetchone()


def test_the_write_ahead_log_stays_short_while_commits_go_on(tmp_path, writing):
    path, ahead = tmp_path / "facts.db", tmp_path / "facts.db-wal"
    writer = writing.submit(opened, path).result()
    checkpoints = writing.submit(Checkpoints, path, writer, writing.submit, 100, 200).result()
    for number in range(COMMITS):
        writing.submit(commit, writer, checkpoints, number).result()
    assert ahead.stat().st_size < COMMITS * ROWS * len(LARGE) / 3
    checkpoints.close()
    writing.submit(writer.close).result()
    assert held(path) == (COMMITS * ROWS, COMMITS * ROWS - 1)


def test_few_large_rows_are_moved_like_many_small_ones(tmp_path, writing):
    path = tmp_path / "facts.db"
    writer = writing.submit(opened, path).result()
    checkpoints = writing.submit(Checkpoints, path, writer, writing.submit, 100, 200).result()
    large = b"x" * 1_000_000

    def put(number):
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO facts VALUES (?, ?)", (number, large))
        checkpoints.wrote(len(large))
        writer.execute("COMMIT")
        checkpoints.committed()

    for number in range(30):
        writing.submit(put, number).result()
    checkpoints.close()
    assert path.stat().st_size > len(large)
    writing.submit(writer.close).result()
    assert held(path) == (30, 29)


def test_a_reader_that_does_not_end_holds_nobody_up(tmp_path, writing):
    path = tmp_path / "facts.db"
    writer = writing.submit(opened, path).result()
    checkpoints = writing.submit(Checkpoints, path, writer, writing.submit, 100, 200).result()
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM facts").fetchone() == (0,)
        for number in range(COMMITS // 4):
            writing.submit(commit, writer, checkpoints, number).result()
        assert reader.execute("SELECT count(*) FROM facts").fetchone() == (0,)
    checkpoints.close()
    writing.submit(writer.close).result()
    assert held(path) == (COMMITS * ROWS // 4, COMMITS * ROWS // 4 - 1)
