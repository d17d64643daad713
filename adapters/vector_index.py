"""Nearest vectors of one space, by an index in memory that follows the view's file.

vectors in the file ── written behind what is held ──► few:  arrays, searched one and all, 2 ms among 20,000
                                                       many: an HNSW graph (usearch, f16), 0.3 ms among 100,000

The graph is kept in a file beside the view's, named after how far it was, and caught up when it is loaded: a cache, never
more. Where vectors were taken away (a purge), index and file begin anew.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from adapters.similar_statements import SQL
from projectors.embedding.provider import Vectors

FEW: Final = 20_000  # vectors
SEARCHED: Final = 512  # candidates that a search looks at: see bench/RESULTS.md for what it finds
CHUNK: Final = 20_000  # vectors that are read, or made f32, at once
GROWN: Final = 1.1  # how much more the graph holds than its file, before it is kept anew
_THREADS: Final = max(1, (os.cpu_count() or 1) // 2)

Ids = NDArray[np.int64]
Halves = NDArray[np.float16]


class Standing(NamedTuple):
    """What an index is made of: how often vectors were written, and how often some were taken away."""

    written: int
    taken: int


class _Held(Protocol):
    def __len__(self) -> int: ...
    def add(self, ids: Ids, numbers: Halves) -> None: ...
    def nearest(self, vector: Vectors, most: int, among: Ids | None) -> list[int]: ...


class VectorIndex:
    """Of the space with this number in this file. `follow` it before searching; not for two threads at once.

    From `few` vectors on it is a graph.
    """

    def __init__(self, path: Path, space: int, dimensions: int, few: int = FEW) -> None:
        self._path, self._space, self._dimensions, self._few = path, space, dimensions, few
        self._standing = Standing(0, -1)
        self._held: _Held = _Array(dimensions)
        self._kept = 0  # vectors in the graph's file

    def __len__(self) -> int:
        return len(self._held)

    def follow(self, connection: sqlite3.Connection, now: Standing) -> None:
        """Take in what was written since; begin anew where something was taken away."""
        if now == self._standing:
            return
        if now.taken != self._standing.taken:
            self._begin(connection, now)
        found = connection.execute(SQL["numbers"], (self._space, self._standing.written))
        while rows := found.fetchmany(CHUNK):
            self._held.add(*_unpacked(rows, self._dimensions))
        self._standing = now
        if isinstance(self._held, _Graph) and len(self._held) > self._kept * GROWN:
            self._keep()

    def nearest(self, vector: Vectors, most: int, among: Ids | None = None) -> list[int]:
        """Passages, the nearest first; `among` these only, and then exactly."""
        return self._held.nearest(vector, most, among) if most and len(self._held) else []

    def _begin(self, connection: sqlite3.Connection, now: Standing) -> None:
        (number,) = connection.execute(SQL["how_many"], (self._space,)).fetchone()
        self._held = _Graph(self._dimensions) if number >= self._few else _Array(self._dimensions)
        self._standing, self._kept = Standing(0, now.taken), 0
        for file, standing in self._files():
            if standing.taken < now.taken:  # it holds what was taken away
                file.unlink(missing_ok=True)
        if isinstance(self._held, _Graph):
            for file, standing in self._files():
                if standing.taken == now.taken and standing.written <= now.written and self._held.load(file):
                    self._standing, self._kept = standing, len(self._held)
                    break

    def _keep(self) -> None:
        """By one rename, so that who loads it finds all of it. A folder that refuses costs the next start some time."""
        assert isinstance(self._held, _Graph)
        name = f"{self._path.name}.{self._space}-{self._standing.taken}-{self._standing.written}.usearch"
        new = self._path.with_name(f"{name}.{os.getpid()}")
        try:
            self._held.index.save(str(new))
            new.replace(self._path.with_name(name))
        except (OSError, RuntimeError):
            new.unlink(missing_ok=True)
            return
        self._kept = len(self._held)
        for file, standing in self._files():
            if standing != self._standing:
                file.unlink(missing_ok=True)

    def _files(self) -> list[tuple[Path, Standing]]:
        """Newest first."""
        found = []
        for file in self._path.parent.glob(f"{self._path.name}.{self._space}-*-*.usearch"):
            _, taken, written = file.name.removesuffix(".usearch").rpartition(".")[2].split("-")
            found.append((file, Standing(int(written), int(taken))))
        return sorted(found, key=lambda each: each[1], reverse=True)


class _Array:
    def __init__(self, dimensions: int) -> None:
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._numbers: Vectors = np.empty((0, dimensions), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Ids, numbers: Halves) -> None:
        stays = ~np.isin(self._ids, ids)
        self._ids = np.concatenate([self._ids[stays], ids])
        self._numbers = np.concatenate([self._numbers[stays], numbers.astype(np.float32)])

    def nearest(self, vector: Vectors, most: int, among: Ids | None) -> list[int]:
        if among is None:
            return _first(self._ids, self._numbers @ vector, most)
        rows = np.flatnonzero(np.isin(self._ids, among))
        return _first(self._ids[rows], self._numbers[rows] @ vector, most)


class _Graph:
    def __init__(self, dimensions: int) -> None:
        self.index = Index(ndim=dimensions, metric="ip", dtype="f16", expansion_search=SEARCHED)

    def __len__(self) -> int:
        return len(self.index)

    def load(self, file: Path) -> bool:
        try:
            self.index.load(str(file))
        except (OSError, RuntimeError):  # gone meanwhile, or damaged: it is only a cache
            return False
        return True

    def add(self, ids: Ids, numbers: Halves) -> None:
        known = np.asarray(self.index.contains(ids))
        if known.any():
            self.index.remove(ids[known])
        self.index.add(ids, numbers, threads=_THREADS)

    def nearest(self, vector: Vectors, most: int, among: Ids | None) -> list[int]:
        if among is None:
            return [int(key) for key in self.index.search(vector.astype(np.float16), most).keys]
        ids = among[np.asarray(self.index.contains(among))] if len(among) else among
        alike = np.empty(len(ids), dtype=np.float32)
        for start in range(0, len(ids), CHUNK):
            numbers = self.index.get(ids[start : start + CHUNK])
            alike[start : start + CHUNK] = np.asarray(numbers, dtype=np.float32) @ vector
        return _first(ids, alike, most)


def _first(ids: Ids, alike: Vectors, most: int) -> list[int]:
    """Of as like ones, the older first."""
    best = np.argpartition(-alike, most - 1)[:most] if len(ids) > most else np.arange(len(ids))
    return [int(ids[at]) for at in best[np.lexsort((ids[best], -alike[best]))]]


def _unpacked(rows: list[tuple[int, bytes]], dimensions: int) -> tuple[Ids, Halves]:
    numbers = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f2").reshape(len(rows), dimensions)
    return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows)), numbers
