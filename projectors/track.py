"""One view on its way along the log: fold a part of it into rows, write them, tell who waited for that position."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

from projectors.decode import Part
from projectors.parking import Waiting, stopped
from projectors.projector import (
    NO_PARKING,
    Checkpoint,
    Find,
    Parked,
    Parking,
    Place,
    Projector,
    Recorded,
    Superseded,
    Unappliable,
    View,
)

RowT = TypeVar("RowT")
_PAGE: Final = 1_000


Dead = Callable[[str, Sequence[Parked]], Awaitable[None]]
"""(view, what it has parked); called behind the commit that parked it. It must not raise."""


async def untold(_view: str, _parked: Sequence[Parked]) -> None:
    """For who parks where nobody listens."""


class Live(Protocol[RowT]):
    """Which build of a view is to be written: a rebuild may make another one live."""

    def changed(self) -> bool:
        """Another build than the one opened last is live now."""

    def open(self) -> View[RowT]:
        """The live one."""


class Track(Generic[RowT]):
    """`open` it first, and again after `Superseded`, `Overtaken` or any other failure of `apply`."""

    def __init__(
        self,
        projector: Projector[RowT],
        view: View[RowT],
        start: Checkpoint,
        live: Live[RowT] | None = None,
        dead: Dead = untold,
        wanted: Callable[[str, str], bool] | None = None,
    ) -> None:
        """`wanted(branch, entity)`: of which events rows are made; without it of all."""
        self.projector, self.view, self.live, self.dead, self.wanted = projector, view, live, dead, wanted
        self.checkpoint = start
        self.waiting = Waiting()
        self.discarded: frozenset[int] = frozenset()
        self._awaited: list[tuple[int, asyncio.Future[None]]] = []
        self._parked: list[Parked] = []  # and not told yet

    @property
    def name(self) -> str:
        return self.projector.name

    async def open(self) -> Checkpoint:
        """Start, or start again, from what the view holds."""
        if self.live is not None and self.live.changed():
            await self.view.close()
            self.view = self.live.open()
        self.checkpoint = await self.view.checkpoint()
        self.discarded = frozenset([event.position for event in await self.view.discarded()])
        self.waiting = Waiting()
        self._parked.clear()
        after = 0
        while page := await self.view.parked(after, _PAGE):
            for parked in page:
                self.waiting.add(parked.position, parked.places)
            after = page[-1].position
        self._tell()
        return self.checkpoint

    async def apply(self, part: Part) -> None:
        """Write what the events make of the rows.

        Raises `Superseded`, `Overtaken`, `ViewUnavailable`; `Unappliable` if the projector never parks.
        """
        if self.live is not None and self.live.changed():
            raise Superseded(self.name)
        last = part.events[-1]
        reached = Checkpoint(last.position, last.hash, last.time, self.checkpoint.revision + 1) if part.whole else None
        await self.view.fold(partial(self._folded, part.events), self.checkpoint, reached)
        if reached:
            self.checkpoint = reached
            self._tell()
            if self._parked:
                parked, self._parked = self._parked, []
                await self.dead(self.name, parked)

    async def reached(self, position: int) -> None:
        """Returns when the view has committed `position`; who must not wait for ever brings a timeout."""
        if position <= self.checkpoint.position:
            return
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.append((position, told))
        await told

    def _folded(self, events: Sequence[Recorded], find: Find[RowT]) -> Generator[RowT, None, Parking]:
        """Runs where the view wants it, e.g. in the thread of its connection."""
        if self.discarded:
            events = [event for event in events if event.position not in self.discarded]
        if self.wanted is not None:
            events = [event for event in events if self.wanted(event.event.branch, event.event.subject)]
        if not (self.projector.reads or self.projector.parks):
            yield from _each(self.projector, events)
            return NO_PARKING
        touched = [self.projector.places(event) for event in events]
        rows = dict(find({place for places in touched for place in places}))
        parked: list[Parked] = []
        also: list[tuple[int, Place]] = []
        waiting = bool(self.waiting)
        for event, places in zip(events, touched, strict=True):
            try:
                behind = self.waiting.behind(event, places) if waiting else 0
                if behind:
                    raise Unappliable("EVENT_WAITS", f"waits behind position {behind}")  # noqa: TRY301 one way to park
                evolved = evolve(self.projector, rows, places, event)
            except Unappliable as reason:
                if not self.projector.parks:
                    raise
                parked.append(self._park(event, places, reason, behind))
                waiting = True
                continue
            for place, row in zip(places, evolved, strict=True):
                rows[place] = row
                yield row
            if waiting:
                also += self._inherit(event)
        return Parking(parked, also=also) if parked or also else NO_PARKING

    def _park(self, event: Recorded, places: Sequence[Place], reason: Unappliable, behind: int) -> Parked:
        held = stopped(event, places)
        self.waiting.add(event.position, held)
        parked = Parked(event.position, held, reason.code, reason.reason, event.subject, event.body, behind)
        self._parked.append(parked)
        return parked

    def _inherit(self, event: Recorded) -> list[tuple[int, Place]]:
        also = self.waiting.inherited(event)
        for position, place in also:
            self.waiting.add(position, [place])
        return also

    def _tell(self) -> None:
        position = self.checkpoint.position
        for wanted, told in self._awaited:
            if wanted <= position and not told.done():
                told.set_result(None)
        self._awaited = [(wanted, told) for wanted, told in self._awaited if not told.done()]


def evolve(projector: Projector[RowT], rows: dict[Place, RowT], places: Sequence[Place], event: Recorded) -> list[RowT]:
    """The row at each place after the event. Raises `Unappliable` for whatever goes wrong in the projector."""
    try:
        return [projector.evolve(rows.get(place), event) for place in places]
    except Unappliable:
        raise
    except Exception as error:  # a defect in evolve must not stop the other keys
        raise _defect(error) from error


def _each(projector: Projector[RowT], events: Sequence[Recorded]) -> Iterator[RowT]:
    """A row for each event, from that event alone. Raises `Unappliable`."""
    try:
        yield from map(partial(projector.evolve, None), events)
    except Unappliable:
        raise
    except Exception as error:
        raise _defect(error) from error


def _defect(error: Exception) -> Unappliable:
    return Unappliable("EVENT_UNAPPLIABLE", f"{type(error).__name__}: {error}")
