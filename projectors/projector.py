"""What a read model is made of: a projector (pure) and a view (a store that commits rows and checkpoint as one).

log ──► Feed ──► decode ──► view.fold: places(event) ──► rows(places) ──► evolve ──► commit(rows, checkpoint)
                                                                            └── cannot ──► parked, with all its places
"""

from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from events.branches import lineage
from events.decider import Payload
from events.names import Key
from events.wire.envelope import Event
from events.wire.upcasters import NotAPayload

RowT = TypeVar("RowT")

quick: Final = tuple.__new__
"""`quick(Version, values)` is `Version(*values)` in half the time: for the rows of hot loops."""

FOREVER: Final = lineage.FOREVER
"""The open end of an interval of positions."""

Place = tuple[str, Key]
"""A key on a branch; keys that belong to no branch stand on branch `""` (`names.ONTOLOGY_SCOPE`)."""


class Fetched(NamedTuple):
    """One message of the log as it was read: position, NATS subject, stored bytes."""

    position: int
    subject: str
    body: bytes


class Feed(Protocol):
    """Reads the log. The names of the log's two ends: `read` begins behind `after`, `last` is where it ends now."""

    def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """Messages after+1 … `until` in position order, in chunks as they come; without `until` it follows for ever.

        Raises `security.chain.Gap` where a position is missing.
        """

    async def last(self) -> int:
        """The log's last position, 0 if it is empty."""


PayloadOf = Callable[[str, bytes], Payload]
"""CloudEvents type and stored `data` to a payload of the newest version; raises `NotAPayload`."""


class Recorded(NamedTuple):
    """One event read from the log: `time` in µs, `hash` = SHA-256 (hex) of `body`; `payload_of` reads its `data`."""

    position: int
    subject: str
    body: bytes
    hash: str
    time: int
    event: Event
    payload_of: PayloadOf


class Checkpoint(NamedTuple):
    """How far a view is: the last event applied, its hash and time (µs). `revision` counts the view's commits."""

    position: int
    hash: str
    time: int = 0
    revision: int = 0


class Parked(NamedTuple):
    """An event that could not be applied, or (`behind` > 0) waits behind a parked one at that position."""

    position: int
    places: tuple[Place, ...]
    code: str
    reason: str
    subject: str
    body: bytes
    behind: int = 0


class Discarded(NamedTuple):
    """A parked event that an operator decided never to apply; `time` in µs."""

    position: int
    code: str
    reason: str
    author: str
    why: str
    time: int


class Parking(NamedTuple):
    """What a commit changes about parked events; `discarded` leave the parked ones, with a trace."""

    parked: Sequence[Parked] = ()
    released: Sequence[int] = ()
    discarded: Sequence[Discarded] = ()
    also: Sequence[tuple[int, Place]] = ()  # further places that wait behind a parked position


NO_PARKING: Final = Parking()


class Unappliable(Exception):
    """An event that a projector cannot apply."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code}: {reason}")


class ViewUnavailable(Exception):
    """The view's store refused for now (disk full, locked); nothing was written. `remedy` says what to do."""

    def __init__(self, view: str, cause: str, remedy: str) -> None:
        self.view, self.cause, self.remedy = view, cause, remedy
        super().__init__(f"{view}: {cause}; {remedy}")


class BrokenRow(ViewUnavailable):
    """What the store holds of a row does not read back to what was put there."""

    def __init__(self, view: str, position: int, branch: str, key: Key, reason: str) -> None:
        self.position, self.branch, self.key, self.reason = position, branch, key, reason
        where = f" on {branch}" if branch else ""
        cause = f"what is kept of {key}{where} as of position {position} is broken: {reason}"
        super().__init__(view, cause, f"`oms verify {view} --mend` writes it again")


