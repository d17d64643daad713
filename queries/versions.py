"""The versions port: every version of every entity, and every commit, read from one unchanging state of the view.

Branches inherit nothing here: a version belongs to the branch on which it was written. `queries.cuts` adds inheritance.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from events.names import Key
from projectors.projector import Parked, Place
from projectors.versions import Version
from queries.gaps import Opens


class Commit(NamedTuple):
    """The events at positions first … last; `time` is the first one's, µs."""

    id: str
    first: int
    last: int
    time: int


class Kept(NamedTuple):
    """What is kept of the versions of a kind: how many, and bytes of their states as JSON."""

    prefix: str  # of their keys: `object/<slug>/`, `link/<slug>/`, `objectType/` …
    versions: int
    packed: int  # of them are deltas
    whole: int  # bytes of those that are not
    full: int  # bytes that the packed ones would have
    told: int  # bytes that they have, with checksums and samples
    depth: int  # deltas that lie between all packed ones and whole states, together
    deepest: int
    moved: int = 0  # others, which are in Parquet
    moved_full: int = 0  # bytes of their states
    moved_told: int = 0  # bytes that they have, with all that is known of them

    def json(self) -> dict[str, Any]:
        full, stored = self.whole + self.full + self.moved_full, self.whole + self.told + self.moved_told
        return {
            "type": self.prefix.removesuffix("/"), "versions": self.versions + self.moved, "packed": self.packed,
            "moved": self.moved, "bytesFull": full, "bytesStored": stored, "savedPercent": _saved(full, stored),
            "packedSavedPercent": _saved(self.full, self.told),
            "meanChain": round(self.depth / self.packed, 2) if self.packed else 0.0, "longestChain": self.deepest,
        }  # fmt: skip


def _saved(full: int, stored: int) -> float:
    return round(100 * (1 - stored / full), 1) if full else 0.0


class Versions(Protocol):
    """Adapters pass `tests/ports/test_versions.py` unchanged. What they raise for a broken file is their own.

    `opens`: what encrypted values of these versions are shown as.
    """

    opens: Opens

    def position(self) -> int:
        """The view's checkpoint: the end of a commit, 0 = nothing yet."""

    def at(self, branch: str, entity: Key, position: int) -> Version | None:
        """The version written on `branch` itself that is valid at `position` (`lineage.Own`)."""

    def several(self, branch: str, entities: Sequence[Key], position: int) -> Mapping[Key, Version]:
        """As `at` for each of these, in one go; those that have none are left out."""

    def of(self, branch: str, entity: Key, position: int) -> Sequence[Version]:
        """All versions written on `branch` itself that began at `position` or before, oldest first."""

    def purged(self, branch: str, entity: Key) -> int:
        """Where an object was last purged on `branch` itself; 0 = nowhere."""

    def purges(self, branch: str, prefix: str, after: int = 0) -> Mapping[Key, int]:
        """As `purged`, of all keys that start with `prefix` and were purged behind `after`; as long as there are versions."""

    def valid(self, branch: str, prefix: str, position: int, after: str = "") -> Iterator[Version]:
        """What is valid at `position` of the keys that start with `prefix` (maybe empty), in key order (code points); streamed.

        `after`: only keys behind this one.
        """

    def spanning(self, branch: str, prefix: str, first: int, last: int, after: str = "") -> Iterator[Version]:
        """Every version that is valid at some position in first … last, of the keys that start with `prefix`.

        In key order (code points), those of a key from the oldest; streamed. `valid` is this with `first` = `last`.
        `after`: only keys behind this one.
        """

    def changed(self, branch: str, prefix: str, after: int, until: int) -> Iterator[Key]:
        """Keys that start with `prefix` (maybe empty) and have a version that began in (after, until].

        Each once, in key order (code points); streamed.
        """

    def written(self, after: int, until: int) -> Sequence[Version]:
        """Versions that began in (after, until], on any branch, by position."""

    def commit_by_position(self, position: int) -> Commit | None:
        """The last commit that began at `position` or before."""

    def commit_by_time(self, time: int) -> Commit | None:
        """The last commit whose time is `time` or before."""

    def commits_by_id(self, prefix: str, limit: int) -> Sequence[Commit]:
        """Commits whose id starts with `prefix`, in order of ids; at most `limit`."""

    def parked(self, places: Iterable[Place]) -> Sequence[Parked]:
        """What is parked at any of these places, in position order, each once."""

    def left_out(self) -> Sequence[tuple[int, Place]]:
        """All that is parked: where it stands in the log, and a place that it touches; a row for each place."""
