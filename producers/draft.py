"""Turns decided events into rows: positions, times, hashes, and the bytes that will never change again."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from events import catalog, envelope, instants
from events.decider import Drafted
from events.envelope import Event
from events.findings import Finding, Refused
from events.names import branch_parts, event_subject
from producers.command import Limits, Submitted
from producers.outbox import LogHead, Row
from security import chain


class Drawn(NamedTuple):
    """A commit with its place in the log: `head` is the log's head once the rows are written."""

    rows: list[Row]
    event_ids: list[str]
    commit_id: str
    head: LogHead


def draw(
    ontology: str,
    submitted: Submitted,
    drafted: Sequence[Drafted],
    *,
    parents: Sequence[str],
    head: LogHead,
    now: int,
    limits: Limits,
) -> Drawn:
    """Rows at head+1 …, each 1 µs after the one before, from max(`now`, head.time + 1) on.

    Raises `Refused` where a row could not be published or read again.
    """
    start = max(now, head.time + 1)
    types = [catalog.event_type(d.payload) for d in drafted]
    data = [catalog.data(d.payload) for d in drafted]
    commit_id = chain.commit_id(
        parents, submitted.author, instants.to_text(start), submitted.message,
        [(t, d.key, chain.body_hash(body)) for t, d, body in zip(types, drafted, data, strict=True)],
    )  # fmt: skip
    env, service, _ = branch_parts(submitted.branch)
    source = f"/oms/{ontology}/{env}/{service}"
    plain = _plainly_chosen(submitted)
    rows: list[Row] = []
    ids: list[str] = []
    position, _, digest = head
    for index, (type_, draft, body) in enumerate(zip(types, drafted, data, strict=True)):
        position += 1
        time = start + index
        event = Event(
            specversion="1.0",
            id=chain.event_id(time, digest),
            source=source,
            type=type_,
            subject=draft.key,
            time=instants.to_text(time),
            datacontenttype="application/json",
            dataschema="urn:oms:schema:" + type_,
            sequence=f"{position:020d}",
            branch=submitted.branch,
            commitid=commit_id,
            commitindex=index,
            commitsize=len(drafted),
            author=submitted.author,
            onbehalfof=submitted.on_behalf_of,
            effectivetime=submitted.effective,
            causationid=submitted.key.id,
            correlationid=submitted.correlation,
            traceparent=submitted.traceparent,
            prevhash=digest,
            data=msgspec.Raw(body),
        )
        if not (plain and draft.key.isprintable()):
            envelope.check_chosen(event)
        stored = envelope.encode(event)
        subject = _subject(ontology, submitted.branch, draft)
        if len(stored) > limits.event_bytes or 4 * len(subject) > limits.subject_bytes:
            _refuse_unpublishable(stored, subject, draft.key, limits)
        digest = chain.body_hash(stored)
        rows.append(Row(position, subject, stored))
        ids.append(event.id)
    return Drawn(rows, ids, commit_id, LogHead(position, start + len(rows) - 1, digest))


def _plainly_chosen(submitted: Submitted) -> bool:
    """Whether `check_chosen` could find nothing in what all events of the commit share."""
    return (
        submitted.on_behalf_of is submitted.correlation is submitted.traceparent is None
        and submitted.author != ""
        and submitted.key.id != ""
        and submitted.author.isprintable()
        and submitted.key.id.isprintable()
    )


def _subject(ontology: str, branch: str, draft: Drafted) -> str:
    aggregate, _, identity = draft.key.partition("/")
    return event_subject(ontology, branch, aggregate, draft.slug, identity.removeprefix(draft.slug + "/"))


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
