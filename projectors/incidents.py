"""What is worth remembering and has no position: marked data that was read, access that was denied, a login that failed.

record ──► the audit's table of incidents
   └─ cannot be written ─► dead letters: audit_dlq_*.jsonl ─── redrive ──► the table, each of them once

What can be kept in neither place did not happen: whoever wanted it is refused.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

from projectors.projector import ViewUnavailable

PAGE: Final = 500
Kind = Literal["read", "denied", "failedLogin", "mended"]


class Incident(NamedTuple):
    """`id` is a UUIDv7: written twice, it is there once. `time` in µs; `origin` = from where, e.g. `nats`; `what` was
    read or wanted: keys of entities, or a name; `why` it is told, or why not.
    """

    id: str
    time: int
    kind: Kind
    principal: str
    origin: str
    branch: str
    what: str
    why: str


class Standing(NamedTuple):
    """How many wait in dead letters, in how many bytes, since when (µs; 0 = none waits)."""

    incidents: int
    bytes: int
    oldest: int


class Table(Protocol):
    """The audit's table."""

    async def add_incidents(self, incidents: Sequence[Incident]) -> None:
        """All or none; what is there already stays as it is. Raises `ViewUnavailable`."""


class DeadLetters(Protocol):
    """Where they wait while the audit cannot be written. Raises `OSError`."""

    def append(self, incidents: Sequence[Incident]) -> None:
        """Durable when it returns."""

    def standing(self) -> Standing: ...

    def take(self) -> Sequence[tuple[str, Sequence[Incident]]]:
        """(name, what it holds) of each file; from now on new ones go into another file."""

    def drop(self, name: str) -> None:
        """What it held is in the audit."""


async def record(incidents: Sequence[Incident], table: Table, letters: DeadLetters) -> bool:
    """Whether the audit has them now; else they wait in the dead letters. Raises `OSError` where those refuse, too."""
    try:
        await table.add_incidents(incidents)
    except ViewUnavailable:
        letters.append(incidents)
        return False
    return True


async def redrive(table: Table, letters: DeadLetters) -> int:
    """Bring what waits into the audit; how many. Ended anywhere, it may be begun again. Raises `ViewUnavailable`."""
    brought = 0
    for name, incidents in letters.take():
        for start in range(0, len(incidents), PAGE):
            await table.add_incidents(incidents[start : start + PAGE])
        letters.drop(name)
        brought += len(incidents)
    return brought
