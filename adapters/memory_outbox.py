"""The outbox in memory: for tests and models; what it holds is gone with the process."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from events.names import ONTOLOGY_SCOPE
from events.objects.section import section_key
from producers.outbox import (
    Ask,
    CommandKey,
    CommitWrite,
    Found,
    HeadRead,
    HeadWrite,
    LogHead,
    Planned,
    Planning,
    Refusal,
    Remembered,
    Row,
    Told,
    UnderRead,
    UploadKey,
    Work,
    Writes,
    Written,
    driven,
    gathering,
    subjects,
)
from producers.uploads import UploadsFull
from security.chain import genesis


class MemoryOutbox:
    """Passes the outbox conformance suite."""

    def __init__(self, ontology: str) -> None:
        self.ontology = ontology
        self._head = LogHead(0, 0, genesis(ontology))
        self._rows: list[Row] = []
        self._departed: dict[int, str] = {}  # what rows that left are about
        self._heads: dict[tuple[str, str], list[HeadWrite]] = {}
        self._prefixes: dict[tuple[str, str], set[str]] = {}  # keys by branch and what stands before their last part
        self._commits: list[CommitWrite] = []
        self._commands: dict[CommandKey, Remembered] = {}
        self._refusals: list[Refusal] = []
        self._uploads: dict[UploadKey, tuple[bytes, int]] = {}  # content and time

    async def commit(self, work: Work) -> Writes:
        writes = driven(gathering(work), self._head, self._tell)
        self._put(writes)
        return writes

    async def plan(self, work: Planning[Planned]) -> Planned:
        return driven(work, self._head, self._tell)

    async def prepare(self, heads: Sequence[HeadWrite]) -> None:
        """Nothing is faster than a list."""

    async def head(self) -> LogHead:
        return self._head

    async def after(self, position: int, limit: int, max_bytes: int = 8 << 20) -> list[Row]:
        return list(_within(self._rows, position, limit, max_bytes))

    async def row(self, position: int) -> Row | None:
        return next((row for row in self._rows if row.position == position), None)

    async def prune(self, until: int) -> int:
        gone = [row for row in self._rows if row.position <= until]
        self._departed |= {row.position: subjects([row.body])[0] for row in gone}
        self._rows = self._rows[len(gone) :]
        return len(gone)

    async def remembered(self, command: CommandKey) -> Remembered | None:
        return self._commands.get(command)

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]:
        return list(enumerate(self._refusals, 1))[after : after + limit]

    async def forget(self, before: int) -> int:
        old = [key for key, remembered in self._commands.items() if remembered.time < before]
        for key in old:
            del self._commands[key]
        return len(old)

    async def upload(self, principal: str, sections: Mapping[str, bytes], time: int, most: int) -> None:
        uploads = self._uploads | {UploadKey(principal, name): (content, time) for name, content in sections.items()}
        size = sum(len(content) for key, (content, _) in uploads.items() if key.principal == principal)
        if size > most:
            raise UploadsFull(principal, size, most)
        self._uploads = uploads

    async def lacking(self, principal: str, sections: Mapping[str, str]) -> list[str]:
        return [
            digest
            for digest, name in sections.items()
            if (ONTOLOGY_SCOPE, section_key(digest)) not in self._heads and (principal, name) not in self._uploads
        ]

    async def throw_away(self, before: int) -> int:
        kept = {key: upload for key, upload in self._uploads.items() if upload[1] >= before}
        gone = len(self._uploads) - len(kept)
        self._uploads = kept
        return gone

    async def restore(self, writes: Writes) -> None:
        self._put(writes)

    async def clear(self, *, outbox: bool) -> None:
        self._heads.clear()
        self._prefixes.clear()
        self._commits.clear()
        if outbox:
            self._rows.clear()
            self._departed.clear()
            self._commands.clear()
            self._head = LogHead(0, 0, genesis(self.ontology))

    async def heads_after(self, branch: str, key: str, since: int, limit: int) -> list[HeadWrite]:
        every = sorted(write for chain in self._heads.values() for write in chain)
        return [w for w in every if (w.branch, w.key, w.since) > (branch, key, since)][:limit]

    def _tell(self, ask: Ask) -> Told:
        heads = {read: found for read in ask.heads if (found := self._find(read))}
        under = {read: list(islice(self._under(read), read.limit)) for read in ask.under}
        commands = {key: self._commands[key] for key in ask.commands if key in self._commands}
        ids = {at: commit_id for at in ask.commit_ids if (commit_id := self._commit_id(*at))}
        ends = {
            at: end
            for at in ask.commit_ends
            if (end := min((c.last for c in self._commits if c.last >= at), default=0))
        }
        commits = {at: commit for at in ask.commits if (commit := self._commit(*at))}
        named = {c.id: c for c in self._commits if c.id in ask.commits_named} if ask.commits_named else {}
        written = {asked: self._subjects(asked) for asked in ask.written}
        uploads = {key: self._uploads[key][0] for key in ask.uploads if key in self._uploads}
        return Told(heads, commands, ids, ends, commits, named, written, under, uploads)

    def _subjects(self, asked: Written) -> list[str]:
        commits = [c for c in self._commits if c.branch == asked.branch and asked.after < c.last <= asked.until]
        wanted = [at for c in commits for at in range(c.first, c.last + 1)]
        left = [self._departed[at] for at in wanted if at in self._departed]
        bodies = {row.position: row.body for row in self._rows}
        return list(dict.fromkeys([*left, *subjects(bodies[at] for at in wanted if at in bodies)]))

    def _find(self, read: HeadRead) -> Found | None:
        for write in reversed(self._heads.get((read.branch, read.key), [])):
            if write.since <= read.at:
                return Found(write.since, write.state)
        return None

    def _under(self, read: UnderRead) -> Iterator[tuple[str, Found]]:
        branch, prefix, floor, at, _, after = read
        for key in sorted(key for key in self._prefixes.get((branch, prefix), ()) if key > after):
            found = self._find(HeadRead(branch, key, at))
            if found is not None and found.since > floor:
                yield key, found

    def _commit_id(self, branch: str, at: int) -> str | None:
        commit = self._commit(branch, at)
        return commit and commit.id

    def _commit(self, branch: str, at: int) -> CommitWrite | None:
        return next((c for c in reversed(self._commits) if c.branch == branch and c.last <= at), None)

    def _put(self, writes: Writes) -> None:
        for write in writes.every_head():
            self._heads.setdefault((write.branch, write.key), []).append(write)
            self._prefixes.setdefault((write.branch, write.key[: write.key.rindex("/") + 1]), set()).add(write.key)
        self._rows += writes.rows
        self._commits += writes.commits
        self._commands.update(writes.commands)
        self._refusals += writes.refusals
        for key in writes.taken:
            self._uploads.pop(key, None)
        self._head = writes.head


def _within(rows: list[Row], position: int, limit: int, max_bytes: int) -> Iterator[Row]:
    size = 0
    for row in [row for row in rows if row.position > position][:limit]:
        size += len(row.body)
        if size > max_bytes and size > len(row.body):
            return
        yield row
