"""The log's end in memory, once for all who read it as it grows; who is further behind reads pages of it.

feed ─► the last 10,000 events, at most 32 MiB ─► everybody who waits
                                              └── behind that: pages of 256 KiB, four at a time
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Final

from events.filters.candidate import Candidate
from events.wire.envelope import decode
from projectors.projector import Feed, Fetched

KEPT_EVENTS: Final = 10_000
KEPT_BYTES: Final = 32 << 20
PAGE_EVENTS: Final = 500
PAGE_BYTES: Final = 256 << 10  # a page ends behind the event with which it has so many
PAGE_SECONDS: Final = 10.0  # that one may take
PAGES_AT_ONCE: Final = 4  # that are being read: each may hold 32 MiB for a moment


class Heard:
    """An event of the log: stored bytes, read by filters when one asks."""

    __slots__ = ("_candidate", "body", "position")

    def __init__(self, position: int, body: bytes) -> None:
        self.position, self.body = position, body
        self._candidate: Candidate | None = None

    @property
    def candidate(self) -> Candidate:
        if self._candidate is None:
            self._candidate = Candidate.of(decode(self.body, trusted=True))
        return self._candidate


class Tail:
    """`run` it as a task; whoever reads may come before it has begun."""

    def __init__(
        self,
        feed: Feed,
        kept_events: int = KEPT_EVENTS,
        kept_bytes: int = KEPT_BYTES,
        patience: float = PAGE_SECONDS,
    ) -> None:
        self._feed, self._kept_events, self._kept_bytes = feed, kept_events, kept_bytes
        self._patience = patience
        self._kept: deque[Heard] = deque()
        self._bytes = 0
        self.last = 0
        self.ended = False
        self._begun, self._news = asyncio.Event(), asyncio.Event()
        self._pages = asyncio.Semaphore(PAGES_AT_ONCE)

    async def run(self) -> None:
        """Follow the log until cancelled; run again, it goes on. Raises what the feed raises."""
        if not self._begun.is_set():
            self.last = await self._feed.last()
            self._begun.set()
            self._tell()
        async with aclosing(self._feed.read(self.last)) as chunks:
            async for chunk in chunks:
                self._keep(chunk)
                self._tell()

    def end(self) -> None:
        """Whoever waits is told at once, and nothing is waited for any more."""
        self.ended = True
        self._begun.set()
        self._tell()

    async def begun(self) -> None:
        """Returns when `last` is where the log ends."""
        await self._begun.wait()

    async def more(self, after: int, seconds: float) -> None:
        """Returns when there is something behind `after`, or not within so many seconds, or when it has ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.last <= after and not self.ended:
                    await self._news.wait()

    async def page(self, after: int) -> Sequence[Heard]:
        """The next events behind `after`, as many as make a page; none where there are none yet.

        Raises `Gap`, and `ConnectionError` where the log does not give them in time.
        """
        if after >= self.last:
            return ()
        await asyncio.sleep(0)  # others have their turn between two pages, however many there are
        if self._kept and after + 1 >= self._kept[0].position:
            return self._from_memory(after + 1 - self._kept[0].position)
        try:
            async with asyncio.timeout(self._patience), self._pages:
                return await self._from_log(after, min(after + PAGE_EVENTS, self.last))
        except TimeoutError:
            raise ConnectionError(f"the log gave nothing behind {after:,} within {self._patience:g} s") from None

    def _from_memory(self, begin: int) -> Sequence[Heard]:
        page: list[Heard] = []
        size = 0
        for index in range(begin, min(len(self._kept), begin + PAGE_EVENTS)):
            page.append(self._kept[index])
            size += len(page[-1].body)
            if size >= PAGE_BYTES:
                break
        return page

    async def _from_log(self, after: int, until: int) -> Sequence[Heard]:
        page: list[Heard] = []
        size = 0
        async with aclosing(self._feed.read(after, until)) as chunks:
            async for chunk in chunks:
                for position, _, body in chunk:
                    page.append(Heard(position, body))
                    size += len(body)
                    if size >= PAGE_BYTES:
                        return page
        return page

    def _keep(self, chunk: Sequence[Fetched]) -> None:
        for position, _, body in chunk:
            self._kept.append(Heard(position, body))
            self._bytes += len(body)
        self.last = chunk[-1].position
        while len(self._kept) > self._kept_events or self._bytes > self._kept_bytes:
            self._bytes -= len(self._kept.popleft().body)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
