"""Connections that are kept for whoever comes next to the same place; of too many the one longest unused is closed."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Final, Generic, TypeVar

MOST: Final = 100
CLOSE_SECONDS: Final = 5.0  # then it is left to itself

Connection = TypeVar("Connection")


class KeptOpen(Generic[Connection]):
    """`close` what is no longer kept; `close_all` after use."""

    def __init__(self, close: Callable[[Connection], Awaitable[None]]) -> None:
        self._close = close
        self._kept: OrderedDict[Hashable, Connection] = OrderedDict()
        self._turns: dict[Hashable, asyncio.Lock] = {}

    async def of(self, key: Hashable, opened: Callable[[], Awaitable[Connection]]) -> Connection:
        """One at a time opens it. Raises as `opened` does."""
        async with self._turns.setdefault(key, asyncio.Lock()):
            if key not in self._kept:
                self._kept[key] = await opened()
            self._kept.move_to_end(key)
            found = self._kept[key]
        while len(self._kept) > MOST:
            await self.forget(next(iter(self._kept)))
        return found

    async def forget(self, key: Hashable, broken: Connection | None = None) -> None:
        """It is opened anew for the next; nothing where that was done since `broken` was."""
        if key in self._kept and (broken is None or self._kept[key] is broken):
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._close(self._kept.pop(key))

    async def close_all(self) -> None:
        for key in list(self._kept):
            await self.forget(key)
