"""Through which branches a branch is read: of each only what was written within one stretch of positions. Pure.

dev/flights/gates   floor ────● at            its own, since it was rebased last
                             ╱
prod/flights/main   ────────● base            its parent as it was at the base, and so on

A rebase moves the base and begins a new overlay: what the branch wrote at or before the floor is seen only by who reads
it as of a moment before. Each branch is taken as it was at the position at which it is read.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from events.decider import State

MAX_DEPTH: Final = 16  # parents above a branch
FOREVER: Final = 2**63 - 1
"""A position behind every other."""


class Stretch(NamedTuple):
    """What was written on `branch` at positions floor < p ≤ at."""

    branch: str
    floor: int
    at: int


Lineage = Sequence[Stretch]
"""Nearest first: the first stretch that has a version of a key tells what it is."""

BranchAt = Callable[[str, int], State | None]
"""(branch, position): its state at that position, `None` before it was created."""


def stretches(branch_at: BranchAt, branch: str, at: int = FOREVER) -> Iterator[Stretch]:
    """The stretches of `branch` as of `at`. Before it was created it reads as its parent did.

    A branch that nobody knows has itself only.
    """
    for _ in range(MAX_DEPTH + 1):
        state = branch_at(branch, at)
        yield Stretch(branch, 0 if state is None else state.get("floor", 0), at)
        state = state or born(branch_at(branch, FOREVER))
        if state is None or state["parent"] is None:
            return
        branch, at = state["parent"], min(at, state["base"])


def born(state: State | None) -> State | None:
    """A branch as it was created, from any later state of it: it began where it forked and had merged nothing yet."""
    return state and {**state, "base": state.get("forked", state["base"]), "merged": {}, "mergedBefore": 0}
