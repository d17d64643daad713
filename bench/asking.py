"""Time travel at two sizes, beside what one would take instead: full rows in SQLite and in DuckDB, and git.

All hold the same versions: 12 properties, ten versions of each object, one commit of a thousand after the other. Each object
changes once a year, so to speak: two moments a year apart are as many positions apart as there are objects.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.column_making import keep
from adapters.duckdb_engine import DuckDb
from adapters.kept_columns import lookup
from adapters.sqlite_columns import sqlite_columns
from adapters.sqlite_versions_reader import reading
from bench.as_of import BRANCH, COMMIT, START, build
from bench.figures import Figure, Took, percentile
from bench.full_rows import COLUMNS, WAS, Peer, in_duckdb, in_sqlite, rows
from bench.in_git import NAME, Repository
from bench.stock import Stock
from queries.cuts import Cut, cut
from queries.differences import differences
from queries.differing import differing
from queries.moments import AtPosition
from queries.objects import objects, show
from queries.sql.engine import Limits
from queries.sql.kept import Lookup, nothing_kept
from queries.sql.query import planned
from queries.sql.windows import Windows
from queries.timeline import history
from queries.versions import Versions
from queries.whole import texts

EVENTS: Final = (100_000, 1_000_000)
EACH: Final = 10  # versions of each object
POINTS: Final = 100
LONG: Final = 1.0  # seconds, after which a question is not asked again
LIMITS: Final = Limits(memory=4096, read=20_000_000, rows=10_000_000)
Ask = Callable[[], Any]
Sizes = dict[str, float]
"""MB by name."""


async def figures(stock: Stock) -> list[Figure]:
    found: list[Figure] = []
    sizes: list[Sizes] = []
    for events in map(stock.sized, EVENTS):
        folder = stock.folder / f"asking-{events}"
        folder.mkdir()
        await build(folder / "versions.db", events // EACH, EACH)
        asked = _Asked(folder, events // EACH)
        found += asked.figures()
        sizes.append(asked.sizes)
        asked.close()
        shutil.rmtree(folder)
    return [*found, *_growth(sizes, [*map(stock.sized, EVENTS)])]


class _Asked:
    """Everything of one size."""

    def __init__(self, folder: Path, keys: int) -> None:
        self.keys, self._view, self._engine = keys, folder / "versions.db", DuckDb()
        self._chance = random.Random(1)
        with Took() as self._making:
            keep(sqlite_columns(self._view), BRANCH, "object/Flight/")
        self._peers = [
            in_sqlite(folder / "peer.db", rows(keys, EACH)), in_duckdb(folder / "peer.duckdb", rows(keys, EACH))
        ]  # fmt: skip
        self._git = Repository(folder / "git", keys, EACH)
        self.sizes = {peer.name: peer.megabytes for peer in self._peers} | {NAME: self._git.megabytes}
        columns = sum(file.stat().st_size for file in folder.glob("*.columns-*")) / 1e6
        self.sizes |= {"": self._view.stat().st_size / 1e6, "columns": columns}

    def close(self) -> None:
        for peer in self._peers:
            peer.close()
        self._git.close()
        self._engine.close()

    def figures(self) -> list[Figure]:
        with reading(self._view) as versions:
            found = [*self._timed(versions)]
        of = f"{self.keys * EACH:,} events"
        making = self.keys * EACH / self._making.wall
        found.append(Figure(f"{of}: columns made", making, "versions/s", self._making.cpu / self.keys / EACH * 1e6))
        ours = self.sizes[""] + self.sizes["columns"]
        name = f"{of}: storage, as it is written; columns are {self.sizes['columns']:,.0f} MB of it"
        return found + [Figure(name, ours, "MB", beside=peer, other=self.sizes[peer]) for peer in self._beside()]

    def _beside(self) -> list[str]:
        return [*(peer.name for peer in self._peers), NAME]

    def _timed(self, versions: Versions) -> Iterator[Figure]:
        questions = Ours(lookup(lambda: self._view), versions, self._engine, self._chance, self.keys)
        asks = {peer.name: _full_rows(peer, self._chance, self.keys) for peer in self._peers}
        asks[NAME] = _in_git(self._git, self._chance, self.keys)
        theirs = {(kind, peer): median(ask) for peer, each in asks.items() for kind, ask in each.items()}
        for what, (kind, ask) in questions.asks().items():
            mine, name = median(ask), f"{self.keys * EACH:,} events: {what}"
            for peer in asks:
                if (kind, peer) in theirs:
                    yield Figure(name, mine, "ms", beside=peer, other=theirs[kind, peer])
            if not any((kind, peer) in theirs for peer in asks):
                yield Figure(name, mine, "ms")


class _Moments:
    """Random keys and positions at which every object is there; `half`, `end` and a year before it."""

    def __init__(self, chance: random.Random, keys: int) -> None:
        self._chance, self.keys = chance, keys
        self.last = 2 + keys * EACH
        self.half, self.year = self.last // 2, self.last - keys
        self.window = (max(self.half - 10 * COMMIT, 2), self.half)

    def row(self) -> int:
        return self._chance.randrange(self.keys)

    def at(self) -> int:
        return self._chance.randrange(2 + self.keys, self.last)


class Ours(_Moments):
    """What is asked of a view."""

    def __init__(self, kept: Lookup, versions: Versions, engine: DuckDb, chance: random.Random, keys: int) -> None:
        super().__init__(chance, keys)
        self._versions, self._engine, self._kept = versions, engine, kept

    def sql(self, text: str, *, kept: bool = True) -> Any:
        windows = Windows(self._versions, BRANCH, "now", START * 2)
        columns = self._kept if kept else nothing_kept
        return planned(text, windows, lambda *_: iter(()), columns).run(self._engine, LIMITS)

    def cut(self, position: int) -> Cut:
        return cut(self._versions, BRANCH, AtPosition(position), now=START * 2)

    def told(self, kept: Lookup) -> int:
        return sum(map(len, texts(self.cut(self.half), "Flight", kept)))

    def compared(self, kept: Lookup) -> int:
        return sum(1 for _ in differences(self.cut(self.year), self.cut(self.last), kept=kept))

    def asks(self) -> Mapping[str, tuple[str, Ask]]:
        """What is asked → the kind of question, and how."""
        named, (low, high) = ", ".join(f'"{column}"' for column in COLUMNS), self.window
        whole = (
            f"SELECT _position, _valid_to, _author, {named} FROM flight AS OF {self.half}"  # what full rows have, too
        )
        changed = (
            f'SELECT id, a."depTime" AS before, b."depTime" AS after FROM flight AS OF {self.year} a '
            f'JOIN flight AS OF {self.last} b USING (id) WHERE a."depTime" <> b."depTime"'
        )
        return {
            "as of one object, by the port": ("point", lambda: show(self.cut(self.at()), "Flight", f"K{self.row()}")),
            "as of one object, by SQL": (
                "point", lambda: self.sql(f"SELECT * FROM flight AS OF {self.at()} WHERE id = 'K{self.row()}'")
            ),
            "history of one object, by the port": (
                "history", lambda: history(self.cut(self.last), "Flight", f"K{self.row()}")
            ),
            "history of one object, by SQL": (
                "history", lambda: self.sql(f"SELECT * FROM flight ALL_VERSIONS WHERE _key = 'K{self.row()}'")
            ),
            "all objects as of half-way, by SQL": ("whole", lambda: self.sql(whole)),
            "all objects as of half-way, by SQL, and all that is known of their versions": (
                "whole", lambda: self.sql(f"SELECT * FROM flight AS OF {self.half}")
            ),
            "all objects as of half-way, by SQL without columns": ("whole", lambda: self.sql(whole, kept=False)),
            "all objects as they are true half-way, as far as was known then, by SQL": (
                "true", lambda: self.sql(f"SELECT _position, {named} FROM flight AS OF {self.half} FOR VALID_TIME ALL")
            ),
            "every version of everything, by SQL": (
                "versions", lambda: self.sql("SELECT _position, _key, _author FROM history")
            ),
            "every version of everything with its properties, by SQL": (
                "documents", lambda: self.sql("SELECT _key, properties FROM history")
            ),
            "all objects as of half-way, by the port": (
                "whole", lambda: sum(1 for _ in objects(self.cut(self.half), "Flight"))
            ),
            "all objects as of half-way, as JSON": ("whole", lambda: self.told(self._kept)),
            "all objects as of half-way, as JSON, without columns": ("whole", lambda: self.told(nothing_kept)),
            "grouped as of half-way, by SQL": (
                "grouped", lambda: self.sql(f"SELECT carrier, count(*) FROM flight AS OF {self.half} GROUP BY carrier")
            ),
            "all that was there in a window of ten commits, by SQL": (
                "window", lambda: self.sql(f"SELECT id, _position FROM flight BETWEEN {low} AND {high}")
            ),
            "what differs between two moments a year apart, by SQL": ("diff", lambda: self.sql(changed)),
            "what differs between two moments a year apart, field by field": ("diff", lambda: self.compared(self._kept)),
            "what differs between two moments a year apart, field by field, as JSON": (
                "diff", lambda: sum(map(len, differing(self.cut(self.year), self.cut(self.last), self._kept)))
            ),
            "what differs between two moments a year apart, field by field, without columns": (
                "diff", lambda: self.compared(nothing_kept)
            ),
        }  # fmt: skip


def _full_rows(peer: Peer, chance: random.Random, keys: int) -> Mapping[str, Ask]:
    on, ask = _Moments(chance, keys), peer.ask
    (low, high), half = on.window, [on.half, on.half]
    changed = (
        'SELECT id, a."depTime", b."depTime" FROM flights a JOIN flights b USING (id) WHERE a."since" <= ? AND a."until" > ? '
        'AND b."since" <= ? AND b."until" > ? AND a."depTime" <> b."depTime"'
    )
    return {
        "point": lambda: ask(f"SELECT * {WAS} AND id = ?", [p := on.at(), p, f"K{on.row()}"]),
        "history": lambda: ask('SELECT * FROM flights WHERE id = ? ORDER BY "since"', [f"K{on.row()}"]),
        "whole": lambda: ask(f"SELECT * {WAS}", half),
        "versions": lambda: ask('SELECT "since", id, author FROM flights', []),
        "grouped": lambda: ask(f"SELECT carrier, count(*) {WAS} GROUP BY carrier", half),
        "window": lambda: ask(f'SELECT id, "since" {WAS}', [high, low]),
        "diff": lambda: ask(changed, [on.year, on.year, on.last, on.last]),
    }


def _in_git(git: Repository, chance: random.Random, keys: int) -> Mapping[str, Ask]:
    on = _Moments(chance, keys)
    return {
        "point": lambda: git.point(on.at(), on.row()),
        "history": lambda: git.history(on.row()),
        "whole": lambda: git.whole(on.half),
        "window": lambda: git.window(*on.window),
        "diff": lambda: git.differences(on.year, on.last),
    }


def median(ask: Ask) -> float:
    """Milliseconds; what takes long is asked fewer times."""
    took: list[float] = []
    while len(took) < POINTS and sum(took) < LONG:
        begun = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begun)
    return percentile(took, 0.5) * 1e3


def _growth(sizes: Sequence[Sizes], events: Sequence[int]) -> Iterator[Figure]:
    small, large = sizes
    more = {name: (large[name] - small[name]) * 1e6 / (events[1] - events[0]) for name in small}
    ours = more.pop("") + more.pop("columns")
    name = f"growth of storage from {events[0]:,} to {events[1]:,} events, for each"
    for peer, other in more.items():
        yield Figure(name, ours, "B", beside=peer, other=other)
