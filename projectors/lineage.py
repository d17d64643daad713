"""What a branch sees: its own version of an entity, else its parent's as it was at the base, and so on.

Nothing is copied, so a read costs one look per branch of the lineage, whatever the size of the parent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from typing import Final

from events.names import ONTOLOGY_SCOPE, Key
from projectors.projector import FOREVER
from projectors.versions import Version

MAX_DEPTH: Final = 16

Own = Callable[[str, Key, int], Version | None]
"""(branch, entity, position): the version written on that branch itself that was the newest at that position."""

Lineage = Sequence[tuple[str, int]]
"""`[(branch, position), (parent, base), …]`, nearest first: how far up each branch is seen."""


def lineage(own: Own, branch: str, position: int = FOREVER) -> Lineage:
    """Through which branches `branch` is read as of `position`. Before it was created it reads as its parent did.

    A branch nobody knows, and the scope `""`, have themselves only.
    """
    found = [(branch, position)]
    while branch != ONTOLOGY_SCOPE and len(found) <= MAX_DEPTH:
        key = Key(f"branch/{branch}")
        version = own(ONTOLOGY_SCOPE, key, position) or own(ONTOLOGY_SCOPE, key, FOREVER)
        if version is None or version.state["parent"] is None:
            break
        branch, position = version.state["parent"], min(position, version.state["base"])
        found.append((branch, position))
    return found


def seen(own: Own, through: Lineage, entity: Key) -> Version | None:
    """The version of an entity that is read through a lineage."""
    for branch, position in through:
        version = own(branch, entity, position)
        if version is not None:
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
