"""Commands over NATS to a real `oms up`: 64 in flight, then one at a time; what each part costs; and a peer beside it.

The load comes from this process over one bare connection with commands made beforehand: so it takes little from them.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

from adapters.nats_server import Endpoint
from bench import flights, peers
from bench.figures import Figure, Took, percentile
from bench.firing import Firing
from bench.processes import Program, up, up_in_two
from bench.stock import Stock
from oms.client import connect

AT_ONCE = 64
WRITE = "write side only"
WHOLE = "with relay and views"
APART = "the same, the views in a process of their own"
PARTS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Program]]] = {
    WRITE: lambda folder: up(folder, "--without", "relay", "--without", "projectors", "--without", "queue"),
    "with the relay": lambda folder: up(folder, "--without", "projectors", "--without", "queue"),
    WHOLE: up,
    APART: up_in_two,
}


class Load(NamedTuple):
    """A rate and latencies (s) of one run; CPU µs a command of the program, of nats-server and of the client."""

    rate: float
    latencies: list[float]
    program: float
    server: float
    client: float


async def figures(stock: Stock) -> list[Figure]:
    commands = stock.sized(10_000)
    loads: dict[str, list[Load]] = {name: [] for name in PARTS}
    rivals = []
    for number in range(stock.rounds):
        for name, started in PARTS.items():
            async with started(stock.folder / f"commands-{number}-{list(PARTS).index(name)}") as program:
                loads[name].append(await _loaded(program, commands))
        if rival := peers.eventsourcing(stock.folder / f"peer-{number}.db", stock.sized(5_000), threads=4):
            rivals.append(rival)
    async with up(stock.folder / "idle") as program:
        idle = await _one_by_one(program, stock.sized(1_000))
    return [*_rates(loads, rivals), *_idle(idle, _synced(stock.folder, stock.sized(1_000)))]


def _rates(loads: dict[str, list[Load]], rivals: Sequence[float]) -> Iterator[Figure]:
    program = {name: statistics.median(load.program for load in several) for name, several in loads.items()}
    write, relay, whole, _ = program.values()
    shares = f"CPU: write side {write:.0f}, relay {relay - write:.0f}, views {whole - relay:.0f}"
    rival = statistics.median(rivals) if rivals else None
    for name, several in loads.items():
        server, client = (statistics.median(getattr(load, part) for load in several) for part in ("server", "client"))
        around = f"nats-server {server:.0f}, this client {client:.0f} µs"
        alone = "what the peer does too: decide and commit; here over NATS"
        bound = {
            WRITE: alone,
            WHOLE: f"one core of Python: {shares}, {around}",
            APART: f"two cores, {around} among it",
        }.get(name, "")
        goal = {WHOLE: "≥ 5,000/s, ratio ≥ 3", APART: "≥ 5,000/s, ratio ≥ 3"}.get(name, "")
        beside = "eventsourcing on SQLite, 4 threads" if rivals and bound else ""
        rate = statistics.median(load.rate for load in several)
        title = f"command → outcome, 64 in flight, {name}"
        yield Figure(title, rate, "/s", program[name], beside, rival if beside else None, goal, bound)
        for share, most in ((0.5, ""), (0.99, "< 40 ms")) if goal else ():
            value = statistics.median(percentile(load.latencies, share) for load in several) * 1e3
            yield Figure(f"its p{share * 100:.0f}", value, "ms", goal=most, bound="the queue that 64 in flight make")


async def _loaded(program: Program, commands: int) -> Load:
    """The flights are new ones, each a command of its own."""
    client = await _opened(program)
    messages = [flights.single(flights.created(n), f"c{n}") for n in range(commands)]
    before = program.cpu()
    with Took() as took:
        latencies = await client.fire(messages, AT_ONCE)
    after = program.cpu()
    client.close()
    used = [(late - early) / commands * 1e6 for early, late in zip(before, after, strict=True)]
    return Load(commands / took.wall, latencies, used[0], used[1], took.cpu / commands * 1e6)


async def _opened(program: Program) -> Firing:
    endpoint = Endpoint.of(program.folder / "nats")
    client = await Firing.open(endpoint.url, endpoint.logins["local"])
    await client.fire([flights.single(flights.declaration(), "type")], 1)
    await client.fire([flights.single(flights.created(-n - 1), f"warm{n}") for n in range(200)], 1)  # let it warm up
    return client


class Idle(NamedTuple):
    """Seconds from sending to the outcome, and to the outcome of a command that waited for the view."""

    outcome: list[float]
    projected: list[float]


async def _one_by_one(program: Program, commands: int) -> Idle:
    (await _opened(program)).close()
    taken = Idle([], [])
    async with await connect(program.folder) as client:
        for n in range(2 * commands):
            part, projected = flights.created(n), n % 2 == 1
            begun = time.perf_counter()
            await client.send(part["type"], part["data"], wait="projected:versions" if projected else "outbox")
            (taken.projected if projected else taken.outcome).append(time.perf_counter() - begun)
    return taken


def _idle(idle: Idle, synced: Sequence[float]) -> Iterator[Figure]:
    said: tuple[tuple[str, list[float], dict[float, str], str], ...] = (
        ("one at a time: command → outcome", idle.outcome, {}, "one fsync, and the hops between processes and threads"),
        (
            "one at a time: command → projected",
            idle.projected,
            {0.5: "< 5 ms", 0.99: "< 20 ms"},
            "two fsyncs in turn, and the hops between processes and threads",
        ),
    )
    for name, latencies, goals, bound in said:
        for share in (0.5, 0.99):
            other = percentile(synced, share) * 1e3
            value = percentile(latencies, share) * 1e3
            beside = "fdatasync of 4 KiB, same disk"
            yield Figure(f"{name}, p{share * 100:.0f}", value, "ms", None, beside, other, goals.get(share, ""), bound)


def _synced(folder: Path, times: int) -> list[float]:
    taken = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return taken
