"""Versions as rows of a table: properties by today's names of that moment, and what is known of each version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final

import msgspec

from documents.sections import shown_stub
from events.objects.sealing import PURGED, SEALED, is_closed
from events.schema.checks import by_name
from events.schema.hierarchy import effective
from events.schema.values import pointer
from queries.gaps import Opens, gaps
from queries.naming import types_of
from queries.purges import Purges
from queries.sql.columns import AUDIT, ENDS, OF_VERSIONS, Column, distinct, mixed, of_property
from queries.sql.kept import Found, Whole
from queries.sql.scans import Entities, Seen, TrueAt, scanned
from queries.sql.tables import Table
from queries.sql.told import Cells, Told
from queries.sql.windows import Window

BATCH: Final = 4_096  # rows
_encode: Final = msgspec.json.Encoder().encode


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
    """One table of a query: `told` are the columns that it needs, `known` the names of all, `kept` what need not be read."""

    table: Table
    window: Window
    true: TrueAt | None
    entities: Entities
    told: Sequence[Told]
    known: Sequence[str]
    purges: Purges
    kept: Sequence[Found] = ()

    @property
    def columns(self) -> list[Column]:
        return [each.column for each in self.told]

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """Columns of values, some thousand rows at a time."""
        for _, columns, wanted in self.kept:
            yield from columns.batches(self.told, wanted)
        seen = self._seen()
        states = self._states if any(each.of_properties for each in self.told) else _none
        while rows := list(islice(seen, BATCH)):
            properties = states(rows)
            yield [each.cells(rows, properties) for each in self.told]

    def whole(self) -> Iterator[Whole]:
        if self.entities.keys is None and not self.window.empty:
            prefixes = {each.entities for each in self.table.types} & set(self.entities.prefixes)
            for branch, floor, last in self.window.cut.lineage:
                yield from ((branch, prefix, last) for prefix in sorted(prefixes) if last > floor)

    def _seen(self) -> Iterator[Seen]:
        """What is not told by columns."""
        if not self.kept:
            return scanned(self.entities, self.window, self.true)
        rest = [each for each in self.entities.prefixes if all(each != found.prefix for found in self.kept)]
        apart = frozenset().union(*(found.wanted.without for found in self.kept))
        each = (Entities(rest), Entities([], apart))
        return chain.from_iterable(scanned(entities, self.window, self.true) for entities in each)

    def _states(self, rows: Sequence[Seen]) -> Sequence[Mapping[str, Any]]:
        """As they are stored: what is encrypted is opened where its column is told."""
        if self.table.named.kind == "linkType":
            return [seen.version.state.get("properties") or {} for seen in rows]
        hide, schemas = self.purges.hide, {each.slug: each.state for each in self.table.types}
        return [
            gaps(schemas.get(version.state["slug"]), version.state["properties"])
            if hide(version)
            else version.state["properties"]
            for version, *_ in rows
        ]


def _none(_: Sequence[Seen]) -> Sequence[Mapping[str, Any]]:
    return ()


def needed(every: Sequence[Told], wanted: frozenset[str] | None) -> Sequence[Told]:
    """Those whose folded names are wanted; at least one."""
    if wanted is None:
        return every
    found = [each for each in every if each.column.name.casefold() in wanted]
    return found or [next(each for each in every if not each.of_properties)]


def told(table: Table, window: Window, left_out: Gaps, *, exact: bool) -> list[Told]:
    """All columns of the table. `exact`: whether its rows are versions of the window's moment, and not of earlier ones."""
    properties = [
        (field, each) for field, each in table.named.state.get("properties", {}).items() if not each.get("removed")
    ]
    typed = _typed(table, window, [field for field, _ in properties], exact=exact)
    opens = window.cut.versions.opens
    columns = [
        Told(
            typed[f],
            _property(f, each, opens, left_out, typed[f]),
            f,
            of_properties=True,
            plain=_is_plain(each, typed[f]),
        )
        for f, each in properties
    ]
    types = {each.slug: each.name for each in table.types}
    ends = ENDS if table.named.kind == "linkType" else ()
    known = [Told(column, VERSION.get(column.name) or _type(types), column.name) for column in (*ends, *OF_VERSIONS)]
    every = [*columns, *known, *(Told(column, MARKS[column.name], column.name) for column in AUDIT)]
    names = distinct([each.column for each in every])
    return [each._replace(column=column) for column, each in zip(names, every, strict=True)]


