"""Which database of TerminusDB holds the live graph: a database of their common name says so, to OMS and to readers.

oms_main    OMS_Live/graph {build: 3}  ─► oms_main_3        `oms rebuild graph` makes oms_main_4 and flips
"""

from typing import Final

from oms.settings import Settings
from projectors.graph_classes import CONSUMER, LIVE, LIVE_ID, context
from projectors.graph_store import Graph, Told, Where
from workers.graph import AUTHOR, ROOT

_TOLD: Final = Told(AUTHOR, "which build is live")


class Builds:
    """Of one ontology; numbered from 1."""

    def __init__(self, graph: Graph, settings: Settings) -> None:
        self._graph, self._ontology = graph, settings.ontology
        self.name = settings.terminusdb_database or f"oms_{settings.ontology}"
        self._registry = Where(self.name, ROOT)

    def database(self, build: int) -> str:
        return f"{self.name}_{build}"

    async def live(self) -> int | None:
        """`None` while there is none."""
        if self.name not in await self._graph.databases():
            return None
        document, _ = await self._graph.get(self._registry, LIVE_ID)
        return None if document is None else int(document["build"])

    async def begin(self) -> int:
        """The live one; the first one where there is none."""
        build = await self.live()
        if build is None:
            build = 1
            await self._graph.create(self.name, f"OMS {self._ontology}: which build is live", context(self._ontology))
            await self._graph.reshape(self._registry, [context(self._ontology), LIVE], _TOLD)
            document = {"@type": LIVE["@id"], "consumer": CONSUMER, "build": build}
            await self._graph.put(self._registry, [document], _TOLD)
        return build

    async def flip(self, old: int, new: int) -> bool:
        """From now on readers use `new`. False: another one than `old` was live."""
        return await self._graph.swap(self._registry, LIVE_ID, "build", (old, new), _TOLD)
