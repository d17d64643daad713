"""Long commands are decided ahead, beside the commits, on a state that stands still; when their turn comes it is checked.

outbox.plan ──► decided at position p, with all keys it read ──► its turn: was any of them written behind p?
                          ▲                                         no ──► drawn and written as it was decided
                          └──────────── again, some times ──── yes ─┘
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from events.branch import BranchRebased
from events.decider import Drafted, Head
from events.findings import Finding
from events.merging import is_element
from events.names import Key
from producers.outbox import HeadWrite

LONG: Final = frozenset(("MergeBranch", "RebaseBranch", "RevertCommit", "ResetBranch", "MergeProposal"))
"""Commands that may read and write much."""
WHOLE: Final = frozenset(("RebaseBranch", "ResetBranch"))
"""Of these the ones that say what becomes of everything on their branch."""
ATTEMPTS: Final = 3  # then it is decided where nobody else can write meanwhile


class Words(NamedTuple):
    """Of each event what does not depend on its place in the log."""

    types: list[str]
    data: list[bytes]
    digests: list[str]
    subjects: list[str]


class Ahead(Struct, frozen=True, gc=False):
    """A decision made at `position`. Its changes count from there."""

    position: int
    attempt: int
    drafted: Sequence[Drafted]
    column: str  # of the heads that the changes are upon
    changes: Mapping[Key, Head]
    words: Words
    states: Mapping[Key, bytes | None]  # of the changes, as they are stored
    warnings: Sequence[Finding]
    refusals: Sequence[Finding]  # if there are any it was refused
    keys: Mapping[str, frozenset[str]]  # read, by column
    prefixes: Mapping[str, frozenset[str]]  # under which all keys were read, by column
    whole: bool  # nothing at all may have been written on its branch since

    def holds(self, branch: str, written: Iterable[HeadWrite]) -> bool:
        """Whether it would be decided the same behind what was written since."""
        return not any(write.since > self.position and self._touched_by(branch, write) for write in written)

    def _touched_by(self, branch: str, write: HeadWrite) -> bool:
        if self.whole and write.branch == branch:
            return True
        if write.key in self.keys.get(write.branch, ()):
            return True
        prefixes = self.prefixes.get(write.branch)
        return prefixes is not None and write.key[: write.key.rindex("/") + 1] in prefixes

    def moved(self, position: int) -> "Moved":
        """As it is at another head of the log."""
        by = position - self.position
        drafted = list(self.drafted)
        changes = {key: Head(head.position + by, head.state) for key, head in self.changes.items()}
        first = drafted[0].payload if drafted else None
        if not by or not isinstance(first, BranchRebased):
            return Moved(drafted, self.column, changes, self.warnings, self.words, self.states)
        drafted[0] = replace(drafted[0], payload=first.model_copy(update={"floor": position}))
        head = changes[drafted[0].key]
        changes[drafted[0].key] = Head(head.position, {**(head.state or {}), "floor": position})
        return Moved(drafted, self.column, changes, self.warnings, None, None)


class Moved(NamedTuple):
    """`words` and `states` where they are as they were made ahead."""

    drafted: list[Drafted]
    column: str
    changes: dict[Key, Head]
    warnings: Sequence[Finding]
    words: Words | None
    states: Mapping[Key, bytes | None] | None


def touches_all(type_: str, drafted: Iterable[Drafted]) -> bool:
    """Whether it must be decided anew after whatever is written on its branch: a changed schema holds for all data."""
    return type_ in WHOLE or any(is_element(each.key) for each in drafted)


class Journal:
    """What was written lately, as long as somebody keeps it: the keys alone."""

    def __init__(self) -> None:
        self.kept = False
        self._since: int | None = None  # all that was written behind it is here
        self._writes: list[HeadWrite] = []

    def begin(self, position: int, *, known: bool) -> None:
        """A group is decided at this head of the log; `known`: nobody else has written since the last one."""
        if not self.kept:
            self._since = None
            self._writes.clear()
        elif self._since is None or not known:
            self._since = position
            self._writes.clear()

    def add(self, writes: Iterable[HeadWrite]) -> None:
        if self._since is not None:
            self._writes += (write._replace(state=None) for write in writes)

    def behind(self, position: int) -> Sequence[HeadWrite] | None:
        """What was written behind a position; `None` = not known."""
        return self._writes if self._since is not None and self._since <= position else None