class ViewOutdated(Exception):
    """The store holds another view, rows of another version of it, or another ontology's: it must be rebuilt."""

    def __init__(self, where: str, found: str, wanted: str) -> None:
        self.where, self.found, self.wanted = where, found, wanted
        super().__init__(f"{where} holds {found}, not {wanted}; `oms rebuild` makes it anew")


class Overtaken(Exception):
    """Another process wrote to the view since its checkpoint was read; nothing was written. Read it again."""

    def __init__(self, view: str, known: Checkpoint, found: Checkpoint) -> None:
        self.view, self.known, self.found = view, known, found
        super().__init__(
            f"{view} is at position {found.position} (revision {found.revision}), "
            f"not at {known.position} (revision {known.revision})"
        )


class Superseded(Exception):
    """Another build of the view became live; nothing was written. Open it."""

    def __init__(self, view: str) -> None:
        self.view = view
        super().__init__(f"another build of view {view} became live")


@dataclass(frozen=True)
class Projector(Generic[RowT]):
    """A read model. Raise `version` when rows would come out differently: then it is rebuilt.

    `places`: the rows an event touches. `evolve`: the row after the event; raises `Unappliable`.
    `parks` = False: the view stops at an event that it cannot apply.
    `reads` = False: a row follows from its event alone, so none is looked for; every event makes one.
    """

    name: str
    version: int
    places: Callable[[Recorded], Sequence[Place]]
    evolve: Callable[[RowT | None, Recorded], RowT]
    parks: bool = True
    reads: bool = True


Find = Callable[[Iterable[Place]], Mapping[Place, RowT]]
Work = Callable[[Find[RowT]], Generator[RowT, None, Parking]]
"""Asks for the rows it needs, then yields those to be written one by one; returns what it parks."""


class Folding(Generic[RowT]):
    """The rows that some work makes, each only when it is asked for: what is made and stored at once is made from a
    warm cache. `parking` is there behind the last one.
    """

    def __init__(self, rows: Generator[RowT, None, Parking]) -> None:
        self._rows = rows
        self.parking = NO_PARKING

    def __iter__(self) -> Iterator[RowT]:
        self.parking = yield from self._rows


class View(Protocol[RowT]):
    """Adapters pass `tests/ports/test_view.py` unchanged."""

    async def checkpoint(self) -> Checkpoint:
        """The last commit's; forgets rows that were written without one."""

    async def rows(self, places: Iterable[Place]) -> Mapping[Place, RowT]:
        """The rows now at these places, as their branches see them: inherited ones too. What is not there is absent."""

    async def commit(
        self, rows: Sequence[RowT], known: Checkpoint, reached: Checkpoint | None, parking: Parking = NO_PARKING
    ) -> None:
        """Write rows, parking and checkpoint: all or nothing, durable against the process's death.

        `reached` = None: these rows belong to a commit that is not whole yet. They are seen by `rows` but by no reader,
        and are lost unless a later call brings the checkpoint. Raises `Overtaken` if the view is not at `known`.
        """

    async def fold(self, work: Work[RowT], known: Checkpoint, reached: Checkpoint | None) -> None:
        """`commit` what `work` makes of `rows`, in one go. Raises what `work` raises; then nothing was written."""

    async def parked(self, after: int = 0, limit: int = FOREVER) -> Sequence[Parked]:
        """Parked events behind position `after`, in position order."""

    async def discarded(self) -> Sequence[Discarded]:
        """In position order."""

    async def close(self) -> None: ...


async def fetched_at(feed: Feed, position: int) -> Fetched | None:
    """The one message there; `None` where the log does not hold it. Raises `Gap`."""
    async with aclosing(feed.read(position - 1, position)) as chunks:
        async for chunk in chunks:
            return chunk[0]
    return None


def payload_of(event: Recorded) -> Payload:
    """The event's payload. Raises `Unappliable` if it could not be read."""
    stored = event.event
    try:
        return event.payload_of(stored.type, bytes(stored.data))
    except NotAPayload as error:
        raise Unappliable(error.code, error.text) from error
