"""What the hooks of a commit cost for each object: decided in memory, so that nothing but deciding is measured."""

import asyncio
import time
from secrets import token_bytes
from typing import Any, Final

import msgspec

from adapters.memory_keys import MemoryKeys
from adapters.memory_outbox import MemoryOutbox
from bench.figures import Figure
from bench.stock import Stock
from events.names import command_subject
from producers.command import Submitted
from producers.decide import Planner
from producers.genesis import genesis
from producers.keys import KeyRing
from producers.receive import address, receive

MAIN: Final = "prod/flights/main"
NOW: Final = 1_700_000_000_000_000
OBJECTS: Final = 2_000  # in one group, each a commit of its own
KINDS: Final = ("email", "phone", "rrn", "card", "iban", "ip", "passport")
OFF: Final = ("SetPiiPolicy", {"kinds": dict.fromkeys(KINDS, "allow")})
RULE: Final = ("CreateRule", {"name": "Late", "type": "Flight", "expression": "!has(new.delay) || new.delay < 10000"})
FLIGHT: Final = {
    "name": "Flight",
    "primaryKey": ["id"],
    "properties": [
        *({"name": name, "type": "string"} for name in ("id", "carrier", "tailnum", "origin", "dest", "note")),
        *({"name": name, "type": "integer"} for name in ("flight", "delay", "distance")),
        {"name": "at", "type": "timestamp"},
    ],
}

_encode: Final = msgspec.json.Encoder().encode


async def figures(stock: Stock) -> list[Figure]:
    rounds = 3 if stock.quick else 9
    cases: list[tuple[str, list[tuple[str, dict[str, Any]]], str]] = [
        ("hooks off", [OFF], "정시 출발"),
        ("looking for personal data", [], "정시 출발"),
        ("looking, and a rule", [RULE], "정시 출발"),
        ("finding a phone", [], "문의 010-1234-5678"),
    ]
    figures: list[Figure] = []
    for name, before, note in cases:
        took = await _decided(before, note, rounds)
        floor = figures[0].value if figures else None
        figures.append(
            Figure(f"validate an object: {name}", took, "µs", beside="hooks off" if floor else "", other=floor)
        )
    return figures


async def _decided(before: list[tuple[str, dict[str, Any]]], note: str, rounds: int) -> float:
    """µs of CPU for each object, at best."""
    outbox, ids = MemoryOutbox("main"), _Ids()
    planner = Planner("main", ids, ring=KeyRing(MemoryKeys(), token_bytes))
    await outbox.commit(genesis("main", MAIN, NOW))
    await outbox.commit(planner.work([_command(*each, ids()) for each in [("CreateObjectType", FLIGHT), *before]], NOW))
    best = float("inf")
    for at in range(rounds):
        group = [_command("CreateObject", _flight(at * OBJECTS + number, note), ids()) for number in range(OBJECTS)]
        began = time.process_time()
        writes = await outbox.commit(planner.work(group, NOW))
        best = min(best, time.process_time() - began)
        assert len(writes.rows) == OBJECTS
        await asyncio.sleep(0)
    return best / OBJECTS * 1e6


def _flight(number: int, note: str) -> dict[str, Any]:
    texts = {"id": f"UA-{number}", "carrier": "UA", "tailnum": "N14228", "origin": "EWR", "dest": "IAH", "note": note}
    return {
        "type": "Flight",
        "properties": {**texts, "flight": number, "delay": 7, "distance": 1400, "at": "2013-01-01T05:00:00.000000Z"},
    }


def _command(name: str, data: dict[str, Any], identity: str) -> Submitted:
    body = {"id": identity, "type": name, "branch": MAIN, "data": data}
    return receive(address(command_subject("main", "local", MAIN, name)), _encode(body))


class _Ids:
    def __init__(self) -> None:
        self.given = 0

    def __call__(self) -> str:
        self.given += 1
        return f"00000000-0000-7000-8000-{self.given:012x}"
