"""The similar view of a data folder: its builds, and the loop that keeps the live one.

There is none until somebody asks for it (`oms embed`): whoever needs no search by meaning pays nothing for it.
"""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from adapters import system_clock
from adapters.similar_verify import difference, position
from adapters.sqlite_reader import reader
from adapters.sqlite_similar import SqliteSimilar, drop_indexes
from adapters.sqlite_similar_reader import Indexes, similar_reading
from adapters.view_files import live_path, live_version, make_live, view_path
from oms.about_settings import SettingRefused
from oms.settings import Settings
from oms.shelves import Shelves
from projectors.embedding.chain import Chain
from projectors.embedding.provider import Failed
from projectors.projector import FOREVER, ViewOutdated
from projectors.rebuild import Rebuilt
from projectors.similar import NAME, Rendering
from projectors.verify import Agreed, Difference
from workers.embedding import Embedding, Texts

EVERY: Final = 0.5  # seconds between two looks at the versions view
SHARE: Final = 1.0  # seconds of rest for each second of work: others need this process more

Moved = Callable[[], None]
"""Something was done."""


class State(NamedTuple):
    """How far the live build is; `log` is where the versions view is, `notes` why passages wait."""

    position: int
    log: int
    space: str
    passages: int
    embedded: int
    waiting: int
    notes: tuple[str, ...]

    @property
    def done(self) -> bool:
        """As far as it goes for now."""
        return self.position >= self.log and self.embedded + self.waiting >= self.passages

    def json(self) -> dict[str, Any]:
        return {"view": NAME} | {name: getattr(self, name) for name in self._fields if name not in ("log", "notes")}


def state(settings: Settings, shelves: Shelves) -> State:
    """Raises `ViewMissing`."""
    with similar_reading(live_path(settings.folder, NAME), Indexes()) as view:
        space = next((held.name for held in view.spaces if held.serving), "")
        counts = view.coverage(space)
        notes = tuple(f"{number:,} wait: {why} ({code})" for code, why, number in view.waiting(space))
        return State(view.position(), shelves.shelf("versions").position(), space, *counts, notes)


def rendering(settings: Settings) -> Rendering:
    """Raises `SettingRefused`."""
    path = settings.embedding_templates
    try:
        templates = tomllib.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError) as error:
        raise SettingRefused("embedding_templates", path, f"cannot be read: {error}") from error
    for name, template in templates.items():
        if not isinstance(template, str):
            text = f"{name} is no text; write {name} = '{{name}}: {{notes}}'"
            raise SettingRefused("embedding_templates", path, text)
    return Rendering(templates, settings.embedding_personal == "yes")


async def begin(settings: Settings) -> None:
    """From now on there is a view, which whoever has the role keeps."""
    if live_version(settings.folder, NAME) is None:
        async with _opened(settings, view_path(settings.folder, NAME, 1)):
            make_live(settings.folder, NAME, 1)


async def try_again(settings: Settings) -> None:
    """What waits is due at once."""
    view = SqliteSimilar(live_path(settings.folder, NAME), settings.ontology, "")
    try:
        await view.try_again()
    finally:
        await view.close()


@dataclass(frozen=True, slots=True)
class Keeping:
    """One process that keeps the view; `told` hears why texts wait for their vectors."""

    settings: Settings
    shelves: Shelves
    chain: Chain
    told: Callable[[Exception], None]
    indexes: Indexes = field(default_factory=Indexes)

    async def bring(self, moved: Moved) -> None:
        """The live build as far as it goes for now; where it was made in another way, a new one."""
        try:
            async with _opened(self.settings, live_path(self.settings.folder, NAME)) as view:
                work = self._work(view)
                while await work.step():
                    moved()
                await asyncio.to_thread(self._index, view.path)
        except ViewOutdated:
            await self.rebuild(moved)

    async def follow(self, build: int) -> None:
        """Beside everything else, as long as this build is the live one."""
        folder = self.settings.folder
        try:
            async with _opened(self.settings, view_path(folder, NAME, build)) as view:
                work, behind = self._work(view), True
                while live_version(folder, NAME) == build:
                    if await _rested(work):
                        behind = True
                    elif behind:  # so that no question waits for it
                        await asyncio.to_thread(self._index, view.path)
                        behind = False
        except ViewOutdated:
            await self.rebuild()

    async def rebuild(self, moved: Moved = lambda: None) -> Rebuilt:
        """A new build beside the live one, with the vectors that still fit; readers have it once it is whole."""
        folder, old = self.settings.folder, live_version(self.settings.folder, NAME)
        build = (old or 0) + 1
        path = view_path(folder, NAME, build)
        try:
            made = await self._fill(path, moved)
        except ViewOutdated:  # begun in another way, and left
            _drop(path)
            made = await self._fill(path, moved)
        make_live(folder, NAME, build)
        if old is not None:
            _drop(view_path(folder, NAME, old - 1))
        return made._replace(build=build)

    async def _fill(self, path: Path, moved: Moved) -> Rebuilt:
        async with _opened(self.settings, path) as view:
            work = self._work(view)
            while await work.texts.step():
                moved()
            if live_version(self.settings.folder, NAME) is not None:
                await view.carry(live_path(self.settings.folder, NAME))
            while await work.step():
                moved()
            return Rebuilt(0, (await view.checkpoint()).position, len(await view.left_out()))

    def _index(self, path: Path) -> None:
        with similar_reading(path, self.indexes) as view:
            view.ready()

    def _work(self, view: SqliteSimilar) -> Embedding:
        def hear(failure: Failed) -> None:
            self.told(failure)

        return Embedding(_texts(self.settings, self.shelves, view), view, self.chain, system_clock.now, hear)


async def verified(settings: Settings, shelves: Shelves) -> Agreed | Difference:
    """Compare the live build with one that is made anew of the versions view, text by text. Raises `ViewMissing`."""
    live = live_path(settings.folder, NAME)
    with TemporaryDirectory(prefix="verify-", dir=live.parent) as aside:
        path = Path(aside) / "similar.db"
        async with _opened(settings, path) as fresh:
            with closing(reader(live)) as connection:
                connection.execute("ATTACH ? AS fresh", (str(path),))
                connection.execute("BEGIN")
                until = position(connection)
                work = _texts(settings, shelves, fresh, until)
                while await work.step():
                    pass
                found = difference(connection)
            left_out = sorted({row[0] for row in await fresh.left_out()})
    return found or Agreed(until, until - len(left_out), left_out)


@asynccontextmanager
async def _opened(settings: Settings, path: Path) -> AsyncIterator[SqliteSimilar]:
    """The build in this file, made if it is not there. Raises `ViewOutdated` where it was made in another way."""
    view = SqliteSimilar(path, settings.ontology, rendering(settings).fingerprint)
    try:
        await view.checkpoint()
        yield view
    finally:
        await view.close()


def _texts(settings: Settings, shelves: Shelves, view: SqliteSimilar, until: int = FOREVER) -> Texts:
    """Of the versions view, wherever it is kept; which build is live is looked up at each step."""
    return Texts(shelves.versions, view, rendering(settings), until)


async def _rested(work: Embedding) -> int:
    now = asyncio.get_running_loop().time
    began = now()
    more = await work.step()
    await asyncio.sleep((now() - began) * SHARE if more else EVERY)
    return more


def _drop(path: Path) -> None:
    drop_indexes(path)
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
