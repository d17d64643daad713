"""What one would take instead for time travel: a table of full rows with the two positions of each, in SQLite and in DuckDB.

One table with a column for each property, and indexes on the key and on the end; what they are asked is what their users would write.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa

from bench.as_of import FIELDS, written
from projectors.projector import FOREVER

COLUMNS: Final = ["id", *FIELDS]
_CREATE: Final = (
    f"CREATE TABLE flights (since BIGINT, until BIGINT, author TEXT, {', '.join(f'{c} TEXT' for c in COLUMNS)})"
)
_MARKS: Final = ", ".join("?" * (3 + len(COLUMNS)))
WAS: Final = 'FROM flights WHERE "since" <= ? AND "until" > ?'
_CHUNK: Final = 50_000
Row = tuple[Any, ...]


class Peer(NamedTuple):
    """`ask(sql, parameters)` gives all rows, in the form in which they cost least."""

    name: str
    path: Path
    ask: Callable[[str, Sequence[Any]], Any]
    close: Callable[[], None]

    @property
    def megabytes(self) -> float:
        return self.path.stat().st_size / 1e6


def rows(keys: int, each: int) -> Iterator[Row]:
    """Where each began, where it ended (each round changes every object in turn), and its properties."""
    for version in chain.from_iterable(written(keys, each)):
        if version.entity.startswith("object/"):
            until = version.since + keys
            values = version.state["properties"]
            yield (
                version.since, until if until <= 2 + keys * each else FOREVER, version.author,
                *(values[column] for column in COLUMNS),
            )  # fmt: skip


def in_sqlite(path: Path, given: Iterable[Row]) -> Peer:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(_CREATE)
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO flights VALUES ({_MARKS})", given)
    connection.execute("COMMIT")
    connection.execute("CREATE INDEX by_id ON flights (id, since)")
    connection.execute("CREATE INDEX by_until ON flights (until, since)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ask = lambda text, values: connection.execute(text, values).fetchall()  # noqa: E731
    return Peer("SQLite full rows", path, ask, connection.close)


def in_duckdb(path: Path, given: Iterable[Row]) -> Peer:
    connection = duckdb.connect(str(path), config={"threads": "2"})
    names = ["since", "until", "author", *COLUMNS]
    connection.execute(_CREATE)
    connection.execute("CREATE TEMP TABLE unsorted AS FROM flights")
    every = iter(given)
    while some := list(islice(every, _CHUNK)):
        connection.register("chunk", pa.table(dict(zip(names, map(list, zip(*some, strict=True)), strict=True))))
        connection.execute("INSERT INTO unsorted FROM chunk")
        connection.unregister("chunk")
    connection.execute("INSERT INTO flights FROM unsorted ORDER BY id, since")
    connection.execute("DROP TABLE unsorted")
    connection.execute("CHECKPOINT")
    ask = lambda text, values: connection.sql(text, params=list(values)).to_arrow_table()  # noqa: E731
    return Peer("DuckDB full rows", path, ask, connection.close)
