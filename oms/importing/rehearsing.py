"""What an import would do: decided as it would be, row after row upon the rows before, and nothing of it is kept."""

from asyncio import Lock
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from events.findings import Outcome
from events.names import command_subject
from oms.importing.batches import Batch, Reason
from oms.importing.flow import Answer
from oms.importing.mapping import Command
from producers.decide import Planner
from producers.outbox import Work, Writes
from producers.receive import LOCAL, address, receive

_encode: Final = msgspec.json.Encoder().encode


class Stage(Protocol):
    """Where it is rehearsed."""

    async def commit(self, work: Work) -> Writes: ...


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
        self, stage: Stage, planner: Planner, clock: Callable[[], int], branch: str, author: str | None
    ) -> None:
        self.stage, self.planner, self.clock, self.branch, self.author = stage, planner, clock, branch, author
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
        asked = receive(address(subject), _encode(named))
        async with self._turn:
            writes = await self.stage.commit(self.planner.work([asked], self.clock()))
        for row in writes.rows:
            would = _would.decode(row.body)
            self.changes[would.change, would.kind] += 1
            self.seen(would)
        outcome = Outcome.model_validate_json(writes.outcomes[0])
        reasons = outcome.findings if outcome.status == "rejected" else []
        return Answer(outcome.position, tuple(Reason(each.code, each.path, each.text) for each in reasons))
