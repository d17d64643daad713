"""`oms replay` as one types it, on a folder with the long history: everything, up to a moment, from a snapshot, into views.

Whole processes are timed, from the command line to the last word, with the nats-server that they start.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench import history
from bench.figures import Figure
from bench.processes import ROOT
from bench.stock import Stock


class _Run(NamedTuple):
    seconds: float
    cpu: float  # seconds, of all its processes
    said: dict[str, object]


async def figures(stock: Stock) -> list[Figure]:
    async with history.served(stock):
        pass
    folder = stock.nats.parent
    whole = _replay(folder, "--no-snapshots")
    last = int(str(whole.said["position"]))
    then = _replay(folder, "--as-of", str(last * 3 // 4))
    again = _replay(folder, "--as-of", str(last * 3 // 4))
    built = _replay(folder, "--into", str(stock.folder / "replayed"))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest of all these processes
    assert whole.said["checksum"] == built.said["checksum"]
    assert then.said["checksum"] == again.said["checksum"]
    return [
        Figure(f"`oms replay` of {last:,} events", whole.seconds, "s", whole.cpu / last * 1e6, goal="≤ 15 s a million",
               bound="Python: payload models and states, and reading it"),
        Figure("memory of the largest process, with those below", memory, "MB", goal="bounded"),
        Figure("`--as-of` three quarters of it, the first time", then.seconds, "s", then.cpu / last * 1e6),
        Figure("the same from the nearest snapshot", again.seconds, "s", again.cpu / last * 1e6,
               "the first time", then.seconds, bound="what came behind the snapshot, and reading it"),
        Figure("`--into` a folder, versions and audit", built.seconds, "s", built.cpu / last * 1e6,
               bound="Python: a process for each view"),
    ]  # fmt: skip


def _replay(folder: Path, *more: str) -> _Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "oms", "replay", "--folder", str(folder), "--json", *more]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, check=True)
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Run(seconds, cpu, json.loads(done.stdout))
