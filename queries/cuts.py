"""A cut is everything as one branch sees it at one position; what a branch does not say itself, its parent says.

branch  ────────────●── at position          [(branch, floor, position),
              ╱                               (parent, its floor, base),
parent  ─────●─────────  as it was at base    …]   nearest first: the first that has a version of the key tells
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from events.branches.lineage import Lineage
from events.decider import State
from events.findings import Finding, Refused
from events.meant import LONGEST, nearest
from events.names import ONTOLOGY_SCOPE, Key
from projectors.lineage import history, lineage, seen
from projectors.projector import FOREVER, Parked, Place
from projectors.versions import Version
from queries.moments import AS_OF, Base, Moment, moment, resolved
from queries.versions import Versions


@dataclass(frozen=True, slots=True)
class Cut:
    """`lineage` says how far up the branch itself and those it came from are read; at least the branch."""

    versions: Versions
    branch: str
    position: int
    lineage: Lineage

    def version(self, entity: Key) -> Version | None:
        """What the branch sees of this entity; a deleted object has a version that says so."""
        return seen(self.versions.at, self.lineage, entity)

    def several(self, entities: Iterable[Key]) -> dict[Key, Version]:
        """As `version` of each of these, with one look at each branch; those that the branch does not know are left out."""
        found: dict[Key, Version] = {}
        left = list(dict.fromkeys(entities))
        for branch, floor, at in self.lineage:
            there = self.versions.several(branch, left, at)
            found |= {entity: version for entity, version in there.items() if version.since > floor}
            left = [entity for entity in left if entity not in found]
        return found

    def state(self, entity: Key) -> State | None:
        """As a `Lookup`."""
        version = self.version(entity)
        return None if version is None else version.state

    def history(self, entity: Key) -> list[Version]:
        """Every version of this entity that the branch has seen, oldest first."""
        levels = ((floor, self.versions.of(branch, entity, at)) for branch, floor, at in self.lineage)
        return history([[version for version in level if version.since > floor] for floor, level in levels])

    def valid(self, prefix: str, after: str = "") -> Iterator[Version]:
        """What the branch sees of the entities whose keys start with `prefix`, in key order, behind the key `after`; streamed."""
        if len(self.lineage) == 1:  # nothing to merge: most of the time that a look takes
            ((branch, floor, at),) = self.lineage
            return (version for version in self.versions.valid(branch, prefix, at, after) if version.since > floor)
        return self._overlaid(prefix, after)

    def _overlaid(self, prefix: str, after: str) -> Iterator[Version]:
        levels = [
            _ranked(rank, floor, self.versions.valid(branch, prefix, at, after))
            for rank, (branch, floor, at) in enumerate(self.lineage)
        ]
        for _, same_key in groupby(heapq.merge(*levels), key=lambda ranked: ranked[0]):
            yield next(same_key)[2]

    def alive(self, prefix: str) -> Iterator[Version]:
        """As `valid`, without what is deleted."""
        return (version for version in self.valid(prefix) if not version.state.get("deleted"))

    def histories(self, prefix: str, low: int, after: str = "", before: str = "") -> Iterator[Sequence[Version]]:
        """As `history`, of each entity whose key starts with `prefix`, in key order; without what had ended at `low`.

        Of those behind the key `after`, and if `before` is said, before that one.
        """
        levels = [
            _ranked(rank, floor, self.versions.spanning(branch, prefix, min(low, at), at, after))
            for rank, (branch, floor, at) in enumerate(self.lineage)
        ]
        for key, same_key in groupby(heapq.merge(*levels), key=lambda ranked: ranked[0]):
            if before and key >= before:
                return
            by_rank = groupby(same_key, key=lambda ranked: ranked[1])
            found = history([[version for _, _, version in level] for _, level in by_rank])
            yield [version for version in found if version.until > low]

    def parked(self, *entities: Key) -> Sequence[Parked]:
        """What the view could not apply of these entities up to this cut: what it shows of them is older."""
        places = {(branch, entity): (floor, at) for branch, floor, at in self.lineage for entity in entities}
        places |= {(ONTOLOGY_SCOPE, Key(f"branch/{branch}")): (0, at) for branch, _, at in self.lineage}
        return [parked for parked in self.versions.parked(places) if _concerns(parked, places)]


def cut(versions: Versions, branch: str, asked: Moment, *, now: int) -> Cut:
    """The branch at that moment; before it began it is its parent, and a deleted one can still be read. `now` in µs.

    Raises `Refused` with BRANCH_UNKNOWN, or what `moments.resolved` raises.
    """
    known = versions.at(ONTOLOGY_SCOPE, Key(f"branch/{branch}"), FOREVER)
    if known is None:
        raise Refused([unknown_branch(versions, branch, "/branch")])
    state = known.state
    position = resolved(asked, versions, now=now, base=state["base"])
    below = (
        isinstance(asked, Base) and state["parent"]
    )  # what a rebased branch had at that position is no base any more

    def own(on: str, entity: Key, at: int) -> Version | None:
        if entity == known.entity and known.since <= at < known.until:
            return known
        return versions.at(on, entity, at)

    return Cut(versions, branch, position, lineage(own, below or branch, position))


def cut_said(versions: Versions, branch: str, text: str, *, now: int, at: str = AS_OF) -> Cut:
    """As `cut`, of a moment as people say it. `at`: the JSON Pointer of where it stands, for what is wrong with it."""
    try:
        return cut(versions, branch, moment(text), now=now)
    except Refused as refused:
        raise Refused(f._replace(path=at) if f.path == AS_OF else f for f in refused.findings) from None


def unknown_branch(versions: Versions, name: str, path: str) -> Finding:
    found = versions.valid(ONTOLOGY_SCOPE, "branch/", FOREVER - 1)
    there = (each.entity.removeprefix("branch/") for each in found if not each.state["deleted"])
    meant = nearest(name, there, "`oms branch list` shows those that there are")
    return Finding("BRANCH_UNKNOWN", path, f"there is no branch {name[:LONGEST]}; {meant}")


def _concerns(parked: Parked, places: Mapping[Place, tuple[int, int]]) -> bool:
    spans = (places[place] for place in parked.places if place in places)
    return any(floor < parked.position <= at for floor, at in spans)


def _ranked(rank: int, floor: int, level: Iterator[Version]) -> Iterator[tuple[Key, int, Version]]:
    return ((version.entity, rank, version) for version in level if version.since > floor)
