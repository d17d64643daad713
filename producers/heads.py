"""Heads: the state of every key as a branch sees it now, and the intervals that a commit writes.

A branch reads its own interval of a key, else its parent's as it was at the base, and so on (`lineage`). What is
inherited is never copied: a change writes an interval of the branch's own, a key that goes away a tombstone.

Keys are known by column: a branch as it is now, `as_of(branch, position)` as it was, "" for keys of the whole ontology.
"""

from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final

import msgspec

from events.branches.branch import BranchRebased
from events.branches.lineage import FOREVER, Lineage, Stretch, stretches
from events.decider import MOST, UNDER, Head, Payload, State, Unread
from events.names import ONTOLOGY_SCOPE, Key, column_of
from events.objects.section import SECTIONS
from events.reserved import COUNTED_OBJECTS, number
from producers import under
from producers.outbox import Ask, Found, HeadRead, HeadWrite, Told, UnderRead
from producers.under import Under

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode


AT_ONCE: Final = 5_000  # keys
NOWHERE: Final = Head(0, None)
_NOTHING: Final[Mapping[str, Head]] = {}


class Untold(Unread):
    """Of this column; `Heads.wanted(column, [key])` says what to ask the store for."""

    def __init__(self, key: Key, column: str) -> None:
        self.column = column
        super().__init__(key)


def scope(column: str, key: str) -> str:
    """The column under which a key is kept: keys of the whole ontology belong to no branch."""
    return column if column[:1] == "@" else column_of(column, key.removeprefix(UNDER))


def as_of(branch: str, position: int) -> str:
    """The column of a branch as it was at a position that is written already; `""`: `branch/…` keys as they were."""
    return f"{branch}@{position}"


