"""Versions as rows of a table: properties by today's names of that moment, and what is known of each version."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from events.objects.sealing import PURGED, SEALED, is_closed
from events.schema.checks import by_name
from events.schema.hierarchy import effective
from queries.gaps import readable
from queries.naming import types_of
from queries.sql.columns import AUDIT, ENDS, OF_VERSIONS, Column, distinct, mixed, of_property
from queries.sql.scans import Entities, Seen, TrueAt, scanned
from queries.sql.tables import Table
from queries.sql.windows import Window

BATCH: Final = 4_096  # rows
_encode: Final = msgspec.json.Encoder().encode
Cell = Callable[[Seen, Mapping[str, Any]], Any]


class Told(NamedTuple):
    """A column, and what stands in it for a version and its properties by field."""

    column: Column
    cell: Cell


@dataclass(slots=True)
class Gaps:
    """How many values are not shown, since nobody can read them or this reader cannot."""

    purged: int = 0
    sealed: int = 0

    def shown(self, value: Any) -> Any:
        if type(value) is dict:
            if value == PURGED:
                self.purged += 1
                return None
            if value == SEALED or is_closed(value):
                self.sealed += 1
                return None
        return value


@dataclass(slots=True)
class Rows:
    """One table of a query: `told` are the columns that it needs, `known` the names of all."""

    table: Table
    window: Window
    true: TrueAt | None
    entities: Entities
    told: Sequence[Told]
    gaps: Gaps
    known: Sequence[str]

    @property
    def columns(self) -> list[Column]:
        return [each.column for each in self.told]

    def batches(self) -> Iterator[list[list[Any]]]:
        """Columns of values, some thousand rows at a time."""
        seen = scanned(self.entities, self.window, self.true)
        schemas = {each.slug: each.state for each in self.table.types}
        versions = self.window.cut.versions
        while rows := list(islice(seen, BATCH)):
            states = [
                readable(versions, row.version, schemas.get(str(row.version.state.get("slug")))).get("properties") or {}
                for row in rows
            ]
            yield [[cell(row, state) for row, state in zip(rows, states, strict=True)] for _, cell in self.told]


def needed(every: Sequence[Told], wanted: frozenset[str] | None) -> Sequence[Told]:
    """Those whose folded names are wanted; at least one."""
    if wanted is None:
        return every
    return [each for each in every if each.column.name.casefold() in wanted] or [_KEY]


def told(table: Table, window: Window, gaps: Gaps) -> list[Told]:
    """All columns of the table."""
    properties = [
        (field, each) for field, each in table.named.state.get("properties", {}).items() if not each.get("removed")
    ]
    typed = _typed(table, window, [field for field, _ in properties])
    columns = [(typed[field], _property(field, each, gaps, typed[field])) for field, each in properties]
    types = {each.slug: each.name for each in table.types}
    ends = ENDS if table.named.kind == "linkType" else ()
    known = [(column, VERSION.get(column.name) or _type(types)) for column in (*ends, *OF_VERSIONS)]
    marks = [(column, MARKS[column.name]) for column in AUDIT]
    every = [*columns, *known, *marks]
    names = distinct([column for column, _ in every])
    return [Told(column, cell) for column, (_, cell) in zip(names, every, strict=True)]


def _typed(table: Table, window: Window, fields: Sequence[str]) -> dict[str, Column]:
    """Over a stretch of time a property may have had several types."""
    state = table.named.state
    now = {field: of_property(state["properties"][field]) for field in fields}
    if window.point or window.empty:
        return now
    cut, had = window.cut, {field: [column] for field, column in now.items()}
    spans = types_of(cut, {"type": state["rid"]})
    ends = [since for since, _ in spans[1:]]
    for (_, then), end in zip(spans, [*ends, cut.position + 1], strict=True):
        if end > window.low:
            for field, each in effective(cut.state, then).get("properties", {}).items():
                if field in had:
                    had[field].append(of_property(each))
    return {field: mixed(now[field].name, columns) for field, columns in had.items()}


def _property(field: str, each: Mapping[str, Any], gaps: Gaps, column: Column) -> Cell:
    as_text = column.kind == "text" and not column.array  # what had another type before is told as JSON

    def cell(_: Seen, properties: Mapping[str, Any]) -> Any:
        value = gaps.shown(properties.get(field))
        if value is None:
            return None
        if as_text and type(value) is not str:
            return _encode(by_name(each, value)).decode()
        return by_name(each, value) if "fields" in each else value

    return cell


def _type(names: Mapping[str, str]) -> Cell:
    return lambda seen, _: names.get(str(seen.version.state.get("slug")))


def _mark(name: str) -> Cell:
    what, _, which = name[1:].partition("_")
    if not which:
        return lambda seen, _: seen.version.marks.deleted_at is not None
    by = f"{what}_at" if which == "at" else f"{what}_by"
    if which == "by_username":
        return lambda seen, _: (getattr(seen.version.marks, by) or "").split("@", 1)[0] or None
    return lambda seen, _: getattr(seen.version.marks, by)


def key_of(seen: Seen) -> str:
    return seen.version.entity.split("/", 2)[2]


VERSION: Final[Mapping[str, Cell]] = {
    "_from": lambda seen, _: seen.version.state["from"],
    "_to": lambda seen, _: seen.version.state["to"],
    "_position": lambda seen, _: seen.version.since,
    "_valid_from": lambda seen, _: seen.valid_from,
    "_valid_to": lambda seen, _: seen.valid_to,
    "_change": lambda seen, _: seen.version.change,
    "_author": lambda seen, _: seen.version.author,
    "_key": lambda seen, _: key_of(seen),
    "_branch": lambda seen, _: seen.version.branch,
    "_commit": lambda seen, _: seen.version.commit,
    "_message": lambda seen, _: seen.version.message or None,
    "_on_behalf_of": lambda seen, _: seen.version.on_behalf_of,
    "_effective_from": lambda seen, _: seen.effective_from,
    "_effective_to": lambda seen, _: seen.effective_to,
}
MARKS: Final[Mapping[str, Cell]] = {column.name: _mark(column.name) for column in AUDIT}
_KEY: Final = Told(Column("_key", "text"), VERSION["_key"])
