"""Which commits a commit follows: the newest on its branch before it; where its events move or merge, those commits, too.

The newest that a branch has is its own, else its parent's at the base, and so on; none for the very first.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from events.branches.forks import fork_of


class Newest(NamedTuple):
    """The newest commit that `branch` has, or had, up to a position."""

    branch: str
    at: int


def further_parents(events: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str | Newest]:
    """What a commit follows besides the one before it, by the types and the data of its events about branches."""
    found: list[str | Newest] = []
    for kind, data in events:
        if kind.startswith("io.oms.branch.merged.") and "sourceCommit" in data:
            found.append(data["sourceCommit"])
        elif kind.startswith("io.oms.branch.rebased.") and (fork := fork_of(kind, data)):
            found.append(Newest(fork.parent, fork.base))
    return found