class Heads:
    """Known heads of one ontology at the log's head, and the intervals written since `flush`."""

    def __init__(self, limit: int = 10_000) -> None:
        self.limit = limit
        self._known: defaultdict[str, dict[str, Head]] = defaultdict(dict)  # by branch column, then by key
        self._lineage: dict[str, Lineage] = {}
        self._writes: list[HeadWrite] = []
        self._written: defaultdict[tuple[str, str], list[HeadWrite]] = defaultdict(list)  # of those looked at
        self._looked_at = 0  # how many of `_writes`
        self._large: set[str] = set()  # known keys of sections
        self._under = Under()

    def clear(self) -> None:
        """Forget everything, e.g. because another process committed or a transaction was lost."""
        self.flush()
        self.forget()

    def trim(self) -> None:
        """Past `limit` known keys, forget all that can be read again. Between commands: one that is decided needs them."""
        for key in self._large:  # a thousandfold the size of what others hold, and hardly asked for again
            self._known[ONTOLOGY_SCOPE].pop(key, None)
        self._large.clear()
        if sum(map(len, self._known.values())) > self.limit:
            self.forget()

    def known(self, column: str, key: str) -> Head:
        """Raises `Untold` if nobody told yet."""
        mine, everyones = self.seen(column)
        known = mine.get(key) or everyones.get(key)  # no key is of both
        if known is None:
            raise Untold(Key(key), column)
        return known

    def seen(self, column: str) -> tuple[Mapping[str, Head], Mapping[str, Head]]:
        """What is known of a column and of the whole ontology: both live, to look up without a call."""
        return self._known[column], _NOTHING if column[:1] == "@" else self._known[ONTOLOGY_SCOPE]

    def lineage(self, column: str) -> Lineage:
        """Through which stretches a column is read, nearest first. Raises `Untold` for a branch nobody told of."""
        lineage = self._lineage.get(column)
        if lineage is None:
            branch, _, at = column.partition("@")
            until = int(at or FOREVER)
            found = stretches(self._branch_at, branch, until) if branch else [Stretch(branch, 0, until)]
            lineage = self._lineage[column] = list(found)
        return lineage

    def wanted(self, column: str, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Which of these are not known yet, as (column, key). Of a branch that is not known itself: its branch key."""
        mine, everyones = self.seen(column)
        missing = [(scope(column, key), key) for key in keys if key not in mine and key not in everyones]
        if missing:
            missing = [at for at in missing if not at[1].startswith(UNDER) or not self._under.holds(*at)]
        if any(found != ONTOLOGY_SCOPE for found, _ in missing):
            try:
                self.lineage(column)
            except Untold as untold:
                return [at for at in missing if at[0] == ONTOLOGY_SCOPE] + [(untold.column, untold.key)]
        return missing

    def reads(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[HeadRead]]:
        """What to ask the store for each wanted key: one read for each stretch of its lineage, nearest first."""
        return {
            (column, key): [HeadRead(branch, key, at) for branch, _, at in self.lineage(column)]
            for column, key in wanted
        }

    def tell(self, reads: Mapping[tuple[str, str], Sequence[HeadRead]], found: Mapping[HeadRead, Found]) -> None:
        """Learn the answers to `reads`."""
        told = found.keys()
        for (column, key), chain in reads.items():
            new = not self._writes and told.isdisjoint(chain)  # as most keys of an import
            self._known[column][key] = NOWHERE if new else self._nearest(chain, self.lineage(column), found)
            if key.startswith(SECTIONS):
                self._large.add(key)

    def load(self, wanted: Sequence[tuple[str, str]]) -> Generator[Ask, Told, None]:
        """Ask the store for what `wanted` has named, and learn the answers: some at a time, for they come with their bytes."""
        asked = [at for at in wanted if not at[1].startswith(UNDER)]
        for start in range(0, len(asked), AT_ONCE):
            one_by_one = self.reads(asked[start : start + AT_ONCE])
            told = yield Ask(heads=[read for stretches in one_by_one.values() for read in stretches])
            self.tell(one_by_one, told.heads)
        sets = {at: under.reads(self.lineage(at[0]), Key(at[1])) for at in wanted if at[1].startswith(UNDER)}
        if sets:
            told = yield Ask(under=[read for stretches in sets.values() for read in stretches])
            self._tell_under(sets, told.under)

    def fetch(self, column: str, keys: Iterable[str]) -> Generator[Ask, Told, None]:
        """Load keys of a column; first, where needed, the branches they are seen through."""
        while missing := self.wanted(column, keys):
            yield from self.load(missing)

    def under(self, column: str, asked: Key) -> Collection[Key]:
        """The keys that an `under/…` key stands for, and maybe some that are gone. Raises `Untold`, `Refused`."""
        try:
            return self._under.known(column, asked)
        except KeyError:
            raise Untold(asked, column) from None

    def _tell_under(
        self,
        reads: Mapping[tuple[str, str], Sequence[UnderRead]],
        found: Mapping[UnderRead, Sequence[tuple[str, Found]]],
    ) -> None:
        """With each set come the states of its keys."""
        for (column, asked), stretch_reads in reads.items():
            levels = ((read, found.get(read, ())) for read in stretch_reads)
            told = self._under.tell(column, Key(asked), levels, self._writes, self._unflushed)
            known = self._known[column]
            for key, (since, state) in told.items():
                if key not in known:
                    known[key] = Head(since, None if state is None else _decode(state))

    def write(self, branch: str, changes: Mapping[Key, Head], column: str) -> None:
        """These keys have these heads from their positions on. They must be known of `column`, the branch's."""
        mine, own, everyones = self._known[column], self._known[branch], self._known[ONTOLOGY_SCOPE]
        moved = False
        for key, head in changes.items():
            state = None if head.state is None else _encode(head.state)
            if key in mine:
                own[key] = head
                self._writes.append(HeadWrite(branch, key, head.position, state))
            else:
                everyones[key] = head
                if key.startswith(SECTIONS):
                    self._large.add(key)
                self._writes.append(HeadWrite(ONTOLOGY_SCOPE, key, head.position, state))
                moved = moved or key.startswith("branch/")
        self._under.wrote(branch, changes)
        if moved:
            self.forget()

    def told_of(self) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        """Of what is current: keys that are known, and prefixes under which all are, each by column."""
        keys = {column: frozenset(known) for column, known in self._known.items() if "@" not in column}
        return keys, self._under.prefixes()

    def put(self, writes: Sequence[HeadWrite]) -> None:
        """These intervals are written, of keys that may be unknown here; all is forgotten, for it can be read again."""
        self._writes += writes
        self.forget()

    @property
    def unflushed(self) -> Sequence[HeadWrite]:
        return self._writes

    def flush(self) -> list[HeadWrite]:
        """The intervals written since the last flush, in the order they were written."""
        writes, self._writes = self._writes, []
        self._written.clear()
        self._looked_at = 0
        self._under.flushed()
        return writes

    def _nearest(self, chain: Sequence[HeadRead], lineage: Lineage, found: Mapping[HeadRead, Found]) -> Head:
        for read, (_, floor, _) in zip(chain, lineage, strict=True):
            interval = self._unflushed(read) or found.get(read)
            if interval is not None and interval.since > floor:
                return Head(interval.since, None if interval.state is None else _decode(interval.state))
        return NOWHERE

    def _unflushed(self, read: HeadRead) -> Found | None:
        """A branch that came or moved in this very group may see what the group wrote."""
        if not self._writes:
            return None
        for write in self._writes[self._looked_at :]:
            self._written[write.branch, write.key].append(write)
        self._looked_at = len(self._writes)
        writes = reversed(self._written.get((read.branch, read.key), ()))
        return next((Found(w.since, w.state) for w in writes if w.since <= read.at), None)

    def _branch_at(self, branch: str, at: int) -> State | None:
        key = Key(f"branch/{branch}")
        now = self.known(ONTOLOGY_SCOPE, key)
        return now.state if now.position <= at else self.known(as_of(ONTOLOGY_SCOPE, at), key).state

    def forget(self) -> None:
        """Drop all: it can be read again. A branch that came or moved sees other versions than before."""
        for known in self._known.values():
            known.clear()
        self._lineage.clear()
        self._under.forget()


class Staged:
    """The changes of one commit that is still being decided: seen by its later parts, dropped if it is refused."""

    def __init__(self, heads: Heads, branch: str, column: str = "", changes: dict[Key, Head] | None = None) -> None:
        """What the commit does not change is read from `column`; from the branch as it is, if not given."""
        self.heads, self.branch, self.column = heads, branch, column or branch
        self.changes: dict[Key, Head] = {} if changes is None else changes
        self._added: list[Iterable[Key]] = [list(self.changes)] if self.changes else []  # not yet in `_by_prefix`
        self._by_prefix: dict[str, dict[Key, None]] = {}
        self._mine, self._everyones = heads.seen(self.column)

    def __getitem__(self, key: Key) -> Head:
        """Raises `Untold`."""
        changed = self.changes.get(key)
        if changed is not None:
            return changed
        known = self._mine.get(key) or self._everyones.get(key)
        if known is None:
            if key.startswith(UNDER):
                return Head(0, {"keys": self._under(key)})
            raise Untold(key, self.column)
        return known

    def get(self, key: Key) -> State | None:
        """The state as this commit has left it so far. Raises `Untold`."""
        return self[key].state

    def behind(self, event: Payload) -> "Staged":
        """What later events of the commit see: a rebased branch is its parent at the new base, and what they change."""
        if type(event) is not BranchRebased:
            return self
        return Staged(self.heads, self.branch, as_of(event.parent, event.base), self.changes)

    def change(self, key: Key, position: int, state: State | None) -> None:
        self.add({key: Head(position, state)})

    def add(self, changes: Mapping[Key, Head]) -> None:
        """Later parts of the commit see these."""
        self.changes.update(changes)
        self._added.append(changes)

    def intervals(self, position: int) -> list[HeadWrite]:
        """The changes as they would be written, counted from `position` on, in the order of their keys.

        So the store goes through its pages once.
        """
        return [
            HeadWrite(
                column_of(self.branch, key),
                key,
                head.position - position,
                None if head.state is None else _encode(head.state),
            )
            for key, head in sorted(self.changes.items(), key=itemgetter(0))
        ]

    def counts(self) -> dict[Key, int]:
        """By how much the commit changes each number of objects; what was there before is known."""
        changed = ((key, head.state) for key, head in self.changes.items() if key.startswith(COUNTED_OBJECTS))
        return {key: number(state) - number(self.heads.known(self.column, key).state) for key, state in changed}

    def settle(self) -> None:
        """The commit is decided: its last states become intervals."""
        self.heads.write(self.branch, self.changes, self.column)

    def _under(self, asked: Key) -> Sequence[Key]:
        """What is there under a prefix, in key order. Raises `Untold`, and `Refused` where that is too much."""
        keys = self.heads.under(scope(self.column, asked), asked)
        for added in self._added:
            for key in added:
                self._by_prefix.setdefault(under.prefix(key), {})[key] = None
        self._added.clear()
        changed = self._by_prefix.get(asked[len(UNDER) :])
        there = [key for key in (sorted({*keys, *changed}) if changed else keys) if self[key].state is not None]
        if len(there) > MOST:
            raise under.wide(asked)
        return there
