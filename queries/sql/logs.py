"""The log and what it says, as tables: `events` as they are stored, `audit` as it tells them, `history` as versions of everything.

`events` and `audit` are of all branches; `history` is what one branch has seen of objects, links and the schema.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from events.decider import State
from events.wire.envelope import Event
from projectors.projector import Fetched
from projectors.versions import Version
from queries.cuts import Cut
from queries.gaps import readable
from queries.naming import type_of, values
from queries.objects import PREFIXES
from queries.purges import Purges
from queries.sql.columns import AUDIT, OF_VERSIONS, Column
from queries.sql.rows import BATCH, MARKS, VERSION, Gaps, needed
from queries.sql.scans import Seen
from queries.sql.told import Told
from security.chain import body_hash

Bodies = Callable[[int, int], Iterator[Sequence[Fetched]]]
"""(after, until): what the log holds of these positions, in chunks."""
_encode: Final = msgspec.json.Encoder().encode
_event: Final = msgspec.json.Decoder(Event)


class Stretch(NamedTuple):
    """Positions first … last."""

    first: int
    last: int


class Logged(NamedTuple):
    event: Event
    body: bytes


_EVENTS: Final[Mapping[Column, Callable[[Logged], Any]]] = {
    Column("position", "integer"): lambda one: one.event.position,
    Column("time", "timestamp"): lambda one: one.event.time,
    Column("type", "text"): lambda one: one.event.type,
    Column("subject", "text"): lambda one: one.event.subject,
    Column("branch", "text"): lambda one: one.event.branch,
    Column("author", "text"): lambda one: one.event.author,
    Column("on_behalf_of", "text"): lambda one: one.event.onbehalfof,
    Column("commit", "text"): lambda one: one.event.commitid,
    Column("commit_index", "integer"): lambda one: one.event.commitindex,
    Column("commit_size", "integer"): lambda one: one.event.commitsize,
    Column("message", "text"): lambda one: one.event.message or None,
    Column("effective", "timestamp"): lambda one: one.event.effectivetime or one.event.time,
    Column("command", "text"): lambda one: one.event.causationid,
    Column("correlation", "text"): lambda one: one.event.correlationid,
    Column("trace", "text"): lambda one: one.event.traceparent,
    Column("id", "text"): lambda one: one.event.id,
    Column("source", "text"): lambda one: one.event.source,
    Column("data", "text"): lambda one: bytes(one.event.data).decode(),
}
_AUDIT: Final[Mapping[Column, Callable[[Logged], Any]]] = {
    Column("position", "integer"): lambda one: one.event.position,
    Column("time", "timestamp"): lambda one: one.event.time,
    Column("author", "text"): lambda one: one.event.author,
    Column("on_behalf_of", "text"): lambda one: one.event.onbehalfof,
    Column("what", "text"): lambda one: one.event.type.removeprefix("io.oms."),
    Column("branch", "text"): lambda one: one.event.branch,
    Column("resource", "text"): lambda one: one.event.subject,
    Column("commit", "text"): lambda one: one.event.commitid,
    Column("command", "text"): lambda one: one.event.causationid,
    Column("trace", "text"): lambda one: one.event.traceparent,
    Column("before", "json"): lambda one: _was(one.event).get("was"),
    Column("after", "json"): lambda one: {name: value for name, value in _was(one.event).items() if name != "was"},
    Column("hash", "text"): lambda one: body_hash(one.body),
}
_TABLES: Final = {"events": _EVENTS, "audit": _AUDIT}


@dataclass(slots=True)
class LoggedRows:
    """Events, as one of the tables shows them."""

    bodies: Bodies
    stretch: Stretch
    cells: Sequence[tuple[Column, Callable[[Logged], Any]]]
    known: Sequence[str]

    @property
    def columns(self) -> list[Column]:
        return [column for column, _ in self.cells]

    def batches(self) -> Iterator[list[list[Any]]]:
        first, last = self.stretch
        for chunk in self.bodies(first - 1, last) if first <= last else ():
            logged = [Logged(_event.decode(body), body) for _, _, body in chunk]
            yield [[cell(one) for one in logged] for _, cell in self.cells]


@dataclass(slots=True)
class HistoryRows:
    """Versions of everything that a branch has seen and that began in a stretch."""

    cut: Cut
    stretch: Stretch
    told: Sequence[Told]
    known: Sequence[str]

    @property
    def columns(self) -> list[Column]:
        return [each.column for each in self.told]

    def batches(self) -> Iterator[list[list[Any]]]:
        seen = self._seen()
        while rows := list(islice(seen, BATCH)):
            yield [each.cells(rows, ()) for each in self.told]

    def _seen(self) -> Iterator[Seen]:
        first, last = self.stretch
        if first > last:
            return
        for prefix in PREFIXES:
            for history in self.cut.histories(prefix, first):
                ends = {version.since: version.time for version in history}
                for version in history:
                    if version.since >= first:
                        ended = ends.get(version.until)
                        yield Seen(version, version.time, ended, version.effective, None)


def logged(name: str, bodies: Bodies, stretch: Stretch, wanted: frozenset[str] | None) -> LoggedRows:
    """`events` or `audit`."""
    table = _TABLES[name]
    cells = [(column, cell) for column, cell in table.items() if wanted is None or column.name in wanted]
    return LoggedRows(bodies, stretch, cells or [*table.items()][:1], [column.name for column in table])


def history(cut: Cut, stretch: Stretch, wanted: frozenset[str] | None, gaps: Gaps) -> HistoryRows:
    telling = _Telling(cut, {}, gaps, Purges(cut.versions))
    every = [
        Told(Column("_kind", "text"), lambda rows, _: [seen.version.entity.partition("/")[0] for seen in rows]),
        Told(Column("_type", "text"), lambda rows, _: [telling.type(seen.version) for seen in rows]),
        Told(Column("_key", "text"), lambda rows, _: [_key(seen.version) for seen in rows]),
        *(Told(column, VERSION[column.name]) for column in OF_VERSIONS if column.name not in ("_type", "_key")),
        Told(Column("properties", "json"), lambda rows, _: [telling.properties(seen.version) for seen in rows]),
        *(Told(column, MARKS[column.name]) for column in AUDIT),
    ]
    return HistoryRows(cut, stretch, needed(every, wanted), [each.column.name for each in every])


@dataclass(slots=True)
class _Telling:
    """Names of types and properties as they are at the cut."""

    cut: Cut
    schemas: dict[str, State | None]
    gaps: Gaps
    purges: Purges

    def type(self, version: Version) -> str:
        return str((self._schema(version) or version.state).get("name") or version.entity.split("/")[1])

    def properties(self, version: Version) -> Any:
        schema = self._schema(version)
        shown = values(version.entity, schema, readable(self.purges, version, schema))
        for value in shown.values():
            self.gaps.shown(value)
        return shown

    def _schema(self, version: Version) -> State | None:
        rid = version.state.get("type")
        if type(rid) is not str or not version.entity.startswith(("object/", "link/")):
            return None
        if rid not in self.schemas:
            self.schemas[rid] = type_of(self.cut, version.state)
        return self.schemas[rid]


def _key(version: Version) -> str:
    return version.entity.split("/", 2 if version.entity.startswith(("object/", "link/")) else 1)[-1]


def _was(event: Event) -> dict[str, Any]:
    data = msgspec.json.decode(event.data)
    return data if isinstance(data, dict) else {"": data}
