"""The similar view: its builds, and the loops that keep the live one.

There is none until somebody asks for it (`oms embed`): whoever needs no search by meaning pays nothing for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from adapters import system_clock
from oms.process import looping
from oms.rendering import rendering
from oms.settings import Settings
from oms.shelves import Shelves
from oms.similar_store import SimilarBuild, SimilarStore
from oms.similar_verify import verified
from projectors.embedding.chain import Chain
from projectors.embedding.provider import Failed
from projectors.projector import ViewOutdated, ViewUnavailable
from projectors.rebuild import NotRebuilt, NoWayBack, Rebuilt
from projectors.similar import NAME
from projectors.verify import Difference
from workers.embedding import Embedding, Texts

EVERY: Final = 0.5  # seconds between two looks at the versions view
SHARE: Final = 1.0  # seconds of rest for each second of work: others need this process more

Moved = Callable[[int], None]
"""So many positions, or vectors, are done."""
Rest = Callable[[float], Awaitable[None]]
"""So many seconds, or until somebody waits."""


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


def state(shelves: Shelves) -> State:
    """Raises `ViewMissing`, `ViewUnavailable`."""
    with shelves.similar().reading() as view:
        space = next((held.name for held in view.spaces if held.serving), "")
        counts = view.coverage(space)
        notes = tuple(f"{number:,} wait: {why} ({code})" for code, why, number in view.waiting(space))
        return State(view.position(), shelves.shelf("versions").position(), space, *counts, notes)


async def begin(shelves: Shelves) -> None:
    """From now on there is a view, which whoever has the role keeps."""
    shelf = shelves.similar().shelf
    if shelf.live() is None:
        async with _opened(shelf.open(1)):
            shelf.make_live(1)


async def try_again(shelves: Shelves) -> None:
    """What waits is due at once."""
    shelf = shelves.similar().shelf
    async with _opened(shelf.open(shelf.live() or 1), any_way=True) as view:
        await view.try_again()


@dataclass(frozen=True, slots=True)
class Keeping:
    """One process that keeps the view; `told` hears why texts wait for their vectors."""

    settings: Settings
    shelves: Shelves
    chain: Chain
    told: Callable[[Exception], None]
    store: SimilarStore

    async def bring(self, moved: Moved) -> None:
        """The live build as far as it goes for now; where it was made in another way, a new one."""
        build = self.store.shelf.live() or 1
        try:
            async with _opened(self.store.shelf.open(build)) as view:
                work = self._work(view)
                while more := await work.step():
                    moved(more)
                await asyncio.to_thread(self._index, build)
        except ViewOutdated:
            await self.rebuild(moved)

    async def follow(self, build: int, rest: Rest = asyncio.sleep) -> None:
        """Beside everything else, as long as this build is the live one. Texts do not wait for a provider."""
        try:
            async with _opened(self.store.shelf.open(build)) as view:
                work = self._work(view)
                async with looping([_kept(work.texts.step, rest)]):
                    await self._vectors(build, work, rest)
        except BaseExceptionGroup as both:  # they have one store
            raise both.exceptions[0] from both
        except ViewOutdated:
            await self.rebuild()
        except ViewUnavailable:
            if self.store.shelf.live() == build:  # else it went while it was looked at
                raise

    async def _vectors(self, build: int, work: Embedding, rest: Rest) -> None:
        behind = True
        while await asyncio.to_thread(self.store.shelf.live) == build:
            if await _rested(work.vectors, rest):
                behind = True
            elif behind:  # so that no question waits for it
                await asyncio.to_thread(self._index, build)
                behind = False

    async def rebuild(self, moved: Moved = lambda _: None) -> Rebuilt:
        """A new build beside the live one, with the vectors that still fit; readers have it once it is whole and verified."""
        shelf = self.store.shelf
        old = shelf.live()
        build = (old or 0) + 1
        try:
            made = await self._filled(build, old, moved)
        except ViewOutdated:  # begun in another way, and left
            shelf.drop(build)
            made = await self._filled(build, old, moved)
        shelf.make_live(build)
        if old is not None:
            shelf.drop(old - 1)
        return made

    async def back(self, moved: Moved = lambda _: None) -> Rebuilt:
        """The build before becomes live again, once it has caught up and is verified; the one after it goes.

        Raises `NoWayBack`, `NotRebuilt`, `ViewOutdated` where its texts were made in another way.
        """
        shelf = self.store.shelf
        live = shelf.live() or 0
        if not shelf.holds(live - 1):
            raise NoWayBack(NAME)
        made = await self._filled(live - 1, live, moved)
        shelf.make_live(live - 1)
        shelf.drop(live)
        return made

    async def _filled(self, build: int, other: int | None, moved: Moved) -> Rebuilt:
        """As far as it goes for now, with the vectors of the other build. Raises `NotRebuilt`."""
        shelf = self.store.shelf
        async with _opened(shelf.open(build)) as view:
            work = self._work(view)
            while more := await work.texts.step():
                moved(more)
            if other is not None:
                async with _opened(shelf.open(other), any_way=True) as before:
                    await view.carry(before)
            while more := await work.step():
                moved(more)
            made = Rebuilt(build, (await view.checkpoint()).position, len(await view.left_out()))
        found = await verified(self.settings, self.shelves, build)
        if isinstance(found, Difference):
            raise NotRebuilt(NAME, build, found)
        return made

    def _index(self, build: int) -> None:
        with self.store.reading(build) as view:
            view.ready()

    def _work(self, view: SimilarBuild) -> Embedding:
        def hear(failure: Failed) -> None:
            self.told(failure)

        texts = Texts(
            self.shelves.versions, view, rendering(self.settings)
        )  # which build is live is asked at each step
        return Embedding(texts, view, self.chain, system_clock.now, hear)


@asynccontextmanager
async def _opened(view: SimilarBuild, *, any_way: bool = False) -> AsyncIterator[SimilarBuild]:
    """Made if it is not there. Raises `ViewOutdated` where it was made in another way, unless that is all the same."""
    try:
        if not any_way:
            await view.checkpoint()
        yield view
    finally:
        await view.close()


async def _kept(step: Callable[[], Awaitable[int]], rest: Rest) -> None:
    while True:
        await _rested(step, rest)


async def _rested(step: Callable[[], Awaitable[int]], rest: Rest) -> int:
    now = asyncio.get_running_loop().time
    began = now()
    more = await step()
    await rest((now() - began) * SHARE if more else EVERY)
    return more
