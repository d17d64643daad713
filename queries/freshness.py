"""How far a view is: who has written at a position can wait until it is read, or is told what is missing."""

import asyncio
from dataclasses import dataclass
from typing import Protocol


class Moving(Protocol):
    """A view that moves on along the log."""

    def position(self) -> int:
        """Its checkpoint."""

    async def reached(self, position: int) -> None:
        """Returns when the view has committed `position`; for ever if it never does."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """The view has what was asked for; it is at `position`."""

    position: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The deadline came first: the view is at `position`, not yet at `wanted`."""

    position: int
    wanted: int


async def at_least(view: Moving, min_position: int, *, within: float) -> Fresh | Behind:
    """Wait until the view has `min_position`, at most `within` seconds; 0 only asks."""
    if view.position() < min_position and within > 0:
        try:
            async with asyncio.timeout(within):
                await view.reached(min_position)
        except TimeoutError:
            pass
    position = view.position()
    return Fresh(position) if position >= min_position else Behind(position, min_position)
