"""A log in memory, to read from: for tests, and for folding events that are already at hand."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence

from projectors.projector import Fetched

_CHUNK = 1_000


class MemoryFeed:
    """Passes the feed conformance suite. `chunk` = how many messages come at once at most."""

    def __init__(self, messages: Iterable[Fetched] = (), chunk: int = _CHUNK) -> None:
        self.messages = list(messages)
        self._chunk = chunk
        self._grown = asyncio.Event()

    def append(self, messages: Iterable[Fetched]) -> None:
        """Add to the end and wake whoever follows."""
        self.messages += messages
        self._grown.set()
        self._grown = asyncio.Event()

    async def last(self) -> int:
        return self.messages[-1].position if self.messages else 0

    async def these(self, positions: Sequence[int]) -> list[Fetched]:
        """The messages there, as far as the log holds them."""
        return [self.messages[each - 1] for each in positions if each <= len(self.messages)]

    async def read(self, after: int, until: int | None = None) -> AsyncGenerator[Sequence[Fetched], None]:
        while until is None or after < until:
            end = min(len(self.messages), after + self._chunk, len(self.messages) if until is None else until)
            if end > after:
                yield self.messages[after:end]
                after = end
            elif until is None:
                await self._grown.wait()
            else:
                return
