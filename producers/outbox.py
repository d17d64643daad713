"""The outbox port: where commits become durable, in one transaction with everything they depend on.

A unit of work is sans-I/O: a generator that asks for what it must read and returns what must be written. An adapter
begins the transaction, locks the log's head row, drives the generator, writes and commits; all or nothing.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, TypeVar

from msgspec import Struct
from msgspec.json import Decoder

from events.branches import lineage

FOREVER: Final = lineage.FOREVER
"""A position behind every other."""


class LogHead(NamedTuple):
    """Where the log ends: last position (0 = empty), its time (µs since the epoch) and the SHA-256 of its body (hex)."""

    position: int
    time: int
    hash: str


class Row(NamedTuple):
    """One event as it is stored, relayed and read: position, NATS subject, body (the bytes of the CloudEvent)."""

    position: int
    subject: str
    body: bytes


class HeadRead(NamedTuple):
    """Asks for the interval of `key` written on `branch` itself (no inheritance) that holds position `at`."""

    branch: str
    key: str
    at: int = FOREVER


class UnderRead(NamedTuple):
    """Asks for the newest intervals at `at` of all keys `<prefix><last part>` written on `branch` itself since `floor`.

    `prefix` ends with `/`. At most `limit` of them are told, in key order, from behind the key `after` on.
    """

    branch: str
    prefix: str
    floor: int
    at: int
    limit: int
    after: str = ""


class Found(NamedTuple):
    """An interval: it began at `since`; `state` is JSON, `None` for a key that was freed or deleted on this branch."""

    since: int
    state: bytes | None


class CommandKey(NamedTuple):
    principal: str
    id: str


class UploadKey(NamedTuple):
    """A section that was sent ahead, by whom (`producers.uploads`)."""

    principal: str
    section: str  # its hidden name


class Remembered(NamedTuple):
    """What was answered to a command: its digest (`producers.command_digests`), its outcome as JSON, when (µs)."""

    digest: str
    outcome: bytes
    time: int


class Written(NamedTuple):
    """Asks for the entities that the commits on `branch` itself wrote that ended at after < last ≤ until: each once."""

    branch: str
    after: int
    until: int


@dataclass(slots=True)
class Ask:
    """What a unit of work must read next."""

    heads: Sequence[HeadRead] = ()
    commands: Sequence[CommandKey] = ()
    commit_ids: Sequence[tuple[str, int]] = ()  # (branch, at): id of the last commit on that branch at or before `at`
    commit_ends: Sequence[int] = ()  # positions: the last position of the commit, of whatever branch, that holds each
    commits: Sequence[tuple[str, int]] = ()  # (branch, at): the last commit on that branch at or before `at`
    commits_named: Sequence[str] = ()  # commit ids
    written: Sequence[Written] = ()
    under: Sequence[UnderRead] = ()
    uploads: Sequence[UploadKey] = ()
    ready: "Ready | None" = None  # asks nothing


@dataclass(slots=True)
class Told:
    """The answers; what was not found is absent."""

    heads: Mapping[HeadRead, Found] = field(default_factory=dict)
    commands: Mapping[CommandKey, Remembered] = field(default_factory=dict)
    commit_ids: Mapping[tuple[str, int], str] = field(default_factory=dict)
    commit_ends: Mapping[int, int] = field(default_factory=dict)
    commits: Mapping[tuple[str, int], "CommitWrite"] = field(default_factory=dict)
    commits_named: Mapping[str, "CommitWrite"] = field(default_factory=dict)
    written: Mapping[Written, Sequence[str]] = field(default_factory=dict)
    under: Mapping[UnderRead, Sequence[tuple[str, Found]]] = field(
        default_factory=dict
    )  # (key, interval), in key order
    uploads: Mapping[UploadKey, bytes] = field(default_factory=dict)  # wrapped


class HeadWrite(NamedTuple):
    """A new interval of `key` on `branch`; it ends where the next one begins. `state` as in `Found`."""

    branch: str
    key: str
    since: int
    state: bytes | None


class Prepared(NamedTuple):
    """Intervals of a long commit as they were decided ahead: `since` = which event of the commit, from 1 on.

    `after` is the position before the commit; `instead` says of some keys what is written in the place of `heads`.
    """

    heads: Sequence[HeadWrite]
    after: int
    instead: Mapping[str, HeadWrite]

    def written(self) -> Iterator[HeadWrite]:
        """The intervals as they are stored."""
        for write in self.heads:
            branch, key, since, state = self.instead.get(write.key, write)
            yield HeadWrite(branch, key, self.after + since, state)


class Ready(NamedTuple):
    """Of a long commit what is there before it is whole, to be written while the rest of it is made.

    Rows from the first one of the unit of work on, without a gap: `Writes.rows` begins behind the last that was ready.
    `prepared` will be `Writes.prepared`. From the first of them on nothing else is asked, and no part can fail alone.
    """

    rows: Sequence[Row]
    prepared: Prepared


class CommitWrite(NamedTuple):
    branch: str
    first: int
    last: int
    id: str


class Refusal(NamedTuple):
    """A command that was refused; it has no position. For the audit's second table."""

    time: int
    principal: str
    branch: str
    command_id: str
    type: str
    findings: bytes  # JSON array of [code, path, text]


