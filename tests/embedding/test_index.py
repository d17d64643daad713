"""The index in memory follows the file; what is kept of it beside the file is a cache and never more."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from adapters.similar_statements import SQL
from adapters.similar_tables import metadata
from adapters.sqlite_file import create, writer
from adapters.vector_index import Standing, VectorIndex

SIZE = 16


class Stored:
    """Vectors in a file."""

    def __init__(self, path) -> None:
        self.path, self.written, self.taken = path, 0, 0
        self.random = np.random.default_rng(7)
        with closing(writer(path)) as connection:
            create(connection, metadata)
            connection.execute(SQL["add_space"], ("made", SIZE))

    def add(self, first: int, number: int) -> np.ndarray:
        rows = self.random.normal(size=(number, SIZE)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.written += 1
        with closing(writer(self.path)) as connection:
            for at, row in enumerate(rows.astype("<f2")):
                given = (1, first + at, self.written, row.tobytes())
                connection.execute(
                    "INSERT OR REPLACE INTO vectors (space, passage, written, numbers) VALUES (?, ?, ?, ?)", given
                )
        return rows

    def take(self, passage: int) -> None:
        self.taken += 1
        with closing(writer(self.path)) as connection:
            connection.execute(SQL["drop_vectors"], (passage,))

    def follow(self, index: VectorIndex) -> VectorIndex:
        with closing(sqlite3.connect(self.path)) as connection:
            index.follow(connection, Standing(self.written, self.taken))
        return index


@pytest.fixture
def stored(tmp_path):
    return Stored(tmp_path / "similar.v1.db")


@pytest.mark.parametrize("few", [10_000, 1])
def test_it_finds_what_is_nearest_and_follows(stored, few):
    rows = stored.add(1, 300)
    index = stored.follow(VectorIndex(stored.path, 1, SIZE, few))
    assert [index.nearest(rows[at], 1) for at in (0, 7, 299)] == [[1], [8], [300]]
    more = stored.add(301, 20)
    stored.follow(index)
    assert (len(index), index.nearest(more[3], 1)) == (320, [304])
    assert index.nearest(rows[0], 3, np.array([5, 6, 9_999])) == sorted([5, 6], key=lambda p: -(rows[p - 1] @ rows[0]))
    assert index.nearest(rows[0], 0) == []


@pytest.mark.parametrize("few", [10_000, 1])
def test_what_is_taken_away_is_gone_and_what_is_written_again_replaced(stored, few):
    rows = stored.add(1, 100)
    index = stored.follow(VectorIndex(stored.path, 1, SIZE, few))
    again = stored.add(5, 1)
    stored.follow(index)
    assert (len(index), index.nearest(again[0], 1)) == (100, [5])
    stored.take(1)
    stored.follow(index)
    assert len(index) == 99
    assert index.nearest(rows[0], 1) != [1]


def test_the_graph_is_loaded_from_its_file_and_caught_up(stored):
    rows = stored.add(1, 200)
    stored.follow(VectorIndex(stored.path, 1, SIZE, 1))
    (kept,) = stored.path.parent.glob("*.usearch")
    assert kept.name == "similar.v1.db.1-0-1.usearch"
    stored.add(201, 5)
    index = stored.follow(VectorIndex(stored.path, 1, SIZE, 1))
    assert (len(index), index.nearest(rows[9], 1)) == (205, [10])
    assert [file.name for file in stored.path.parent.glob("*.usearch")] == [kept.name], "five more are not worth it"
    kept.write_bytes(b"damaged")
    assert stored.follow(VectorIndex(stored.path, 1, SIZE, 1)).nearest(rows[9], 1) == [10]


def test_a_graph_of_before_something_was_taken_is_not_used(stored):
    rows = stored.add(1, 200)
    stored.follow(VectorIndex(stored.path, 1, SIZE, 1))
    stored.take(10)
    index = stored.follow(VectorIndex(stored.path, 1, SIZE, 1))
    assert index.nearest(rows[9], 1) != [10]
    assert [file.name for file in stored.path.parent.glob("*.usearch")] == ["similar.v1.db.1-1-1.usearch"]


def test_the_graph_finds_nearly_all_that_exact_search_finds(stored):
    rows = stored.add(1, 3_000)
    exact, graph = (stored.follow(VectorIndex(stored.path, 1, SIZE, few)) for few in (10_000, 1))
    found = [len({*exact.nearest(row, 10)} & {*graph.nearest(row, 10)}) for row in rows[::60]]
    assert sum(found) / len(found) >= 9.5
