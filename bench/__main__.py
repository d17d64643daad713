"""Measure, print a table, and write it to bench/RESULTS.md.

python -m bench                      everything, with a history of 200,000 events
python -m bench --events 1000000     with a million
python -m bench --quick              a tenth of everything, one round; writes nothing
python -m bench --only relay bulk    some figures; writes nothing
"""

import argparse
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import uvloop

from bench import figures, peers
from bench.figures import Figure
from bench.stock import Stock

FAMILIES: Mapping[str, str] = {
    "commands": "commanding",
    "bulk": "writing",
    "deciding": "deciding",
    "validating": "validating",
    "verifying": "verifying",
    "branching": "branching",
    "merging": "merging",
    "migrating": "migrating",
    "relay": "relaying",
    "reading": "reading",
    "replaying": "replaying",
    "import": "importing",
    "files": "importing_files",
    "asking": "asking",
    "asking-postgres": "asking_postgres",
    "queue": "queueing",
    "leaving": "leaving",
    "finding": "finding",
    "filtering": "filtering",
    "delivering": "delivering",
    "gateway": "gateway",
    "finding-postgres": "finding_postgres",
    "scheduling": "scheduling",
    "packing": "packing",
    "keeping": "keeping",
    "starting": "starting",
    "unfolding": "unfolding",
    "graph": "graphing",
    "postgres": "postgres",
    "postgres-views": "postgres_views",
}
"""The module of each: loaded when it is measured, so that memory is that of what is measured."""
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="How fast OMS is on this machine.")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, metavar="NAME", help=", ".join(FAMILIES))
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, one round")
    parser.add_argument("--events", type=int, default=200_000, help="length of the long history (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of what is short enough to repeat (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where the files go; the disk that is measured")
    parser.add_argument(
        "--postgres", default="", metavar="URL", help="a server for `postgres` and for the peer that needs one"
    )
    chosen = parser.parse_args()
    events, rounds = (chosen.events // 10, 1) if chosen.quick else (chosen.events, chosen.rounds)
    with tempfile.TemporaryDirectory(prefix="oms-bench-", dir=chosen.folder) as folder:
        stock = Stock(Path(folder), events, rounds, chosen.quick, chosen.postgres)
        text = uvloop.run(_measured(stock, chosen.only or list(FAMILIES)))
    if not chosen.quick and not chosen.only:
        RESULTS.write_text(text)


async def _measured(stock: Stock, names: list[str]) -> str:
    about = figures.circumstances()
    found: list[Figure] = []
    for name in names:
        print(f"… {name}", flush=True)
        new: list[Figure] = [*await import_module(f"bench.{FAMILIES[name]}").figures(stock)]
        print(figures.table(new), flush=True)
        found += new
    left_out = [f"- not installed, so left out: {', '.join(peers.missing)}"] if peers.missing else []
    about += f"; {figures.load('at the end')}, of which the run itself makes about two"
    return "\n".join([HEAD, about, *left_out, "", figures.table(found), "", FOOT])


HEAD = """# Results

Written by `make bench`; see [README](README.md) for what each figure is. Commands at 64 in flight, `bulk`, `relay` and reads
without folding are medians of the rounds (3, if not said otherwise); a fold, a rebuild and an import are measured once.
A goal is written beside each figure whether it is reached or not.
"""
FOOT = """`ratio` is OMS by what stands beside it: a rate is good when it is high, a time and a size when they are low. `CPU µs` is
what the processes of OMS, without nats-server, took for each item."""

if __name__ == "__main__":
    main()
