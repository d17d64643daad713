"""What an import would do: decided as it would be, row after row upon the rows before, and nothing of it is kept."""

import sys
from asyncio import Lock
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from events.command import MAX_COMMAND_BYTES
from events.findings import Outcome
from events.names import command_subject
from oms.client.uploading import smaller
from oms.importing.batches import Batch, Reason
from oms.importing.flow import Answer
from oms.importing.mapping import Command
from oms.sections import split
from producers.decide import Planner
from producers.outbox import Work, Writes
from producers.receive import LOCAL, address, receive
from security.wrapped import Wraps

_encode: Final = msgspec.json.Encoder().encode


class Stage(Protocol):
    """Where it is rehearsed."""

    async def commit(self, work: Work) -> Writes: ...

    async def upload(self, principal: str, sections: Mapping[str, bytes], time: int, most: int) -> None: ...


class Would(msgspec.Struct):
    """As much of an event as tells what would change; `data` as it would be stored."""

    type: str
    subject: str
    data: dict[str, Any]
    effectivetime: str | None = None

    @property
    def change(self) -> str:
        """`object.created`, `link.created` …"""
        return ".".join(self.type.split(".")[2:4])

    @property
    def kind(self) -> str:
        """The slug of its type."""
        return self.subject.split("/", 2)[1] if self.subject.count("/") > 1 else "-"


_would: Final = msgspec.json.Decoder(Would)


class Rehearsing:
    """Takes batches as OMS would. `changes` counts by change and type; `seen` hears of each event that would be written."""

    def __init__(
        self, stage: Stage, planner: Planner, wraps: Wraps, clock: Callable[[], int], branch: str, author: str | None
    ) -> None:
        self.stage, self.planner, self.wraps, self.clock = stage, planner, wraps, clock
        self.branch, self.author = branch, author
        self.changes: Counter[tuple[str, str]] = Counter()
        self.seen: Callable[[Would], None] = lambda _: None
        self._turn = Lock()  # in the order in which they were asked for

    async def __call__(self, identity: str, batch: Batch) -> Answer:
        """As `flow.Ask`."""
        return await self.decided(identity, batch.commands)

    def counted(self) -> list[dict[str, Any]]:
        """How many of each change to each type there would be."""
        return [{"would": what, "type": kind, "count": n} for (what, kind), n in sorted(self.changes.items())]

    async def decided(self, identity: str, commands: list[Command]) -> Answer:
        message = {"id": identity, "type": "Commit", "branch": self.branch, "data": {"commands": commands}}
        named = message if self.author is None else {**message, "author": self.author}
        subject = command_subject(self.planner.ontology, LOCAL, self.branch, "Commit")
        body = _encode(named)
        if len(body) > MAX_COMMAND_BYTES:
            body = await self._sent_ahead(named, body)
        asked = receive(address(subject), body)
        async with self._turn:
            writes = await self.stage.commit(self.planner.work([asked], self.clock()))
        for row in writes.rows:
            would = _would.decode(row.body)
            self.changes[would.change, would.kind] += 1
            self.seen(would)
        outcome = Outcome.model_validate_json(writes.outcomes[0])
        reasons = outcome.findings if outcome.status == "rejected" else []
        return Answer(outcome.position, tuple(Reason(each.code, each.path, each.text) for each in reasons))

    async def _sent_ahead(self, message: dict[str, Any], body: bytes) -> bytes:
        """The message as a client would send it behind its large values."""
        data, sections = smaller("Commit", body, split)
        wrapped = {
            self.wraps.hidden(name): self.wraps.wrapped(name, _encode(content)) for name, content in sections.items()
        }
        await self.stage.upload(LOCAL, wrapped, self.clock(), sys.maxsize)
        return _encode({**message, "data": data})
