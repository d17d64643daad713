"""Arrow tables as what people and programs read: times as RFC 3339 text in UTC, big numbers as numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from uuid import UUID

import pyarrow as pa

from events.wire.instants import to_text

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # the engine's times are UTC and say no zone
_MICRO: Final = timedelta(microseconds=1)


def rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Row by row, columns by name; a name that is there twice gets a number."""
    names = _distinct(table.column_names)
    for batch in table.to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            yield {name: plain(value) for name, value in zip(names, values, strict=True)}


def plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, pa.MonthDayNano):  # a tuple, too
        return _lasting(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    told = next((tell for kind, tell in _TOLD if isinstance(value, kind)), None)
    return value if told is None else told(value)


def _lasting(value: pa.MonthDayNano) -> str:
    """A duration of ISO 8601: P1M2DT3.5S, in parts that have no sum, since days and months differ."""
    seconds, rest = divmod(abs(value.nanoseconds), 1_000_000_000)
    sign = "-" if value.nanoseconds < 0 else ""
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    months = f"{value.months}M" if value.months else ""
    days = f"{value.days}D" if value.days else ""
    time = f"T{sign}{seconds}{fraction}S" if value.nanoseconds or not (months or days) else ""
    return f"P{months}{days}{time}"


def _number(value: float | Decimal) -> int | float | None:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return float(value) if isfinite(value) else None  # JSON knows no others


_TOLD: Final[Sequence[tuple[type, Callable[[Any], Any]]]] = (
    (datetime, lambda value: to_text((value.replace(tzinfo=None) - _EPOCH) // _MICRO)),
    (date, str),
    (time, str),
    (timedelta, str),
    (bytes, bytes.hex),
    (float, _number),
    (Decimal, _number),
    (UUID, str),
)


def _distinct(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        number, told = 1, name
        while told in found:
            number += 1
            told = f"{name}_{number}"
        found.append(told)
    return found
