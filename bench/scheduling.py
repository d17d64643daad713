"""Schedules of a real `oms up`: many that wait are started with, all due at once, and some due one by one; how late they begin."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure, percentile
from bench.processes import up
from bench.stock import Stock
from events.schedules.running import Run
from oms.client import Client, connect
from oms.runs import runs
from oms.settings import Settings

TICK = {"name": "Tick", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
TOGETHER = 1_000  # in a commit
ONE_BY_ONE, APART = 300, 0.1  # seconds
EVENTS = ["oms.evt.main.*.*.*.object.>"]


async def figures(stock: Stock) -> list[Figure]:
    many, few = stock.sized(10_000), stock.sized(ONE_BY_ONE)
    folder = stock.folder / "schedules"
    async with up(folder), await connect(folder, deadline=120) as client:
        await client.send("CreateObjectType", TICK)
        begun = time.perf_counter()
        due = time.time() + 10 + many / 500  # once they wait and it is started again
        await _created(client, ((number, due) for number in range(many)))
        created = time.perf_counter() - begun
        await _planned(folder, many)
    begun = time.perf_counter()
    async with up(folder) as program, await connect(folder, deadline=120) as client:
        started = time.perf_counter() - begun
        await asyncio.sleep(due - time.time())
        before = sum(program.cpu())
        first, last = await _heard(client, many)
        cpu = (sum(program.cpu()) - before) / many * 1e6
        burst = await _timed(folder, many)
        soon = time.time() + 3
        await _created(client, ((many + number, soon + number * APART) for number in range(few)))
        await _heard(client, many + few)
        single = [run for run in await _timed(folder, many + few) if run.due >= soon * 1e6 - 1]
    late = [(run.begun - run.due) / 1e3 for run in single if run.begun is not None]
    waited = [(run.begun - run.due) / 1e6 for run in burst if run.begun is not None]
    return [
        Figure(f"{many:,} schedules created, {TOGETHER:,} in a commit", many / created, "/s"),
        Figure(f"started with {many:,} that wait", started, "s", bound="of it the program itself by far the most"),
        Figure(
            f"{many:,} due at once, until each has its effect", (many - 1) / (last - first), "/s", cpu,
            bound=f"began late p50 {percentile(waited, 0.5):.2f} s, p99 {percentile(waited, 0.99):.2f} s",
        ),
        Figure(f"begun late, ten a second: p50 of {len(late)}", percentile(late, 0.5), "ms"),
        Figure("p99", percentile(late, 0.99), "ms"),
    ]  # fmt: skip


async def _created(client: Client, schedules: Any) -> None:
    waiting: list[dict[str, Any]] = []
    for number, due in schedules:
        command = {"type": "CreateObject", "data": {"type": "Tick", "properties": {"id": str(number)}}}
        at = datetime.fromtimestamp(due, UTC).isoformat()
        waiting.append({"type": "CreateSchedule", "data": {"name": f"s{number}", "at": at, "command": command}})
    for start in range(0, len(waiting), TOGETHER):
        told = await client.commit(waiting[start : start + TOGETHER])
        assert told.status == "accepted", told


async def _planned(folder: Path, many: int) -> None:
    async with runs(Settings(folder=folder)) as kept:
        while len(await kept.standings()) < many:
            await asyncio.sleep(0.1)


async def _heard(client: Client, many: int) -> tuple[float, float]:
    """When the first and the last effect came, of all there are."""
    times = [time.perf_counter() async for _ in _first(client, many)]
    return times[0], times[-1]


async def _first(client: Client, many: int) -> AsyncIterator[None]:
    count = 0
    async for _ in client.subscribe(0, EVENTS):
        count += 1
        yield
        if count == many:
            return


async def _timed(folder: Path, many: int) -> Sequence[Run]:
    """Those that are answered, once there are so many."""
    async with runs(Settings(folder=folder)) as kept:
        while await kept.unanswered():
            await asyncio.sleep(0.1)
        found = [run for schedule in await kept.standings() for run in await kept.last(schedule, 1)]
    assert len(found) == many, len(found)
    return found
