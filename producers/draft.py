"""Turns decided events into rows: positions, times, hashes, and the bytes that will never change again."""

from collections.abc import Generator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from events.findings import Finding, Refused
from events.names import branch_parts
from events.wire import instants
from events.wire.commit_message import to_attribute
from events.wire.envelope import Shared, Write, decode, writer
from producers.ahead import Worded
from producers.command import Limits, Submitted
from producers.outbox import Ask, LogHead, OutboxUnavailable, Prepared, Ready, Row, Told
from security import chain

AT_ONCE: Final = 4_000  # rows
AT_ONCE_BYTES: Final = 4 << 20
_named: Final = attrgetter("type", "key", "digest")
_LONG_KEY: Final = 1_024  # characters
_ROOM: Final = 4 * _LONG_KEY + 1_024  # bytes by which an envelope may be longer than another of its commit


Drawing = Generator[list[Row], None, "Drawn"]
"""Yields rows of its commit, some thousands at a time, as soon as none behind them can be refused, for who writes them
meanwhile. `Drawn.rows` are those behind them, never none."""


class Drawn(Struct, frozen=True, gc=False):
    """A commit with its place in the log: `head` is the log's head once all rows are written."""

    rows: list[Row]
    event_ids: list[str]
    commit_id: str
    head: LogHead


def draw(
    ontology: str,
    submitted: Submitted,
    words: Sequence[Worded],
    *,
    parents: Sequence[str],
    head: LogHead,
    now: int,
    limits: Limits,
) -> Drawing:
    """Rows at head+1 …, each 1 µs after the one before, from max(`now`, head.time + 1) on.

    Raises `Refused` where a row could not be published or read again.
    """
    start = max(now, head.time + 1)
    begun = instants.to_text(start)
    commit_id = chain.commit_id(
        parents, submitted.author, begun, submitted.message, [*map(_named, words)]
    )  # fmt: skip
    shared = Shared(
        _source(ontology, submitted.branch), submitted.branch, commit_id, len(words), submitted.author,
        submitted.key.id, submitted.on_behalf_of, submitted.effective, submitted.correlation, submitted.traceparent,
        to_attribute(submitted.message),
    )  # fmt: skip
    plain = shared.plain
    writers: dict[str | None, Write] = {None: writer(shared)}  # by valid time, where it is not the commit's
    rows: list[Row] = []
    ids: list[str] = []
    # in a large commit whoever else writes waits for this: names are looked up once
    event_id, body_hash = chain.event_id, chain.body_hash
    most, most_of_subject = limits.event_bytes, limits.subject_bytes // 4
    position, _, digest = head
    size = 0  # of `rows`
    sure: bool | None = None  # that none is refused; `None` = nobody has looked
    for index, (word, time) in enumerate(zip(words, instants.to_texts(start), strict=False)):
        position += 1
        ident = event_id(start + index, digest)
        write = writers.get(word.effective)
        if write is None:
            write = writers[word.effective] = writer(replace(shared, effectivetime=word.effective))
        stored = write(ident, word.type, word.key, time, position, index, digest, word.data)
        if len(stored) > most or len(word.subject) > most_of_subject:
            _refuse_unpublishable(stored, word.subject, word.key, limits)
        if not (plain and word.key.isprintable()):
            decode(stored)  # raises what no reader would take
        digest = body_hash(stored)
        rows.append(Row(position, word.subject, stored))
        ids.append(ident)
        size += len(stored)
        if (len(rows) == AT_ONCE or size >= AT_ONCE_BYTES) and len(ids) < len(words) and sure is not False:
            if sure is None:
                sure = plain and _all_fit(words, rows[0].body, limits)
            if sure:
                yield rows
                rows, size = [], 0
    return Drawn(rows, ids, commit_id, LogHead(position, start + len(ids) - 1, digest))


def at_once(drawing: Drawing) -> Drawn:
    """With all rows. Raises `Refused`."""
    ready: list[Row] = []
    while True:
        try:
            ready += next(drawing)
        except StopIteration as ended:
            drawn: Drawn = ended.value
            return replace(drawn, rows=ready + drawn.rows) if ready else drawn


def handed_over(drawing: Drawing, prepared: Prepared, before: list[Row]) -> Generator[Ask, Told, Drawn]:
    """Drawn while the store writes what is there, the rows `before` it first, which are taken out of their list.

    Once that has begun, a fault is one of all that is written with it.
    """
    handed = False
    try:
        while True:
            rows = next(drawing)
            handed = True
            yield Ask(ready=Ready([*before, *rows], prepared))
            before.clear()
    except StopIteration as drawn:
        whole: Drawn = drawn.value
        return whole
    except Exception as fault:
        if handed:
            raise OutboxUnavailable(repr(fault), "send it again under the same id") from fault
        raise


def _all_fit(words: Sequence[Worded], first: bytes, limits: Limits) -> bool:
    """Whether all can be published and read again, seen by the first of them as it is stored; False says nothing."""
    keys = [word.key for word in words]
    envelope = len(first) - len(words[0].data) + _ROOM
    return (
        envelope + max([len(word.data) for word in words]) <= limits.event_bytes
        and max([len(word.subject) for word in words]) <= limits.subject_bytes // 4
        and max(map(len, keys)) <= _LONG_KEY
        and "".join(keys).isprintable()
    )


@lru_cache(1024)
def _source(ontology: str, branch: str) -> str:
    env, service, _ = branch_parts(branch)
    return f"/oms/{ontology}/{env}/{service}"


def _refuse_unpublishable(stored: bytes, subject: str, key: str, limits: Limits) -> None:
    findings = []
    if len(stored) > limits.event_bytes:
        text = f"{key} would be an event of {len(stored):,} bytes; at most {limits.event_bytes:,} can be published"
        findings.append(Finding("EVENT_TOO_LARGE", "/data", text))
    if (size := len(subject.encode())) > limits.subject_bytes:
        text = f"{key} would have a subject of {size:,} bytes; at most {limits.subject_bytes:,}"
        findings.append(Finding("EVENT_SUBJECT_TOO_LONG", "/data", text))
    if findings:
        raise Refused(findings)
