"""Finding by meaning: making texts, embedding them, and asking among many vectors.

The vectors are made, not embedded: clusters of topics of which few are frequent, as texts have them; 100,000 texts through
the model would take an hour. What the index finds is compared with exact search among the same vectors.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from adapters.embedding_local import LocalProvider, local_model_fits
from adapters.sqlite_similar import SqliteSimilar
from adapters.sqlite_similar_reader import Indexes, similar_reading
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from adapters.vector_index import VectorIndex
from bench.as_of import BRANCH, written
from bench.figures import Figure, Took, percentile
from bench.stock import Stock
from projectors.embedding.chain import Chain
from projectors.embedding.provider import Space
from projectors.projector import Checkpoint
from projectors.similar import Rendering
from projectors.similar_source import part
from queries.cuts import Cut, cut
from queries.moments import Now
from queries.similar import similar

OBJECTS: Final = 100_000
QUESTIONS: Final = 200
TOPICS: Final = 1_000
EMBEDDED: Final = 256
SPACE: Final = Space("made", 384)


async def figures(stock: Stock) -> list[Figure]:
    number = stock.sized(OBJECTS)
    folder = stock.folder / "finding"
    await _versions(folder / "versions.db", number)
    view = SqliteSimilar(folder / "similar.db", "main", Rendering().fingerprint)
    texts = await _texts(folder, view)
    numbers = np.random.default_rng(11)
    topics = _unit(numbers.normal(size=(TOPICS, SPACE.dimensions)))
    stored = await _store(view, topics, numbers)
    await view.close()
    questions = _unit(
        topics[_drawn(numbers, QUESTIONS)] + 0.5 * _unit(numbers.normal(size=(QUESTIONS, SPACE.dimensions)))
    )
    found = [Figure("texts of objects made and indexed by their words", number / texts.wall, "/s", texts.cpu / number * 1e6, bound="SQLite's full text, Python"),
             Figure(f"store and index {number:,} vectors of 384 dimensions", stored.wall, "s", bound="the graph: 200 µs of CPU a vector")]  # fmt: skip
    found += _asked(folder, questions, number)
    return found + await _embedded()


async def _versions(path: Path, number: int) -> None:
    view = sqlite_versions(path, "main")
    known = await view.checkpoint()
    for commit in written(number, 1):
        reached = Checkpoint(commit[-1].since, "", commit[-1].time, known.revision + 1)
        await view.commit(commit, known, reached)
        known = reached
    await view.close()


async def _texts(folder: Path, view: SqliteSimilar) -> Took:
    with Took() as took:
        while True:
            known = await view.checkpoint()
            with reading(folder / "versions.db") as source:
                further = part(source, known, (), Rendering())
            if further is None:
                return took
            await view.advance(further, known)


async def _store(view: SqliteSimilar, topics: np.ndarray, numbers: np.random.Generator) -> Took:
    after = 0
    with Took() as took:
        while due := await view.pending(SPACE, after, 5_000, 0):
            rows = topics[_drawn(numbers, len(due))] + 0.7 * _unit(numbers.normal(size=(len(due), SPACE.dimensions)))
            await view.store(SPACE, due, _unit(rows))
            after = due[-1].id
        with similar_reading(view.path, Indexes()) as opened:
            opened.nearest(SPACE.name, topics[0], 1, None)
    return took


def _asked(folder: Path, questions: np.ndarray, number: int) -> list[Figure]:
    exact = VectorIndex(folder / "similar.db", 1, SPACE.dimensions, few=10**9)
    indexes = Indexes()
    with Took() as loaded, _opened(folder, indexes) as (_, view):
        view.nearest(SPACE.name, questions[0], 1, None)
    with _opened(folder, indexes) as (at, view):
        exact.follow(view._connection, view.spaces[0].standing)
        right = [set(exact.nearest(each, 10)) for each in questions]
        took, hits = _timed(lambda n: view.nearest(SPACE.name, questions[n], 10, None))
        recall = sum(len(right[n] & set(found)) for n, found in enumerate(hits)) / (10 * len(questions))
        by_meaning, _ = _timed(lambda n: similar(at, view, "", {SPACE.name: questions[n]}, None, 10))
        words = random.Random(5)
        hybrid, _ = _timed(
            lambda n: similar(at, view, f"{words.randrange(number)} JFK", {SPACE.name: questions[n]}, None, 10)
        )
        past = Cut(at.versions, at.branch, number // 100, [(BRANCH, 0, number // 100)])
        of_the_past, _ = _timed(lambda n: similar(past, view, "", {SPACE.name: questions[n]}, None, 10))
    return [
        Figure(f"recall@10 among {number:,} vectors", recall, "", beside="exact search", other=1.0, goal="≥ 0.95", bound="512 candidates a search"),
        Figure("load the index from its file", loaded.wall * 1e3, "ms", bound="its size: 92 MB"),
        Figure("nearest 10 in the index, p50 of CPU", percentile(took, 0.5) * 1e3, "ms"),
        Figure("question → objects, by meaning, p50 of CPU", percentile(by_meaning, 0.5) * 1e3, "ms", goal="≤ 5 ms", bound="one look at the versions for each object"),
        Figure("question → objects, by meaning and words, p50 of CPU", percentile(hybrid, 0.5) * 1e3, "ms", bound="ranking what a frequent word is in"),
        Figure("the same as of a position with a hundredth of them, by meaning, p50 of CPU", percentile(of_the_past, 0.5) * 1e3, "ms", bound="exact search among what was there"),
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


@contextmanager
def _opened(folder: Path, indexes: Indexes) -> Iterator[tuple[Cut, object]]:
    with reading(folder / "versions.db") as versions, similar_reading(folder / "similar.db", indexes) as view:
        yield cut(versions, BRANCH, Now(), now=2**62), view


def _timed(ask) -> tuple[list[float], list]:
    """Seconds of CPU, which others on the machine change less than those on the clock."""
    took, found = [], []
    for n in range(QUESTIONS):
        began = time.process_time()
        found.append(ask(n))
        took.append(time.process_time() - began)
    return took, found


def _drawn(numbers: np.random.Generator, many: int) -> np.ndarray:
    """Topics, the first ones most often."""
    return np.minimum(numbers.zipf(1.2, size=many) - 1, TOPICS - 1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
