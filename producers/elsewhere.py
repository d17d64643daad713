"""Any branch as it was, and what was written where, for decisions: answered from what is known, the rest is asked at once.

Commits that the group itself wrote are not in the store yet; they are looked up where they wait to be written.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Hashable, Iterable, Mapping, Sequence
from typing import Any

from events.branches.ancestry import Lasting, Vectors
from events.branches.elsewhere import Commit, Unasked
from events.branches.lineage import Lineage
from events.decider import Head, State, needed
from events.decider import Heads as Seen
from events.names import ONTOLOGY_SCOPE, Key
from producers.heads import Heads, Staged, Untold, as_of
from producers.outbox import Ask, CommitWrite, Told, UnderRead, Writes, Written, subjects

Asking = Generator[Ask, Told, None]


class Elsewhere:
    """For the commands of one group; `ask` after each `Unasked`."""

    def __init__(self, heads: Heads, writes: Writes, lasting: Lasting | None = None) -> None:
        """`writes`: nothing yet. `lasting`: what other groups found of the log up to there, and will know of this one."""
        self.heads, self._writes = heads, writes
        self.vectors = Vectors(lasting or Lasting(), writes.head.position)
        self._noted_keys: defaultdict[str, list[Key]] = defaultdict(list)  # by column
        self._noted: defaultdict[str, Any] = defaultdict(list)  # by member of `Ask`
        self._told: dict[Hashable, Any] = {}

    def here(self, heads: Seen) -> "View":
        return View(self, heads)

    def at(self, branch: str, position: int) -> "View":
        return View(self, Staged(self.heads, branch, as_of(branch, position)))

    def branch(self, name: str, at: int) -> State | None:
        return self.at(ONTOLOGY_SCOPE, at).get(Key(f"branch/{name}"))

    def lineage(self, branch: str, at: int) -> Lineage:
        try:
            return self.heads.lineage(as_of(branch, at))
        except Untold as untold:
            self.note(untold.column, [untold.key])
            raise Unasked from None

    def written(self, branch: str, after: int, until: int) -> Sequence[Key]:
        keys: list[Key] = self._answer("written", Written(branch, after, until))
        return keys

    def page(self, branch: str, at: int, prefix: str, after: str, limit: int) -> Sequence[Key]:
        lineage = self.lineage(branch, at)
        reads = [UnderRead(stretch, prefix, floor, until, limit, after) for stretch, floor, until in lineage]
        levels: list[list[Key]] = needed(lambda read: self._answer("under", read), reads)
        last = min((level[-1] for level in levels if len(level) == limit), default=None)
        mine = (key for stretch, floor, until in lineage for key in self._mine(Written(stretch, floor, until)))
        keys = {*(key for level in levels for key in level), *(key for key in mine if key > after)}
        there = sorted(key for key in keys if key.startswith(prefix) and (last is None or key <= last))
        return there[:limit]

    def tip(self, branch: str, at: int) -> int:
        commit = self.commit(branch, at)
        return 0 if commit is None else commit.last

    def commit(self, branch: str, at: int) -> Commit | None:
        found: Commit | None = self._answer("commits", (branch, at))
        return found

    def commit_named(self, identity: str) -> Commit | None:
        found: Commit | None = self._answer("commits_named", identity)
        return found

    def commit_end(self, position: int) -> int:
        end: int = self._answer("commit_ends", position)
        return end

    def need(self) -> None:
        if self._noted_keys or self._noted:
            raise Unasked

    def note(self, column: str, keys: Iterable[Key]) -> None:
        """To be asked next."""
        self._noted_keys[column] += keys

    def ask(self) -> Asking:
        """Learn all that was noted."""
        columns, self._noted_keys = self._noted_keys, defaultdict(list)
        noted, self._noted = self._noted, defaultdict(list)
        for column, keys in columns.items():
            yield from self.heads.fetch(column, dict.fromkeys(keys))
        if noted:
            told = yield Ask(**noted)
            for member, asked in noted.items():
                answer = getattr(self, f"_{member}")
                self._told |= {(member, each): answer(each, told) for each in asked}

    def _answer(self, member: str, asked: Hashable) -> Any:
        if (member, asked) not in self._told:
            self._noted[member].append(asked)
            raise Unasked
        return self._told[member, asked]

    def _written(self, asked: Written, told: Told) -> list[Key]:
        return list(dict.fromkeys((*map(Key, told.written[asked]), *self._mine(asked))))

    def _mine(self, asked: Written) -> list[Key]:
        """What the group itself wrote of it."""
        first = self._writes.head.position - len(self._writes.rows) + 1
        mine = [c for c in self._writes.commits if c.branch == asked.branch and asked.after < c.last <= asked.until]
        rows = (self._writes.rows[at - first].body for c in mine for at in range(c.first, c.last + 1))
        return list(map(Key, subjects(rows)))

    def _under(self, asked: UnderRead, told: Told) -> list[Key]:
        return [Key(key) for key, _ in told.under[asked]]

    def _commits(self, asked: tuple[str, int], told: Told) -> Commit | None:
        branch, at = asked
        return self._newest(lambda c: c.branch == branch and c.last <= at, told.commits.get(asked))

    def _commits_named(self, asked: str, told: Told) -> Commit | None:
        return self._newest(lambda c: c.id == asked, told.commits_named.get(asked))

    def _commit_ends(self, asked: int, told: Told) -> int:
        mine = min((c.last for c in self._writes.commits if c.last >= asked), default=0)
        return told.commit_ends.get(asked, mine)

    def _newest(self, fits: Callable[[CommitWrite], bool], stored: CommitWrite | None) -> Commit | None:
        found = next(filter(fits, reversed(self._writes.commits)), stored)
        return None if found is None else Commit(*found)


class View:
    """States as one branch sees them; what nobody told yet is noted."""

    def __init__(self, elsewhere: Elsewhere, heads: Seen) -> None:
        self._elsewhere, self._heads = elsewhere, heads

    def get(self, key: Key) -> State | None:
        return self.states([key])[key]

    def head(self, key: Key) -> Head:
        try:
            return self._heads[key]
        except Untold as untold:
            self._elsewhere.note(untold.column, untold.keys)
            raise Unasked from None

    def glimpse(self, key: Key) -> State | None:
        try:
            return self._heads[key].state
        except Untold as untold:
            self._elsewhere.note(untold.column, untold.keys)
            return None

    def states(self, keys: Collection[Key]) -> Mapping[Key, State | None]:
        found: dict[Key, State | None] = {}
        whole = True
        for key in keys:
            try:
                found[key] = self._heads[key].state
            except Untold as untold:
                self._elsewhere.note(untold.column, untold.keys)
                whole = False
        if not whole:
            raise Unasked
        return found
