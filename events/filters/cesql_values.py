"""CESQL's three types, what is cast to what, and the errors of an evaluation."""

import re
from collections.abc import Mapping
from typing import Final

from events.filters.candidate import Scalar, text
from events.filters.cesql_tree import MAX_INTEGER, MIN_INTEGER

ZERO: Final[Mapping[type, Scalar]] = {str: "", int: 0, bool: False}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False}


class Fault(Exception):
    """An error type of CESQL: `cast`, `math`, `missingAttribute`, `functionEvaluation`.

    `value` is what the operator or function that raised it returns all the same; an operator around it returns its zero.
    """

    def __init__(self, kind: str, why: str, value: Scalar, at: int = 0) -> None:
        self.kind, self.why, self.value, self.at = kind, why, value, at
        super().__init__(kind, why)


def integer(value: Scalar) -> int:
    """Raises `Fault`."""
    if type(value) is int:
        return value
    if type(value) is bool:
        return int(value)
    if _INTEGER.fullmatch(str(value)) and MIN_INTEGER <= int(value) <= MAX_INTEGER:
        return int(value)
    raise Fault("cast", f"{str(value)[:40]!r} is no integer", 0)


def boolean(value: Scalar) -> bool:
    """Raises `Fault`."""
    if type(value) is str:
        found = _BOOLEANS.get(value.lower())
        if found is None:
            raise Fault("cast", f"{value[:40]!r} is neither true nor false", False)
        return found
    return bool(value)


def as_type(kind: type, value: Scalar) -> Scalar:
    """`value` as an `str`, an `int` or a `bool`. Raises `Fault`."""
    if type(value) is kind:
        return value
    if kind is str:
        return text(value)
    return integer(value) if kind is int else boolean(value)


def whole(value: int) -> int:
    """A result that has 32 bits. Raises `Fault`."""
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        raise Fault("math", f"{value} is not between {MIN_INTEGER} and {MAX_INTEGER}", 0)
    return value
