"""SQL over any moment, beside what one would take instead: full rows with their two positions in SQLite and in DuckDB.

All three hold the same versions: 12 properties, ten versions of each object, one commit of a thousand after the other.
The peers have one table with a column for each property and an index; what they are asked is what their users would write.
"""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb

from adapters.duckdb_engine import DuckDb
from adapters.sqlite_versions_reader import reading
from bench.as_of import BRANCH, COMMIT, FIELDS, START, build, median, written
from bench.figures import Figure
from bench.stock import Stock
from projectors.projector import FOREVER
from queries.cuts import Cut, cut
from queries.moments import AtPosition
from queries.objects import objects, show
from queries.sql.engine import Limits
from queries.sql.query import planned
from queries.sql.windows import Windows
from queries.timeline import history
from queries.versions import Versions

VERSIONS: Final = 10  # of each object
COLUMNS: Final = ["id", *FIELDS]
POINTS, SCANS = 200, 3
LIMITS: Final = Limits(memory=2048, read=20_000_000, rows=10_000_000)
Ask = Callable[[], Any]


async def figures(stock: Stock) -> list[Figure]:
    keys = max(stock.events // VERSIONS, 1_000)
    folder = stock.folder / "asking"
    folder.mkdir(exist_ok=True)
    await build(folder / "versions.db", keys, VERSIONS)
    peers = [_sqlite(folder / "peer.db", keys), _duckdb(folder / "peer.duckdb", keys)]
    with reading(folder / "versions.db") as versions:
        ours = _Ours(versions, keys)
        found = [figure for peer in peers for figure in _compared(ours, peer, keys)]
    for peer in peers:
        peer.close()
    return found + [_size(folder, each) for each in ("peer.db", "peer.duckdb")]


class _Ours:
    def __init__(self, versions: Versions, keys: int) -> None:
        self.versions, self.keys, self.engine = versions, keys, DuckDb()
        self.last = versions.position()

    def sql(self, text: str) -> Any:
        windows = Windows(self.versions, BRANCH, "now", START * 2)
        return planned(text, windows, lambda *_: iter(())).run(self.engine, LIMITS)

    def at(self, position: int) -> Cut:
        return cut(self.versions, BRANCH, AtPosition(position), now=START * 2)


class _Peer:
    """A database with a table `flights`; `ask(sql, parameters)` gives all rows."""

    def __init__(self, name: str, ask: Callable[[str, list[Any]], Any], close: Callable[[], None]) -> None:
        self.name, self.ask, self.close = name, ask, close


def _compared(ours: _Ours, peer: _Peer, keys: int) -> list[Figure]:
    chance, half = random.Random(1), ours.last // 2
    begun = 2 + keys

    def key() -> str:
        return f"K{chance.randrange(keys)}"

    def at() -> int:
        return chance.randrange(begun, ours.last)

    was = 'FROM flights WHERE "since" <= ? AND "until" > ?'
    window = (half - 10 * COMMIT, half)
    rows: list[tuple[str, int, Ask, Ask]] = [
        ("as of one object, by the port", POINTS, lambda: show(ours.at(at()), "Flight", key()),
         lambda: peer.ask(f"SELECT * {was} AND id = ?", [p := at(), p, key()])),
        ("as of one object, by SQL", POINTS, lambda: ours.sql(f"SELECT * FROM flight AS OF {at()} WHERE id = '{key()}'"),
         lambda: peer.ask(f"SELECT * {was} AND id = ?", [p := at(), p, key()])),
        ("history of one object, by the port", POINTS, lambda: history(ours.at(ours.last), "Flight", key()),
         lambda: peer.ask('SELECT * FROM flights WHERE id = ? ORDER BY "since"', [key()])),
        ("history of one object, by SQL", POINTS, lambda: ours.sql(f"SELECT * FROM flight ALL_VERSIONS WHERE _key = '{key()}'"),
         lambda: peer.ask('SELECT * FROM flights WHERE id = ? ORDER BY "since"', [key()])),
        (f"all {keys:,} as of half-way, by the port", SCANS, lambda: sum(1 for _ in objects(ours.at(half), "Flight")),
         lambda: len(peer.ask(f"SELECT * {was}", [half, half]))),
        (f"all {keys:,} as of half-way, by SQL", SCANS, lambda: ours.sql(f"SELECT * FROM flight AS OF {half}"),
         lambda: len(peer.ask(f"SELECT * {was}", [half, half]))),
        ("grouped as of half-way, by SQL", SCANS,
         lambda: ours.sql(f"SELECT carrier, count(*) FROM flight AS OF {half} GROUP BY carrier"),
         lambda: peer.ask(f"SELECT carrier, count(*) {was} GROUP BY carrier", [half, half])),
        ("all that was there in a window of ten commits, by SQL", SCANS,
         lambda: ours.sql(f"SELECT id, _position FROM flight BETWEEN {window[0]} AND {window[1]}"),
         lambda: peer.ask(f'SELECT id, "since" {was}', [window[1], window[0]])),
    ]  # fmt: skip
    return [
        Figure(what, median(mine, rounds), "ms", beside=peer.name, other=median(theirs, rounds))
        for what, rounds, mine, theirs in rows
    ]


def _size(folder: Path, peer: str) -> Figure:
    sizes = [(folder / name).stat().st_size / 1e6 for name in ("versions.db", peer)]
    name = "SQLite full rows" if peer == "peer.db" else "DuckDB full rows"
    return Figure("storage, as it is written", sizes[0], "MB", beside=name, other=sizes[1])


def _rows(keys: int) -> list[tuple[Any, ...]]:
    """As the peers hold them: where each began, where it ended, and its properties."""
    ends: dict[str, int] = {}
    found = [
        version for commit in written(keys, VERSIONS) for version in commit if version.entity.startswith("object/")
    ]
    rows = []
    for version in reversed(found):
        values = version.state["properties"]
        until = ends.get(version.entity, FOREVER)
        rows.append((version.since, until, version.author, *(values[column] for column in COLUMNS)))
        ends[version.entity] = version.since
    return rows[::-1]


_CREATE: Final = (
    f"CREATE TABLE flights (since BIGINT, until BIGINT, author TEXT, {', '.join(f'{c} TEXT' for c in COLUMNS)})"
)
_MARKS: Final = ", ".join("?" * (3 + len(COLUMNS)))


def _sqlite(path: Path, keys: int) -> _Peer:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(_CREATE)
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO flights VALUES ({_MARKS})", _rows(keys))
    connection.execute("COMMIT")
    connection.execute("CREATE INDEX by_id ON flights (id, since)")
    connection.execute("CREATE INDEX by_until ON flights (until, since)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return _Peer("SQLite full rows", lambda text, given: connection.execute(text, given).fetchall(), connection.close)


def _duckdb(path: Path, keys: int) -> _Peer:
    import pyarrow as pa

    connection = duckdb.connect(str(path), config={"threads": "2"})
    names = ["since", "until", "author", *COLUMNS]
    table = pa.table(dict(zip(names, map(list, zip(*_rows(keys), strict=True)), strict=True)))
    connection.register("given", table)
    connection.execute(_CREATE)
    connection.execute("INSERT INTO flights SELECT * FROM given ORDER BY id, since")
    connection.execute("CHECKPOINT")
    return _Peer("DuckDB full rows", lambda text, given: connection.execute(text, given).fetchall(), connection.close)
