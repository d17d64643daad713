"""Large answers in pages: as much as fits a message, and behind which entity the next one begins.

Each page names the cut that it was read at; who asks for the next one says it, and so all are of one moment.
"""

from collections.abc import Iterable
from typing import Any, Final, Protocol

import msgspec

BYTES: Final = 900_000
_encode: Final = msgspec.json.Encoder().encode


class Entry(Protocol):
    @property
    def entity(self) -> str: ...

    def json(self) -> dict[str, Any]: ...


def page(name: str, found: Iterable[Entry], limit: int) -> dict[str, Any]:
    """`{<name>: […], next}`: at most `limit` and as many as fit, but one; each as JSON, written once. `next` is `None` where nothing more comes."""
    told: list[Any] = []
    size, last = 0, None
    for each in found:
        shown = msgspec.Raw(_encode(each.json()))
        size += len(shown)
        if len(told) == limit or (told and size > BYTES):
            return {name: told, "next": last}
        told.append(shown)
        last = each.entity
    return {name: told, "next": None}
