"""Both times of one entity: when each version was known, and when it is true.

A version is true from its effective time until that of the next one; what is written later may be true earlier. So at
each moment the versions known by then stand in the order of their effective times; of two at one time the later holds.

known ▲   3 ┌────────┬──────        version 3 corrects what is true from e3 to e2
      │   2 ├────────┴──┬───        version 2
      │   1 └───────────┴───►       version 1
              e1  e3    e2  true
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from projectors.projector import FOREVER


class Known(Protocol):
    """As much of a version as says when it holds."""

    @property
    def since(self) -> int: ...

    @property
    def until(self) -> int: ...

    @property
    def effective(self) -> int: ...


VersionT = TypeVar("VersionT", bound=Known)


class Held(NamedTuple, Generic[VersionT]):
    """A version, the positions since ≤ p < until at which it was known, and µs at which it is true (`FOREVER`: no end)."""

    version: VersionT
    since: int
    until: int
    start: int
    end: int


def held(history: Sequence[VersionT]) -> list[Held[VersionT]]:
    """All of one entity, from its versions in the order of positions; by when known, then by when true."""
    line: list[tuple[int, int]] = []  # (effective, index) of those known, in this order
    open_: dict[int, tuple[int, int]] = {}  # index → (known since, true until)
    found: list[Held[VersionT]] = []
    for index, version in enumerate(history):
        at = bisect_right(line, (version.effective, index))
        end = line[at][0] if at < len(line) else FOREVER
        insort(line, (version.effective, index))
        if at:
            before = line[at - 1][1]
            found += _closed(history, open_, before, version.since)
            if history[before].effective < version.effective:
                open_[before] = (version.since, version.effective)
            else:
                line.pop(at - 1)
        open_[index] = (version.since, end)
    end_of_all = history[-1].until if history else FOREVER
    for index in list(open_):
        found += _closed(history, open_, index, end_of_all)
    return sorted(found, key=lambda each: (each.since, each.start))


def _closed(
    history: Sequence[VersionT], open_: dict[int, tuple[int, int]], index: int, until: int
) -> list[Held[VersionT]]:
    if index not in open_:
        return []
    since, end = open_.pop(index)
    version = history[index]
    return [Held(version, since, until, version.effective, end)] if since < until else []
