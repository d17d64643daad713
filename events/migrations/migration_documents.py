"""Large values that a batch writes again: as many as one commit should hold, and all that this asks for is asked at once.

entities in order   a 2 MB │ b 9 MB │ c 8 MB │ d …       a, b are taken, c begins the next batch
                    └───── ≤ BYTES ─┘                    one that is larger is taken alone
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from events.decider import Context, Payload
from events.names import Key
from events.objects.object_words import CreateObject, UpdateObject
from events.objects.splits import Splits
from events.schema.values import Json

BYTES: Final = 16 * 1024 * 1024
"""Of JSON, in a batch."""


LITTLE: Final = 1024 * 1024
"""Of JSON, in a batch that changes the schema: it is decided where others wait for it."""


class Fitting(NamedTuple):
    """How many of some entities a batch takes, and how much is written for these."""

    taken: int
    size: int


def fitting(
    splits: Splits, entities: Sequence[Key], commands: Mapping[Key, Sequence[Payload]], most: int = BYTES
) -> Fitting:
    """The first of these entities, each with what is done for it: of `BYTES` one at least, if there are any."""
    size = 0
    for taken, key in enumerate(entities):
        more = sum(_size(splits, command) for command in commands.get(key, ()))
        if more and size + more > most and (size or most < BYTES):
            return Fitting(taken, size)
        size += more
    return Fitting(len(entities), size)


def with_documents(context: Context, commands: Iterable[Payload]) -> list[Payload]:
    """Those that write a value which is kept in sections."""
    section = context.splits.section
    return [each for each in commands if any(section(value) is not None for value in _given(each).values())]


def _size(splits: Splits, command: Payload) -> int:
    return sum(max(0, splits.size(value)) for value in _given(command).values())


def _given(command: Payload) -> Mapping[str, Json]:
    if isinstance(command, UpdateObject):
        return command.patch or {}
    return command.properties if isinstance(command, CreateObject) else {}
