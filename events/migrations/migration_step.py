"""What a migration does to entities: under which prefixes it looks, and what it makes of one that does not fit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from events.decider import Payload, State, needed
from events.findings import Refused
from events.names import Key
from events.objects.object_words import CreateObject

FIX: Final = "/fix"
ONCE: Final = 20_000  # entities that one commit converts
LOOKED_AT: Final = 10_000  # entities that a plan counts


class Step(NamedTuple):
    """What is done to an entity that does not fit."""

    what: Literal["converted", "dropped", "again"]
    command: Payload
    instead: Payload | None = None  # what comes in place of one that goes
    then: tuple[Payload, ...] = ()  # what comes when it has gone

    @property
    def commands(self) -> tuple[Payload, ...]:
        before = () if self.instead is None else (self.instead,)
        return (*before, self.command, *self.then)


class Claims(NamedTuple):
    """Of entities that claim what one of them may have: who gives way, and who has something that nobody holds yet."""

    steps: dict[Key, Step]
    claimed: list[Key]
    stuck: Mapping[Key, str] = MappingProxyType({})  # what cannot be mended, and why
    crowded: Sequence[Key] = ()  # reserved keys of what more than one had, and none is to have
    before: Sequence[tuple[Key, Payload]] = ()  # what is done round the steps, each for the sake of an entity
    after: Sequence[tuple[Key, Payload]] = ()
    until: Key | None = None  # the last one that was looked at, where not all were
    waiting: bool = False  # some are on their way still: the next batch looks at what this one wrote, too

    def commands(self) -> Iterator[tuple[Key, Payload]]:
        """In order, each with the entity for whose sake it is given."""
        yield from self.before
        yield from ((key, command) for key, step in self.steps.items() for command in step.commands)
        yield from self.after


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the schema changes round the entities: `first` with the first batch, which makes room, `last` with the last.

    What a batch writes is right under the schema as `first` leaves it, and under the one that `last` makes. Where no such
    schema is between the two, all of it is one commit (`once`).
    """

    prefixes: tuple[str, ...]  # in order
    there: int | None  # entities of them that are alive; `None`: as many as are counted (`migration_bounds.there`)
    fixed: Callable[[State], Step | None]  # of one that is alive. Raises `Refused` for one that it cannot mend
    once: bool = False
    first: tuple[Payload, ...] = ()
    last: tuple[Payload, ...] = ()  # empty = the change itself, unless it came first
    claiming: Callable[[Mapping[Key, State], str], Claims] | None = None
    """Of entities, and by which migration."""
    more: bool = False  # with the last batch a second scan begins, of what the change itself then makes of it
    moving: Callable[[Mapping[Key, State], Mapping[Key, State]], Claims] | None = None
    """Of what was written since, and of a page, of which it takes as much as goes into one commit."""
    misfit: Callable[[State], bool] | None = (
        None  # whether something becomes of an entity, where `fixed` does not say it
    )
    planned: Callable[[Mapping[Key, State], int], None] | None = None
    """Of those that are looked at when it is planned, and how many there are. Raises `Refused` where it would stop."""
    counted: bool = True  # else another scan has counted what there is
    comes: Callable[[State], CreateObject] | None = None
    """Of an object that goes over to another type: what comes in its place."""
    heavy: bool = False  # what it writes may be large: a batch takes as many entities as one commit should hold
    settled: Callable[[State, State], bool] | None = None
    """Whether what was made of an entity, as it was then, still stands: it must not be mended twice."""


def fixed_each(fixed: Callable[[State], Step | None], entities: Mapping[Key, State]) -> Claims:
    """What is made of each by itself. Raises `Unread`."""

    def step(state: State) -> Step | Refused | None:
        try:
            return fixed(state)
        except Refused as refused:
            return refused

    found = dict(zip(entities, needed(step, entities.values()), strict=True))
    stuck = {key: str(each) for key, each in found.items() if isinstance(each, Refused)}
    return Claims({key: each for key, each in found.items() if isinstance(each, Step)}, [], stuck)
