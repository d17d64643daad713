"""Branches and tags: where each comes from, whether it may be written, and how far it is from its parent."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

from events.branches.ancestry import merged
from events.branches.branch_rules import branch_key
from events.branches.lineage import FOREVER
from events.decider import State
from events.findings import Refused
from events.names import ONTOLOGY_SCOPE
from events.wire.instants import to_text
from projectors.versions import Version
from queries.cuts import unknown_branch
from queries.versions import Versions


@dataclass(frozen=True, slots=True)
class Branch:
    """`base`: the position of the parent from which it is read; `rebased`: where the log ended when that was moved last."""

    name: str
    state: Literal["open", "archived", "deleted"]
    protected: dict[str, Any] | None
    parent: str | None
    base: int
    rebased: int | None
    default: bool
    merged: dict[str, int]  # how far other branches were merged into it
    version: int  # `expected` of a command that changes it
    created: str
    created_by: str
    updated: str
    updated_by: str

    def json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    branch: str
    position: int
    commit: str
    created: str
    created_by: str

    def json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


def branches(versions: Versions, *, deleted: bool = False) -> Iterator[Branch]:
    """All branches by name; `deleted` ones only if asked for."""
    found = (_branch(versions, version) for version in versions.valid(ONTOLOGY_SCOPE, "branch/", FOREVER - 1))
    return (branch for branch in found if deleted or branch.state != "deleted")


def branch(versions: Versions, name: str) -> Branch:
    """Raises `Refused` (BRANCH_UNKNOWN)."""
    version = versions.at(ONTOLOGY_SCOPE, branch_key(name), FOREVER - 1)
    if version is None:
        raise Refused([unknown_branch(versions, name, "/name")])
    return _branch(versions, version)


def tags(versions: Versions) -> Iterator[Tag]:
    """All tags by name."""
    for version in versions.valid(ONTOLOGY_SCOPE, "tag/", FOREVER - 1):
        marks = version.marks
        yield Tag(**version.state, created=to_text(marks.created_at), created_by=marks.created_by)


def overview(versions: Versions, *, deleted: bool = False) -> dict[str, Any]:
    """All branches and tags at the view's position, as JSON."""
    return {
        "position": versions.position(),
        "branches": [each.json() for each in branches(versions, deleted=deleted)],
        "tags": [each.json() for each in tags(versions)],
    }


def _branch(versions: Versions, version: Version) -> Branch:
    state, marks = version.state, version.marks

    def at(name: str, position: int) -> State | None:
        then = versions.at(ONTOLOGY_SCOPE, branch_key(name), position)
        return None if then is None else then.state

    return Branch(
        name=state["name"],
        state="deleted" if state["deleted"] else "archived" if "archived" in state else "open",
        protected=state.get("protected"),
        parent=state["parent"],
        base=state["base"],
        rebased=state.get("floor"),
        default=state["default"],
        merged=merged(at, state["name"], state),
        version=version.since,
        created=to_text(marks.created_at),
        created_by=marks.created_by,
        updated=to_text(marks.updated_at),
        updated_by=marks.updated_by,
    )
