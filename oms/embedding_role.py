"""The part of a running OMS that embeds, and answers what is like a text. It loads nothing before there is a view to keep."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from adapters.view_files import ViewMissing
from events.command import AskSimilar
from oms.about_settings import SettingRefused
from oms.roles import RoleTaken, roles
from oms.settings import Settings
from oms.shelves import Shelves
from oms.views import LOOK_SECONDS, Elsewhere
from producers.lease import lead, renewing
from projectors.projector import Overtaken, ViewUnavailable
from projectors.rebuild import NotRebuilt

if TYPE_CHECKING:
    from oms.finding import Finder
    from queries.similar import Alike

NAME: Final = "similar"
ROLE: Final = "embedding"
LOOK: Final = 0.5  # seconds between two looks for a view
AGAIN: Final = 5.0  # seconds until what failed is tried again
Alarm = Callable[[str, BaseException], None]


class EmbeddingRole:
    """One chain of providers, and one index in memory, for both. `aclose` after use."""

    def __init__(self, settings: Settings, shelves: Shelves, alarm: Alarm) -> None:
        self._settings, self._shelves, self._alarm = settings, shelves, alarm
        self._store = shelves.similar()
        self._elsewhere = Elsewhere(self._store.shelf)
        self._finder: Finder | None = None
        self._wanted, self._waiting = asyncio.Event(), 0
        self._said = ""

    async def run(self) -> None:
        """Keep the view until cancelled, as the one process that does so in this folder, or in this database."""
        if not self._settings.postgres_url:
            await self._keep()
            return
        from adapters.postgres_leases import postgres_leases

        async with postgres_leases(self._settings.postgres_url, self._settings.ontology) as leases:
            await lead(leases, ROLE, lambda _: self._keep())

    async def reached(self, position: int) -> None:
        """Returns when the view has the texts up to `position`, here or in another process. Raises `LookupError` where there is none."""
        if await asyncio.to_thread(self._store.shelf.live) is None:
            msg = "there is no view 'similar' yet; `oms embed` makes it"
            raise LookupError(msg)
        self._waiting += 1
        self._wanted.set()
        try:
            await self._elsewhere.reached(position)
        finally:
            self._waiting -= 1

    async def _keep(self) -> None:
        """Why it cannot go on is told once, until that is another reason."""
        while True:
            try:
                await self._follow(await self._begun())
                self._said = ""
            except (
                ViewUnavailable, ViewMissing, Overtaken, NotRebuilt, sqlite3.Error, OSError, SettingRefused,
            ) as passing:  # fmt: skip
                self._told(passing)
                await asyncio.sleep(AGAIN)

    async def _begun(self) -> int:
        """The live build, as soon as there is one."""
        while (build := await asyncio.to_thread(self._store.shelf.live)) is None:  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(LOOK)
        return build

    async def _follow(self, build: int) -> None:
        from oms.similar import Keeping

        finder = self._finding()
        keeping = Keeping(self._settings, self._shelves, finder.chain, self._told, self._store)
        await keeping.follow(build, self._rest)

    async def _rest(self, seconds: float) -> None:
        """Hardly, while somebody waits."""
        if self._waiting:
            await asyncio.sleep(min(seconds, LOOK_SECONDS))
            return
        self._wanted.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()

    async def find(self, branch: str, asked: AskSimilar, within: float) -> "Alike":
        """Raises `Refused`, `ViewUnavailable`."""
        from oms.finding import Asked

        try:
            finder = self._finding()
        except SettingRefused as refused:
            raise ViewUnavailable(NAME, str(refused), "`oms settings` shows what is in force") from refused
        return await finder.find(
            branch, Asked(asked.text, asked.type, asked.as_of, asked.limit, asked.min_position, within)
        )

    async def aclose(self) -> None:
        if self._finder is not None:
            await self._finder.chain.aclose()

    def _finding(self) -> "Finder":
        from oms.embedding import configured
        from oms.finding import Finder

        if self._finder is None:
            chain = configured(self._settings, self._told)
            self._finder = Finder(self._settings, self._shelves, chain, self._store)
        return self._finder

    def _told(self, error: Exception) -> None:
        if str(error) != self._said:
            self._alarm("embedding", error)
        self._said = str(error)


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[None]:
    """Inside the block no other process embeds. Raises `RoleTaken`, `OutboxUnavailable`."""
    async with roles(settings.folder, [ROLE]):
        if not settings.postgres_url:
            yield
            return
        from adapters.postgres import place
        from adapters.postgres_leases import postgres_leases
        from oms.process import looping

        async with postgres_leases(settings.postgres_url, settings.ontology) as leases:
            held = await leases.acquire(ROLE)
            if held is None:
                raise RoleTaken(place(settings.postgres_url), ROLE)
            try:
                async with looping([renewing(leases, held)]):
                    yield
            finally:
                await leases.release(held)
