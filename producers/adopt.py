"""The write side from the log alone: outbox rows, heads, commits, and what was answered to the commands that were accepted.

    log ──► whole commits, the chain proved ──► fold ──► one unit of work for some thousand events ──► outbox

A kill only delays it: the outbox's own head says where to go on.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from events.decider import Fold, Payload, State
from events.names import Key
from events.wire import instants
from events.wire.envelope import Event, decode
from producers.copies import Copy
from producers.heads import Heads, Staged, Untold
from producers.outbox import Ask, CommandKey, CommitWrite, LogHead, Outbox, Remembered, Row, Told, Work, Writes
from security.chain import verify

GROUP: Final = 2_000  # events in one unit of work, unless a commit has more
LOCAL: Final = "local"  # the principal without authentication: it may write as any author

PayloadOf = Callable[[str, bytes], Payload]
"""CloudEvents type and stored `data` to a payload of the newest version."""


class Read(NamedTuple):
    """A row, and its envelope."""

    row: Row
    event: Event


class NotAdoptable(Exception):
    """The log cannot be continued from what the outbox holds; nothing was written behind it."""


async def adopt(
    outbox: Outbox, log: Copy, until: int, fold: Fold, payload_of: PayloadOf, told: Callable[[int, int], None]
) -> LogHead:
    """Everything behind the outbox's head up to `until`; a commit that is not whole there is left out.

    Raises `ChainBroken`, `Gap`, `OutboxUnavailable`, and what `payload_of` raises for data it cannot read.
    """
    head = await outbox.head()
    if until < head.position:
        raise NotAdoptable(f"the outbox ends at {head.position}, behind the log's end {until}")
    async for group in _groups(log, head.position, until):
        await outbox.commit(_work(group, fold, payload_of))
        told(group[-1].row.position, until)
    return await outbox.head()


def _work(group: Sequence[Read], fold: Fold, payload_of: PayloadOf) -> Work:
    def run(head: LogHead) -> Generator[Ask, Told, Writes]:
        rows = [read.row for read in group]
        last = group[-1].event
        digest = verify((row.body for row in rows), head.position, head.hash)
        writes = Writes(LogHead(rows[-1].position, instants.from_text(last.time), digest), rows=rows)
        heads = Heads(limit=2**62)  # one group is bounded itself
        for _, commit in groupby(group, key=lambda read: read.row.position - read.event.commitindex):
            yield from _commit(list(commit), heads, writes, fold, payload_of)
        writes.heads = heads.flush()
        return writes

    return run


def _commit(
    commit: Sequence[Read], heads: Heads, writes: Writes, fold: Fold, payload_of: PayloadOf
) -> Generator[Ask, Told, None]:
    first, last = commit[0], commit[-1]
    branch = first.event.branch
    staged = Staged(heads, branch)
    yield from heads.fetch(branch, [read.event.subject for read in commit])
    for (position, _, _), event in commit:
        payload = payload_of(event.type, bytes(event.data))
        for key, state in (yield from _folded(staged, Key(event.subject), payload, fold)):
            staged.change(key, position, state)
        staged = staged.behind(payload)
    staged.settle()
    writes.commits.append(CommitWrite(branch, first.row.position, last.row.position, last.event.commitid))
    writes.commands += _answered([read.event for read in commit])


def _folded(
    staged: Staged, key: Key, payload: Payload, fold: Fold
) -> Generator[Ask, Told, list[tuple[Key, State | None]]]:
    while True:
        try:
            return list(fold(staged.get, key, payload))
        except Untold as untold:
            yield from staged.heads.fetch(untold.column, untold.keys)


def _answered(commit: Sequence[Event]) -> Iterable[tuple[CommandKey, Remembered]]:
    """The log names the author, not the principal: the command is remembered under both that it can have been."""
    last = commit[-1]
    if not last.causationid:
        return
    answer = {
        "command": last.causationid,
        "status": "accepted",
        "position": last.position,
        "events": [event.id for event in commit],
        "findings": [],
    }
    remembered = Remembered("", msgspec.json.encode(answer), instants.from_text(last.time))
    for principal in dict.fromkeys((last.author.partition("@")[0], LOCAL)):
        yield CommandKey(principal, last.causationid), remembered


async def _groups(log: Copy, after: int, until: int) -> AsyncIterator[list[Read]]:
    """Whole commits, together at least `GROUP` events until the last."""
    group: list[Read] = []
    whole = 0  # how many of them end with a commit
    if after < until:
        async for rows in log.read(after, until):
            for row in rows:
                group.append(Read(Row(*row), decode(row[2], trusted=True)))  # `_work` proves the chain
                if group[-1].event.ends_commit:
                    whole = len(group)
                    if whole >= GROUP:
                        yield group
                        group, whole = [], 0
    if whole:
        yield group[:whole]
