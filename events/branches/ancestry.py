"""Which commits a branch holds, and what two branches have in common: computed from branch states, never remembered.

A branch's commits are a chain, so "of each branch everything up to there" says any set of commits that holds what its
commits follow: a vector branch → position. What two have in common is the lesser of each pair.

    main   1───2───5───7───9        held by gates at 8   {gates: 8, main: 5}    (from main at 2, merged main at 5)
            ╲     ╲                 held by main at 9    {main: 9}
    gates    3───4───6───8          in common            {main: 5}  ──► merge base: main at 5
"""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final, NamedTuple, Protocol

from events.branches.lineage import FOREVER, BranchAt, born
from events.decider import State, needed

Vector = Mapping[str, int]
LASTING: Final = 8  # vectors: one has an entry for each branch that was ever merged


class Log(Protocol):
    """What is asked of the log; each may raise `Unread`."""

    vectors: "Vectors"

    def branch(self, name: str, at: int) -> State | None:
        """A branch's state at a position, `None` before it was created."""

    def tip(self, branch: str, at: int) -> int:
        """Last position of the newest commit on that very branch up to a position; 0 = none."""


class At(NamedTuple):
    """A branch as it was at a position."""

    branch: str
    position: int


class Begun(NamedTuple):
    """Where a branch begins: with that unchanged it holds at a position whatever it held before."""

    parent: str | None
    base: int


class Found(NamedTuple):
    at: At
    begun: Begun
    vector: Vector


class Vectors:
    """What `held` found: facts, since what is written stays, and where it begins for what came behind them.

    All of one group of commands; and up to a position that is `settled`, the latest of all groups.
    """

    def __init__(self, lasting: "Lasting", settled: int) -> None:
        self._lasting, self._settled = lasting, settled
        self._found: dict[At, Found] = {}
        self.bases: dict[tuple[At, At], list[At]] = {}  # as `merge_bases` found them

    def at(self, head: At) -> Vector | None:
        found = self._found.get(head) or next((each for each in self._lasting.found if each.at == head), None)
        return found and found.vector

    def before(self, head: At, begun: Begun) -> Found | None:
        """The newest of a branch up to a position."""
        newest: Found | None = None
        for each in (*self._lasting.found, *self._found.values()):
            if each.at.branch == head.branch and each.at.position <= head.position and each.begun == begun:
                newest = each if newest is None or each.at.position > newest.at.position else newest
        return newest

    def keep(self, found: Found) -> None:
        self._found[found.at] = found
        if found.at.position <= self._settled:
            self._lasting.found = (*self._lasting.found[1 - LASTING :], found)


class Lasting:
    """The latest vectors; for several threads, as the tuple is replaced as a whole."""

    found: tuple[Found, ...] = ()


def held(log: Log, head: At) -> Vector:
    """The vector of all commits that a branch holds at a position: its own, its parent's, and what it merged.

    Behind one of the branch that was found before, only what was merged since is gone through.
    """
    known = log.vectors.at(head)
    if known is not None:
        return known
    vector: dict[str, int] = {}
    reached: dict[str, int] = {}
    begun: Begun | None = None
    ahead = {head.branch: head.position}
    while ahead:
        heads = [At(*one) for one in ahead.items()]
        tips = needed(lambda at: log.tip(*at), heads)
        states = needed(lambda at: log.branch(*at), heads)
        unborn = [at.branch for at, state in zip(heads, states, strict=True) if state is None]
        later = dict(zip(unborn, needed(lambda branch: log.branch(branch, FOREVER), unborn), strict=True))
        there: list[tuple[At, State | None, int]] = []  # and up to where all is in the vector
        for at, tip, state in zip(heads, tips, states, strict=True):
            since = None if state is None else Begun(state["parent"], state["base"])
            begun = since if at == head else begun
            before = log.vectors.before(at, since) if since else None
            floor = max(reached.get(at.branch, 0), before.at.position if before else 0)
            there.append((at, state or born(later[at.branch]), floor))
            for branch, position in (*(before.vector.items() if before else ()), (at.branch, tip)):
                if position > vector.get(branch, 0):
                    vector[branch] = position
                    reached[branch] = max(position, reached.get(branch, 0))
            reached[at.branch] = max(at.position, reached.get(at.branch, 0))
        ahead = {}
        for found in needed(lambda one: [*_before(log, *one)], there):
            for branch, position in found:
                if position > max(reached.get(branch, 0), ahead.get(branch, 0)):
                    ahead[branch] = position
    if begun:
        log.vectors.keep(Found(head, begun, vector))
    return vector


def merge_bases(log: Log, one: At, other: At) -> list[At]:
    """The newest states that both hold, the oldest first: mostly one; several after merges that crossed."""
    known = log.vectors.bases.get((one, other))
    if known is None:
        known = log.vectors.bases[one, other] = newest_common(log, held(log, one), held(log, other))
    return known


def newest_common(log: Log, one: Vector, other: Vector) -> list[At]:
    """As `merge_bases`, of two vectors."""
    common = {branch: min(position, other[branch]) for branch, position in one.items() if branch in other}
    newest: list[At] = []
    while common:
        at = At(*max(common.items(), key=itemgetter(1)))  # whoever holds it is newer
        newest.append(at)
        within = held(log, at)
        common = {b: position for b, position in common.items() if b != at.branch and position > within.get(b, 0)}
    return newest[::-1]


def merged(branch_at: BranchAt, branch: str, state: State, floor: int = 0) -> dict[str, int]:
    """How far others were merged into a branch; of what it had merged up to `floor` not all.

    A state names the latest of them, and the position at which one before it names others. Raises what `branch_at` does.
    """
    found: dict[str, int] = {}
    older: State | None = state
    while older is not None:
        for source, at in older.get("merged", {}).items():
            found[source] = max(at, found.get(source, 0))
        position = older.get("mergedBefore", 0)
        older = branch_at(branch, position) if position > floor else None
    return found


def _before(log: Log, at: At, state: State | None, floor: int) -> Iterator[At]:
    if state is None:
        return
    if state["parent"] is not None:
        yield At(state["parent"], min(at.position, state["base"]))
    for one in merged(log.branch, at.branch, state, floor).items():
        yield At(*one)
