"""Other processes: the program itself, and what they all cost as the kernel counts it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Generic, TypeVar

Result = TypeVar("Result")
ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes(pid: int, which: str = "VmRSS") -> float:
    """Memory of a process: now (`VmRSS`), or the most it ever had (`VmHWM`)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) / 1024


def pid_of(nats: Path) -> int:
    """The nats-server of this folder."""
    return int((nats / "pid").read_text())


@dataclass(slots=True)
class Program:
    """A running `oms up`, and the server it started; `beside` = pids of more of them in the same folder."""

    folder: Path
    pid: int
    server: int
    beside: tuple[int, ...] = ()

    def cpu(self) -> tuple[float, float]:
        """Seconds: the program's, the server's."""
        return sum(map(cpu_seconds, (self.pid, *self.beside))), cpu_seconds(self.server)


@asynccontextmanager
async def up_in_two(folder: Path) -> AsyncIterator[Program]:
    """The views in a process of their own, all else in another."""
    async with up(folder, "--without", "projectors") as writing, up(folder, "--role", "projectors") as reading:
        yield Program(folder, writing.pid, writing.server, (reading.pid,))


@asynccontextmanager
async def up(folder: Path, *options: str) -> AsyncIterator[Program]:
    """`oms up` inside the block, ready."""
    arguments = ["-m", "oms", "up", "--folder", str(folder), "--json", *options]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        assert json.loads(line or b"{}").get("ready"), f"oms up ended: {line!r}"
        yield Program(folder, process.pid, pid_of(folder / "nats"))
    finally:
        process.terminate()
        await process.wait()


@dataclass(slots=True)
class Apart(Generic[Result]):
    """What a function gave in a process of its own, and the most memory (MB) that process had."""

    result: Result
    memory: float


async def apart(work: Callable[[], Awaitable[Result]]) -> Apart[Result]:
    """Run it in a fresh process, on an event loop like the program's own. `work` must be importable."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, partial(_run, work))


def _run(work: Callable[[], Awaitable[Result]]) -> Apart[Result]:
    import uvloop

    async def main() -> Result:
        return await work()

    return Apart(uvloop.run(main()), megabytes(os.getpid(), "VmHWM"))
