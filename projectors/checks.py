"""What is right about each row of a view, as the oracle sees it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import unquote

from events.names import Key
from events.wire import instants
from projectors.audit import Entry
from projectors.oracle import Json, decoded, next_state
from projectors.projector import FOREVER, BrokenRow, Fetched, Place
from projectors.verify import Difference
from projectors.versions import Version
from security import chain


class Counts(NamedTuple):
    """Rows of each table up to the checkpoint."""

    entities: int
    slices: int
    versions: int
    commits: int


class WrittenVersions(Protocol):
    """What verification reads of the versions view, from one unchanging state of it."""

    def at(self, branch: str, entity: Key, position: int) -> Version | None:
        """See `lineage.Own`."""

    def written(self, after: int, until: int) -> Sequence[Version]:
        """The versions that began in (after, until], by position."""

    def counts(self) -> Counts: ...


class WrittenEntries(Protocol):
    """What verification reads of the audit."""

    def departed(self) -> tuple[int, str]:
        """The last position that left for segments, and the hash of its body; (0, "") if none did."""

    def written(self, after: int, until: int) -> Sequence[Entry]: ...


class VersionsCheck:
    """A check of the versions view; `finished` at the end compares the tables' sizes."""

    def __init__(self, stored: WrittenVersions) -> None:
        self.stored = stored
        self.entities = self.versions = self.commits = 0
        self._commit = 0
        self._closing: dict[int, dict[Place, Version]] = {}  # rows that say they end at a position not reached yet

    def __call__(self, chunk: Sequence[Fetched], left_out: Collection[int]) -> Difference | None:
        try:
            return self._compared(chunk, left_out)
        except BrokenRow as broken:
            named = _named(broken.branch, broken.key)
            return Difference("differs", broken.position, named, "state", "what the event says", broken.reason)

    def _compared(self, chunk: Sequence[Fetched], left_out: Collection[int]) -> Difference | None:
        rows = {row.since: row for row in self.stored.written(chunk[0].position - 1, chunk[-1].position)}
        for position, _, body in chunk:
            row = rows.pop(position, None)
            if position not in left_out:
                found = next(self._wrong(position, decoded(body), row), None)
            elif row is not None:
                found = _extra(row)
            else:
                found = self._unclosed(position)
            self._closing.pop(position, None)
            if found:
                return found
        return None

    def finished(self, position: int) -> Difference | None:
        """What no event led to: rows behind the checkpoint, and rows of one table that another lacks."""
        for row in self.stored.written(position, FOREVER):
            return _extra(row)
        for until in sorted(self._closing):
            return self._unclosed(until)
        expected = Counts(self.entities, self.versions, self.versions, self.commits)
        for name, counted, right in zip(Counts._fields, self.stored.counts(), expected, strict=True):
            if counted != right:
                return Difference("differs", position, f"table {name}", "number of rows", right, counted)
        return None

    def _wrong(self, position: int, event: Json, row: Version | None) -> Iterator[Difference]:
        branch, entity = _place(event)
        named = _named(branch, entity)
        if row is None:
            yield Difference("missing", position, named)
            return
        own = self.stored.at(branch, entity, position - 1)
        if own is not None and own.until != position:
            yield Difference("differs", own.since, named, "until", position, own.until)
        wrong = self._unclosed(position, but=(branch, entity) if own else None)
        if wrong:
            yield wrong
        before = version_before(self.stored, branch, entity, position)
        expected = next_state(None if before is None else {**before.state, **before.stamps}, event)
        yield from _columns(position, named, _expected(position, event, branch, entity), row._asdict())
        yield from _columns(position, named, expected, {**row.state, **row.stamps})
        self._count(own, row)

    def _count(self, own: Version | None, row: Version) -> None:
        self.versions += 1
        self.entities += own is None
        self.commits += row.first != self._commit
        self._commit = row.first
        if row.until != FOREVER:
            self._closing.setdefault(row.until, {})[row.branch, row.entity] = row

    def _unclosed(self, position: int, but: Place | None = None) -> Difference | None:
        """A row that says it ends here, where nothing follows it."""
        for place, row in self._closing.get(position, {}).items():
            if place != but:
                return Difference("differs", row.since, _named(*place), "until", FOREVER, row.until)
        return None


