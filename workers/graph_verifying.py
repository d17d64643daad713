"""Whether the graph holds what the versions view says, branch by branch: every document, none more, and the classes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from events.wire import instants
from projectors.graph import Document, identity
from projectors.graph_classes import PARKED
from projectors.graph_classes import comparable as comparable_classes
from projectors.graph_names import branch_id, branch_name, entity_of
from projectors.graph_store import Graph, Where
from projectors.projector import FOREVER
from projectors.verify import Difference
from queries.graph_cuts import branches_at, graph_cut
from workers.graph import ROOT
from workers.graph_planning import Opened
from workers.graph_writing import head

_OWN: Final = "OMS_"


class GraphVerifier:
    """`told(documents)` is progress. Each branch is looked at as it is at one commit, so it may go on meanwhile."""

    def __init__(
        self, graph: Graph, database: str, ontology: str, opened: Opened, told: Callable[[int], None] = lambda _: None
    ) -> None:
        self.graph, self.database, self.ontology, self._opened, self._told = graph, database, ontology, opened, told
        self._count = 0

    async def difference(self) -> Difference | None:
        """The first one. What is parked is no difference: `oms dead list` shows it."""
        here = [branch_name(name) for name in await self.graph.branches(self.database) if name != ROOT]
        settled = max(
            [(await head(self.graph, Where(self.database, name))).settled for name in [ROOT, *map(branch_id, here)]]
        )
        there = await asyncio.to_thread(self._branches, settled)
        for branch in sorted({*here, *there}):
            if branch not in here:
                return Difference("missing", settled, f"branch {branch}")
            if branch not in there:
                return Difference("extra", settled, f"branch {branch}")
            if found := await self._branch(branch):
                return found
        return None

    def _branches(self, position: int) -> list[str]:
        with self._opened() as versions:
            return list(branches_at(versions, min(position, FOREVER - 1)))

    async def _branch(self, branch: str) -> Difference | None:
        where = Where(self.database, branch_id(branch))
        known = await head(self.graph, where)
        where, at = where.at(known.version), known.seq
        wanted, classes = await asyncio.to_thread(self._expected, branch, at)
        schema = comparable_classes(await self.graph.schema(where))
        if schema != (expected := comparable_classes(classes)):
            name = next(each for each in expected.keys() | schema.keys() if expected.get(each) != schema.get(each))
            return Difference(
                "differs", at, f"class {name} on {branch}", "schema", expected.get(name), schema.get(name)
            )
        parked = {each["document"] async for each in self.graph.documents(where, PARKED)}
        async for document in self._documents(where):
            name = document["@id"]
            if not document["@type"].startswith(_OWN) and name not in parked:
                digest = wanted.pop(name, None)
                if digest is None:
                    return Difference("extra", at, f"{name} on {branch}")
                if digest != _digest(document):
                    return await asyncio.to_thread(self._differs, branch, at, document)
        for name in sorted(wanted.keys() - parked):
            return Difference("missing", at, f"{name} on {branch}")
        return None

    async def _documents(self, where: Where) -> AsyncIterator[Document]:
        async for document in self.graph.documents(where):
            self._count += 1
            self._told(self._count)
            yield document

    def _expected(self, branch: str, position: int) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
        with self._opened() as versions:
            cut = graph_cut(versions, self.ontology, branch, position)
            wanted = {identity(each): _digest(each) for each in cut.documents(cut.entities())}
            return wanted, cut.classes()

    def _differs(self, branch: str, position: int, found: Document) -> Difference:
        with self._opened() as versions:
            cut = graph_cut(versions, self.ontology, branch, position)
            wanted = _plain(next(iter(cut.documents([entity_of(found["@id"])]))))
        held = _plain(found)
        name = next(each for each in sorted(wanted.keys() | held.keys()) if wanted.get(each) != held.get(each))
        where = f"{found['@id']} on {branch}"
        return Difference("differs", position, where, name, wanted.get(name), held.get(name))


def comparable(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Documents as they may be compared, whoever says them."""
    return {name: _plain(document) for name, document in documents.items()}


def _digest(document: Document) -> bytes:
    return sha256(json.dumps(_plain(document), sort_keys=True).encode()).digest()


def _plain(document: Document) -> Document:
    """Without its id and what is empty; sets in order, instants as µs, 1.0 as 1."""
    shown = {}
    for name, value in document.items():
        if name != "@id" and value != []:
            shown[name] = sorted(map(_one, value), key=str) if isinstance(value, list) else _one(value)
    return shown


def _one(value: Any) -> Any:
    if isinstance(value, str) and value.endswith("Z") and value[10:11] == "T":
        try:
            return instants.from_text(value)
        except instants.NotAnInstant:
            return value
    return int(value) if isinstance(value, float) and value.is_integer() else value
