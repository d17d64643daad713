"""The letters whose time has come again and that wait for one endpoint, as many as there is room for; others come later once more."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from events.subscriptions.letters import Letter

REPEATS: Final = 100  # letters that wait in memory


class Repeats:
    """`room` is set while there is some."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.room.set()
        self._letters: deque[tuple[Letter, Callable[[], Awaitable[None]]]] = deque()
        self._positions: set[int] = set()  # of these, and of those that are under way
        self._given_up: set[int] = set()  # of them

    def __len__(self) -> int:
        return len(self._letters)

    def add(self, letter: Letter, done: Callable[[], Awaitable[None]]) -> None:
        """`done` is told when it is settled or put off again."""
        self._letters.append((letter, done))
        self._positions.add(letter.position)
        if len(self) >= REPEATS:
            self.room.clear()

    def holds(self, position: int) -> bool:
        """Also while it is under way."""
        return position in self._positions

    def give_up(self, position: int) -> None:
        """It is not carried any more, unless it is under way."""
        if self.holds(position):
            self._given_up.add(position)

    async def next(self, carry: Callable[[Letter], Awaitable[object | None]]) -> None:
        """The first of them is carried; where that gives `None` its turn has not come, and it is not done. Raises `IndexError`."""
        letter, done = self._letters.popleft()
        self.room.set()
        if letter.position in self._given_up or await carry(letter) is not None:
            await done()
        self._positions.discard(letter.position)
        self._given_up.discard(letter.position)
