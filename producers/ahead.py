"""Long commands are decided ahead, beside the commits, on a state that stands still; when their turn comes it is checked.

outbox.plan ──► decided at position p, with all keys it read ──► its turn: was any of them written behind p?
                          ▲                                         no ──► drawn and written as it was decided
                          └──────────── again, some times ──── yes ─┘
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct, json
from msgspec.structs import replace

from events import catalog
from events.branches.branch import BranchRebased
from events.decider import Drafted
from events.findings import Finding
from events.merges.merging import is_element
from events.names import Key, event_subject
from producers.outbox import HeadWrite
from security.chain import body_hash

LONG: Final = frozenset(("MergeBranch", "RebaseBranch", "RevertCommit", "ResetBranch", "MergeProposal"))
"""Commands that may read and write much."""
WHOLE: Final = frozenset(("RebaseBranch", "ResetBranch"))
"""Of these the ones that say what becomes of everything on their branch."""
ATTEMPTS: Final = 3  # then it is decided where nobody else can write meanwhile


class Worded(Struct, frozen=True, gc=False):
    """Of an event what does not depend on its place in the log."""

    key: Key
    effective: str | None
    type: str
    data: bytes
    digest: str
    subject: str  # of the message


def worded(ontology: str, branch: str, draft: Drafted) -> Worded:
    data = catalog.data(draft.payload)
    aggregate, _, identity = draft.key.partition("/")
    subject = event_subject(ontology, branch, aggregate, draft.slug, identity.removeprefix(draft.slug + "/"))
    return Worded(draft.key, draft.effective, catalog.event_type(draft.payload), data, body_hash(data), subject)


Move = tuple[int, Drafted]
"""An event about a branch, and which one of its commit it is, from 0 on."""


def moves_in(drafted: Iterable[Drafted]) -> list[Move]:
    return [(at, draft) for at, draft in enumerate(drafted) if draft.key.startswith("branch/")]


class Ahead(Struct, frozen=True, gc=False):
    """A decision made at `position`."""

    position: int
    attempt: int
    words: Sequence[Worded]  # the events
    moves: Sequence[Move]
    heads: Sequence[HeadWrite]  # in the order of their keys; `since` = which event of the commit, from 1 on
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

    def moved(self, ontology: str, branch: str, position: int) -> "Moved":
        """As it is behind that position."""
        heads = [HeadWrite(column, key, position + at, state) for column, key, at, state in self.heads]
        words, moves = self.words, list(self.moves)
        first = moves[0][1] if moves else None
        if first is not None and position != self.position and isinstance(first.payload, BranchRebased):
            first = replace(first, payload=first.payload.model_copy(update={"floor": position}))
            moves[0] = (0, first)
            heads = [_with_floor(write, position) if write.key == first.key else write for write in heads]
            words = [worded(ontology, branch, first), *words[1:]]
        return Moved(words, moves, heads, self.warnings)


class Moved(NamedTuple):
    words: Sequence[Worded]
    moves: Sequence[Move]
    heads: list[HeadWrite]
    warnings: Sequence[Finding]


def _with_floor(write: HeadWrite, position: int) -> HeadWrite:
    state = json.decode(write.state or b"{}")
    return write._replace(state=json.encode({**state, "floor": position}))


def touches_all(type_: str, words: Iterable[Worded]) -> bool:
    """Whether it must be decided anew after whatever is written on its branch: a changed schema holds for all data."""
    return type_ in WHOLE or any(is_element(each.key) for each in words)


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
            self._writes += (HeadWrite(branch, key, since, None) for branch, key, since, _ in writes)

    def behind(self, position: int) -> Sequence[HeadWrite] | None:
        """What was written behind a position; `None` = not known."""
        return self._writes if self._since is not None and self._since <= position else None
