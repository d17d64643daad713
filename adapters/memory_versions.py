"""The versions port in memory: for tests, and for what is small enough to be folded on the spot."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from events.names import Key
from projectors.projector import FOREVER, Parked, Place
from projectors.versions import Version
from queries.gaps import Opens, shut
from queries.versions import Commit


@dataclass
class MemoryVersions:
    """`tell` it whole commits in position order."""

    commits: list[Commit] = field(default_factory=list)
    waiting: list[Parked] = field(default_factory=list)
    own: dict[Place, list[Version]] = field(default_factory=lambda: defaultdict(list))
    opens: Opens = shut

    def tell(self, commit: Commit, written: Sequence[Version], parked: Iterable[Parked] = ()) -> None:
        """One commit, the versions that its events wrote, and its events that are parked."""
        for version in written:
            known = self.own[version.branch, version.entity]
            if known:
                known[-1] = known[-1]._replace(until=version.since)
            known.append(version._replace(until=FOREVER))
        self.waiting += parked
        self.commits.append(commit)

    def position(self) -> int:
        return self.commits[-1].last if self.commits else 0

    def at(self, branch: str, entity: Key, position: int) -> Version | None:
        known = self.of(branch, entity, position)
        return known[-1] if known else None

    def several(self, branch: str, entities: Sequence[Key], position: int) -> Mapping[Key, Version]:
        found = ((entity, self.at(branch, entity, position)) for entity in entities)
        return {entity: version for entity, version in found if version is not None}

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        known = self.own.get((branch, entity), [])
        return known[: bisect_right(known, position, key=lambda version: version.since)]

    def purged(self, branch: str, entity: Key) -> int:
        return max((one.since for one in self.of(branch, entity, FOREVER) if one.change == "purged"), default=0)

    def purges(self, branch: str, prefix: str, after: int = 0) -> Mapping[Key, int]:
        found = {entity: self.purged(branch, entity) for entity in self._entities(branch, prefix)}
        return {entity: position for entity, position in found.items() if position > after}

    def valid(self, branch: str, prefix: str, position: int, after: str = "") -> Iterator[Version]:
        return self.spanning(branch, prefix, position, position, after)

    def spanning(self, branch: str, prefix: str, first: int, last: int, after: str = "") -> Iterator[Version]:
        for entity in self._entities(branch, prefix):
            if entity <= after:
                continue
            yield from (
                version for version in self.own[branch, entity] if version.since <= last and version.until > first
            )

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        for key in self._entities(branch, prefix):
            if any(after < version.since <= until for version in self.own[branch, key]):
                yield key

    def written(self, after: int, until: int) -> Sequence[Version]:
        found = (version for known in self.own.values() for version in known if after < version.since <= until)
        return sorted(found, key=lambda version: version.since)

    def commit_by_position(self, position: int) -> Commit | None:
        at = bisect_right(self.commits, position, key=lambda commit: commit.first)
        return self.commits[at - 1] if at else None

    def commit_by_time(self, time: int) -> Commit | None:
        at = bisect_right(self.commits, time, key=lambda commit: commit.time)
        return self.commits[at - 1] if at else None

    def commits_by_id(self, prefix: str, limit: int) -> Sequence[Commit]:
        alike = sorted(
            (commit for commit in self.commits if commit.id.startswith(prefix)), key=lambda commit: commit.id
        )
        return alike[:limit]

    def parked(self, places: Iterable[Place]) -> Sequence[Parked]:
        asked = set(places)
        found = [parked for parked in self.waiting if asked & set(parked.places)]
        return [same for same, _ in groupby(sorted(found, key=lambda parked: parked.position))]

    def left_out(self) -> Sequence[tuple[int, Place]]:
        return [(parked.position, place) for parked in self.waiting for place in parked.places]

    def _entities(self, branch: str, prefix: str) -> list[Key]:
        return sorted(key for at, key in self.own if at == branch and key.startswith(prefix))
