"""Views in memory: the same promises as in a file, without the file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from events.branches.lineage import Lineage
from events.names import Key
from projectors.audit import Entry
from projectors.lineage import lineage, seen
from projectors.projector import (
    FOREVER,
    NO_PARKING,
    Checkpoint,
    Discarded,
    Folding,
    Overtaken,
    Parked,
    Parking,
    Place,
    Work,
)
from projectors.versions import Version
from security.chain import genesis

RowT = TypeVar("RowT")


class MemoryView(Generic[RowT]):
    """Passes the view conformance suite. Holds every row in the order written; `find` looks among them."""

    def __init__(
        self, name: str, ontology: str, find: Callable[[Sequence[RowT], Iterable[Place]], Mapping[Place, RowT]]
    ) -> None:
        self.name = name
        self.written: list[RowT] = []
        self._find = find
        self._checkpoint = Checkpoint(0, genesis(ontology))
        self._committed = 0
        self._parked: dict[int, Parked] = {}
        self._staged: dict[int, Parked] | None = None
        self._discarded: dict[int, Discarded] = {}

    async def checkpoint(self) -> Checkpoint:
        self._rollback()
        return self._checkpoint

    async def rows(self, places: Iterable[Place]) -> Mapping[Place, RowT]:
        return self._find(self.written, places)

    async def commit(
        self, rows: Sequence[RowT], known: Checkpoint, reached: Checkpoint | None, parking: Parking = NO_PARKING
    ) -> None:
        if known != self._checkpoint:
            self._rollback()
            raise Overtaken(self.name, known, self._checkpoint)
        self.written += rows
        self._staged = _changed(self._parked if self._staged is None else self._staged, parking)
        if reached is not None:
            self._checkpoint, self._parked, self._staged = reached, self._staged, None
            self._discarded |= {event.position: event for event in parking.discarded}
            self._committed = len(self.written)

    async def fold(self, work: Work[RowT], known: Checkpoint, reached: Checkpoint | None) -> None:
        rows = Folding(work(partial(self._find, self.written)))
        await self.commit(list(rows), known, reached, rows.parking)

    async def parked(self, after: int = 0, limit: int = FOREVER) -> Sequence[Parked]:
        shown = self._parked if self._staged is None else self._staged
        return [shown[position] for position in sorted(shown) if position > after][:limit]

    async def discarded(self) -> Sequence[Discarded]:
        return [self._discarded[position] for position in sorted(self._discarded)]

    async def close(self) -> None:
        self._rollback()

    def _rollback(self) -> None:
        del self.written[self._committed :]
        self._staged = None


def memory_versions(ontology: str) -> MemoryView[Version]:
    return MemoryView("versions", ontology, _find_versions)


def memory_audit(ontology: str) -> MemoryView[Entry]:
    return MemoryView("audit", ontology, lambda _rows, _places: {})


def _find_versions(written: Sequence[Version], places: Iterable[Place]) -> dict[Place, Version]:
    def own(branch: str, entity: Key, position: int) -> Version | None:
        mine = [v for v in written if v.branch == branch and v.entity == entity and v.since <= position]
        return max(mine, key=lambda version: version.since, default=None)

    through: dict[str, Lineage] = {}
    found = {}
    for place in places:
        branch, entity = place
        if branch not in through:
            through[branch] = lineage(own, branch)
        version = seen(own, through[branch], entity)
        if version is not None:
            found[place] = version
    return found


def _changed(parked: dict[int, Parked], parking: Parking) -> dict[int, Parked]:
    gone = {*parking.released, *(event.position for event in parking.discarded)}
    after = {position: event for position, event in parked.items() if position not in gone}
    after |= {event.position: event for event in parking.parked}
    for position, place in parking.also:
        places = after[position].places
        after[position] = after[position]._replace(places=tuple(sorted({*places, place})))
    return after