def _typed(table: Table, window: Window, fields: Sequence[str], *, exact: bool) -> dict[str, Column]:
    """Over a stretch of time a property may have had several types."""
    state = table.named.state
    now = {field: of_property(state["properties"][field]) for field in fields}
    if exact or window.empty or table.later:
        return now
    cut, had = window.cut, {field: [column] for field, column in now.items()}
    spans = types_of(cut, {"type": state["rid"]})
    ends = [since for since, _ in spans[1:]]
    for (_, then), end in zip(spans, [*ends, cut.position + 1], strict=True):
        if end > window.low or window.point:  # a point that is not exact has versions of all times
            for field, each in effective(cut.state, then).get("properties", {}).items():
                if field in had:
                    had[field].append(of_property(each))
    return {field: mixed(now[field].name, columns) for field, columns in had.items()}


def _property(field: str, each: Mapping[str, Any], opens: Opens, left_out: Gaps, column: Column) -> Cells:
    as_text = column.kind == "text" and not column.array  # what had another type before is told as JSON
    named, path = "fields" in each, pointer(field)

    def readable(seen: Seen, value: Any) -> Any:
        return left_out.shown(shown_stub(opens(value, seen.version.entity, path)) if is_closed(value) else value)

    def cells(rows: Sequence[Seen], properties: Sequence[Mapping[str, Any]]) -> list[Any]:
        values = [of.get(field) for of in properties]
        kinds = set(map(type, values))
        if dict in kinds:
            values = [readable(seen, value) for seen, value in zip(rows, values, strict=True)]
        if named:
            values = [None if value is None else by_name(each, value) for value in values]
        if as_text and not kinds <= _TEXTS:
            return [value if value is None or type(value) is str else _encode(value).decode() for value in values]
        return values

    return cells


_TEXTS: Final = {str, type(None)}


def _is_plain(declared: Mapping[str, Any], column: Column) -> bool:
    return column.kind in ("text", "integer", "number", "boolean") and not column.array and "fields" not in declared


def _type(names: Mapping[str, str]) -> Cells:
    return lambda rows, _: [names.get(str(seen.version.state.get("slug"))) for seen in rows]


def _mark(name: str) -> Cells:
    what, _, which = name[1:].partition("_")
    if not which:
        return lambda rows, _: [seen.version.marks.deleted_at is not None for seen in rows]
    mark = attrgetter(f"version.marks.{what}_{'at' if which == 'at' else 'by'}")
    if which == "by_username":
        return lambda rows, _: [(mark(seen) or "").split("@", 1)[0] or None for seen in rows]
    return lambda rows, _: list(map(mark, rows))


def _plain(path: str) -> Cells:
    get = attrgetter(path)
    return lambda rows, _: list(map(get, rows))


VERSION: Final[Mapping[str, Cells]] = {
    "_from": lambda rows, _: [seen.version.state["from"] for seen in rows],
    "_to": lambda rows, _: [seen.version.state["to"] for seen in rows],
    "_position": _plain("version.since"),
    "_valid_from": _plain("valid_from"),
    "_valid_to": _plain("valid_to"),
    "_change": _plain("version.change"),
    "_author": _plain("version.author"),
    "_key": lambda rows, _: [seen.version.entity.split("/", 2)[2] for seen in rows],
    "_branch": _plain("version.branch"),
    "_commit": _plain("version.commit"),
    "_message": lambda rows, _: [seen.version.message or None for seen in rows],
    "_on_behalf_of": _plain("version.on_behalf_of"),
    "_effective_from": _plain("effective_from"),
    "_effective_to": _plain("effective_to"),
}
MARKS: Final[Mapping[str, Cells]] = {column.name: _mark(column.name) for column in AUDIT}
