"""The versions port over both: what is in its tables, and what left them for bundles, which is older for each entity."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from events.names import Key
from projectors.projector import Parked, Place
from projectors.versions import Version
from queries.gaps import Opens
from queries.versions import Commit, Versions

if TYPE_CHECKING:
    from adapters.bundled_versions import BundledVersions


def spanning(live: Versions, old: "BundledVersions | None") -> Versions:
    """Both as one; the live ones themselves where nothing left."""
    return live if old is None else SpanningVersions(live, old)


class SpanningVersions:
    def __init__(self, live: Versions, old: "BundledVersions") -> None:
        self._live, self._old = live, old
        self.opens: Opens = live.opens
        self.position = live.position

    def at(self, branch: str, entity: Key, position: int) -> Version | None:
        return self._live.at(branch, entity, position) or self._old.at(branch, entity, position)

    def several(self, branch: str, entities: Sequence[Key], position: int) -> Mapping[Key, Version]:
        found = dict(self._live.several(branch, entities, position))
        for entity in entities:
            if entity not in found and (old := self._old.at(branch, entity, position)):
                found[entity] = old
        return found

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        return [*self._old.of(branch, entity, position), *self._live.of(branch, entity, position)]

    def purged(self, branch: str, entity: Key) -> int:
        return self._live.purged(branch, entity) or self._old.purged(branch, entity)

    def purges(self, branch: str, prefix: str, after: int = 0) -> Mapping[Key, int]:
        return {**self._old.purges(branch, prefix, after), **self._live.purges(branch, prefix, after)}

    def valid(self, branch: str, prefix: str, position: int, after: str = "") -> Iterator[Version]:
        return self.spanning(branch, prefix, position, position, after)

    def spanning(self, branch: str, prefix: str, first: int, last: int, after: str = "") -> Iterator[Version]:
        both = (each.spanning(branch, prefix, first, last, after) for each in (self._old, self._live))
        return heapq.merge(*both, key=lambda version: (version.entity, version.since))

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        both = (each.changed(branch, prefix, after, until) for each in (self._old, self._live))
        return (key for key, _ in groupby(heapq.merge(*both)))

    def written(self, after: int, until: int) -> Sequence[Version]:
        both = (each.written(after, until) for each in (self._old, self._live))
        return list(heapq.merge(*both, key=lambda version: version.since))

    def commit_by_position(self, position: int) -> Commit | None:
        return self._live.commit_by_position(position)

    def commit_by_time(self, time: int) -> Commit | None:
        return self._live.commit_by_time(time)

    def commits_by_id(self, prefix: str, limit: int) -> Sequence[Commit]:
        return self._live.commits_by_id(prefix, limit)

    def parked(self, places: Iterable[Place]) -> Sequence[Parked]:
        return self._live.parked(places)

    def left_out(self) -> Sequence[tuple[int, Place]]:
        return self._live.left_out()
