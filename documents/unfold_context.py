"""How much of a document a fold may show: five levels, and limits of one's own in place of a level's."""

from enum import StrEnum
from typing import Final

import msgspec

from documents.sections import FIRST

LEAST_BYTES: Final = 4_096
"""A fold may not be asked to be smaller: a summary always fits, whatever its names are."""


class UnfoldLevel(StrEnum):
    COLLAPSED = "collapsed"
    SHALLOW = "shallow"
    PARTIAL = "partial"
    DEEP = "deep"
    EXPANDED = "expanded"


class UnfoldContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a fold may show: levels of nesting, items of each array or object, characters of a text, bytes of it all.

    `None` = no limit.
    """

    depth: int | None
    items: int | None
    text: int | None
    bytes: int | None

    @classmethod
    def of(
        cls, level: UnfoldLevel, *, depth: int | None = None, items: int | None = None, bytes: int | None = None  # noqa: A002
    ) -> "UnfoldContext":  # fmt: skip
        """Those of a level; what is given stands in place of the level's own. Raises `ValueError`."""
        own = _LEVELS[level]
        given = {"depth": depth, "items": items, "bytes": bytes}
        for name, value in given.items():
            least = LEAST_BYTES if name == "bytes" else 0
            if value is not None and value < least:
                raise ValueError(f"{name} is {value}; it is at least {least:,}")
        return msgspec.structs.replace(own, **{name: value for name, value in given.items() if value is not None})


_LEVELS: Final = {
    UnfoldLevel.COLLAPSED: UnfoldContext(depth=0, items=0, text=FIRST, bytes=4 << 10),
    UnfoldLevel.SHALLOW: UnfoldContext(depth=1, items=100, text=200, bytes=32 << 10),
    UnfoldLevel.PARTIAL: UnfoldContext(depth=2, items=20, text=1_000, bytes=64 << 10),
    UnfoldLevel.DEEP: UnfoldContext(depth=8, items=1_000, text=10_000, bytes=1 << 20),
    UnfoldLevel.EXPANDED: UnfoldContext(depth=None, items=None, text=None, bytes=None),
}
