"""A long import into a real `oms up`, through to its views: its rate from beginning to end, and everybody's memory."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bench import flights
from bench.figures import Figure
from bench.flights import Part
from bench.processes import Program, megabytes, up, up_in_two
from bench.stock import Stock
from oms.client import Outcome, connect

IN_FLIGHT = 12  # commits


@dataclass(slots=True)
class Course:
    """At each tenth: seconds, memory (MB) of the program and of nats-server. CPU µs an event of both."""

    times: list[float] = field(default_factory=list)
    program: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    cpu: tuple[float, float] = (0.0, 0.0)


async def figures(stock: Stock) -> list[Figure]:
    found: list[Figure] = []
    for what, parts, grows in (
        ("new objects", map(flights.created, range(stock.events)), "the depth of the trees"),
        ("objects that come and change at random", flights.mixed(stock.events), "what is changed fits into no cache"),
    ):
        async with up(stock.folder / f"import {what}") as program:
            course = await _imported(program, stock.events, parts)
            most = megabytes(program.pid, "VmHWM"), megabytes(program.server, "VmHWM")
        title = f"import of {stock.events:,} events, {what}, through to all views"
        found += _figures(title, stock.events, course, most, grows)
    async with up_in_two(stock.folder / "import in two") as program:
        course = await _imported(program, stock.events, map(flights.created, range(stock.events)))
    title = f"import of {stock.events:,} events, new objects, the views in a process of their own"
    rate = stock.events / (course.times[-1] - course.times[0])
    bound = f"two cores; of them nats-server takes {course.cpu[1]:.0f} µs an event"
    return [*found, Figure(title, rate, "events/s", course.cpu[0], "", None, "≥ 10,000/s", bound)]


def _figures(title: str, events: int, course: Course, most: tuple[float, float], grows: str) -> Iterator[Figure]:
    tenths = [late - early for early, late in zip(course.times, course.times[1:], strict=False)]
    rate = events / (course.times[-1] - course.times[0])
    ours, server = course.cpu
    bound = f"one Python process has one core; nats-server takes {server:.0f} µs an event beside it"
    yield Figure(f"{title}, one process", rate, "events/s", ours, "", None, "≥ 10,000/s", bound)
    yield Figure("its last tenth", tenths[-1], "s", None, "the first tenth", tenths[0], "ratio ≤ 1.1", grows)
    yield Figure(
        "memory of `oms up`, most", most[0], "MB", None, "at the first tenth", course.program[1], "< 200 MB, flat", "SQLite's caches, known heads and versions"
    )  # fmt: skip
    yield Figure(
        "memory of nats-server, most", most[1], "MB", None, "at the first tenth", course.server[1], "", "its index of subjects, its block cache"
    )  # fmt: skip


async def _imported(program: Program, events: int, parts: Iterable[Part]) -> Course:
    course, done, tenth = Course(), 0, max(1, events // 10)
    waiting: deque[asyncio.Task[Outcome]] = deque()
    async with await connect(program.folder, deadline=120) as client:
        declared = flights.declaration()
        await client.send(declared["type"], declared["data"], wait="projected:versions")
        before = program.cpu()
        _note(course, program)
        for several in _commits(parts):
            if len(waiting) == IN_FLIGHT:
                done += len((await waiting.popleft()).events)
            if done >= tenth * len(course.times):
                _note(course, program)
            waiting.append(asyncio.create_task(client.commit(several, wait="projected:versions")))
        await asyncio.gather(*waiting)
        await client.send(
            "CreateObject", flights.created(events)["data"], wait="projected:audit"
        )  # the other view, too
        _note(course, program)
    ours, server = ((late - early) / events * 1e6 for early, late in zip(before, program.cpu(), strict=True))
    course.cpu = ours, server
    return course


def _commits(parts: Iterable[Part]) -> Iterator[list[Part]]:
    several: list[Part] = []
    for part in parts:
        several.append(part)
        if len(several) == flights.PER_COMMIT:
            yield several
            several = []
    if several:
        yield several


def _note(course: Course, program: Program) -> None:
    course.times.append(time.perf_counter())
    course.program.append(megabytes(program.pid))
    course.server.append(megabytes(program.server))
