"""Which commits a branch holds, and what two branches have in common: computed from branch states, never remembered.

A branch's commits are a chain, so "of each branch everything up to there" says any set of commits that holds what its
commits follow: a vector branch → position. What two have in common is the lesser of each pair.

    main   1───2───5───7───9        held by gates at 8   {gates: 8, main: 5}    (from main at 2, merged main at 5)
            ╲     ╲                 held by main at 9    {main: 9}
    gates    3───4───6───8          in common            {main: 5}  ──► merge base: main at 5
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from events.branches.lineage import FOREVER, born
from events.decider import State, needed

Vector = Mapping[str, int]


class Log(Protocol):
    """What is asked of the log; each may raise `Unread`."""

    def branch(self, name: str, at: int) -> State | None:
        """A branch's state at a position, `None` before it was created."""

    def tip(self, branch: str, at: int) -> int:
        """Last position of the newest commit on that very branch up to a position; 0 = none."""


class At(NamedTuple):
    """A branch as it was at a position."""

    branch: str
    position: int


def held(log: Log, head: At) -> dict[str, int]:
    """The vector of all commits that a branch holds at a position: its own, its parent's, and what it merged."""
    vector: dict[str, int] = {}
    reached: dict[str, int] = {}  # a branch holds at a position whatever it held before
    ahead = {head.branch: head.position}
    while ahead:
        heads = [At(*one) for one in ahead.items()]
        tips = needed(lambda at: log.tip(*at), heads)
        states = needed(lambda at: log.branch(*at) or born(log.branch(at.branch, FOREVER)), heads)
        reached |= ahead
        vector |= {at.branch: tip for at, tip in zip(heads, tips, strict=True) if tip > vector.get(at.branch, 0)}
        ahead = {}
        for (_, position), state in zip(heads, states, strict=True):
            for branch, before in _before(state, position):
                if before > max(reached.get(branch, 0), ahead.get(branch, 0)):
                    ahead[branch] = before
    return vector


def merge_bases(log: Log, one: At, other: At) -> list[At]:
    """The newest states that both hold, the oldest first: mostly one; several after merges that crossed."""
    return newest_common(log, held(log, one), held(log, other))


def newest_common(log: Log, one: Vector, other: Vector) -> list[At]:
    """As `merge_bases`, of two vectors."""
    common = [At(branch, min(position, other[branch])) for branch, position in one.items() if branch in other]
    newest: list[At] = []
    within: list[Vector] = []
    for at in sorted(common, key=lambda at: at.position, reverse=True):  # whoever holds it is newer
        if not any(vector.get(at.branch, 0) >= at.position for vector in within):
            newest.append(at)
            within.append(held(log, at))
    return newest[::-1]


def _before(state: State | None, position: int) -> Iterator[At]:
    if state is None:
        return
    if state["parent"] is not None:
        yield At(state["parent"], min(position, state["base"]))
    for source, merged in state.get("merged", {}).items():
        yield At(source, merged)
