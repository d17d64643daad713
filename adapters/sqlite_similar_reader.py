"""Reads the similar view from its SQLite file: one transaction, and indexes in memory that outlive it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from adapters.similar_statements import SQL
from adapters.sqlite_reader import reader
from adapters.vector_index import Standing, VectorIndex
from projectors.embedding.provider import Vectors
from projectors.similar_check import Part, Slice
from projectors.similar_source import Coverage
from queries.similar import Among, Holder


class Held(NamedTuple):
    """A space in the view: its vectors may be searched."""

    id: int
    name: str
    dimensions: int
    serving: bool
    standing: Standing

    @property
    def filled(self) -> bool:
        return self.standing.written > 0


class Indexes:
    """Of the build that is live; one question at a time uses them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self._file: tuple[str, int] | None = None
        self._indexes: dict[int, VectorIndex] = {}

    def of(self, path: Path, space: Held, connection: sqlite3.Connection) -> VectorIndex:
        """Caught up with what the connection sees."""
        file = (str(path), path.stat().st_ino)
        if file != self._file:
            self._file, self._indexes = file, {}
        index = self._indexes.setdefault(space.id, VectorIndex(path, space.id, space.dimensions))
        index.follow(connection, space.standing)
        return index


FREQUENT: Final = 2_000  # passages: a word in more than these counts for nothing


@contextmanager
def similar_reading(path: Path, indexes: Indexes) -> Iterator["SqliteSimilarReader"]:
    """The view as it is now, beside whoever writes it."""
    connection = reader(path)
    try:
        connection.execute("BEGIN")
        yield SqliteSimilarReader(path, connection, indexes)
    finally:
        connection.close()


class SqliteSimilarReader:
    """The ports `queries.similar.Similar` and `projectors.similar_check.Written` over a connection whose transaction has begun."""

    def __init__(self, path: Path, connection: sqlite3.Connection, indexes: Indexes) -> None:
        self.frequent = FREQUENT
        self._path, self._connection, self._indexes = path, connection, indexes
        self._passages: dict[Among, list[int]] = {}
        self.spaces = [
            Held(number, name, dimensions, bool(serving), Standing(*standing))
            for number, name, dimensions, serving, *standing in connection.execute(SQL["all_spaces"])
        ]

    def position(self) -> int:
        return int(self._connection.execute("SELECT position FROM checkpoint").fetchone()[0])

    def nearest(self, space: str, vector: Vectors, most: int, among: Among | None) -> Sequence[int]:
        held = next(each for each in self.spaces if each.name == space)
        with self._indexes.lock:
            index = self._indexes.of(self._path, held, self._connection)
            return index.nearest(vector, most, None if among is None else np.array(self._among(among), dtype=np.int64))

    def ready(self) -> None:
        """Catch up the index of the space that serves, and keep it in its file if it has grown."""
        for held in self.spaces:
            if held.serving:
                with self._indexes.lock:
                    self._indexes.of(self._path, held, self._connection)

    def worded(self, words: Sequence[str], most: int, among: Among | None) -> Sequence[int]:
        only = None if among is None else msgspec.json.encode(self._among(among)).decode()
        telling = [word for word in words if not self._is_frequent(word)]
        asked = " OR ".join(f'"{word}"' for word in telling or words)
        statement = SQL["worded" if telling else "worded_in_any_order"]
        return [row[0] for row in self._connection.execute(statement, (asked, most, only))]

    def _is_frequent(self, word: str) -> bool:
        """In so many passages that it tells nothing of any, and ranking them all would take long."""
        return bool(self._connection.execute(SQL["frequent"], (f'"{word}"', self.frequent)).fetchone())

    def holders(self, passages: Sequence[int], among: Among) -> Iterator[Holder]:
        levels = {branch: (floor, at) for branch, floor, at in among.lineage}
        last = max(at for _, at in levels.values())
        for passage in passages:
            for since, branch, entity, until, slug in self._connection.execute(SQL["holders"], (passage, last)):
                floor, at = levels.get(branch, (last, last))
                if floor < since <= at < until and (among.slugs is None or slug in among.slugs):
                    yield Holder(passage, since, branch, entity)

    def texts(self, passages: Sequence[int]) -> dict[int, str]:
        return {passage: self._connection.execute(SQL["text_of"], (passage,)).fetchone()[0] for passage in passages}

    def _among(self, among: Among) -> list[int]:
        """The passages of these versions, each once."""
        if among not in self._passages:
            only = None if among.slugs is None else msgspec.json.encode(among.slugs).decode()
            levels = (self._connection.execute(SQL["valid_passages"], (*level, only)) for level in among.lineage)
            self._passages[among] = sorted({passage for level in levels for (passage,) in level})
        return self._passages[among]

    def slices(self, first: int, last: int) -> Iterator[Slice]:
        return map(Slice._make, self._connection.execute(SQL["slices"], (first, last)))

    def parts(self, first: int, last: int) -> Iterator[Part]:
        return map(Part._make, self._connection.execute(SQL["part_texts"], (first, last)))

    def hashed(self, first: int, last: int) -> Iterator[Sequence[Any]]:
        for part in self.parts(first, last):
            yield part._replace(text=None if part.text is None else sha256(part.text.encode()).hexdigest())

    def stray(self) -> bytes | None:
        return next((digest for (digest,) in self._connection.execute(SQL["stray"])), None)

    def coverage(self, space: str) -> Coverage:
        number = next((each.id for each in self.spaces if each.name == space), 0)
        return Coverage(*self._connection.execute(SQL["coverage"], (number,)).fetchone())

    def waiting(self, space: str) -> list[tuple[str, str, int]]:
        """Why passages wait: code, reason, how many; the commonest first."""
        number = next((each.id for each in self.spaces if each.name == space), 0)
        return self._connection.execute(SQL["waiting"], (number,)).fetchall()
