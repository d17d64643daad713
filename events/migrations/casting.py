"""A value of one type as one of another: what says the same, or nothing at all.

    "42" ─► 42      42 ─► "42"      2.0 ─► 2      date ─► timestamp at 00:00:00Z      timestamp ─► its day in UTC

Nothing is guessed or rounded: "4,2" is no number, 2.5 no integer, "yes" no boolean.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from events.schema.resolving import Declared
from events.schema.values import Json, NotAValue, shown

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def cast(value: Json, new: Declared) -> Json:
    """As the new type wants it, its other rules aside. Raises `NotAValue`."""
    if isinstance(value, list) and new["array"]:
        return [_one(each, new["type"]) for each in value]
    if isinstance(value, list):
        if len(value) > 1:
            raise NotAValue("MIGRATION_CAST", f"is a list of {len(value):,}; say whether the first or the last stays")
        return _one(value[0], new["type"]) if value else None
    one = _one(value, new["type"])
    return [one] if new["array"] else one


def _one(value: Json, type_: str) -> Json:
    into = _INTO.get(type_)
    return value if into is None else into(value)


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise _no(value, "text")


def _integer(value: Json) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _no(value, "integer")


def _number(value: Json) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _no(value, "number")


def _boolean(value: Json) -> bool:
    said = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip() in said:
        return said[value.strip()]
    raise _no(value, "boolean")


def _day(value: Json) -> str:
    if isinstance(value, str):
        return value[:10] if value[10:11] == "T" else value
    raise _no(value, "date")


def _instant(value: Json) -> str:
    if isinstance(value, str):
        return f"{value}T00:00:00Z" if len(value) == len("2013-01-01") else value
    raise _no(value, "timestamp")


def _no(value: Json, what: str) -> NotAValue:
    return NotAValue("MIGRATION_CAST", f"is {shown(value)}, of which no {what} can be made")


_INTO: Final[Mapping[str, Callable[[Json], Json]]] = {
    "string": _text,
    "enum": _text,
    "reference": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _day,
    "timestamp": _instant,
}
