"""Finding by meaning: making texts, embedding them, and asking among many vectors.

The vectors are made, not embedded: clusters of topics of which few are frequent, as texts have them; 100,000 texts through
the model would take an hour. What the index finds is compared with exact search among the same vectors.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import numpy as np

from adapters.embedding_local import LocalProvider, local_model_fits
from adapters.sqlite_similar import SqliteSimilar
from adapters.sqlite_similar_reader import Indexes, similar_reading
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from bench.as_of import BRANCH, written
from bench.figures import Figure, Took, percentile
from bench.stock import Stock
from events.branches.lineage import Stretch
from projectors.embedding.chain import Chain
from projectors.embedding.provider import Space
from projectors.projector import Checkpoint, View
from projectors.similar import Rendering
from projectors.similar_source import Source, part
from projectors.versions import Version
from queries.cuts import Cut, cut
from queries.moments import Now
from queries.similar import similar

OBJECTS: Final = 100_000
QUESTIONS: Final = 200
TOPICS: Final = 1_000
EMBEDDED: Final = 256
SPACE: Final = Space("made", 384)

Opened = Callable[[], AbstractContextManager[tuple[Cut, Any]]]
"""What a question reads: the end of the versions, and the similar view."""


async def figures(stock: Stock) -> list[Figure]:
    number = stock.sized(OBJECTS)
    folder = stock.folder / "finding"
    await told(sqlite_versions(folder / "versions.db", "main"), number)
    view = SqliteSimilar(folder / "similar.db", "main", Rendering().fingerprint)
    texts = await made(lambda: reading(folder / "versions.db"), view)
    drawn = Drawn()
    stored = await drawn.store(view)
    with similar_reading(view.path, Indexes()) as opened, Took() as indexed:
        opened.nearest(SPACE.name, drawn.questions[0], 1, None)
    await view.close()
    indexes = Indexes()

    @contextmanager
    def asked() -> Iterator[tuple[Cut, Any]]:
        with reading(folder / "versions.db") as versions, similar_reading(folder / "similar.db", indexes) as view:
            yield cut(versions, BRANCH, Now(), now=2**62), view

    with Took() as loaded, asked() as (_, view):
        view.nearest(SPACE.name, drawn.questions[0], 1, None)
    return [
        Figure("texts of objects made and indexed by their words", number / texts.wall, "/s", texts.cpu / number * 1e6, bound="SQLite's full text, Python"),
        Figure(f"store and index {number:,} vectors of 384 dimensions", stored.wall + indexed.wall, "s", bound="the graph: 200 µs of CPU a vector"),
        Figure("load the index from its file", loaded.wall * 1e3, "ms", bound="its size: 92 MB"),
        *answered(asked, drawn, number, "", ", p50 of CPU", time.process_time, "512 candidates a search"),
        *await _embedded(),
    ]  # fmt: skip


async def told(view: View[Version], number: int) -> None:
    known = await view.checkpoint()
    for commit in written(number, 1):
        reached = Checkpoint(commit[-1].since, "", commit[-1].time, known.revision + 1)
        await view.commit(commit, known, reached)
        known = reached
    await view.close()


async def made(opened: Callable[[], AbstractContextManager[Source]], view: Any) -> Took:
    with Took() as took:
        while True:
            known = await view.checkpoint()
            with opened() as source:
                further = part(source, known, (), Rendering())
            if further is None:
                return took
            await view.advance(further, known)


class Drawn:
    """Vectors near topics of which few are frequent, and questions near them, too; the same in each run."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(11)
        self._topics = _unit(self._random.normal(size=(TOPICS, SPACE.dimensions)))
        self.questions = self._near(QUESTIONS, 0.5)
        self._ids: list[int] = []
        self._rows: list[Any] = []

    async def store(self, view: Any) -> Took:
        after = 0
        with Took() as took:
            while due := await view.pending(SPACE, after, 5_000, 0):
                rows = self._near(len(due), 0.7)
                await view.store(SPACE, due, rows)
                self._ids += [one.id for one in due]
                self._rows.append(rows.astype(np.float16))
                after = due[-1].id
        return took

    def nearest(self, most: int) -> list[set[int]]:
        """To each question, exactly."""
        alike = self.questions @ np.concatenate(self._rows).astype(np.float32).T
        return [{self._ids[at] for at in np.argpartition(-row, most)[:most]} for row in alike]

    def _near(self, number: int, noise: float) -> Any:
        drawn = np.minimum(self._random.zipf(1.2, size=number) - 1, TOPICS - 1)  # the first topics most often
        return _unit(self._topics[drawn] + noise * _unit(self._random.normal(size=(number, SPACE.dimensions))))


