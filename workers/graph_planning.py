"""Which commits come next, and what of a branch of the graph they change. Reads the versions view; writes nothing."""

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

from events.branches.branch import branch_key
from events.decider import State
from events.names import ONTOLOGY_SCOPE, Key
from projectors.graph import Document
from projectors.graph_store import Told
from queries.graph_changes import Changes, changes, without
from queries.graph_cuts import ENTITIES, SCHEMA, GraphCut, branches_at, graph_cut
from queries.versions import Versions
from workers.graph_writing import Head

BATCH: Final = 1_000  # events: of so many commits become one where the graph is behind
NOTHING: Final = Head("", 0, 0, 0, "")

Opened = Callable[[], AbstractContextManager[Versions]]
"""The versions view as it is now, readable in the thread that opens it."""


class Step(NamedTuple):
    """From one position to another, each the end of a commit; `alone`: there is one commit in it."""

    start: int
    end: int
    alone: bool
    branches: Mapping[str, State]  # at its end, each behind its parent


class Plan(NamedTuple):
    """What makes of what `origin` holds what `branch` is at the end; `told` by the commit if there is one alone."""

    branch: str
    origin: Head
    changes: Changes
    told: Told | None


class Looked(NamedTuple):
    """What will follow behind a step, found while that is being written: a branch's plan, and documents if they are few."""

    step: Step
    plan: Plan
    documents: list[Document] | None


class Planner:
    """Every call opens the view anew, in the thread it is called in."""

    def __init__(self, ontology: str, opened: Opened) -> None:
        self.ontology, self._opened = ontology, opened

    def step(self, position: int) -> Step | None:
        """What follows behind a position: one commit if it is the last, else up to `BATCH` events."""
        with self._opened() as versions:
            last = versions.position()
            if last <= position:
                return None
            end = _ends(versions, position + 1)
            alone = end == last
            if not alone:
                batch = versions.commit_by_position(min(last, position + BATCH))
                assert batch is not None
                end = max(end, batch.last if batch.last <= position + BATCH else batch.first - 1)
            return Step(position, end, alone, _in_order(branches_at(versions, end)))

    def concerned(self, step: Step, whole: Container[str]) -> list[str]:
        """Branches that are something else at the step's end; also those that are not whole, whatever they hold."""
        with self._opened() as versions:
            return [name for name in step.branches if name not in whole or _moved(versions, name, step)]

    def plan(self, step: Step, branch: str, origin: Head) -> Plan:
        with self._opened() as versions:
            before = self._cut(versions, origin.branch, origin.seq)
            after = self._cut(versions, branch, step.end)
            found = changes(before, after)
            return Plan(branch, origin, found, _told(after, step, found) if step.alone else None)

    def documents(self, branch: str, position: int, keys: Sequence[Key]) -> list[Document]:
        """Of these entities, as the branch sees them at that position."""
        with self._opened() as versions:
            return list(self._cut(versions, branch, position).documents(keys))

    def ahead(self, position: int, branch: str, most: int) -> Looked | None:
        """What follows behind a position that this branch will be at."""
        step = self.step(position)
        if step is None or branch not in step.branches:
            return None
        plan = self.plan(step, branch, NOTHING._replace(branch=branch, seq=position))
        few = len(plan.changes.entities) <= most
        return Looked(step, plan, self.documents(branch, step.end, plan.changes.entities) if few else None)

    def emptied(self, plan: Plan, keys: Sequence[Key]) -> list[Document]:
        """What is there now, without what the new classes have no place for."""
        with self._opened() as versions:
            cut = self._cut(versions, plan.origin.branch, plan.origin.seq)
            return [each for key in keys for each in without(cut.documents([key]), plan.changes.emptied[key])]

    def _cut(self, versions: Versions, branch: str, position: int) -> GraphCut:
        return graph_cut(versions, self.ontology, branch, position)


def _moved(versions: Versions, branch: str, step: Step) -> bool:
    """What a branch inherits it sees as of its base: only what is written on itself, or of itself, changes it."""
    state = versions.at(ONTOLOGY_SCOPE, branch_key(branch), step.end)
    if state is None or state.since > step.start:
        return True
    prefixes = (*ENTITIES, *SCHEMA)
    return any(True for prefix in prefixes for _ in versions.changed(branch, prefix, step.start, step.end))


def _ends(versions: Versions, position: int) -> int:
    commit = versions.commit_by_position(position)
    assert commit is not None
    return commit.last


def _in_order(branches: Mapping[str, State]) -> dict[str, State]:
    def depth(name: str | None) -> int:
        return 0 if name is None or name not in branches else 1 + depth(branches[name]["parent"])

    return dict(sorted(branches.items(), key=lambda each: (depth(each[0]), each[0])))


def _told(after: GraphCut, step: Step, found: Changes) -> Told | None:
    """Author and message of the commit, as the first version says that it wrote."""
    for key in found.entities:
        version = after.cut.version(key)
        if version is not None and step.start < version.since <= step.end:
            return Told(version.author, version.message or f"seq={step.start + 1}..{step.end}")
    return None
