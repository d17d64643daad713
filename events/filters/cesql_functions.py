"""The functions of CESQL 1.0, by name and number of arguments."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from events.filters.candidate import Scalar
from events.filters.cesql_tree import MAX_INTEGER, MIN_INTEGER
from events.filters.cesql_values import Fault

LONGEST: Final = 64 * 1024  # characters of a text that is put together


class Function(NamedTuple):
    """`takes`: the types of its arguments; `more`: the last one may come again, or not at all."""

    takes: tuple[type, ...]
    gives: type
    call: Callable[..., Any]
    more: bool = False


def function(name: str, count: int) -> Function | None:
    """`None` where there is none with so many arguments."""
    for each in FUNCTIONS.get(name, ()):
        if len(each.takes) == count or (each.more and count >= len(each.takes) - 1):
            return each
    return None


def parameter(called: Function, index: int) -> type:
    """The type of an argument, from 0 on."""
    return called.takes[min(index, len(called.takes) - 1)]


def _absolute(value: int) -> int:
    if value == MIN_INTEGER:
        raise Fault("math", f"there is no {-value}", MAX_INTEGER)
    return abs(value)


def _joined(delimiter: str, *parts: str) -> str:
    if sum(map(len, parts)) + len(delimiter) * len(parts) > LONGEST:
        raise Fault("functionEvaluation", f"would have more than {LONGEST:,} characters", "")
    return delimiter.join(parts)


def _left(value: str, count: int) -> str:
    if count < 0:
        raise Fault("functionEvaluation", f"cannot take {count} characters", value)
    return value[:count]


def _right(value: str, count: int) -> str:
    if count < 0:
        raise Fault("functionEvaluation", f"cannot take {count} characters", value)
    return value[-count:] if count else ""


def _substring(value: str, position: int, length: int = MAX_INTEGER) -> str:
    """Characters count from 1, or from the end where `position` is negative; from 0 nothing begins."""
    if not -len(value) <= position <= len(value):
        raise Fault("functionEvaluation", f"there is no character {position} among {len(value):,}", "")
    if length < 0:
        raise Fault("functionEvaluation", f"cannot take {length} characters", "")
    if position == 0:
        return ""
    begin = position - 1 if position > 0 else len(value) + position
    return value[begin : begin + length]


def _same(value: Scalar) -> Scalar:
    return value


FUNCTIONS: Final[dict[str, tuple[Function, ...]]] = {
    "INT": (Function((int,), int, _same),),
    "BOOL": (Function((bool,), bool, _same),),
    "STRING": (Function((str,), str, _same),),
    "ABS": (Function((int,), int, _absolute),),
    "LENGTH": (Function((str,), int, len),),
    "LOWER": (Function((str,), str, str.lower),),
    "UPPER": (Function((str,), str, str.upper),),
    "TRIM": (Function((str,), str, str.strip),),
    "LEFT": (Function((str, int), str, _left),),
    "RIGHT": (Function((str, int), str, _right),),
    "SUBSTRING": (Function((str, int), str, _substring), Function((str, int, int), str, _substring)),
    "CONCAT": (Function((str,), str, lambda *parts: _joined("", *parts), more=True),),
    "CONCAT_WS": (Function((str, str), str, _joined, more=True),),
}
