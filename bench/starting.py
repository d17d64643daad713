"""What a command line costs before it says anything: CPU of whole processes, on a folder of a running `oms up`."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.figures import Figure
from bench.stock import Stock
from oms.client import connect
from oms.running import running
from oms.settings import Settings

ROUNDS = 7  # the least of them is told: what else ran only ever adds
TYPE = {"name": "Airline", "primaryKey": ["carrier"], "properties": [{"name": "carrier", "type": "string"}]}
COMMANDS: Mapping[str, Sequence[str]] = {
    "oms --help": ["--help"],
    "oms show TYPE KEY": ["show", "Airline", "UA"],
    "oms history TYPE": ["history", "Airline"],
    "oms diff": ["diff", "--from", "1"],
    "oms branch list": ["branch", "list"],
    "oms log": ["log"],
}
COMPLETING = {"_OMS_COMPLETE": "complete_bash", "COMP_CWORD": "2", "COMP_WORDS": "oms show --fol"}


async def figures(stock: Stock) -> list[Figure]:
    folder = stock.folder / "starting"
    async with running(Settings(folder=folder), _raise), await connect(folder) as client:
        await client.send("CreateObjectType", TYPE)
        await client.send(
            "CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, wait="projected:versions"
        )
        return list(_measured(folder))


def _measured(folder: Path) -> Iterator[Figure]:
    nothing = _least(["-c", "pass"], {})
    beside = ("python -c pass", nothing, "ratio ≤ 30", "typer and pydantic, which it reads options with")
    for name, arguments in COMMANDS.items():
        yield Figure(
            f"{name}, CPU", _least(["-m", "oms", *arguments], {"OMS_FOLDER": str(folder)}), "ms", None, *beside
        )
    yield Figure("completion of an option, CPU", _least(["-m", "oms"], COMPLETING), "ms", None, *beside)


def _least(arguments: Sequence[str], env: Mapping[str, str]) -> float:
    """Milliseconds of CPU, user and system."""
    return min(_cpu(arguments, env) for _ in range(ROUNDS)) * 1e3


def _cpu(arguments: Sequence[str], env: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=os.environ | env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _raise(where: str, error: BaseException) -> None:
    raise RuntimeError(where) from error
