"""What the next commit on a branch follows, and whether the branches that it creates or moves begin where they may."""

from collections.abc import Generator, Sequence
from typing import Final

from events import catalog
from events.branches.branch import BranchCreated, BranchRebased
from events.branches.parents import further_parents
from events.findings import Finding, Refused
from producers.ahead import Move
from producers.heads import Heads, Untold, as_of
from producers.outbox import Ask, CommitWrite, Told, Writes

Asking = Generator[Ask, Told, None]
_WITH_BASES: Final = (BranchCreated, BranchRebased)


class Tips:
    """Ids of the newest commits of branches, kept from group to group; `None` = nothing was written there yet."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._known: dict[str, str | None] = {}

    def clear(self) -> None:
        self._known.clear()

    def at_hand(self, branch: str) -> list[str] | None:
        """`parents` of a commit that says nothing of branches, if nobody must be asked for them."""
        tip = self._known.get(branch)
        return [tip] if tip else None

    def wrote(self, branch: str, commit: str) -> None:
        self._known[branch] = commit

    def parents(
        self, branch: str, moves: Sequence[Move], written: Sequence[CommitWrite]
    ) -> Generator[Ask, Told, list[str]]:
        """Ids of the commits that the next one follows; `moves` are its events about branches, `written` the group's."""
        if branch not in self._known:
            self._known[branch] = yield from self._newest(branch, written)
        found = {self._known[branch]: None}
        for other in further_parents((catalog.event_type(d.payload), catalog.stored(d.payload)) for _, d in moves):
            found[other if isinstance(other, str) else (yield from self._newest(as_of(*other), written))] = None
        return [each for each in found if each]

    def _newest(self, column: str, written: Sequence[CommitWrite]) -> Generator[Ask, Told, str | None]:
        """Of what a branch has, or had: its own, else its parent's at the base."""
        while True:
            try:
                ends = [(before, at) for before, _, at in self._heads.lineage(column)]
                break
            except Untold as untold:
                yield from self._heads.load([(untold.column, untold.key)])
        told = yield Ask(commit_ids=ends)
        return next(filter(None, (_written(written, *at) or told.commit_ids.get(at) for at in ends)), None)


def check_bases(moves: Sequence[Move], writes: Writes) -> Asking:
    """A branch begins behind a whole commit, and a rebase begins its commit. Raises `Refused`."""
    placed = [(at, d.payload) for at, d in moves if isinstance(d.payload, _WITH_BASES)]
    if not placed:
        return
    bases = [payload.base for _, payload in placed if isinstance(payload, _WITH_BASES) and payload.base]
    told = yield Ask(commit_ends=bases)
    for base in bases:
        end = told.commit_ends.get(base) or min((c.last for c in writes.commits if c.last >= base), default=base)
        if end != base:
            text = f"position {base:,} lies within a commit that ends at {end:,}; begin the branch there"
            raise Refused([Finding("BRANCH_BASE_INSIDE", "/data/at", text)])
    rebased = ((at, payload.floor) for at, payload in placed if isinstance(payload, BranchRebased))
    if any(at or floor != writes.head.position for at, floor in rebased):
        text = "a branch is rebased by the first event of a commit; send the rebase as a command of its own"
        raise Refused([Finding("BRANCH_REBASE_FIRST", "/data", text)])


def _written(commits: Sequence[CommitWrite], branch: str, at: int) -> str | None:
    return next((c.id for c in reversed(commits) if c.branch == branch and c.last <= at), None)
