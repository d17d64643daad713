"""What time travel costs: one object, its history, all of them and a difference, as of random positions.

python -m bench.as_of [objects] [versions of each]      100,000 and 10: a million events; prints a Markdown table

The view's file is written by its own adapter; what a projector costs is measured elsewhere.
"""

import asyncio
import platform
import random
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import SqliteVersions, reading
from events.names import Key
from projectors.projector import FOREVER, Checkpoint, View
from projectors.versions import Version, marks
from queries.cuts import Cut, cut
from queries.differences import differences
from queries.moments import AtInstant, AtPosition
from queries.objects import objects, show
from queries.timeline import history

BRANCH, RID = "prod/main/main", "ri.oms.object-type.018bcfe5-687b-71f9-9a6f-6f0a2b3c4d5e"
START, COMMIT = 1_700_000_000_000_000, 1_000
FIELDS = [
    "year",
    "month",
    "day",
    "depTime",
    "arrTime",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "airTime",
    "distance",
]


def written(keys: int, each: int) -> Iterator[list[Version]]:
    """Commit after commit: the branch, the type, then every object in turn, again and again."""
    branch = {"name": BRANCH, "parent": None, "base": 0, "default": True, "deleted": False}
    declared = {field: {"field": field, "name": field, "type": "string"} for field in ["id", *FIELDS]}
    schema = {"rid": RID, "slug": "Flight", "name": "Flight", "primaryKey": ["id"], "properties": declared}
    yield [version(1, 1, 1, "", f"branch/{BRANCH}", branch)]
    yield [version(2, 2, 2, BRANCH, f"objectType/{RID}", schema)]
    position = 2
    for round_ in range(each):
        for first in range(0, keys, COMMIT):
            rows = range(first, min(first + COMMIT, keys))
            start, last = position + 1, position + len(rows)
            yield [
                version(start + n, start, last, BRANCH, f"object/Flight/K{row}", flight(row, round_))
                for n, row in enumerate(rows)
            ]
            position = last


def flight(row: int, round_: int) -> dict[str, Any]:
    properties = {"id": f"K{row}", **{field: f"{field} {row % 97}" for field in FIELDS}, "depTime": str(round_)}
    return {"type": RID, "slug": "Flight", "key": f"K{row}", "properties": properties, "deleted": False}


def version(position: int, first: int, last: int, branch: str, entity: str, state: dict[str, Any]) -> Version:
    time, author = START + position, "ana@bench"
    audit = marks(None, "created", author, time)
    commit = sha256(str(first).encode()).hexdigest()
    return Version(
        branch, Key(entity), position, FOREVER, time, time, "created", author, None, commit, first, last, state, audit
    )


async def build(path: Path, keys: int, each: int) -> None:
    await fill(sqlite_versions(path, "main"), keys, each)


async def fill(view: View[Version], keys: int, each: int) -> None:
    known = await view.checkpoint()
    for rows in written(keys, each):
        reached = Checkpoint(rows[-1].since, "", rows[-1].time, known.revision + 1)
        await view.commit(rows, known, reached)
        known = reached
    await view.close()


def median(ask: Callable[[], object], rounds: int) -> float:
    """Milliseconds."""
    return sorted(timeit.repeat(ask, number=1, repeat=rounds))[rounds // 2] * 1e3


def main() -> None:
    keys, each = (int(given) for given in (sys.argv[1:] + ["100000", "10"][len(sys.argv) - 1 :]))
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "versions.db"
        asyncio.run(build(path, keys, each))
        with reading(path) as versions:
            last = versions.position()
            rows = list(measured(versions, last, keys, chance))
        size = path.stat().st_size / 1e6
    print(
        f"{keys:,} objects, {last:,} events, {size:,.0f} MB; Python {platform.python_version()}, one thread; medians\n"
    )
    print("| question | ms | what it found |\n|---|---:|---|")
    for row in rows:
        print("| {} | {:,.3f} | {} |".format(*row))


def measured(versions: SqliteVersions, last: int, keys: int, chance: random.Random) -> Iterator[tuple[str, float, str]]:
    begun = 2 + keys  # from here on every object is there

    def key() -> str:
        return f"K{chance.randrange(keys)}"

    def at(position: int) -> Cut:
        return cut(versions, BRANCH, AtPosition(position), now=START * 2)

    def instant() -> Cut:
        return cut(versions, BRANCH, AtInstant(START + chance.randrange(begun, last)), now=START * 2)

    yield (
        "AS OF of one object, by position",
        median(lambda: show(at(chance.randrange(begun, last)), "Flight", key()), 5_000),
        "1 object",
    )
    yield "AS OF of one object, by instant", median(lambda: show(instant(), "Flight", key()), 5_000), "1 object"
    found = len(history(at(last), "Flight", "K0").steps)
    yield "history of one object", median(lambda: history(at(last), "Flight", key()), 1_000), f"{found} versions"
    found = sum(1 for _ in objects(at(last // 2), "Flight"))
    yield (
        "every object, half-way",
        median(lambda: sum(1 for _ in objects(at(last // 2), "Flight")), 3),
        f"{found:,} objects",
    )
    found = sum(1 for _ in differences(at(last - COMMIT), at(last)))
    yield (
        "difference over one commit",
        median(lambda: list(differences(at(last - COMMIT), at(last))), 20),
        f"{found:,} changes",
    )


if __name__ == "__main__":
    main()
