"""Views that stand at the same position move along the log together: one pull, one decode, a commit in each."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from projectors.decode import Decoder, parts
from projectors.projector import Feed, Fetched, PayloadOf, Recorded
from projectors.track import Track

PART: Final = 4_000  # events that a view commits at once at most, unless one commit of the log has more


class Lane:
    """`failed` holds the views that had to leave, and why; they must be opened again."""

    def __init__(self, feed: Feed, payload_of: PayloadOf, tracks: Sequence[Track[Any]], part: int = PART) -> None:
        """`tracks`: at least one; all open, and at the same checkpoint."""
        self.feed, self.tracks, self.part = feed, list(tracks), part
        self.decoder = Decoder(tracks[0].checkpoint, payload_of)
        self.failed: list[tuple[Track[Any], Exception]] = []

    @property
    def position(self) -> int:
        """Behind what was read: may lie within a commit, of which the views show nothing yet."""
        return self.decoder.position

    async def read(self, until: int, moved: Callable[[], None] = lambda: None) -> None:
        """Apply everything up to `until`, or what the log has of it. Raises `ChainBroken`, `Gap`.

        The views commit the same parts however the feed cuts its chunks: the same log makes the same files.
        """
        if until <= self.position:
            return
        ended: Exception | None = None
        async with asyncio.TaskGroup() as tasks, aclosing(self.feed.read(self.position, until)) as chunks:
            try:
                await self._each(self._even(chunks), moved, tasks)
            except Exception as error:  # noqa: BLE001 as it is, and not as one of a group
                ended = error
        if ended is not None:
            raise ended

    async def _each(
        self, several: AsyncIterator[Sequence[Recorded]], moved: Callable[[], None], tasks: asyncio.TaskGroup
    ) -> None:
        """The next events are read and decoded while the views commit these: their stores work beside the interpreter."""
        applying: asyncio.Task[None] | None = None
        try:
            async for events in several:
                if applying is not None:
                    await applying
                    moved()
                    applying = None
                    if not self.tracks:
                        return
                applying = tasks.create_task(self._apply(events))
        finally:
            if applying is not None:
                await applying
                moved()

    async def step(self, chunk: Sequence[Fetched]) -> int:
        """Apply one chunk in every view; returns its events. Raises `ChainBroken` once the events before are applied."""
        decoded = self.decoder.read(chunk)
        await self._apply(decoded.events)
        if decoded.broken:
            raise decoded.broken
        return len(decoded.events)

    def admit(self, other: "Lane") -> None:
        """Take in the views of a lane at the same position of the same log."""
        self.tracks += other.tracks

    async def _even(self, chunks: AsyncIterator[Sequence[Fetched]]) -> AsyncIterator[Sequence[Recorded]]:
        """The events, `part` at a time; the last ones may be fewer. Each chunk is decoded as soon as it is there."""
        held: list[Recorded] = []
        async for chunk in chunks:
            decoded = self.decoder.read(chunk)
            held += decoded.events
            while len(held) >= self.part:
                yield held[: self.part]
                del held[: self.part]
            if decoded.broken:
                yield held
                raise decoded.broken
        if held:
            yield held

    async def _apply(self, events: Sequence[Recorded]) -> None:
        for part in parts(events, self.part):
            ends = await asyncio.gather(*(track.apply(part) for track in self.tracks), return_exceptions=True)
            for track, end in zip(list(self.tracks), ends, strict=True):
                if isinstance(end, Exception):
                    self.tracks.remove(track)
                    self.failed.append((track, end))
                elif end is not None:
                    raise end