def version_before(stored: WrittenVersions, branch: str, entity: Key, position: int) -> Version | None:
    """The row of the nearest branch that has one: its own behind the floor, else its parent's as it was at the base."""
    at = position - 1
    while True:
        version = stored.at(branch, entity, at)
        key = Key(f"branch/{branch}")
        state = _state(stored.at("", key, at))
        if version is not None and version.since > state.get("floor", 0):
            return version
        if not state:  # read as of a position before it was created
            state = _state(stored.at("", key, position - 1))
            state["base"] = state.get("forked", state.get("base"))
        if not branch or not state.get("parent"):
            return None
        branch, at = state["parent"], min(at, state["base"])


class AuditCheck:
    """A check of the audit. What left for segments is proved by the hash it ended in: these name what came before."""

    def __init__(self, stored: WrittenEntries) -> None:
        self.stored = stored

    def __call__(self, chunk: Sequence[Fetched], _left_out: Collection[int]) -> Difference | None:
        rows = {row.position: row for row in self.stored.written(chunk[0].position - 1, chunk[-1].position)}
        last, head = self.stored.departed()
        for message in chunk:
            row = rows.get(message.position)
            if row is None and message.position <= last:
                digest = chain.body_hash(message.body)
                if message.position == last and digest != head:
                    return Difference("differs", last, "what left for segments", "hash", digest, head)
                continue
            if row is None:
                return Difference("missing", message.position, "event")
            found = next(_columns(message.position, "event", _entry(message), row._asdict()), None)
            if found:
                return found
        return None

    def finished(self, position: int) -> Difference | None:
        """Rows behind the checkpoint."""
        for row in self.stored.written(position, FOREVER):
            return Difference("extra", row.position, "event")
        return None


def _state(version: Version | None) -> Json:
    return {} if version is None else dict(version.state)


def _place(event: Json) -> tuple[str, Key]:
    subject = Key(event["subject"])
    return (
        ""
        if subject.split("/")[0] in ("branch", "tag", "proposal", "dataKey", "migration", "subscription")
        else event["branch"]
    ), subject


def _expected(position: int, event: Json, branch: str, entity: Key) -> Mapping[str, Any]:
    time = instants.from_text(event["time"])
    first = position - event["commitindex"]
    return {
        "branch": branch,
        "entity": entity,
        "time": time,
        "effective": instants.from_text(event["effectivetime"]) if "effectivetime" in event else time,
        "change": event["type"].split(".")[3],
        "author": event["author"],
        "on_behalf_of": event.get("onbehalfof"),
        "commit": event["commitid"],
        "first": first,
        "last": first + event["commitsize"] - 1,
        **({} if event["commitindex"] else {"message": unquote(event.get("commitmessage", ""))}),
    }


def _entry(message: Fetched) -> Mapping[str, Any]:
    event = decoded(message.body)
    return {
        "time": instants.from_text(event["time"]),
        "author": event["author"],
        "on_behalf_of": event.get("onbehalfof"),
        "type": event["type"],
        "branch": event["branch"],
        "entity": event["subject"],
        "commit": event["commitid"],
        "cause": event["causationid"],
        "trace": event.get("traceparent"),
        "subject": message.subject,
        "hash": chain.body_hash(message.body),
        "body": message.body,
    }


def _columns(position: int, row: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Difference]:
    for name, value in expected.items():
        if name not in found or _plain(found[name]) != _plain(value):
            yield Difference("differs", position, row, name, value, found.get(name))
    for name in found.keys() - expected.keys() - _ELSEWHERE:
        yield Difference("differs", position, row, name, None, found[name])


def _plain(value: Any) -> tuple[type, Any]:
    """So that 1, 1.0 and true are three things, however deep they lie."""
    return type(value), json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def _extra(row: Version) -> Difference:
    return Difference("extra", row.since, _named(row.branch, row.entity))


def _named(branch: str, entity: Key) -> str:
    return f"{entity} on {branch}" if branch else entity


_ELSEWHERE: Final = frozenset({"message", "since", "until", "state", "marks", "position"})
"""Columns that are compared in other ways."""
