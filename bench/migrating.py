"""A migration of many objects, batch by batch beside nothing else, and its revert: how fast, in how much memory, and how evenly."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from adapters import system_clock as clock
from adapters.sqlite_outbox import SqliteOutbox
from bench import flights
from bench.figures import Figure
from bench.flights import BRANCH, Message
from bench.stock import Stock
from bench.writing import committer, write
from events.names import command_subject
from producers.committer import Committer
from producers.receive import address, receive
from workers import migrations

OBJECTS: Final = 100_000
PLANNED: Final = {
    "change": {"type": "ChangePropertyType", "data": {"type": "Flight", "property": "distance", "to": "string"}},
    "fix": {"kind": "cast"},
}
TAILS: Final = 4_000  # planes that flights name
PLANE: Final = {
    "name": "Plane",
    "primaryKey": ["tail"],
    "properties": [{"name": "tail", "type": "string"}, {"name": "serial", "type": "string", "required": True}],
}
REFERRING: Final = {
    "change": {
        "type": "ChangePropertyType",
        "data": {"type": "Flight", "property": "tailnum", "to": "reference", "target": "Plane"},
    },
    "fix": {"kind": "cast"},
}
STATM: Final = Path("/proc/self/statm")
PAGE: Final = 4_096  # bytes


async def figures(stock: Stock) -> list[Figure]:
    outbox = SqliteOutbox(stock.folder / "migrating.db", "main")
    size = stock.sized(OBJECTS)
    async with committer(outbox) as working:
        await write(working, flights.commits(map(flights.created, range(size))))
        before = _resident()
        ran = await _made(outbox, working, 1, PLANNED)
        back = await _run(outbox, working, "RevertMigration", 1)
        await _sent(working, "CreateObjectType", PLANE)
        await write(working, flights.commits(map(_plane, range(TAILS)), size))
        counted = await _made(outbox, working, 2, REFERRING)
        named = await _made(outbox, working, 3, _key("Plane", "serial"))
        keyed = await _made(outbox, working, 4, _key("Flight", "number", "carrier"))
    outbox.close()
    tenth = len(ran.seconds) // 10
    return [
        Figure(f"migrate {size:,} objects: number → string", size / sum(ran.seconds), "objects/s"),
        Figure(
            "its last tenth of batches", sum(ran.seconds[-tenth:]), "s",
            beside="its first tenth", other=sum(ran.seconds[:tenth]), goal="ratio ≤ 1.3",
        ),
        Figure("a batch of 500, longest", max(ran.seconds) * 1e3, "ms", bound="others wait for it"),
        Figure("memory while it runs, most", ran.most, "MB", beside="before it", other=before, goal="flat"),
        Figure(f"take it back: {size:,} objects", size / sum(back.seconds), "objects/s"),
        Figure(f"migrate {size:,} objects: text → reference", size / sum(counted.seconds), "objects/s"),
        Figure(
            f"another key for {TAILS:,} objects that {size:,} refer to", size / sum(named.seconds), "references/s"
        ),
        Figure("a batch of it, longest", max(named.seconds) * 1e3, "ms", bound="others wait for it"),
        Figure(f"another key for {size:,} objects", size / sum(keyed.seconds), "objects/s"),
        Figure("a batch of it, longest", max(keyed.seconds) * 1e3, "ms", bound="others wait for it"),
    ]  # fmt: skip


class _Ran:
    def __init__(self) -> None:
        self.seconds: list[float] = []  # of each batch
        self.most = 0.0  # MB


async def _made(outbox: SqliteOutbox, working: Committer, number: int, planned: dict[str, Any]) -> _Ran:
    await _sent(working, "PlanMigration", planned)
    await _sent(working, "ApproveMigration", {"migration": number})
    return await _run(outbox, working, "RunMigration", number)


def _plane(number: int) -> dict[str, Any]:
    properties = {"tail": f"N{number:05d}", "serial": f"제{number * 37 % 10_000:05d}"}
    return {"type": "CreateObject", "data": {"type": "Plane", "properties": properties}}


def _key(type_: str, *properties: str) -> dict[str, Any]:
    return {
        "change": {"type": "SetPrimaryKey", "data": {"type": type_, "primaryKey": properties}},
        "fix": {"kind": "move"},
    }


async def _run(outbox: SqliteOutbox, working: Committer, command: str, number: int) -> _Ran:
    await _sent(working, command, {"migration": number})
    ran = _Ran()
    while await _timed(ran, lambda: migrations.step(outbox, _decider(working), clock.new_id)):
        ran.most = max(ran.most, _resident())
    del ran.seconds[-1]  # found nothing to do any more
    return ran


async def _timed(ran: _Ran, step: Callable[[], Awaitable[int]]) -> int:
    began = time.perf_counter()
    applied = await step()
    ran.seconds.append(time.perf_counter() - began)
    return applied


def _decider(working: Committer) -> Callable[[str, bytes], Awaitable[bytes]]:
    async def decide(subject: str, payload: bytes) -> bytes:
        return await working.enqueue(receive(address(subject), payload))

    return decide


async def _sent(working: Committer, command: str, data: dict[str, Any]) -> None:
    body = {
        "id": f"{command}-{len(data)}-{msgspec.json.encode(data).decode()}"[:200],
        "type": command,
        "branch": BRANCH,
        "data": data,
    }
    await write(working, [Message(command_subject("main", "local", BRANCH, command), msgspec.json.encode(body), 1)])


def _resident() -> float:
    """MB of this process in memory."""
    return int(STATM.read_text().split()[1]) * PAGE / 1024**2
