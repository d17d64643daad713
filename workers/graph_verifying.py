"""Whether the graph holds what the versions view says, branch by branch: every document, none more, and the classes.

documents ─► a sum for each range of positions ─► the same as of those that the view makes? else one by one, in that range
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from hashlib import sha256
from typing import Any, Final, NamedTuple

from events.names import Key
from events.wire import instants
from projectors.graph import Document, identity
from projectors.graph_classes import PARKED
from projectors.graph_classes import comparable as comparable_classes
from projectors.graph_names import branch_id, branch_name, entity_of
from projectors.graph_store import Graph, Where
from projectors.projector import FOREVER
from projectors.ranges import SIZE
from projectors.verify import Difference, Range
from queries.graph_cuts import ENTITIES, branches_at, graph_cut
from workers.graph import ROOT
from workers.graph_planning import Opened
from workers.graph_writing import head

_OWN: Final = "OMS_"
_MODULUS: Final = 2**256


class Wrong(NamedTuple):
    """What of a branch is not as it should be: `again` are entities whose documents are written again, `gone` ids that go.

    Where classes differ, or a branch as a whole, there are no ranges: that takes a rebuild.
    """

    branch: str
    first: Difference
    again: Sequence[Key] = ()
    gone: Sequence[str] = ()


class GraphVerifier:
    """`told(documents)` is progress. Each branch is looked at as it is at one commit, so it may go on meanwhile.

    A range is of the positions at which the versions began that documents show. The graph computes no checksums: these
    are of the documents as they stream by, added up, since they come in no order.
    """

    def __init__(
        self, graph: Graph, database: str, ontology: str, opened: Opened, told: Callable[[int], None] = lambda _: None
    ) -> None:
        self.graph, self.database, self.ontology, self._opened, self._told = graph, database, ontology, opened, told
        self.count = self.ranges = 0

    async def difference(self) -> Difference | None:
        """The first one. What is parked is no difference: `oms dead list` shows it."""
        async with aclosing(self.wrong()) as found:
            return await anext((wrong.first async for wrong in found), None)

    async def wrong(self) -> AsyncGenerator[Wrong, None]:
        """Branch by branch."""
        here = [branch_name(name) for name in await self.graph.branches(self.database) if name != ROOT]
        settled = max(
            [(await head(self.graph, Where(self.database, name))).settled for name in [ROOT, *map(branch_id, here)]]
        )
        there = await asyncio.to_thread(self._branches, settled)
        for branch in sorted({*here, *there}):
            if branch not in here:
                yield Wrong(branch, Difference("missing", settled, f"branch {branch}"))
            elif branch not in there:
                yield Wrong(branch, Difference("extra", settled, f"branch {branch}"))
            elif found := await self._branch(branch):
                yield found

    def _branches(self, position: int) -> list[str]:
        with self._opened() as versions:
            return list(branches_at(versions, min(position, FOREVER - 1)))

    async def _branch(self, branch: str) -> Wrong | None:
        where = Where(self.database, branch_id(branch))
        known = await head(self.graph, where)
        where, at = where.at(known.version), known.seq
        parked = {each["document"] async for each in self.graph.documents(where, PARKED)}
        wanted, classes = await asyncio.to_thread(self._expected, branch, at, parked)
        schema = comparable_classes(await self.graph.schema(where))
        if schema != (expected := comparable_classes(classes)):
            name = next(each for each in expected.keys() | schema.keys() if expected.get(each) != schema.get(each))
            text = f"class {name} on {branch}"
            return Wrong(branch, Difference("differs", at, text, "schema", expected.get(name), schema.get(name)))
        found = Sums()
        async for document in self._documents(where, parked):
            found.add(document)
        self.ranges += len(wanted.by_number)
        numbers = wanted.differing(found)
        return await self._looked(branch, where, at, parked, numbers) if numbers else None

    async def _looked(
        self, branch: str, where: Where, at: int, parked: Collection[str], numbers: AbstractSet[int]
    ) -> Wrong:
        """One by one, the documents of these ranges."""
        wanted = await asyncio.to_thread(self._of_ranges, branch, at, parked, numbers)
        differs: list[tuple[int, str, Document]] = []
        gone: list[tuple[int, str]] = []
        async for document in self._documents(where, parked):
            name, since = document["@id"], document.get("_since", 0)
            if since // SIZE in numbers:
                right = wanted.pop(name, None)
                if right is None:
                    gone.append((since, name))
                elif right[1] != _digest(document):
                    differs.append((right[0], name, document))
        missing = [(since, name) for name, (since, _) in wanted.items()]
        firsts = [*((s, n, "extra") for s, n in gone), *((s, n, "missing") for s, n in missing)]
        _, name, what = min([*firsts, *((s, n, "differs") for s, n, _ in differs)])
        first = Difference(what, at, f"{name} on {branch}")
        if what == "differs":
            document = next(each for _, known, each in differs if known == name)
            first = await asyncio.to_thread(self._differs, branch, at, document)
        again = {name for _, name in missing} | {name for _, name, _ in differs}
        ranges = [Range(number * SIZE, (number + 1) * SIZE - 1) for number in sorted(numbers)]
        extra = [name for _, name in gone if name not in again]
        return Wrong(branch, first._replace(ranges=ranges), list(map(entity_of, sorted(again))), extra)

    async def _documents(self, where: Where, parked: Collection[str]) -> AsyncIterator[Document]:
        """Those of objects and links that are not parked."""
        async for document in self.graph.documents(where):
            self.count += 1
            self._told(self.count)
            if not document["@type"].startswith(_OWN) and document["@id"] not in parked:
                yield document

    def _expected(self, branch: str, position: int, parked: Collection[str]) -> tuple["Sums", list[dict[str, Any]]]:
        with self._opened() as versions:
            cut = graph_cut(versions, self.ontology, branch, position)
            sums = Sums()
            for document in cut.documents(cut.entities()):
                if identity(document) not in parked:
                    sums.add(document)
            return sums, cut.classes()

    def _of_ranges(
        self, branch: str, position: int, parked: Collection[str], numbers: AbstractSet[int]
    ) -> dict[str, tuple[int, bytes]]:
        """By id where its version began, and its digest."""
        with self._opened() as versions:
            cut = graph_cut(versions, self.ontology, branch, position)
            there = (each for prefix in ENTITIES for each in cut.cut.valid(prefix))
            keys = (each.entity for each in there if each.since // SIZE in numbers)
            documents = ((identity(each), each) for each in cut.documents(keys))
            return {name: (each["_since"], _digest(each)) for name, each in documents if name not in parked}

    def _differs(self, branch: str, position: int, found: Document) -> Difference:
        with self._opened() as versions:
            cut = graph_cut(versions, self.ontology, branch, position)
            wanted = _plain(next(iter(cut.documents([entity_of(found["@id"])]))))
        held = _plain(found)
        name = next(each for each in sorted(wanted.keys() | held.keys()) if wanted.get(each) != held.get(each))
        where = f"{found['@id']} on {branch}"
        return Difference("differs", position, where, name, wanted.get(name), held.get(name))


class Sums:
    """Of the digests of documents, by ranges of positions, in whatever order they come."""

    def __init__(self) -> None:
        self.by_number: defaultdict[int, int] = defaultdict(int)

    def add(self, document: Document) -> None:
        number = document.get("_since", 0) // SIZE
        self.by_number[number] = (self.by_number[number] + int.from_bytes(_digest(document))) % _MODULUS

    def differing(self, other: "Sums") -> set[int]:
        mine, theirs = self.by_number, other.by_number
        return {n for n in mine.keys() | theirs.keys() if mine.get(n, 0) != theirs.get(n, 0)}


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
