"""What deciding costs for each kind of command: decide and fold on heads in memory, with nothing read, drawn or written."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from bench.figures import Figure
from bench.stock import Stock
from events import catalog
from events.branches import branch
from events.decider import UNDER, Context, Drafted, Head, Payload
from events.names import Key

MAIN: Final = "prod/flights/main"
NOW: Final = 1_700_000_000_000_000
EACH: Final = 500  # commands of a kind in a round
Said = tuple[str, dict[str, Any]]

TEXTS: Final = ("id", "carrier", "tailnum", "origin", "dest", "status")
FLIGHT: Final = {
    "name": "Flight",
    "primaryKey": ["id"],
    "properties": [
        *({"name": name, "type": "string"} for name in TEXTS),
        {"name": "delay", "type": "integer"},
        {"name": "at", "type": "timestamp"},
    ],
}
TEXT: Final = {"name": "이름", "type": "string"}
GATE: Final = {"name": "Gate", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
CANCEL: Final = {
    "name": "CancelFlight",
    "parameters": {
        "flight": {"type": "reference", "target": "Flight", "required": True},
        "reason": {"type": "string", "required": True},
    },
    "criteria": [{"cel": "objects.flight.status != 'departed'", "message": "이미 출발했습니다"}],
    "edits": [
        {"edit": "updateObject", "object": "flight", "set": {"status": {"cel": "parameters.reason"}}},
        {"edit": "deleteLink", "type": "departsFrom", "from": {"cel": "parameters.flight"}, "to": "A1"},
    ],
}
KINDS: Final[tuple[tuple[str, Callable[[int], Said]], ...]] = (
    ("CreateObject", lambda n: ("CreateObject", {"type": "Flight", "properties": _flight(n)})),
    ("UpdateObject", lambda n: ("UpdateObject", {"type": "Flight", "key": f"UA-{n}", "patch": {"delay": n + 100}})),
    ("CreateLink", lambda n: ("CreateLink", {"type": "departsFrom", "from": f"UA-{n}", "to": "A1"})),
    (
        "ApplyAction, of two edits",
        lambda n: ("ApplyAction", {"action": "CancelFlight", "parameters": {"flight": f"UA-{n}", "reason": "안개"}}),
    ),
    ("CreateObjectType", lambda n: ("CreateObjectType", {**FLIGHT, "name": f"Flight{n}"})),
    (
        "AddProperty",
        lambda n: ("AddProperty", {"type": f"Flight{n}", "property": {"name": "gate", "type": "string"}}),
    ),
    ("CreateLinkType", lambda n: ("CreateLinkType", {"name": f"leaves{n}", "from": "Flight", "to": "Gate"})),
    ("CreateInterface", lambda n: ("CreateInterface", {"name": f"Named{n}", "properties": [TEXT]})),
    (
        "CreateValueType",
        lambda n: ("CreateValueType", {"name": f"Seats{n}", "base": "integer", "constraint": {"min": 1}}),
    ),
    ("CreateStructType", lambda n: ("CreateStructType", {"name": f"Place{n}", "fields": [TEXT]})),
    ("CreateSharedProperty", lambda n: ("CreateSharedProperty", {"name": f"Mail{n}", "property": {"type": "string"}})),
    ("CreateActionType", lambda n: ("CreateActionType", {**CANCEL, "name": f"Cancel{n}"})),
    (
        "RegisterSubscription",
        lambda n: ("RegisterSubscription", {"name": f"s{n}", "sink": "https://example.com", "objectTypes": ["Flight"]}),
    ),
    ("CreateBranch", lambda n: ("CreateBranch", {"name": f"dev/flights/b{n}"})),
)
"""In an order in which each finds what it needs."""


class _Heads(dict[Key, Head]):
    """What was never written is known not to be there."""

    def __missing__(self, key: Key) -> Head:
        return Head(0, {"keys": []} if key.startswith(UNDER) else None)


async def figures(stock: Stock) -> list[Figure]:
    rounds = 1 if stock.quick else 5
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, took in _round():
            best[name] = min(took, best.get(name, took))
        await asyncio.sleep(0)
    return [Figure(f"decide {name}", took, "µs") for name, took in best.items()]


def _round() -> Iterable[tuple[str, float]]:
    """µs of CPU for each command of each kind."""
    ids = (f"00000000-0000-7000-8000-{number:012x}" for number in range(1_000_000))
    context = Context(MAIN, "ada@flights", NOW, lambda: next(ids), _Heads(), 1)
    _fold(context, [branch.genesis(MAIN)])
    _decided(context, [catalog.command("CreateObjectType", each) for each in (FLIGHT, GATE)])
    ends = {"name": "departsFrom", "from": "Flight", "to": "Gate"}
    _decided(context, [catalog.command("CreateLinkType", ends), catalog.command("CreateActionType", CANCEL)])
    _decided(context, [catalog.command("CreateObject", {"type": "Gate", "properties": {"id": "A1"}})])
    for name, said in KINDS:
        commands = [catalog.command(*said(number)) for number in range(EACH)]
        began = time.process_time()
        events = _decided(context, commands)
        yield name, (time.process_time() - began) / EACH * 1e6
        assert events >= EACH


def _decided(context: Context, commands: Iterable[Payload]) -> int:
    """How many events came of them, all folded."""
    events = 0
    for command in commands:
        drafted = catalog.decider(type(command).__name__).decide(context, command)
        _fold(context, drafted)
        events += len(drafted)
    return events


def _fold(context: Context, drafted: Iterable[Drafted]) -> None:
    heads = context.heads
    assert isinstance(heads, _Heads)
    for each in drafted:
        context.position += 1
        for key, state in catalog.fold(context.get, each.key, each.payload):
            heads[key] = Head(context.position, state)


def _flight(number: int) -> dict[str, Any]:
    texts = {"id": f"UA-{number}", "carrier": "UA", "tailnum": "N14228", "origin": "EWR", "dest": "IAH"}
    return {**texts, "status": "planned", "delay": 7, "at": "2013-01-01T05:00:00.000000Z"}
