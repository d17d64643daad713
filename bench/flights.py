"""What every figure writes: flights, as commands in the bytes that travel. The same ones in every run."""

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec

BRANCH = "prod/main/main"
PER_COMMIT = 500
CREATED = 10  # one event in so many creates an object, the others change one at random


class Message(NamedTuple):
    """A command as NATS carries it, and how many events come of it."""

    subject: str
    body: bytes
    events: int


Part = dict[str, Any]


def declaration() -> Part:
    """The object type."""
    types = {
        "number": "integer", "carrier": "string", "flight": "integer", "tailnum": "string", "origin": "string",
        "dest": "string", "depTime": "integer", "arrTime": "integer", "airTime": "number", "distance": "number",
        "timeHour": "timestamp", "note": "string",
    }  # fmt: skip
    properties = [{"name": name, "type": kind} for name, kind in types.items()]
    properties[0]["required"] = True  # type: ignore[assignment]  # a mixed dict
    return {"type": "CreateObjectType", "data": {"name": "Flight", "primaryKey": ["number"], "properties": properties}}


def created(number: int) -> Part:
    """The flight of this number, about 1 kB as an event."""
    return {"type": "CreateObject", "data": {"type": "Flight", "properties": {
        "number": number, "carrier": "UA", "flight": number % 9000, "tailnum": f"N{number % 4000:05d}", "origin": "EWR",
        "dest": "IAH", "depTime": 517, "arrTime": 830, "airTime": 227.5, "distance": 1400.0,
        "timeHour": "2013-01-01T05:00:00.000000Z", "note": "정시 출발",
    }}}  # fmt: skip


def changed(number: int, change: int) -> Part:
    """A change of four of its properties."""
    patch = {"depTime": change % 2400, "arrTime": (change + 313) % 2400, "airTime": change % 700 + 0.5, "note": "지연"}
    return {"type": "UpdateObject", "data": {"type": "Flight", "key": str(number), "patch": patch}}


def mixed(events: int) -> Iterator[Part]:
    """Objects come and change all the time: the work is the same at the end as at the beginning, only with more of them."""
    chance = random.Random(7)
    for event in range(events):
        there = event // CREATED
        yield created(there) if event % CREATED == 0 else changed(chance.randint(0, there), event)


def commits(parts: Iterable[Part], start: int = 0) -> Iterator[Message]:
    """500 commands a message."""
    rest = iter(parts)
    for number, several in enumerate(iter(lambda: list(islice(rest, PER_COMMIT)), []), start):
        yield _message(f"commit-{number}", "Commit", {"commands": several}, len(several))


def single(part: Part, identity: str) -> Message:
    return _message(identity, part["type"], part["data"], 1)


def _message(identity: str, command: str, data: object, events: int) -> Message:
    subject = f"oms.cmd.main.local.{BRANCH.replace('/', '.')}.{command}"
    return Message(
        subject, msgspec.json.encode({"id": identity, "type": command, "branch": BRANCH, "data": data}), events
    )
