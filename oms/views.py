"""Views that are kept up, made anew, verified and waited for, wherever they are kept."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from adapters import system_clock as clock
from adapters.view_files import ViewMissing
from events import catalog
from oms.shelves import READ_MODELS, Kept, Shelves
from projectors.mending import By, Mended, mend
from projectors.projector import Checkpoint, Feed, View, ViewOutdated, ViewUnavailable
from projectors.rebuild import Rebuilt, Told, back, rebuild
from projectors.runner import Alarm
from projectors.track import Dead, Track
from projectors.verify import Agreed, Difference
from security.chain import genesis

LOOK_SECONDS: Final = 0.005


async def rebuilt(shelf: Kept, name: str, feed: Feed, told: Told = lambda *_: None) -> Rebuilt:
    """Make a view anew from the log. Raises what `projectors.rebuild` raises."""
    return await rebuild(READ_MODELS[name].projector, shelf, feed, catalog.proven, told)


@asynccontextmanager
async def track(
    shelf: Kept, ontology: str, name: str, feed: Feed, alarm: Alarm, dead: Dead
) -> AsyncIterator[tuple[Track[Any], Coroutine[Any, Any, None] | None]]:
    """A track of the live build; made if there is none. With it the rebuild it needs first, if another version made it."""
    live = shelf.following()
    tracked = Track(READ_MODELS[name].projector, live.open(), Checkpoint(0, genesis(ontology)), live, dead)
    try:
        try:
            await tracked.open()
            anew = None
        except ViewOutdated:
            anew = _renew(shelf, name, feed, alarm)
        yield tracked, anew
    finally:
        await tracked.view.close()


async def _renew(shelf: Kept, name: str, feed: Feed, alarm: Alarm) -> None:
    """Rebuild beside everything else; what stops it stops this view alone."""
    try:
        await rebuilt(shelf, name, feed)
    except Exception as error:  # noqa: BLE001 the alarm tells it, the old build stays
        alarm(name, error)


async def brought_back(shelf: Kept, name: str, feed: Feed, told: Told = lambda *_: None) -> Rebuilt:
    """The build before becomes live again. Raises what `projectors.rebuild.back` raises."""
    return await back(READ_MODELS[name].projector, shelf, feed, catalog.proven, told)


async def verified(shelves: Shelves, name: str, feed: Feed, told: Callable[[int], None]) -> Agreed | Difference:
    """Compare the live build of a view with the log. Raises `ViewMissing`, `ViewUnavailable`, `ChainBroken`, `Gap`."""
    return await shelves.shelf(name).verified(live_build(shelves, name), feed, told)


async def mended(shelves: Shelves, name: str, feed: Feed, told: Callable[[int], None], principal: str) -> Mended:
    """Verify the live build, and write the ranges that differ again. Raises what `verified` raises."""
    shelf, live = shelves.shelf(name), live_build(shelves, name)
    by = By(clock.new_id(), clock.now(), principal)
    return await mend(lambda again: shelf.verified(live, feed, told, by if again else None))


@asynccontextmanager
async def live_view(shelves: Shelves, name: str) -> AsyncIterator[View[Any]]:
    """The build of a view that readers see, open for writing. Raises `ViewMissing`, `ViewUnavailable`."""
    view = shelves.shelf(name).open(live_build(shelves, name))
    try:
        yield view
    finally:
        await view.close()


def live_build(shelves: Shelves, name: str) -> int:
    """Raises `ViewMissing`, `ViewUnavailable`."""
    build = shelves.shelf(name).live()
    if build is None:
        raise ViewMissing(name, shelves.where)
    return build


class Standing(Protocol):
    def position(self) -> int:
        """Of the live build; 0 while there is none. Raises `ViewUnavailable`."""


class Elsewhere:
    """A view whose live build another process writes; looked at only while somebody waits for it, by one for all."""

    def __init__(self, shelf: Standing) -> None:
        self._shelf = shelf
        self._known = 0
        self._turn = asyncio.Lock()

    def position(self) -> int:
        """Its checkpoint."""
        self._known = self._shelf.position() or self._known
        return self._known

    async def reached(self, position: int) -> None:
        """Returns when the view has `position`; it need not be there yet."""
        while self._known < position:
            async with self._turn:
                if self._known < position and await self._look() < position:
                    await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> int:
        try:
            return await asyncio.to_thread(self.position)
        except ViewUnavailable:  # for now
            return self._known
