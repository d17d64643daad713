"""Decides the commands of a batch, each upon what those before it have left."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from events.actions.staging import Stage
from events.decider import Context, Drafted, Payload, needed
from events.findings import Refused
from events.migrations.migration_deciders import decided_by, evolve
from events.migrations.migration_documents import with_documents


@dataclass(slots=True)
class Staging:
    """`context`: as the branch was before all of them."""

    context: Context
    stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self.stage = Stage(self.context.heads, evolve)

    @property
    def now(self) -> Context:
        return self.context.like(heads=self.stage, planned=True)

    def decided(self, commands: Sequence[Payload], *, room: bool = False) -> list[Drafted]:
        """Of all of them, in this order; `room`: they make it. Raises `Refused`, `Unread`."""
        drafted: list[Drafted] = []
        for data, some in groupby(commands, _of_data):
            run = list(some)
            if data:
                self.known(run)
            drafted += [event for command in run for event in self.one(command, room=room)]
        return drafted

    def one(self, command: Payload, *, room: bool = False) -> list[Drafted]:
        """Raises `Refused`, `Unread`."""
        events = decided_by(command).decide(self.now.like(room=room), command)
        self.stage.take(events, self.context.position + 1)
        return events

    def known(self, commands: Iterable[Payload]) -> None:
        """Ask for what all of them can name at once: else each would cost a round of its own. Raises `Unread`."""
        several = list(commands)
        needed(self.stage.get, [key for each in several for key in decided_by(each).reads(self.now, each)])
        needed(self._tried, with_documents(self.context, several))

    def _tried(self, command: Payload) -> None:
        """Decided for what that asks for: the sections of a value, and those that it shall be kept in. Raises `Unread`."""
        with suppress(Refused):
            decided_by(command).decide(self.now, command)


def _of_data(command: Payload) -> bool:
    return decided_by(command).aggregate in ("object", "link")
