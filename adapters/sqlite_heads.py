"""The heads of an outbox file, compared with those of another, or replaced by them as a whole."""

import sqlite3
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, select

from adapters.heads_differ import HeadsDiffer, Interval, same
from adapters.outbox_tables import heads
from adapters.sqlite_file import sql
from adapters.sqlite_reader import reader


def compare_heads(stored: Path, replayed: Path, position: int) -> HeadsDiffer | None:
    """Both files as of `position`; `None` = they agree."""
    for one, other in zip_longest(_intervals(stored, position), _intervals(replayed, position)):
        if one is not None and other is not None and one[:3] == other[:3]:
            if not same(one.state, other.state):
                return HeadsDiffer(one, other)
        elif other is None or (one is not None and one[:3] < other[:3]):
            return HeadsDiffer(one, None)
        else:
            return HeadsDiffer(None, other)
    return None


def replace_heads(target: Path, replayed: Path) -> int:
    """Put the heads and commits of `replayed` in the place of the target's, in one transaction; how many heads there are."""
    connection = sqlite3.connect(target, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("ATTACH DATABASE ? AS replayed", (str(replayed),))
        connection.execute("BEGIN IMMEDIATE")
        for table in ("heads", "commits"):
            for statement in _REPLACE[table]:
                connection.execute(statement)
        count: int = connection.execute("SELECT count(*) FROM main.heads").fetchone()[0]
        connection.execute("COMMIT")
    finally:
        connection.close()
    return count


def carry_over(old: Path, new: Path) -> None:
    """What no log knows: the refusals, and how commands were answered that wrote nothing; what both know, `old` knows better."""
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        connection.execute("ATTACH DATABASE ? AS old", (str(old),))
        connection.execute("BEGIN IMMEDIATE")
        for statement in _CARRY_OVER:
            connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        connection.close()


_REPLACE: Final = {
    table: (f"DELETE FROM main.{table}", f"INSERT INTO main.{table} SELECT * FROM replayed.{table}")  # noqa: S608 names of ours
    for table in ("heads", "commits")
}
_CARRY_OVER: Final = (
    "INSERT OR REPLACE INTO main.commands SELECT * FROM old.commands",
    "INSERT OR REPLACE INTO main.refusals SELECT * FROM old.refusals",
)
_INTERVALS: Final = sql(
    select(
        heads.c.branch,
        heads.c.key,
        heads.c.since,
        heads.c.state,
    )
    .where(heads.c.since <= bindparam("position"))
    .order_by(heads.c.branch, heads.c.key, heads.c.since)
)


def _intervals(path: Path, position: int) -> Iterator[Interval]:
    connection = reader(path)
    try:
        for row in connection.execute(_INTERVALS, (position,)):
            yield Interval(*row)
    finally:
        connection.close()
