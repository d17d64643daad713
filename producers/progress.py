"""A position that moves, and those who wait for it."""

import asyncio


class Progress:
    def __init__(self, position: int = 0) -> None:
        self.position = position
        self._moved = asyncio.Event()

    def move(self, position: int) -> None:
        """Backwards too, when a log lost its tail; who was told stays told."""
        self.position = position
        self._moved.set()
        self._moved = asyncio.Event()

    async def reached(self, position: int) -> None:
        """Returns once `position` has been reached; the caller sets the deadline."""
        while self.position < position:
            await self._moved.wait()
