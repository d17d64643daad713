"""Reads the columns that are kept of a type's versions (`adapters.column_files`), and tells of them what a query asks.

Which versions are meant is found by their positions, column by column; of these only what is asked is taken.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from heapq import merge
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from adapters.arrow_columns import array, type_of
from adapters.column_choice import Chosen, chosen, ranges
from adapters.column_differences import Tell, differences, names_of
from adapters.column_documents import documents
from adapters.column_files import Stamp, are_whole, read_stamp
from adapters.column_pairs import pairs
from adapters.column_shown import shown
from adapters.column_values import how, values
from events.names import Key
from projectors.projector import FOREVER
from projectors.versions import Marks, Version
from queries.sql.kept import PROPERTIES, TYPE, Compared, Pair, Slice
from queries.sql.scans import Seen
from queries.sql.told import Told
from queries.versions import Versions

_NOBODY: Final = Marks("", 0, "", 0, None, None)


def rows_of(file: Path, entities: Collection[Key]) -> list[tuple[int, int]]:
    """Where in a part these are: ranges of its rows."""
    with pa.memory_map(str(file)) as mapped:
        return [*ranges(ipc.open_file(mapped).read_all(), entities)]


def lookup(place: Callable[[], Path]) -> Callable[[Versions, str, str], "KeptColumns | None"]:
    """A `queries.sql.kept.Lookup`; the place is asked for once it is needed (`adapters.column_rows.Stored`)."""
    opened: dict[tuple[str, str], KeptColumns | None] = {}
    once = cache(place)

    def found(versions: Versions, branch: str, prefix: str) -> KeptColumns | None:
        if (branch, prefix) not in opened:
            opened[branch, prefix] = _opened(once(), versions, branch, prefix)
        return opened[branch, prefix]

    return found


def _opened(view: Path, versions: Versions, branch: str, prefix: str) -> "KeptColumns | None":
    stamp = read_stamp(view, branch, prefix)
    if stamp is None:
        return None
    commit = versions.commit_by_position(stamp.position)
    if commit is None or (commit.last, commit.id) != (stamp.position, stamp.commit) or not are_whole(view, stamp):
        return None
    try:
        return KeptColumns(stamp, [pa.memory_map(str(view.with_name(part.name))) for part in stamp.parts])
    except (OSError, pa.ArrowInvalid):  # others took their place just now
        return None


class KeptColumns:
    """See `queries.sql.kept.Columns`."""

    def __init__(self, stamp: Stamp, files: Sequence[pa.MemoryMappedFile]) -> None:
        """Raises `OSError` and `ArrowInvalid` for what is no such file."""
        self.position, self.apart = stamp.position, frozenset(map(Key, stamp.apart))
        self._shut, self._types = frozenset(stamp.shut), stamp.types
        self._parts = [ipc.open_file(file).read_all() for file in files]
        self._gone = [part.gone for part in stamp.parts]
        state = {"slug": stamp.prefix.split("/")[1], "properties": {}, "type": stamp.types[0] if stamp.types else ""}
        self._specimen = Version(
            stamp.branch, Key(stamp.prefix), 0, FOREVER, 0, 0, "", "", None, "", 0, 0, state, _NOBODY
        )  # fmt: skip

    def tells(self, told: Sequence[Told]) -> bool:
        return all(self._tells(each) for each in told)

    def _tells(self, told: Told) -> bool:
        if told.of_properties:
            return told.source not in self._shut and (
                (told.plain and told.column.kind == "number") or not self._mixes(f":{told.source}")
            )
        if told.source == PROPERTIES:
            return self.compares
        if told.source == TYPE:
            return len(self._types) == 1
        return told.source in _KNOWN or told.source in _ALIKE

    @property
    def compares(self) -> bool:
        properties = {name for part in self._parts for name in part.column_names if name.startswith(":")}
        return len(self._types) == 1 and not self._shut and not any(map(self._mixes, properties))

    def pairs(self, wanted: Compared) -> Iterator[Pair]:
        of_parts = zip(self._parts, self._gone, strict=True)
        each = (pairs(part, gone, wanted, self._specimen) for part, gone in of_parts)
        return merge(*each, key=lambda pair: pair.entity)

    def differences(self, wanted: Compared, head: Mapping[str, Any], tell: Tell) -> Iterator[tuple[str, str]] | None:
        called = [[*names_of(part, tell).values()] for part in self._parts]
        if any(len(set(names)) < len(names) for names in called):
            return None
        behind = len(self._specimen.entity)
        of_parts = zip(self._parts, self._gone, strict=True)
        return merge(*(differences(part, gone, wanted, head, tell, behind) for part, gone in of_parts))

    def _mixes(self, name: str) -> bool:
        """Whether whole numbers and others are in one column, so that nobody knows which is which."""
        return any(how(part, name) == "numbers" for part in self._parts)

    def batches(self, told: Sequence[Told], wanted: Slice) -> Iterator[Sequence[pa.Array]]:
        for part, gone in zip(self._parts, self._gone, strict=True):
            rows = chosen(part, gone, wanted)
            if len(rows.rows):
                yield [self._cells(each, rows) for each in told]

    def shown(self, head: Mapping[str, Any], told: Told, wanted: Slice) -> Iterator[tuple[str, str]]:
        of_parts = (chosen(part, gone, wanted) for part, gone in zip(self._parts, self._gone, strict=True))
        return merge(*(shown(head, told, rows, self._specimen) for rows in of_parts))

    def _cells(self, told: Told, rows: Chosen) -> pa.Array:
        if told.of_properties:
            return self._property(told, rows)
        if told.source == PROPERTIES:
            return documents(told, rows, self._specimen)
        if told.source in _ALIKE:
            value = pa.array(told.cells([self._seen], ()), pa.string())
            return value.dictionary_encode().take(pa.repeat(0, len(rows.rows)))
        return _as_type(_KNOWN[told.source](rows), type_of(told.column))

    @property
    def _seen(self) -> Seen:
        return Seen(self._specimen, 0, None, 0, None)

    def _property(self, told: Told, rows: Chosen) -> pa.Array:
        kind, name = type_of(told.column), f":{told.source}"
        if name not in rows.part.column_names:
            return pa.nulls(len(rows.rows), kind)
        if told.plain and how(rows.part, name) != "json" and _value_type(rows.part[name]) == kind:
            return _as_type(rows.column(name), kind)
        distinct, which = values(rows.part, rows.rows, name)
        made = told.cells([self._seen] * len(distinct), [{told.source: value} for value in distinct])
        return array(told.column, made).take(which)


def _value_type(cells: pa.ChunkedArray) -> pa.DataType:
    return cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type


def _as_type(cells: pa.Array, kind: pa.DataType) -> pa.Array:
    """Of a dictionary, the values are what has the type: texts that come again stay told once."""
    return cells.cast(pa.dictionary(pa.int32(), kind) if pa.types.is_dictionary(cells.type) else kind)


def _key(rows: Chosen) -> pa.Array:
    """Behind `object/<slug>/`."""
    entities = rows.column("entity")
    if not pa.types.is_dictionary(entities.type):
        return _behind(entities)
    return pa.DictionaryArray.from_arrays(entities.indices, _behind(entities.dictionary))


def _behind(entities: pa.Array) -> pa.Array:
    first = entities[0].as_py()
    return pc.utf8_slice_codeunits(entities, first.index("/", first.index("/") + 1) + 1)


def _each(name: str, tell: Callable[[str], str]) -> Callable[[Chosen], pa.Array]:
    """Every distinct value told in another way; nothing is null."""

    def cells(rows: Chosen) -> pa.Array:
        distinct, which = values(rows.part, rows.rows, name)
        told = pa.array([tell(value) or None for value in distinct], pa.string())
        return told.take(which)

    return cells


def _username(author: str) -> str:
    return author.split("@", 1)[0]


def _as(name: str) -> Callable[[Chosen], pa.Array]:
    return lambda rows: rows.column(name)


_ALIKE: Final = ("_kind", "_type", TYPE, "_branch")
"""What is the same in all of them."""
_KNOWN: Final[Mapping[str, Callable[[Chosen], pa.Array]]] = {
    "_position": _as("since"), "_valid_from": lambda rows: rows.began, "_valid_to": lambda rows: rows.ended, "_change": _as("change"),
    "_author": _as("author"), "_key": _key, "_commit": _as("commit"), "_message": _each("message", str),
    "_on_behalf_of": _as("on_behalf_of"), "_effective_from": _as("effective"),
    "_effective_to": lambda rows: rows.true_to,
    "_from": _as("from"), "_to": _as("to"),
    "_created_by": _as("created_by"), "_created_by_username": _each("created_by", _username), "_created_at": _as("created_at"),
    "_updated_by": _as("updated_by"), "_updated_by_username": _each("updated_by", _username), "_updated_at": _as("updated_at"),
    "_deleted": lambda rows: pc.is_valid(rows.column("deleted_at")),
    "_deleted_by": _as("deleted_by"), "_deleted_by_username": _each("deleted_by", _username), "_deleted_at": _as("deleted_at"),
}  # fmt: skip
