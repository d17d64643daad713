"""Reads the columns that are kept of a type's versions (`adapters.column_files`), and tells of them what a query asks.

Which versions are meant is found by their positions, column by column; of these only what is asked is taken.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from adapters.arrow_columns import array, type_of
from adapters.column_files import Stamp, are_whole, read_stamp
from events.names import Key
from projectors.projector import FOREVER
from projectors.versions import Marks, Version
from queries.sql.kept import Slice
from queries.sql.scans import Seen
from queries.sql.told import Told
from queries.versions import Versions

_decode: Final = msgspec.json.Decoder().decode
_NOBODY: Final = Marks("", 0, "", 0, None, None)


def rows_of(file: Path, entities: Collection[Key]) -> list[tuple[int, int]]:
    """Where in a part these are: ranges of its rows."""
    with pa.memory_map(str(file)) as mapped:
        return [*ranges(ipc.open_file(mapped).read_all(), entities)]


def lookup(view: Path) -> Callable[[Versions, str, str], "KeptColumns | None"]:
    """A `queries.sql.kept.Lookup` for the view in this file."""
    opened: dict[tuple[str, str], KeptColumns | None] = {}

    def found(versions: Versions, branch: str, prefix: str) -> KeptColumns | None:
        if (branch, prefix) not in opened:
            opened[branch, prefix] = _opened(view, versions, branch, prefix)
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
        self._shut = frozenset(stamp.shut)
        self._parts = [ipc.open_file(file).read_all() for file in files]
        self._gone = [part.gone for part in stamp.parts]
        slug = stamp.prefix.split("/")[1]
        state = {"slug": slug, "properties": {}}
        version = Version(
            stamp.branch, Key(stamp.prefix), 0, FOREVER, 0, 0, "", "", None, "", 0, 0, state, _NOBODY
        )  # fmt: skip
        self._specimen = Seen(version, 0, None, 0, None)

    def tells(self, told: Sequence[Told]) -> bool:
        return all(self._tells(each) for each in told)

    def _tells(self, told: Told) -> bool:
        if not told.of_properties:
            return told.source in _KNOWN or told.source in _ALIKE
        return told.source not in self._shut and not any(
            _how(part, told.source) == "numbers" and not (told.plain and told.column.kind == "number")
            for part in self._parts
        )

    def batches(self, told: Sequence[Told], wanted: Slice) -> Iterator[Sequence[pa.Array]]:
        for part, gone in zip(self._parts, self._gone, strict=True):
            chosen = _Chosen(part, _meant(part, gone, wanted), wanted)
            if len(chosen.rows):
                yield [self._cells(each, chosen) for each in told]

    def _cells(self, told: Told, chosen: "_Chosen") -> pa.Array:
        if told.of_properties:
            return self._property(told, chosen)
        if told.source in _ALIKE:
            (value,) = told.cells([self._specimen], ())
            return pa.repeat(pa.scalar(value, pa.string()), len(chosen.rows))
        return _plain(_KNOWN[told.source](chosen)).cast(type_of(told.column))

    def _property(self, told: Told, chosen: "_Chosen") -> pa.Array:
        kind, name = type_of(told.column), f":{told.source}"
        if name not in chosen.part.column_names:
            return pa.nulls(len(chosen.rows), kind)
        cells, how = chosen.column(name), _how(chosen.part, told.source)
        if told.plain and how != "json" and _value_type(cells) == kind:
            return _plain(cells)
        encoded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        values = encoded.dictionary.to_pylist()
        if how == "json":
            values = [_decode(each) for each in values]
        made = told.cells([self._specimen] * len(values), [{told.source: value} for value in values])
        return array(told.column, made).take(encoded.indices)


class _Chosen(NamedTuple):
    """Some rows of a part."""

    part: pa.Table
    rows: pa.Array
    wanted: Slice

    def column(self, name: str) -> pa.Array:
        return self.part[name].chunk(0).take(self.rows)


def _meant(part: pa.Table, gone: Sequence[tuple[int, int]], wanted: Slice) -> pa.Array:
    since, until = _numbers(part, "since"), _numbers(part, "until")
    meant = (since <= wanted.last) & ((until > wanted.last) | (until > wanted.low))
    if wanted.floor:
        meant &= since > wanted.floor
    if not wanted.every:
        meant &= ~part["deleted"].chunk(0).to_numpy(zero_copy_only=False)
    for first, behind in chain(gone, ranges(part, wanted.without)):
        meant[first:behind] = False
    return pa.array(np.flatnonzero(meant))


def ranges(part: pa.Table, without: Collection[Key]) -> Iterator[tuple[int, int]]:
    """Where the rows of these entities are: they are in key order."""
    if not without:
        return
    entity = part["entity"].chunk(0)
    runs = entity if pa.types.is_dictionary(entity.type) else entity.dictionary_encode()
    starts = np.flatnonzero(np.diff(runs.indices.to_numpy(), prepend=-1))
    ends = np.append(starts[1:], len(entity))
    found = pc.index_in(pa.array(sorted(without), pa.string()), value_set=runs.dictionary).drop_null().to_numpy()
    for number in found:  # entities come in their order, so the number in the dictionary is that of the run
        yield int(starts[number]), int(ends[number])


def _numbers(part: pa.Table, name: str) -> Any:
    return part[name].chunk(0).to_numpy()


def _how(part: pa.Table, field: str) -> str:
    at = part.schema.get_field_index(f":{field}")
    metadata: Mapping[bytes, bytes] = (part.schema.field(at).metadata or {}) if at >= 0 else {}
    return metadata.get(b"as", b"").decode()


def _value_type(cells: pa.Array) -> pa.DataType:
    return cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type


def _plain(cells: pa.Array) -> pa.Array:
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _ended(chosen: _Chosen) -> pa.Array:
    """When the next one came, as far as is seen."""
    ended = chosen.column("ended")
    if chosen.wanted.point:
        return pa.nulls(len(ended), ended.type)
    seen = pc.less_equal(chosen.column("until"), chosen.wanted.last)
    return pc.if_else(seen, ended, pa.scalar(None, ended.type))


def _key(chosen: _Chosen) -> pa.Array:
    """Behind `object/<slug>/`."""
    entity = _plain(chosen.column("entity"))
    return pc.utf8_slice_codeunits(entity, entity[0].as_py().index("/", entity[0].as_py().index("/") + 1) + 1)


def _message(chosen: _Chosen) -> pa.Array:
    text = _plain(chosen.column("message"))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, text.type), text)


def _username(name: str) -> Callable[[_Chosen], pa.Array]:
    def cells(chosen: _Chosen) -> pa.Array:
        encoded = chosen.column(name).dictionary_encode()
        names = [(by or "").split("@", 1)[0] or None for by in encoded.dictionary.to_pylist()]
        return pa.array(names, pa.string()).take(encoded.indices)

    return cells


def _as(name: str) -> Callable[[_Chosen], pa.Array]:
    return lambda chosen: chosen.column(name)


_ALIKE: Final = ("_type", "_branch")
"""What is the same in all of them."""
_KNOWN: Final[Mapping[str, Callable[[_Chosen], pa.Array]]] = {
    "_position": _as("since"), "_valid_from": _as("time"), "_valid_to": _ended, "_change": _as("change"),
    "_author": _as("author"), "_key": _key, "_commit": _as("commit"), "_message": _message,
    "_on_behalf_of": _as("on_behalf_of"), "_effective_from": _as("effective"),
    "_effective_to": lambda chosen: pa.nulls(len(chosen.rows), pa.int64()),
    "_from": _as("from"), "_to": _as("to"),
    "_created_by": _as("created_by"), "_created_by_username": _username("created_by"), "_created_at": _as("created_at"),
    "_updated_by": _as("updated_by"), "_updated_by_username": _username("updated_by"), "_updated_at": _as("updated_at"),
    "_deleted": lambda chosen: pc.is_valid(chosen.column("deleted_at")),
    "_deleted_by": _as("deleted_by"), "_deleted_by_username": _username("deleted_by"), "_deleted_at": _as("deleted_at"),
}  # fmt: skip
