"""What a migration does to entities: under which prefixes it looks, and what it makes of one that does not fit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from events.decider import Payload, State

FIX: Final = "/fix"
ONCE: Final = 20_000  # entities that one commit converts


class Step(NamedTuple):
    """What is done to an entity that does not fit."""

    what: Literal["converted", "dropped"]
    command: Payload
    instead: Payload | None = None  # what comes in place of one that goes

    @property
    def commands(self) -> tuple[Payload, ...]:
        return (self.command,) if self.instead is None else (self.instead, self.command)


@dataclass(frozen=True, slots=True)
class Conversion:
    """`once`: all of it is one commit, in which the schema changes before the entities, or after them.

    So it is where what a batch writes would not be right under the old schema, or no entity shows by itself that it
    does not fit. Otherwise it goes batch by batch, and the schema changes with the last.
    """

    prefixes: tuple[str, ...]  # in order
    there: int  # entities of them that are alive
    fixed: Callable[[State], Step | None]  # of one that is alive. Raises `Refused` for one that it cannot mend
    once: Literal["", "before", "after"] = ""
