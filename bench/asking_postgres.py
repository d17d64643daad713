"""Time travel over a view in PostgreSQL: what `asking` asks; the columns lie in a folder of this machine."""

import random
from contextlib import nullcontext
from typing import Final

from adapters import postgres_reading
from adapters.column_making import keep
from adapters.duckdb_engine import DuckDb
from adapters.kept_columns import lookup
from adapters.postgres_columns import columns_place, postgres_columns
from adapters.postgres_session import PostgresSessions
from adapters.postgres_shelf import PostgresShelf
from adapters.postgres_versions import postgres_versions
from bench.as_of import BRANCH, fill
from bench.asking import EACH, Ours, median
from bench.figures import Figure, Took
from bench.stock import Stock
from tests.postgres.database import database
from tests.postgres.server import postgres_server

EVENTS: Final = 1_000_000


async def figures(stock: Stock) -> list[Figure]:
    keys = stock.sized(EVENTS) // EACH
    with postgres_server(fsync=True) if not stock.postgres else nullcontext() as server:
        async with database(stock.postgres or server.url()) as url:
            with PostgresSessions(url) as sessions:
                shelf = PostgresShelf(sessions, "versions", "main", postgres_versions, stock.folder)
                shelf.make_live(1)
                with Took() as filling:
                    await fill(shelf.open(1), keys, EACH)
                with Took() as making:
                    keep(postgres_columns(shelf, stock.folder), BRANCH, "object/Flight/")
                place, engine = columns_place(shelf, stock.folder), DuckDb()
                of = f"PostgreSQL, {keys * EACH:,} events"
                with postgres_reading.reading(shelf) as versions:
                    ours = Ours(lookup(lambda: place), versions, engine, random.Random(1), keys)
                    found = [Figure(f"{of}: {what}", median(ask), "ms") for what, (_, ask) in ours.asks().items()]
                engine.close()
                return [_rate(f"{of}: written", filling, keys), _rate(f"{of}: columns made", making, keys), *found]


def _rate(name: str, took: Took, keys: int) -> Figure:
    return Figure(name, keys * EACH / took.wall, "versions/s", took.cpu / keys / EACH * 1e6)
