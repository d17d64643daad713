"""What a branch sees: its own version of an entity, else its parent's as it was at the base, and so on.

Nothing is copied, so a read costs one look per branch of the lineage, whatever the size of the parent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge

from events.branches.lineage import FOREVER, Lineage, stretches
from events.decider import State
from events.names import ONTOLOGY_SCOPE, Key
from projectors.versions import Version

Own = Callable[[str, Key, int], Version | None]
"""(branch, entity, position): the version written on that branch itself that was the newest at that position."""


def lineage(own: Own, branch: str, position: int = FOREVER) -> Lineage:
    """Through which stretches `branch` is read as of `position`."""

    def branch_at(name: str, at: int) -> State | None:
        version = own(ONTOLOGY_SCOPE, Key(f"branch/{name}"), at) if name else None
        return None if version is None else version.state

    return list(stretches(branch_at, branch, position))


def seen(own: Own, through: Lineage, entity: Key) -> Version | None:
    """The version of an entity that is read through a lineage."""
    for branch, floor, position in through:
        version = own(branch, entity, position)
        if version is not None and version.since > floor:
            return version
    return None


def history(levels: Sequence[Sequence[Version]]) -> list[Version]:
    """An entity's versions as a branch saw them, oldest first, from those of each branch of its lineage (nearest first).

    What a branch inherited ends where its own first version begins; `until` says so.
    """
    shown: list[Version] = []
    end = FOREVER
    for level in levels:
        for version in reversed(level):
            if version.since < end:
                shown.append(version._replace(until=end))
                end = version.since
    return shown[::-1]


def merged(levels: Iterable[Iterable[Key]]) -> Iterator[Key]:
    """Keys of all branches of a lineage in key order, each once."""
    last = None
    for key in merge(*levels):
        if key != last:
            yield key
            last = key
