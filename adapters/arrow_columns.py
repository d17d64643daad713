"""Columns of values as Arrow has them; what is no value of its column's type is left out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final

import msgspec
import pyarrow as pa

from events.wire.instants import from_text
from queries.sql.columns import Column, Kind

_MICROS: Final = pa.timestamp("us")
_TYPES: Final[Mapping[Kind, pa.DataType]] = {
    "text": pa.string(), "json": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "date": pa.date32(), "timestamp": _MICROS, "instant": _MICROS,
}  # fmt: skip
_encode: Final = msgspec.json.Encoder().encode


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    return pa.schema([(column.name, type_of(column)) for column in columns])


def batch(columns: Sequence[Column], values: Sequence[Sequence[Any]]) -> pa.Table:
    """What is an array of Arrow's own already, is taken as it is: of a column's type, or a dictionary of it."""
    arrays = [
        cells if isinstance(cells, pa.Array) else array(column, cells)
        for column, cells in zip(columns, values, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """As one; a column that is a dictionary in some of them only, is none."""
    every = list(tables)
    kinds = zip(*(table.schema.types for table in every), strict=True)
    fields = [
        pa.field(name, found[0] if len(set(found)) == 1 else _value_type(found[0]))
        for name, found in zip(every[0].column_names, kinds, strict=True)
    ]
    return pa.concat_tables(table.cast(pa.schema(fields)) for table in every)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def type_of(column: Column) -> pa.DataType:
    return pa.list_(_TYPES[column.kind]) if column.array else _TYPES[column.kind]


def array(column: Column, cells: Sequence[Any]) -> pa.Array:
    cell = _CELLS.get(column.kind)
    if column.array:
        cells = [None if each is None else [_one(cell, item) for item in _listed(each)] for each in cells]
    elif cell is not None:
        cells = [None if each is None else cell(each) for each in cells]
    try:
        return pa.array(cells, type_of(column))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([_fitting(each, type_of(column)) for each in cells], type_of(column))


def _one(cell: Callable[[Any], Any] | None, item: Any) -> Any:
    return item if cell is None or item is None else cell(item)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _fitting(value: Any, kind: pa.DataType) -> Any:
    with suppress(pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pa.scalar(value, kind)
        return value
    return None


def _json(value: Any) -> str:
    return _encode(value).decode()


def _date(value: Any) -> Any:
    with suppress(ValueError, TypeError):
        return date.fromisoformat(value)
    return None


def _timestamp(value: Any) -> Any:
    with suppress(ValueError, TypeError):
        return from_text(value)
    return None


_CELLS: Final[Mapping[Kind, Callable[[Any], Any]]] = {"json": _json, "date": _date, "timestamp": _timestamp}
