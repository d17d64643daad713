"""Keeps the graph up with the versions view: one branch after the other, since all of a database share its commits.

versions at s ──┐                          ┌─► fork, remove, empty what the new classes have no place for, reshape
                ├─► changes of each branch ┤
versions at t ──┘                          └─► PUT documents + checkpoint ─► graph at t

What a branch of the graph holds is the branch of OMS as of the position in its checkpoint; so wherever this dies, the same
changes are found again. A commit of OMS is one of the graph while no other waits behind it; else several are one, and of
each document only its last state is written.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from events.names import Key
from projectors.graph import VERSION, Document, checkpoint, identity
from projectors.graph_classes import CHECKPOINT_ID, PARKED, classes, comparable, context
from projectors.graph_names import branch_id, branch_name, document_id, entity_of
from projectors.graph_store import Graph, Told, Where
from workers.graph_parts import cut, without_links_to
from workers.graph_planning import NOTHING, Looked, Opened, Plan, Planner, Step
from workers.graph_writing import Fenced, Head, Writer, parked_id

AUTHOR: Final = "graph@oms"
ROOT: Final = "main"  # the branch that every database has: it holds a checkpoint and no more
PART: Final = 5_000  # documents of one commit of the graph


class GraphOutdated(Exception):
    """The graph was made by another version of its mapping, or of another ontology: it must be rebuilt."""

    def __init__(self, database: str, found: str) -> None:
        self.database, self.found = database, found
        super().__init__(f"database {database} holds {found}; `oms rebuild graph` makes it anew")


class GraphProjector:
    """`open` it first, and again after any failure of `step`."""

    def __init__(self, graph: Graph, database: str, ontology: str, opened: Opened, part: int = PART) -> None:
        self.graph, self.database, self.ontology, self.part = graph, database, ontology, part
        self.position = 0
        self.parked: dict[str, set[str]] = {}  # by branch the ids of documents that the graph refused
        self._planner = Planner(ontology, opened)
        self._heads: dict[str, Head] = {}
        self._writer = Writer(graph, 0)
        self._said = 0  # the position that the graph itself says
        self._looked: Looked | None = None

    async def open(self) -> int:
        """Take the database over, which is made if it is not there; the position it is at.

        Tries again what is parked. Raises `Fenced`, `GraphOutdated` and what the graph raises.
        """
        if self.database not in await self.graph.databases():
            await self.graph.create(self.database, f"OMS {self.ontology}", context(self.ontology))
        found, self._looked = await self.take_over(), None
        self.position = self._said = max(each.settled for each in found.values())
        self._heads = {name: each for name, each in found.items() if name != ROOT}
        self.parked = {name: await self._refused(self._where(name)) for name in self._heads}
        for branch, documents in self.parked.items():
            if documents:
                await self.rewrite(branch, list(map(entity_of, documents)), (), "once more what was parked")
        return self.position

    async def take_over(self) -> dict[str, Head]:
        """Whoever wrote before us writes nothing more, on no branch; what each of them holds then.

        Raises `Fenced` if somebody else was first.
        """
        self._writer = Writer(self.graph, await self._taken_over(Where(self.database, ROOT)))
        told = Told(AUTHOR, f"epoch={self._writer.epoch} stream={self.ontology}")
        found = {}
        for name in await self.graph.branches(self.database):
            found[branch_name(name)] = await self._writer.claim(Where(self.database, name), told)
        return found

    async def step(self) -> int:
        """One commit, or one batch of them; how many positions it went on. Raises `Fenced` and what the graph raises."""
        step = self._looked.step if self._looked is not None and self._looked.step.start == self.position else None
        step = step or await asyncio.to_thread(self._planner.step, self.position)
        if step is None:
            return 0
        for branch in [name for name in self._heads if name not in step.branches]:
            await self.graph.cut_off(self._where(branch))
            del self._heads[branch]
            self.parked.pop(branch, None)
        held: Plan | None = None  # the last one says that all are settled, and who is the last is known behind it
        whole = {name for name, each in self._heads.items() if each.branch == name}
        for branch in await asyncio.to_thread(self._planner.concerned, step, whole):
            parent = step.branches[branch]["parent"]
            plan = await self._planned(step, branch, parent)
            if branch in self._heads and plan.changes.nothing:
                continue
            if held is not None:
                await self._apply(step, held, last=False)
                if plan.origin != self._origin(branch, parent):  # its parent, from which it comes, went on
                    plan = await self._planned(step, branch, parent)
            held = plan
        if held is not None:
            await self._apply(step, held, last=True)
        self.position = step.end
        return step.end - step.start

    async def settle(self) -> None:
        """Let the graph itself say how far it is, where the last commits changed nothing in it."""
        if self._said < self.position:
            root = Where(self.database, ROOT)
            said = checkpoint(self.ontology, "", 0, self.position, self._writer.epoch)
            known = await self._writer.head(root)
            await self._writer.put(root, [said], Told(AUTHOR, f"seq={self.position} stream={self.ontology}"), known)
            await self._writer.optimize(root)
            self._said = self.position

    async def _taken_over(self, root: Where) -> int:
        """The epoch that is ours now; of two that ask at once only one has it."""
        document, _ = await self.graph.get(root, CHECKPOINT_ID)
        if document is None:
            told = Told(AUTHOR, f"epoch=0 stream={self.ontology}")
            await self.graph.reshape(root, classes([], [], self.ontology), told)
            document, version = await self.graph.get(root, CHECKPOINT_ID)  # somebody else may have begun meanwhile
            if document is None:
                document = checkpoint(self.ontology, "", 0, 0, 0)
                await self.graph.put(root, [document], told, version)
        if (document["version"], document["stream"]) != (VERSION, self.ontology):
            found = f"version {document['version']} of ontology {document['stream']}"
            raise GraphOutdated(self.database, found)
        known, epoch = document["epoch"], document["epoch"] + 1
        told = Told(AUTHOR, f"epoch={epoch} stream={self.ontology}")
        if not await self.graph.swap(root, CHECKPOINT_ID, "epoch", (known, epoch), told):
            raise Fenced(root, known, epoch)
        return int(epoch)

    async def _planned(self, step: Step, branch: str, parent: str | None) -> Plan:
        origin, looked = self._origin(branch, parent), self._looked
        if (
            looked is not None
            and looked.step is step
            and looked.plan.branch == branch
            and looked.plan.origin[:2] == origin[:2]
        ):
            return looked.plan._replace(origin=origin)
        return await asyncio.to_thread(self._planner.plan, step, branch, origin)

    def _origin(self, branch: str, parent: str | None) -> Head:
        """What a branch begins from: itself or its parent. Up to where all is settled nothing of it changed since."""
        found = self._heads.get(branch) or self._heads.get(parent or "", NOTHING)
        return found._replace(seq=max(found.seq, self.position)) if found.branch else found

    async def _apply(self, step: Step, plan: Plan, *, last: bool) -> None:
        where = self._where(plan.branch)
        if plan.branch not in self._heads:
            await self.graph.fork(where, branch_id(plan.origin.branch) if plan.origin.branch else ROOT)
            self.parked[plan.branch] = set(self.parked.get(plan.origin.branch, ()))
        note = Told(AUTHOR, f"seq={step.start + 1}..{step.end} epoch={self._writer.epoch} stream={self.ontology}")
        known = await self._writer.claim(where, note)
        known = await self._prepare(where, plan, note, known)
        settled = step.end if last else self.position
        said = checkpoint(self.ontology, plan.branch, step.end, settled, self._writer.epoch)
        await self._write(where, step, plan, said, plan.told or note, known)
        await self._writer.optimize(where)
        self._said = max(self._said, settled)

    async def _prepare(self, where: Where, plan: Plan, note: Told, known: Head) -> Head:
        """What must be done before the documents have a place."""
        emptied = list(plan.changes.emptied)
        for keys in cut(emptied, self.part):
            documents = await asyncio.to_thread(self._planner.emptied, plan, keys)
            known = await self._put(where, documents, _noted(note, "before the schema changes"), known)
        if plan.changes.removed:
            await self.graph.remove(where, list(map(document_id, plan.changes.removed)), note)
            known = await self._writer.head(where)
        wanted = plan.changes.classes
        if wanted is not None and comparable(await self.graph.schema(where)) != comparable(wanted):
            await self.graph.reshape(where, wanted, _noted(note, "schema"))
            self._writer.count(where)
            known = await self._writer.head(where)
        return known

    async def _write(self, where: Where, step: Step, plan: Plan, said: Document, told: Told, known: Head) -> None:
        """All documents, and in the last commit the checkpoint; what follows is looked for while the server works."""
        entities, looked = plan.changes.entities, self._looked
        if len(entities) > self.part:
            known, documents = await self._in_parts(where, plan, said["seq"], told, known)
        elif looked is not None and looked.plan.changes is plan.changes and looked.documents is not None:
            documents = looked.documents
        else:
            documents = await asyncio.to_thread(self._planner.documents, plan.branch, said["seq"], entities)
        writing = self._put(where, [*documents, said], told, known)
        if step.alone:
            self._heads[plan.branch], self._looked = await writing, None
            return
        looking = asyncio.to_thread(self._planner.ahead, step.end, plan.branch, self.part)
        self._heads[plan.branch], self._looked = await asyncio.gather(writing, looking)

    async def _in_parts(
        self, where: Where, plan: Plan, position: int, told: Told, known: Head
    ) -> tuple[Head, list[Document]]:
        """Where there are too many for one commit: all of them, some without links; what is left for the last commit."""
        parts = cut(plan.changes.entities, self.part)
        later = set(map(document_id, plan.changes.entities))
        again: list[Key] = []
        for number, part in enumerate(parts, 1):
            later -= set(map(document_id, part))
            documents = await asyncio.to_thread(self._planner.documents, plan.branch, position, part)
            held = [without_links_to(later, document) for document in documents]
            again += [key for key, one, other in zip(part, documents, held, strict=True) if one != other]
            known = await self._put(where, held, _noted(told, f"part {number} of {len(parts)}"), known)
        *before, last = cut(again, self.part) or [[]]
        for keys in before:
            documents = await asyncio.to_thread(self._planner.documents, plan.branch, position, keys)
            known = await self._put(where, documents, _noted(told, "links"), known)
        return known, await asyncio.to_thread(self._planner.documents, plan.branch, position, last)

    async def _put(self, where: Where, documents: Sequence[Document], told: Told, known: Head) -> Head:
        """Write them; what is refused is parked, and what was parked and went in is so no more."""
        known = await self._writer.put(where, documents, told, known)
        parked = self.parked.setdefault(branch_name(where.branch), set())
        refused = {each["document"] for each in self._writer.refused}
        healed = parked & {identity(each) for each in documents} - refused
        parked |= refused
        if healed:
            await self.graph.remove(where, list(map(parked_id, healed)), told)
            parked -= healed
            known = await self._writer.head(where)
        return known

    async def _refused(self, where: Where) -> set[str]:
        return {each["document"] async for each in self.graph.documents(where, PARKED)}

    async def rewrite(self, branch: str, keys: Sequence[Key], gone: Sequence[str], why: str) -> None:
        """Documents of these entities as the branch has them; those with these ids go.

        The checkpoint stays as it is: it says already what the branch is as of.
        """
        where, note = self._where(branch), Told(AUTHOR, f"{why}, epoch={self._writer.epoch} stream={self.ontology}")
        if gone:
            await self.graph.remove(where, gone, note)
            self._heads[branch] = await self._writer.head(where)
        for part in cut(keys, self.part):
            known = self._heads[branch]
            documents = await asyncio.to_thread(self._planner.documents, branch, known.seq, part)
            self._heads[branch] = await self._put(where, documents, note, known)

    def _where(self, branch: str) -> Where:
        return Where(self.database, branch_id(branch))


def _noted(told: Told, what: str) -> Told:
    return Told(told.author, f"{told.message} ({what})")
