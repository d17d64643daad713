"""A copy of the log that begins in segments and goes on in a table: what left the table is read where it went."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from adapters.segments import SegmentFeed
from projectors.projector import Feed, Fetched


class NamedFeed(Feed, Protocol):
    @property
    def name(self) -> str: ...


def joined(segments: SegmentFeed, rows: NamedFeed, departed: int) -> NamedFeed:
    """`rows` alone where nothing left them."""
    return JoinedCopy(segments, rows, departed) if departed else rows


class JoinedCopy:
    """What `rows` does not hold any more, up to where `departed` says, is read from `segments`."""

    def __init__(self, segments: SegmentFeed, rows: NamedFeed, departed: int) -> None:
        self.segments, self.rows, self.departed = segments, rows, departed

    @property
    def name(self) -> str:
        return f"{self.rows.name} and {self.segments.path}"

    async def last(self) -> int:
        return max(await self.rows.last(), self.departed)

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        """Raises `Gap`, `BadSegment`."""
        end = await self.last() if until is None else until
        middle = min(self.departed, end)
        if after < middle:
            async with aclosing(self.segments.read(after, middle)) as chunks:
                async for chunk in chunks:
                    yield chunk
        if max(after, middle) < end:
            async with aclosing(self.rows.read(max(after, middle), end)) as chunks:
                async for chunk in chunks:
                    yield chunk