def answered(
    opened: Opened, drawn: Drawn, number: int, where: str, unit: str, clock: Callable[[], float], bound: str
) -> list[Figure]:
    """What is found of what should be, and how long it takes; `unit` says what the clock measures."""
    with opened() as (at, view):
        took, hits = _timed(lambda n: view.nearest(SPACE.name, drawn.questions[n], 10, None), clock)
        recall = sum(len(right & set(found)) for right, found in zip(drawn.nearest(10), hits, strict=True))
        by_meaning, _ = _timed(lambda n: similar(at, view, "", {SPACE.name: drawn.questions[n]}, None, 10), clock)
        words = random.Random(5)
        hybrid, _ = _timed(
            lambda n: similar(at, view, f"{words.randrange(number)} JFK", {SPACE.name: drawn.questions[n]}, None, 10),
            clock,
        )
        past = Cut(at.versions, at.branch, number // 100, [Stretch(BRANCH, 0, number // 100)])
        of_the_past, _ = _timed(lambda n: similar(past, view, "", {SPACE.name: drawn.questions[n]}, None, 10), clock)
    return [
        Figure(f"{where}recall@10 among {number:,} vectors", recall / (10 * QUESTIONS), "", beside="exact search", other=1.0, goal="≥ 0.95", bound=bound),
        Figure(f"{where}nearest 10 in the index{unit}", percentile(took, 0.5) * 1e3, "ms"),
        Figure(f"{where}question → objects, by meaning{unit}", percentile(by_meaning, 0.5) * 1e3, "ms", goal="≤ 5 ms", bound="the index; a look at the versions for each object shown"),
        Figure(f"{where}question → objects, by meaning and words{unit}", percentile(hybrid, 0.5) * 1e3, "ms", bound="ranking what a frequent word is in"),
        Figure(f"{where}the same as of a position with a hundredth of them, by meaning{unit}", percentile(of_the_past, 0.5) * 1e3, "ms", bound="exact search among what was there"),
    ]  # fmt: skip


async def _embedded() -> list[Figure]:
    if not local_model_fits():
        return []
    chain = Chain([LocalProvider("local", "", 0, {"threads": 1})], lambda: 0.0, lambda _: None)
    texts = [f"Flight UA{n}\norigin: JFK\ndest: {n} 인천" for n in range(EMBEDDED)]
    await chain.embed(texts[:1])
    with Took() as took:
        await chain.embed(texts)
    questions = []
    for n in range(20):
        with Took() as asked:
            await chain.embed([f"인천으로 가는 항공편 {n}"], "query")
        questions.append(asked.wall)
    await chain.aclose()
    return [
        Figure("embed short texts with the local model, one thread", EMBEDDED / took.wall, "texts/s", bound="the model: 15 to 20 ms a text"),
        Figure("embed a question with the local model, p50", percentile(questions, 0.5) * 1e3, "ms", bound="the model"),
    ]  # fmt: skip


def _timed(ask: Callable[[int], Any], clock: Callable[[], float]) -> tuple[list[float], list[Any]]:
    """Seconds by this clock: those of CPU others on the machine change less than those on the wall."""
    took, found = [], []
    for n in range(QUESTIONS):
        began = clock()
        found.append(ask(n))
        took.append(clock() - began)
    return took, found


def _unit(rows: Any) -> Any:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
