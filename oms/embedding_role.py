"""The part of a running OMS that embeds, and answers what is like a text. It loads nothing before there is a view to keep."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from adapters.view_files import ViewMissing, live_version
from events.command import AskSimilar
from oms.about_settings import SettingRefused
from oms.settings import Settings
from oms.shelves import Shelves
from projectors.projector import Overtaken, ViewUnavailable
from projectors.similar import NAME

if TYPE_CHECKING:
    from oms.finding import Finder
    from queries.similar import Alike

LOOK: Final = 0.5  # seconds between two looks for a view
AGAIN: Final = 5.0  # seconds until what failed is tried again
Alarm = Callable[[str, BaseException], None]


class EmbeddingRole:
    """One chain of providers, and one index in memory, for both. `aclose` after use."""

    def __init__(self, settings: Settings, shelves: Shelves, alarm: Alarm) -> None:
        self._settings, self._shelves, self._alarm = settings, shelves, alarm
        self._finder: Finder | None = None
        self._said = ""

    async def run(self) -> None:
        """Keep the view until cancelled. Why it cannot go on is told once, until that is another reason."""
        while True:
            try:
                await self._follow(await self._begun())
                self._said = ""
            except (ViewUnavailable, ViewMissing, Overtaken, sqlite3.Error, OSError, SettingRefused) as passing:
                self._told(passing)
                await asyncio.sleep(AGAIN)

    async def _begun(self) -> int:
        """The live build, as soon as there is one."""
        while (build := live_version(self._settings.folder, NAME)) is None:  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(LOOK)
        return build

    async def _follow(self, build: int) -> None:
        from oms.similar import Keeping

        finder = self._finding()
        await Keeping(self._settings, self._shelves, finder.chain, self._told, finder.indexes).follow(build)

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
            self._finder = Finder(self._settings, self._shelves, configured(self._settings, self._told))
        return self._finder

    def _told(self, error: Exception) -> None:
        if str(error) != self._said:
            self._alarm("embedding", error)
        self._said = str(error)
