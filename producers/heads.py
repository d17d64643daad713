"""Heads: the state of every key as a branch sees it now, and the intervals that a commit writes.

A branch reads its own interval of a key, else its parent's as it was at the base, and so on (`lineage`). What is
inherited is never copied: a change writes an interval of the branch's own, a key that goes away a tombstone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from events.decider import Head, State, Unread
from events.names import ONTOLOGY_SCOPE, Key
from producers.outbox import FOREVER, Found, HeadRead, HeadWrite

MAX_DEPTH: Final = 16
_ONTOLOGY_KEYS: Final = ("branch/", "slug/")
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict).decode


NOWHERE: Final = Head(0, None)


def scope(branch: str, key: str) -> str:
    """The branch column under which a key is kept: keys of the whole ontology belong to no branch."""
    return ONTOLOGY_SCOPE if key.startswith(_ONTOLOGY_KEYS) else branch


class Heads:
    """Known heads of one ontology at the log's head, and the intervals written since `flush`."""

    def __init__(self, limit: int = 10_000) -> None:
        self.limit = limit
        self._known: defaultdict[str, dict[str, Head]] = defaultdict(dict)  # by branch column, then by key
        self._lineage: dict[str, list[tuple[str, int]]] = {}
        self._written: dict[tuple[str, str], int] = {}
        self._writes: list[HeadWrite] = []

    def clear(self) -> None:
        """Forget everything, e.g. because another process committed or a transaction was lost."""
        self._written.clear()
        self._writes = []
        self.forget()

    def trim(self) -> None:
        """Past `limit` known keys, forget all that can be read again. Between commands: one that is decided needs them."""
        if sum(map(len, self._known.values())) > self.limit:
            self.forget()

    def known(self, branch: str, key: str) -> Head:
        """Raises `Unread` if nobody told yet."""
        known = self._known[branch].get(key) or self._known[ONTOLOGY_SCOPE].get(key)  # no key is of both
        if known is None:
            raise Unread(Key(key))
        return known

    def seen(self, branch: str) -> tuple[Mapping[str, Head], Mapping[str, Head]]:
        """What is known of a branch and of the whole ontology: both live, to look up without a call."""
        return self._known[branch], self._known[ONTOLOGY_SCOPE]

    def lineage(self, branch: str) -> list[tuple[str, int]]:
        """`[(branch, FOREVER), (parent, base), …]`, nearest first. Raises `Unread` for a branch nobody told of."""
        lineage = self._lineage.get(branch)
        if lineage is None:
            lineage = self._lineage[branch] = list(self._ancestry(branch))
        return lineage

    def wanted(self, branch: str, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Which of these are not known yet, as (scope, key). Of a branch key that is not known itself: its branch key."""
        mine, everyones = self._known[branch], self._known[ONTOLOGY_SCOPE]
        missing = [(scope(branch, key), key) for key in keys if key not in mine and key not in everyones]
        if any(column != ONTOLOGY_SCOPE for column, _ in missing):
            try:
                self.lineage(branch)
            except Unread as unread:
                return [at for at in missing if at[0] == ONTOLOGY_SCOPE] + [(ONTOLOGY_SCOPE, unread.key)]
        return missing

    def reads(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[HeadRead]]:
        """What to ask the store for each wanted key: one read for each branch of its lineage, nearest first."""
        return {
            (column, key): [HeadRead(b, key, at) for b, at in self.lineage(column)] if column else [HeadRead("", key)]
            for column, key in wanted
        }

    def tell(self, reads: Mapping[tuple[str, str], Sequence[HeadRead]], found: Mapping[HeadRead, Found]) -> None:
        """Learn the answers to `reads`."""
        for (column, key), chain in reads.items():
            self._known[column][key] = self._nearest(chain, found)

    def write(self, branch: str, changes: Mapping[Key, Head]) -> None:
        """These keys have these heads from their positions on. They must be known."""
        mine = self._known[branch]
        for key, head in changes.items():
            column = branch if key in mine else ONTOLOGY_SCOPE
            self._written[column, key] = len(self._writes)
            state = None if head.state is None else _encode(head.state)
            self._writes.append(HeadWrite(column, key, head.position, state))
            self._known[column][key] = head

    def flush(self) -> list[HeadWrite]:
        """The intervals written since the last flush, in the order they were written."""
        writes, self._writes = self._writes, []
        self._written.clear()
        return writes

    def _nearest(self, chain: Sequence[HeadRead], found: Mapping[HeadRead, Found]) -> Head:
        for read in chain:
            interval = self._unflushed(read) or found.get(read)
            if interval is not None:
                return Head(interval.since, None if interval.state is None else _decode(interval.state))
        return NOWHERE

    def _unflushed(self, read: HeadRead) -> Found | None:
        """A branch created in this very group may see what the group wrote on its parent."""
        if not self._written or (read.branch, read.key) not in self._written:
            return None
        mine = (w for w in reversed(self._writes) if w.branch == read.branch and w.key == read.key)
        return next((Found(w.since, w.state) for w in mine if w.since <= read.at), None)

    def _ancestry(self, branch: str) -> Iterator[tuple[str, int]]:
        at = FOREVER
        for _ in range(MAX_DEPTH + 1):
            yield branch, at
            state = self.known(ONTOLOGY_SCOPE, f"branch/{branch}").state
            if state is None or state["parent"] is None:
                return
            branch, at = state["parent"], min(at, state["base"])

    def forget(self) -> None:
        """Drop what can be read again: a branch that came, went or moved sees other versions than before."""
        kept = [(column, key, self._known[column][key]) for column, key in self._written]
        for column_known in self._known.values():
            column_known.clear()
        for column, key, known in kept:
            self._known[column][key] = known
        self._lineage.clear()


class Staged:
    """The changes of one commit that is still being decided: seen by its later parts, dropped if it is refused."""

    def __init__(self, heads: Heads, branch: str) -> None:
        self.heads, self.branch = heads, branch
        self.changes: dict[Key, Head] = {}
        self._mine, self._everyones = heads.seen(branch)

    def __getitem__(self, key: Key) -> Head:
        """Raises `Unread`."""
        changed = self.changes.get(key)
        if changed is not None:
            return changed
        known = self._mine.get(key) or self._everyones.get(key)
        if known is None:
            raise Unread(key)
        return known

    def get(self, key: Key) -> State | None:
        """The state as this commit has left it so far. Raises `Unread`."""
        return self[key].state

    def change(self, key: Key, position: int, state: State | None) -> None:
        self.changes[key] = Head(position, state)

    def settle(self) -> None:
        """The commit is decided: its last states become intervals."""
        self.heads.write(self.branch, self.changes)
        if any(key.startswith("branch/") for key in self.changes):
            self.heads.forget()
