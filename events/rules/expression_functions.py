"""The functions that an expression may call: CEL's, two of them our own."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from events.rules.expression_text import Token
from events.schema.constrained import fits
from events.schema.values import Json

FUNCTIONS: Final = frozenset(
    (
        *("size", "contains", "startsWith", "endsWith", "matches", "has", "type", "dyn"),
        *("int", "uint", "double", "string", "bytes", "timestamp", "duration"),
        *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
        *("all", "exists", "exists_one", "map", "filter"),
    )
)


def calls(read: Sequence[Token]) -> set[str]:
    """The functions that an expression calls."""
    return {one.text for one, after in pairwise(read) if one.kind == "name" and after.text == "("}


def calling_ours(text: str, read: Sequence[Token]) -> str:
    """The same expression, calling `OURS`. From the end: what stands before keeps its place."""
    for one, after in reversed(list(pairwise(read))):
        if _ours(one.text) in OURS and one.kind == "name" and after.text == "(":
            text = text[: one.start] + _ours(one.text) + text[one.start + len(one.text) :]
    return text


def _ours(name: str) -> str:
    return f"_{name}"


def _matches(text: Json, pattern: str) -> bool:
    return fits(pattern, text)


def _size(value: Json) -> int | None:
    """Nothing where there is nothing to count: raising would be written to the log as well."""
    return len(value) if isinstance(value, str | bytes | list | dict) else None


OURS: Final[Mapping[str, Callable[..., Json]]] = {"_size": _size, "_matches": _matches}
"""In the place of the library's: its `size` counts the bytes of a text, its `matches` compiles the pattern each time."""