@dataclass(slots=True)
class Writes:
    """Everything one group of commands writes."""

    head: LogHead
    rows: list[Row] = field(default_factory=list)
    heads: list[HeadWrite] = field(default_factory=list)
    prepared: Prepared | None = None  # further heads
    commits: list[CommitWrite] = field(default_factory=list)
    commands: list[tuple[CommandKey, Remembered]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    taken: list[UploadKey] = field(default_factory=list)  # they are events now, and wait no longer
    destroyed: list[str] = field(default_factory=list)  # data keys, to be destroyed once this is durable
    outcomes: list[bytes] = field(default_factory=list)  # JSON, one for each command of the group; not stored as such

    def every_head(self) -> list[HeadWrite]:
        """All intervals that are written."""
        return self.heads if self.prepared is None else [*self.heads, *self.prepared.written()]


Work = Callable[[LogHead], Generator[Ask, Told, Writes]]


Planned = TypeVar("Planned")
Planning = Callable[[LogHead], Generator[Ask, Told, Planned]]
"""A unit of work that only reads."""


def driven(work: Planning[Planned], head: LogHead, tell: Callable[[Ask], Told]) -> Planned:
    """What a unit of work comes to, all its questions answered by `tell`."""
    planning = work(head)
    try:
        ask = next(planning)
        while True:
            ask = planning.send(tell(ask))
    except StopIteration as ended:
        planned: Planned = ended.value
        return planned


def gathering(work: Work) -> Work:
    """The same work, of which nothing is ready before all is: for a store that writes at its end."""

    def run(head: LogHead) -> Generator[Ask, Told, Writes]:
        working, ready = work(head), list[Row]()
        try:
            ask = next(working)
            while True:
                if ask.ready is not None:
                    ready += ask.ready.rows
                ask = working.send((yield ask) if ask.ready is None else Told())
        except StopIteration as ended:
            writes: Writes = ended.value
            writes.rows[:0] = ready
            return writes

    return run


class _Subject(Struct):
    subject: str


def subjects(bodies: Iterable[bytes]) -> list[str]:
    """The entities that stored events are about, each once, in the order of their first events."""
    return list(dict.fromkeys(_subject(body).subject for body in bodies))


_subject: Final = Decoder(_Subject).decode


class Outbox(Protocol):
    """Adapters pass `tests/ports/test_outbox.py` unchanged. Every method is one transaction."""

    ontology: str

    async def commit(self, work: Work) -> Writes:
        """Run one unit of work; durable (fsynced) when it returns. Raises `OutboxUnavailable` with nothing written."""

    async def plan(self, work: Planning[Planned]) -> Planned:
        """Run a unit of work that only reads, on one unchanging state, beside commits. Raises `OutboxUnavailable`."""

    async def prepare(self, heads: Sequence[HeadWrite]) -> None:
        """These may soon be written as `Writes.prepared`: a store may keep the last ones at hand, to write them faster."""

    async def head(self) -> LogHead: ...

    async def after(self, position: int, limit: int, max_bytes: int = 8 << 20) -> list[Row]:
        """Rows behind `position` in position order: at most `limit`, at most `max_bytes` of bodies, at least one if any."""

    async def row(self, position: int) -> Row | None: ...

    async def prune(self, until: int) -> int:
        """Let the rows up to a position go; how many. What they are about stays known. Who asks has them elsewhere."""

    async def remembered(self, command: CommandKey) -> Remembered | None: ...

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]:
        """`(number, refusal)` in the order they were refused; numbers are 1, 2, 3 …"""

    async def forget(self, before: int) -> int:
        """Drop remembered commands older than `before` (µs). Returns how many."""

    async def restore(self, writes: Writes) -> None:
        """Write rows, heads and commands as they are (rebuild from a log); the head moves to `writes.head`."""

    async def clear(self, *, outbox: bool) -> None:
        """Forget all heads and commits; with `outbox` also rows, commands and the log's head."""

    async def heads_after(self, branch: str, key: str, since: int, limit: int) -> list[HeadWrite]:
        """Stored intervals in (branch, key, since) order, behind the given one; for verification."""


class OutboxUnavailable(Exception):
    """The store refused (disk full, locked, gone): nothing was written; `cause` says why, `remedy` what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause, self.remedy = cause, remedy
        super().__init__(f"{cause}; {remedy}")
