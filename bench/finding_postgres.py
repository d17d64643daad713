"""Finding by meaning in PostgreSQL, by pgvector: the same as in `finding`, with the versions there, too.

On the clock: most of it is PostgreSQL's and the way to it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from adapters.postgres_session import PostgresSessions
from adapters.postgres_similar_reader import SEARCHED
from adapters.postgres_similar_store import PostgresSimilarStore
from adapters.postgres_versions import postgres_versions
from adapters.postgres_versions_reader import PostgresVersions
from bench.as_of import BRANCH
from bench.figures import Figure, Took
from bench.finding import OBJECTS, SPACE, Drawn, answered, made, told
from bench.stock import Stock
from projectors.similar import Rendering
from queries.cuts import Cut, cut
from queries.moments import Now
from tests.postgres.database import database
from tests.postgres.server import postgres_server

VERSIONS = "oms_main_versions_v1"
BUFFERS = 512  # MB: the index of 100,000 vectors fits, as docs/embeddings.md says it should
WHERE = "PostgreSQL: "


async def figures(stock: Stock) -> list[Figure]:
    with postgres_server(fsync=True, buffers=BUFFERS) if not stock.postgres else nullcontext() as server:
        async with database(stock.postgres or server.url()) as url:
            with PostgresSessions(url) as sessions, PostgresSessions(url) as searching:
                store = PostgresSimilarStore(searching, "main", lambda: Rendering().fingerprint)
                return await _measured(stock.sized(OBJECTS), url, sessions, store)


async def _measured(number: int, url: str, sessions: PostgresSessions, store: PostgresSimilarStore) -> list[Figure]:
    @contextmanager
    def versions() -> Iterator[PostgresVersions]:
        with sessions.lent(VERSIONS) as session:
            yield PostgresVersions(session)

    @contextmanager
    def asked() -> Iterator[tuple[Cut, Any]]:
        with versions() as there, store.reading(1) as view:
            yield cut(there, BRANCH, Now(), now=2**62), view

    await told(postgres_versions(url, VERSIONS, "main"), number)
    view, again, drawn = store.shelf.open(1), store.shelf.open(2), Drawn()
    texts = await made(versions, view)
    with Took() as stored:
        await drawn.store(view)
        await view.serve(SPACE, [])
    found = answered(asked, drawn, number, WHERE, ", p50", time.perf_counter, f"{SEARCHED} candidates a search")
    await made(versions, again)
    with Took() as carried:
        await again.carry(view)
        await again.serve(SPACE, [])
    await view.close()
    await again.close()
    return [
        Figure(f"{WHERE}texts of objects made and indexed by their words", number / texts.wall, "/s", texts.cpu / number * 1e6, bound="its full text (GIN), Python"),
        Figure(f"{WHERE}store and index {number:,} vectors of 384 dimensions", stored.wall, "s", bound="its index (HNSW)"),
        Figure(f"{WHERE}the same in a new build, from the one before", carried.wall, "s", bound="its index"),
        *found,
    ]  # fmt: skip
