"""Long commands are decided ahead, beside the commits, on a state that stands still; when their turn comes it is checked.

Long are merges and their like, and whatever was put off because it needs many sections (`producers.loading`).

outbox.plan ──► decided at position p, with all keys it read ──► its turn: was any of them written behind p?
                          ▲                                         no ───► drawn and written as it was decided
                          │                                         some ─► of these decided again (`producers.again`)
                          └──────────── again, some times ──────── much ─┘  or as a whole, where that cannot be
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct, json
from msgspec.structs import replace

from events import catalog
from events.branches.branch import BranchRebased
from events.decider import Drafted, Payload, State
from events.findings import Finding
from events.merges.again import Grounds, Touched
from events.merges.merge_words import BranchMerged
from events.merges.merging import is_data, is_element, mergeable
from events.names import Key, event_subject
from producers.keys import NO_KEYS, Keyed
from producers.outbox import HeadWrite, Prepared, UploadKey
from security.chain import body_hash

MOMENTARY: Final = frozenset(("RunChecks", "ResolveConflict"))
"""Commands that say something of both branches of a proposal as they were at a position, which they name."""
LONG: Final = MOMENTARY | {"MergeBranch", "RebaseBranch", "RevertCommit", "ResetBranch", "MergeProposal"}
"""Commands that may read and write much."""
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


def words_of(ontology: str, branch: str, drafted: list[Drafted]) -> list[Worded]:
    """Of each, in order. They are taken out of the list: of a large commit either form is much."""
    drafted.reverse()
    return [worded(ontology, branch, drafted.pop()) for _ in range(len(drafted))]


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
    whole: bool  # nothing at all may have been written on its branch since; so if it was refused: what it meets is not known
    schema: Mapping[Key, State] = {}  # what it writes of elements of the schema and of their reserved keys, if it does
    momentary: bool = False  # what it says stays right as long as its proposal is what it was
    grounds: Grounds | None = None  # to decide a part of it again
    instead: Mapping[str, HeadWrite] = {}  # of some keys: in the place of what `heads` says
    alone: bool = True  # nobody has changed anything on its branch since it was first decided
    taken: Sequence[UploadKey] = ()  # sections that are events of it
    counts: Mapping[Key, int] = {}  # by how much it changes the numbers of objects, where it is no merge
    keyed: Keyed = NO_KEYS  # by which data keys it was decided

    @property
    def keyless(self) -> bool:
        """Whether it can only be decided where the keys are."""
        return any(finding.code == "KEYS_NONE" for finding in self.refusals)

    def touched(self, branch: str, written: Iterable[HeadWrite]) -> Touched | None:
        """What was written since of all that matters to it: behind nothing it is decided the same.

        `None`: it is to be decided anew, whatever was written.
        """
        read: dict[Key, None] = {}
        left: dict[Key, None] = {}
        # of the first one it is not known whether all that its line sent before was written
        lasting = self.momentary and self.attempt > 1
        for write in written:
            if lasting and not write.key.startswith(_PROPOSALS):
                continue
            if self._counts_whole(branch, write):
                return None
            if self.own and write.branch == branch:
                if is_data(write.key):
                    read[Key(write.key)] = None
                continue
            if write.key in self.keys.get(write.branch, ()):
                read[Key(write.key)] = None
            if self.schema and write.branch == branch and is_data(write.key):
                left[Key(write.key)] = None
        return Touched(read, left)

    @property
    def own(self) -> bool:
        """Whether it says what becomes of all that its branch has: what comes of that is looked at with it."""
        return self.grounds is not None and self.grounds.own

    def _counts_whole(self, branch: str, write: HeadWrite) -> bool:
        schema = bool(self.schema) or self.own
        if write.branch == branch and (self.whole or (schema and is_element(write.key))):
            return True
        prefixes = self.prefixes.get(write.branch)
        return prefixes is not None and write.key[: write.key.rindex("/") + 1] in prefixes

    def alone_behind(self, branch: str, written: Iterable[HeadWrite]) -> bool:
        """Whether nothing that can be merged was written on its branch by then."""
        return self.alone and not any(write.branch == branch and mergeable(write.key) for write in written)

    def moved(self, ontology: str, branch: str, position: int) -> "Moved":
        """As it is behind that position."""
        words, moves, instead = self.words, list(self.moves), dict(self.instead)
        prepared = Prepared(self.heads, position, instead)
        first = moves[0][1] if moves else None
        if first is None or (anew := _first_anew(first.payload, position, alone=self.alone)) is first.payload:
            return Moved(words, moves, prepared, self.warnings, self.taken)
        first = replace(first, payload=anew)
        moves[0] = (0, first)
        if isinstance(anew, BranchRebased):
            instead |= {write.key: _with_floor(write, position) for write in self.heads if write.key == first.key}
        return Moved([worded(ontology, branch, first), *words[1:]], moves, prepared, self.warnings, self.taken)


class Moved(NamedTuple):
    words: Sequence[Worded]
    moves: Sequence[Move]
    prepared: Prepared
    warnings: Sequence[Finding]
    taken: Sequence[UploadKey]


def _first_anew(payload: Payload, position: int, *, alone: bool) -> Payload:
    """What the first event says at another position."""
    if isinstance(payload, BranchRebased) and payload.floor != position:
        return payload.model_copy(update={"floor": position})
    if isinstance(payload, BranchMerged) and payload.fast_forward and not alone:
        return payload.model_copy(update={"fast_forward": False})
    return payload


def _with_floor(write: HeadWrite, position: int) -> HeadWrite:
    state = json.decode(write.state or b"{}")
    return write._replace(state=json.encode({**state, "floor": position}))


def touches_all(type_: str, moves: Iterable[Move], grounds: Grounds | None, schema: Mapping[Key, State]) -> bool:
    """Whether it must be decided anew after whatever is written on its branch.

    Migrations of several entities at once hold for all data, the answers of a proposal for what was there, and what a branch
    wrote itself is not seen from another base. A merge that takes elements of the schema away does so because nothing is of them.
    """
    return (
        (type_ == "ResetBranch" and (grounds is None or bool(schema)))
        or any(_concerns_all(type_, draft.payload, grounds) for _, draft in moves)
        or (bool(schema) and grounds is None)
        or any(is_element(key) and state.get("deleted") for key, state in schema.items())
    )


def schema_in(heads: Iterable[HeadWrite]) -> dict[Key, State]:
    """What is written of the schema; nothing, if none of its elements changes."""
    found = {
        Key(write.key): json.decode(write.state)
        for write in heads
        if write.state is not None and (is_element(write.key) or write.key.startswith(_OF_SCHEMA))
    }
    return found if any(map(is_element, found)) else {}


def _concerns_all(type_: str, payload: Payload, grounds: Grounds | None) -> bool:
    if isinstance(payload, BranchMerged):
        answered = type_ == "MergeProposal" and payload.resolutions  # for both branches as they were
        return bool((payload.migrations and grounds is None) or answered)
    return isinstance(payload, BranchRebased) and grounds is None


class Journal:
    """What was written lately, as long as somebody keeps it."""

    def __init__(self) -> None:
        self.kept = False
        self._since: int | None = None  # all that was written behind it is here
        self._writes: list[tuple[int, Sequence[HeadWrite]]] = []

    def begin(self, position: int, *, known: bool) -> None:
        """A group is decided at this head of the log; `known`: nobody else has written since the last one."""
        if not self.kept:
            self._since = None
            self._writes.clear()
        elif self._since is None or not known:
            self._since = position
            self._writes.clear()

    def add(self, writes: Sequence[HeadWrite], after: int = 0) -> None:
        """They count from `after` on."""
        if self._since is not None:
            self._writes.append((after, writes))

    def behind(self, position: int, until: int | None = None) -> list[HeadWrite] | None:
        """What was written behind a position, or shall be (`until`: up to that one); `None` = not known. From any thread."""
        last = sys.maxsize if until is None else until
        counted = ((after + write.since, write) for after, several in self._writes for write in several)
        writes = [write for at, write in counted if position < at <= last]
        # NOTE looked at afterwards: whoever empties it says so before
        return writes if self._since is not None and self._since <= position else None


_OF_SCHEMA: Final = ("name/", "uses/", "rules/")
_PROPOSALS: Final = ("proposal/", "proposals/", "branch/")
