"""Writes a branch of the graph: every answer that was lost is asked for, every document that is refused is found.

a commit ─► PUT … with the checkpoint ── 200 ─► done
             ├─ no answer ─► the checkpoint says whether it is there; if not, once more
             ├─ somebody else wrote ─► a higher epoch: stop; else go on from there
             └─ unfit ─► halves, to the single document, which is parked with the reason; the others go in
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from projectors.graph import Document, identity, parked
from projectors.graph_classes import CHECKPOINT_ID, PARKED
from projectors.graph_names import key_id
from projectors.graph_store import Graph, GraphRefused, GraphUnavailable, Told, Where

TRIES: Final = 5  # of a call whose answer was lost, one behind the other
OPTIMIZED_EVERY: Final = 50  # commits
REASON: Final = 2_000  # characters


class Fenced(Exception):
    """Another process took the graph over: its epoch is higher. Nothing more is written."""

    def __init__(self, where: Where, own: int, found: int) -> None:
        self.where, self.own, self.found = where, own, found
        super().__init__(f"{where.database}/{where.branch} is written by epoch {found}, not by {own}")


class Head(NamedTuple):
    """What a branch of the graph holds: `branch` of OMS as of `seq`, and up to where all others were settled then."""

    branch: str
    seq: int
    settled: int
    epoch: int
    version: str


class Writer:
    """The only one of its epoch."""

    def __init__(self, graph: Graph, epoch: int) -> None:
        self.graph, self.epoch = graph, epoch
        self._commits: Counter[str] = Counter()  # by branch, and in all under "", since the last optimization
        self.refused: list[Document] = []  # what the last `put` parked

    async def head(self, where: Where) -> Head:
        """Raises `Fenced` if it belongs to a later writer."""
        found = await head(self.graph, where)
        if found.epoch > self.epoch:
            raise Fenced(where, self.epoch, found.epoch)
        return found

    async def claim(self, where: Where, told: Told) -> Head:
        """Make the branch this epoch's by a true compare-and-swap, so that an older writer's version is stale."""
        while True:
            found = await self.head(where)
            if found.epoch == self.epoch or not found.epoch:
                return found
            await self.graph.swap(where, CHECKPOINT_ID, "epoch", (found.epoch, self.epoch), told)
            self.count(where)

    async def put(self, where: Where, documents: Sequence[Document], told: Told, known: Head) -> Head:
        """One commit that holds all of them, or all but what is unfit. The checkpoint among them says that it is done."""
        self.refused = []
        try:
            return await self._written(where, documents, told, known)
        except GraphRefused as refused:
            if not refused.unfit or not any(_may_be_unfit(document) for document in documents):
                raise
        return await self._apart(where, documents, told, known)

    async def optimize(self, where: Where) -> None:
        """If it is time, for the branch or for what the database keeps about the commits of all."""
        if max(self._commits[where.branch], self._commits[""]) >= OPTIMIZED_EVERY:
            await self.graph.optimize(where)
            self._commits[where.branch] = self._commits[""] = 0

    def count(self, where: Where) -> None:
        """A commit more."""
        self._commits.update([where.branch, ""])

    async def _written(self, where: Where, documents: Sequence[Document], told: Told, known: Head) -> Head:
        for attempt in range(1, TRIES + 1):
            try:
                version = await self.graph.put(where, documents, told, known.version)
            except GraphUnavailable:
                if attempt == TRIES:
                    raise
                found = await self.head(where)
                if _is_in(documents, found):
                    break
                known = found
            except GraphRefused as refused:
                if not refused.stale or attempt == TRIES:
                    raise
                found = await self.head(where)
                if _is_in(documents, found):
                    break
                known = found
            else:
                if version != known.version:
                    self.count(where)
                return _moved(known._replace(version=version), documents)
        self.count(where)
        return await self.head(where)

    async def _apart(self, where: Where, documents: Sequence[Document], told: Told, known: Head) -> Head:
        """First without links, so that no document is refused for another; then those whose links are fit, too."""
        own = [document for document in documents if _may_be_unfit(document)]
        last = [document for document in documents if not _may_be_unfit(document)]
        objects = [document for document in own if "_to" not in document]
        known, fit = await self._halved(where, [_unlinked(each) for each in objects], told, known)
        linked = [each for each in objects if identity(each) in fit and _unlinked(each) != each]
        known, _ = await self._halved(where, linked, told, known)
        known, _ = await self._halved(where, [each for each in own if "_to" in each], told, known)
        rest = [*self.refused, *last]
        return await self._written(where, rest, told, known) if rest else known

    async def _halved(
        self, where: Where, documents: Sequence[Document], told: Told, known: Head
    ) -> tuple[Head, set[str]]:
        """Writes what is fit, and says what that was."""
        if not documents:
            return known, set()
        try:
            now = await self._written(where, documents, Told(told.author, f"{told.message} (in parts)"), known)
        except GraphRefused as refused:
            if not refused.unfit:
                raise
            if len(documents) == 1:
                self.refused.append(parked(identity(documents[0]), documents[0]["_since"], _why(refused)))
                return known, set()
        else:
            return now, {identity(document) for document in documents}
        middle = len(documents) // 2
        known, one = await self._halved(where, documents[:middle], told, known)
        known, other = await self._halved(where, documents[middle:], told, known)
        return known, one | other


async def head(graph: Graph, where: Where) -> Head:
    """What the checkpoint of a branch says; all zero where there is none."""
    document, version = await graph.get(where, CHECKPOINT_ID)
    if document is None:
        return Head("", 0, 0, 0, version)
    return Head(document["branch"], document["seq"], document["settled"], document["epoch"], version)


def parked_id(document: str) -> str:
    """The document that says that another one is parked."""
    return f"{PARKED}/{key_id(document)}"


def _may_be_unfit(document: Document) -> bool:
    return "_since" in document


def _unlinked(document: Document) -> Document:
    return {name: value for name, value in document.items() if not name.startswith("_link_")}


def _is_in(documents: Sequence[Document], found: Head) -> bool:
    """The commit with this checkpoint is there; so no other commit may bring the same one.

    One without is written again: that changes nothing.
    """
    return any(each.get("seq") == found.seq and each.get("branch") == found.branch for each in _checkpoints(documents))


def _moved(known: Head, documents: Sequence[Document]) -> Head:
    for each in _checkpoints(documents):
        return known._replace(**{name: each[name] for name in ("branch", "seq", "settled", "epoch")})
    return known


def _checkpoints(documents: Sequence[Document]) -> list[Document]:
    return [each for each in documents if identity(each) == CHECKPOINT_ID]


def _why(refused: GraphRefused) -> str:
    return json.dumps(list(refused.witnesses), ensure_ascii=False)[:REASON]
