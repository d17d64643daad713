"""The read models that this program keeps: what folds each, and what opens its file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_standing import view_standing
from adapters.sqlite_verify import verify_view
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_view import SqliteView
from adapters.view_files import ViewMissing, live_path
from adapters.view_shelf import LiveBuild, SqliteShelf
from events import catalog
from projectors.audit import audit
from projectors.projector import Checkpoint, Feed, Projector, ViewOutdated
from projectors.rebuild import Rebuilt, Told, rebuild
from projectors.runner import Alarm
from projectors.track import Track
from projectors.verify import Agreed, Difference
from projectors.versions import versions
from security.chain import genesis


class ReadModel(NamedTuple):
    """`opened(file, ontology)` makes the file if it is not there."""

    projector: Projector[Any]
    opened: Callable[[Path, str], SqliteView[Any]]


LOOK_SECONDS: Final = 0.005
READ_MODELS: Final[Mapping[str, ReadModel]] = {
    "versions": ReadModel(versions(catalog.evolve), sqlite_versions),
    "audit": ReadModel(audit, sqlite_audit),
}


def shelf(folder: Path, ontology: str, name: str) -> SqliteShelf[Any]:
    """The builds of a view. Raises `KeyError` for a view that is not known."""
    return SqliteShelf(folder, name, ontology, READ_MODELS[name].opened)


async def rebuilt(folder: Path, ontology: str, name: str, feed: Feed, told: Told = lambda *_: None) -> Rebuilt:
    """Make a view anew from the log. Raises what `projectors.rebuild` raises."""
    return await rebuild(READ_MODELS[name].projector, shelf(folder, ontology, name), feed, catalog.proven, told)


async def verified(folder: Path, name: str, feed: Feed, told: Callable[[int], None]) -> Agreed | Difference:
    """Compare the live build of a view with the log. Raises `ViewMissing`, `ChainBroken`, `Gap`."""
    return await verify_view(live_path(folder, name), name, feed, told)


@asynccontextmanager
async def track(
    folder: Path, ontology: str, name: str, feed: Feed, alarm: Alarm
) -> AsyncIterator[tuple[Track[Any], Coroutine[Any, Any, None] | None]]:
    """A track of the live build; made if there is none. With it the rebuild it needs first, if another version made it."""
    live = LiveBuild(shelf(folder, ontology, name))
    tracked = Track(READ_MODELS[name].projector, live.open(), Checkpoint(0, genesis(ontology)), live)
    try:
        try:
            await tracked.open()
            anew = None
        except ViewOutdated:
            anew = _renew(folder, ontology, name, feed, alarm)
        yield tracked, anew
    finally:
        await tracked.view.close()


async def _renew(folder: Path, ontology: str, name: str, feed: Feed, alarm: Alarm) -> None:
    """Rebuild beside everything else; what stops it stops this view alone."""
    try:
        await rebuilt(folder, ontology, name, feed)
    except Exception as error:  # noqa: BLE001 the alarm tells it, the old build stays
        alarm(name, error)


class Elsewhere:
    """A view whose live build another process writes; looked at only while somebody waits for it, by one for all."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._position = 0
        self._turn = asyncio.Lock()

    async def reached(self, position: int) -> None:
        """Returns when the view has `position`; it need not be there yet."""
        while self._position < position:
            async with self._turn:
                if self._position < position and self._look() < position:
                    await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> int:
        try:
            standing = view_standing(live_path(self._folder, self._name))
            self._position = standing.checkpoint.position if standing else 0
        except (ViewMissing, sqlite3.Error):  # it is being made, or exchanged for a new build
            pass
        return self._position


@asynccontextmanager
async def live_view(folder: Path, ontology: str, name: str) -> AsyncIterator[SqliteView[Any]]:
    """The version of a view that readers see, open for writing. Raises `ViewMissing`."""
    view = READ_MODELS[name].opened(live_path(folder, name), ontology)
    try:
        yield view
    finally:
        await view.close()
