"""Measure, print a table, and write it to bench/RESULTS.md.

python -m bench                      everything, with a history of 200,000 events
python -m bench --events 1000000     with a million
python -m bench --quick              a tenth of everything, one round; writes nothing
python -m bench --only relay bulk    some figures; writes nothing
"""

import argparse
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import uvloop

from bench import (
    asking,
    branching,
    commanding,
    deciding,
    delivering,
    figures,
    filtering,
    finding,
    finding_postgres,
    gateway,
    graphing,
    importing,
    importing_files,
    keeping,
    leaving,
    merging,
    migrating,
    packing,
    peers,
    postgres,
    postgres_views,
    queueing,
    reading,
    relaying,
    replaying,
    scheduling,
    starting,
    unfolding,
    validating,
    verifying,
    writing,
)
from bench.figures import Figure
from bench.stock import Stock

FAMILIES: Mapping[str, Callable[[Stock], Awaitable[list[Figure]]]] = {
    "commands": commanding.figures,
    "bulk": writing.figures,
    "deciding": deciding.figures,
    "validating": validating.figures,
    "verifying": verifying.figures,
    "branching": branching.figures,
    "merging": merging.figures,
    "migrating": migrating.figures,
    "relay": relaying.figures,
    "reading": reading.figures,
    "replaying": replaying.figures,
    "import": importing.figures,
    "files": importing_files.figures,
    "asking": asking.figures,
    "queue": queueing.figures,
    "leaving": leaving.figures,
    "finding": finding.figures,
    "filtering": filtering.figures,
    "delivering": delivering.figures,
    "gateway": gateway.figures,
    "finding-postgres": finding_postgres.figures,
    "scheduling": scheduling.figures,
    "packing": packing.figures,
    "keeping": keeping.figures,
    "starting": starting.figures,
    "unfolding": unfolding.figures,
    "graph": graphing.figures,
    "postgres": postgres.figures,
    "postgres-views": postgres_views.figures,
}
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
        new = await FAMILIES[name](stock)
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
