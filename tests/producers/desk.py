"""A planner at an outbox: commands go in as a client would send them, in groups, and outcomes come out."""

import json
from typing import Any

from events.names import command_subject
from producers.command import Limits
from producers.decide import Planner
from producers.genesis import genesis
from producers.outbox import Outbox
from producers.receive import address, receive
from security.wrapped import KEY_BYTES, Wraps
from tests.events.world import ring_in_memory

MAIN = "prod/main/main"
START = 1_700_000_000_000_000  # µs


class Desk:
    """`now` is the clock, in µs; it stands still unless somebody moves it."""

    def __init__(self, outbox: Outbox, limits: Limits | None = None) -> None:
        self.outbox, self.limits, self.now = outbox, limits, START
        self._ids = 0
        self.ring, self.wraps = ring_in_memory(), Wraps(bytes(KEY_BYTES))
        self.planner = Planner("main", self.new_id, limits, self.ring, self.wraps)

    async def open(self) -> "Desk":
        await self.outbox.commit(genesis("main", MAIN, self.now))
        return self

    def restart(self) -> None:
        """A new process: nothing is known but what the outbox holds."""
        self.ring.forget()
        self.planner = Planner("main", self.new_id, self.limits, self.ring, self.wraps)

    def new_id(self) -> str:
        self._ids += 1
        return f"00000000-0000-7000-8000-{self._ids:012x}"

    async def group(self, *commands: dict[str, Any], principal: str = "local") -> list[dict[str, Any]]:
        """Decided as one group, in this order. A command is `{type, data}`; `id` and `branch` are filled in."""
        submitted = []
        for command in commands:
            body = {"id": self.new_id(), "branch": MAIN, **command}
            subject = command_subject("main", principal, body["branch"], body["type"])
            submitted.append(receive(address(subject), json.dumps(body).encode()))
        writes = await self.outbox.commit(self.planner.work(submitted, self.now))
        self.ring.destroy(writes.destroyed)
        return [json.loads(outcome) for outcome in writes.outcomes]

    async def send(self, type_: str, /, on: str = MAIN, **data: Any) -> dict[str, Any]:
        return (await self.group(asked(type_, on, **data)))[0]

    async def stored(self, key: str, on: str = MAIN) -> dict[str, Any]:
        """The properties of an object's newest state."""
        heads = await self.outbox.heads_after(on, key, 0, 100)
        return json.loads([each for each in heads if each.key == key][-1].state or b"")["properties"]


def asked(type_: str, /, on: str = MAIN, **data: Any) -> dict[str, Any]:
    return {"type": type_, "branch": on, "data": data}


def codes(outcome: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in outcome["findings"]]


PLANE = {
    "name": "Plane",
    "primaryKey": ["tail"],
    "properties": [
        {"name": "tail", "type": "string", "required": True},
        {"name": "seats", "type": "integer"},
        {"name": "serial", "type": "string", "unique": True},
    ],
}


def plane(tail: str, **properties: Any) -> dict[str, Any]:
    return {"type": "Plane", "properties": {"tail": tail, **properties}}
