"""What waits: an event that cannot be applied stands aside with all its places, and later events of those wait behind it.

A parked schema event stops its branch, a parked branch event the branch it is about; everything else flows.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from events.branches.forks import FORKS, Fork, fork_of
from events.names import ONTOLOGY_SCOPE, Key
from projectors.projector import Parked, Place, Recorded

_SCHEMA = ("objectType/", "linkType/")


class Waiting:
    """Which places wait, and behind which parked position."""

    def __init__(self, parked: Iterable[Parked] = ()) -> None:
        self._behind: dict[Place, int] = {}
        for event in parked:
            self.add(event.position, event.places)

    def __len__(self) -> int:
        return len(self._behind)

    def add(self, position: int, places: Iterable[Place]) -> None:
        """The first position at a place stays the one that everything waits behind."""
        for place in places:
            self._behind.setdefault(place, position)

    def behind(self, event: Recorded, places: Iterable[Place]) -> int:
        """The parked position that this event must wait behind, 0 if it need not wait."""
        found = [self._behind[place] for place in _awaited(event, places) if place in self._behind]
        return min(found, default=0)

    def inherited(self, event: Recorded) -> list[tuple[int, Place]]:
        """A branch that begins or is moved here would read these parked places of its parent: they wait on it too."""
        fork = _fork(event)
        if fork is None:
            return []
        return [
            (position, (fork.name, key))
            for (branch, key), position in self._behind.items()
            if branch == fork.parent and position <= fork.base
        ]


def stopped(event: Recorded, places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that later events must not touch while this one is parked."""
    if event.event.subject.startswith(_SCHEMA):
        return (*places, branch_place(event.event.branch))
    return tuple(places)


def branch_place(branch: str) -> Place:
    """Where a branch itself stands; while it waits, all of its events do."""
    return ONTOLOGY_SCOPE, Key(f"branch/{branch}")


def _awaited(event: Recorded, places: Iterable[Place]) -> Iterator[Place]:
    yield from places
    yield branch_place(event.event.branch)
    fork = _fork(event)
    if fork is not None:
        yield branch_place(fork.parent)


def _fork(event: Recorded) -> Fork | None:
    kind = event.event.type
    return fork_of(kind, msgspec.json.decode(event.event.data)) if kind.startswith(FORKS) else None
