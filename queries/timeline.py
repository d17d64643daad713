"""The history of one entity: every version that the branch has seen, and what each changed."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from documents.diff import Change, changes
from events.decider import State
from events.names import Key
from events.wire.instants import to_text
from projectors.projector import Parked
from projectors.versions import Version
from queries.cuts import Cut
from queries.gaps import readable
from queries.naming import Named, named, types_of, values
from queries.objects import not_found
from queries.telling import Names
from queries.waiting import waiting


@dataclass(frozen=True, slots=True)
class Step:
    """One version: `event` is the event's past tense, `branch` the branch that wrote it, times in µs."""

    position: int
    event: str
    branch: str
    time: int
    effective: int
    author: str
    on_behalf_of: str | None
    commit: str
    message: str  # why the commit was made
    changes: Sequence[Change]  # names as they were at that version
    reason: str | None = None  # of a purge

    def json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("position", "event", "branch", "author", "commit", "message")}
        shown |= {"time": to_text(self.time), "effective": to_text(self.effective)}
        shown |= {"onBehalfOf": self.on_behalf_of} if self.on_behalf_of else {}
        shown |= {"reason": self.reason} if self.reason else {}
        return shown | {"changes": [change.json() for change in self.changes]}


@dataclass(frozen=True, slots=True)
class History:
    """`position` is the cut; steps from the oldest."""

    position: int
    branch: str
    type: str
    key: str
    steps: Sequence[Step]
    parked: Sequence[Parked] = ()

    def json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("position", "branch", "type", "key")}
        shown |= {"steps": [step.json() for step in self.steps]}
        return shown | ({"parked": waiting(self.parked)} if self.parked else {})


def history(cut: Cut, type_name: str, key: str | None = None) -> History:
    """Of an object or link of this type; without a key of the type itself.

    Raises `Refused` with TYPE_UNKNOWN, OBJECT_UNKNOWN or LINK_UNKNOWN.
    """
    schema = named(cut, type_name)
    entity = schema.key if key is None else schema.entity(key)
    steps = list(_steps(cut, entity))
    if not steps:
        raise not_found(cut, schema, key or "")
    return History(
        cut.position, cut.branch, schema.name, _shown_key(schema, key), steps, cut.parked(schema.key, entity)
    )


def _steps(cut: Cut, entity: Key) -> Iterator[Step]:
    before: State | None = None
    schemas: list[tuple[int, State]] = []
    for version in cut.history(entity):
        if before is None:
            schemas = types_of(cut, version.state)
        then = bisect_right(schemas, version.since, key=lambda schema: schema[0])
        schema = schemas[then - 1][1] if then else None
        state = readable(cut.versions, version, schema)
        yield _step(schema, version, before, state)
        before = state


def _step(schema: State | None, version: Version, before: State | None, state: State) -> Step:
    names = Names(schema)
    return Step(
        position=version.since,
        event=version.change,
        branch=version.branch,
        time=version.time,
        effective=version.effective,
        author=version.author,
        on_behalf_of=version.on_behalf_of,
        commit=version.commit,
        message=version.message,
        changes=changes(values(version.entity, names, before), values(version.entity, names, state)),
        reason=state["purged"] if version.change == "purged" else None,
    )


def _shown_key(schema: Named, key: str | None) -> str:
    return str(schema.state["rid"]) if key is None else key
