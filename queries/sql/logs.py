"""The log and what it says, as tables of all branches: `events` as they are stored, `audit` as it tells them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from events.wire.envelope import Event
from projectors.projector import Fetched
from queries.sql.columns import Column
from queries.sql.kept import Whole
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

    def whole(self) -> Iterator[Whole]:
        return iter(())


def logged(name: str, bodies: Bodies, stretch: Stretch, wanted: frozenset[str] | None) -> LoggedRows:
    """`events` or `audit`."""
    table = _TABLES[name]
    cells = [(column, cell) for column, cell in table.items() if wanted is None or column.name in wanted]
    return LoggedRows(bodies, stretch, cells or [*table.items()][:1], [column.name for column in table])


def _was(event: Event) -> dict[str, Any]:
    data = msgspec.json.decode(event.data)
    return data if isinstance(data, dict) else {"": data}
