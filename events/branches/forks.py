"""Where branches began and where rebases moved them, as the log tells it: which branch is read through which."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from events.branches.lineage import FOREVER, Lineage, stretches
from events.decider import State

FORKS: Final = ("io.oms.branch.created.", "io.oms.branch.rebased.")
"""How the types of the events begin that say so."""


class Fork(NamedTuple):
    name: str
    parent: str
    base: int
    floor: int = 0  # of a rebase: what the branch wrote up to there is seen no more


def fork_of(event_type: str, data: Mapping[str, Any]) -> Fork | None:
    """What an event says of its branch's base; `None` for another event, and for the branch that comes from none."""
    if not event_type.startswith(FORKS) or not data.get("parent"):
        return None
    return Fork(data["name"], data["parent"], data["base"], data.get("floor", 0))


class Forks:
    """Told in the order of the log."""

    def __init__(self) -> None:
        self._of: defaultdict[str, list[tuple[int, Fork]]] = defaultdict(list)

    def add(self, position: int, fork: Fork) -> None:
        self._of[fork.name].append((position, fork))

    def lineage(self, branch: str, at: int = FOREVER) -> Lineage:
        """As far as the log was told."""
        return list(stretches(self._at, branch, at))

    def _at(self, branch: str, at: int) -> State | None:
        mine = self._of.get(branch, [])
        past = bisect_right(mine, at, key=lambda known: known[0])
        if not past:
            return None
        return {**mine[past - 1][1]._asdict(), "forked": mine[0][1].base}
