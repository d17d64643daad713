"""What a read model is made of: a projector (pure) and a view (a store that commits rows and checkpoint as one).

log ──► Feed ──► Recorded ──► keys(event) ──► view.rows(keys) ──► evolve ──► view.commit(rows, checkpoint)
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from events.decider import Payload
from events.envelope import Event
from events.names import Key

RowT = TypeVar("RowT")


class Recorded(NamedTuple):
    """One event read from the log: its stored bytes, its envelope, and its payload (upcast to the newest version)."""

    position: int
    subject: str
    body: bytes
    event: Event
    payload: Payload


class Batch(NamedTuple):
    """Whole commits in position order, no gap to the batch before. `hash` is the SHA-256 (hex) of the last body."""

    recorded: Sequence[Recorded]
    hash: str


class Feed(Protocol):
    """Reads the log behind `after`, up to `until` (`None` = what is there now): `(position, subject, body)` in order.

    Raises `security.chain.Gap` where a position is missing; that each body follows the one before it, the reader proves.
    """

    def read(self, after: int, until: int | None = None) -> AsyncIterator[Sequence[tuple[int, str, bytes]]]: ...


class Parked(NamedTuple):
    """An event that could not be applied, or waits behind one of its keys."""

    position: int
    keys: tuple[Key, ...]
    code: str
    reason: str


class Projector(Protocol, Generic[RowT]):
    name: str
    version: int

    def keys(self, event: Recorded) -> Iterable[Key]:
        """The rows this event touches."""

    def evolve(self, row: RowT | None, event: Recorded) -> RowT | None: ...


class View(Protocol):
    """Adapters pass `tests/ports/test_view.py` unchanged."""

    async def checkpoint(self) -> int: ...
    async def rows(self, keys: Sequence[Key]) -> Mapping[Key, Any]: ...
    async def commit(self, rows: Sequence[Any], checkpoint: int, parked: Sequence[Parked] = ()) -> None: ...
