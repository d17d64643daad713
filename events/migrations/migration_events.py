"""What became of a migration, and what is known of one.

state   rid, number, branch, change {type, data}, fix, by, status, samples, concerned, lookedAt, there
        approvedBy              who approved it
        after, through, base    all up to this key is done; as of this position; while the branch began there
        step                    how many batches were applied
        looked, converted, dropped, again      entities; `again` of those that were written while it ran
        at                      the position before it began: what was before is read as of it
        claimed, crowded        objects whose values the last event reserved; what it found many to have
        changed, until, undone  being taken back: whether the schema was changed; behind where it wrote nothing;
                                {restored, kept} so far
        failed {count, keys, text}, reason     why it stands still
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from events.decider import Payload, State
from events.names import Key, Rid

Status = Literal["PLANNED", "APPROVED", "RUNNING", "PAUSED", "FAILED", "COMPLETED", "REVERTING", "REVERTED"]


class MigrationEvent(Payload):
    rid: Rid


class MigrationPlanned(MigrationEvent):
    """A migration of objects or links to a change of the schema was planned."""

    number: int
    branch: str
    change: dict[str, Any]  # {type, data}; elements by RID
    fix: dict[str, Any]
    by: str
    concerned: Annotated[int, Field(description="entities that did not fit, of those looked at")]
    looked_at: Annotated[int, Field(alias="lookedAt")]
    there: Annotated[int, Field(description="entities there were")]
    samples: list[Key]


class MigrationApproved(MigrationEvent):
    """A planned migration was approved."""

    by: str


class MigrationStarted(MigrationEvent):
    """A migration was started."""

    base: int
    at: Annotated[int | None, Field(description="position before it")] = None


class MigrationBatchApplied(MigrationEvent):
    """A migration converted its next batch of objects or links."""

    step: int
    after: str  # the last key looked at
    through: int  # position of this commit's last event
    base: int
    looked: int
    converted: int
    dropped: int
    again: int
    anew: bool | None = None  # the scan began anew with this batch
    claimed: Annotated[list[Key] | None, Field(description="objects whose values it reserved")] = None
    crowded: Annotated[list[Key] | None, Field(description="reserved keys of what many had, and nobody keeps")] = None


class MigrationPaused(MigrationEvent):
    """A migration was paused."""

    reason: str | None = None


class MigrationResumed(MigrationEvent):
    """A paused or failed migration goes on."""


class MigrationFailed(MigrationEvent):
    """A migration stands still: objects or links of its next batch could not be converted."""

    count: int  # in the batch that was not applied
    keys: list[Key]  # the first of them
    text: str


class MigrationCompleted(MigrationEvent):
    """A migration was completed: everything was converted, and the schema is changed.

    `in` = `out` + `dropped`; `again` were written while it ran and are told apart.
    """

    in_: Annotated[int, Field(alias="in")]
    out: int
    dropped: int
    converted: int
    again: int
    claimed: Annotated[list[Key] | None, Field(description="objects whose values it reserved with the last batch")] = (
        None
    )


class MigrationRevertStarted(MigrationEvent):
    """It was begun to revert a migration."""

    changed: Annotated[bool, Field(description="the schema was changed, and is changed back")]
    until: Annotated[int | None, Field(description="the position behind which it wrote nothing")] = None


class MigrationRevertedBatch(MigrationEvent):
    """The next batch of what a migration had converted was restored."""

    step: int
    after: str  # the last key looked at
    restored: int
    kept: int  # written since
    through: Annotated[int | None, Field(description="position of this commit's last event")] = None
    claimed: Annotated[list[Key] | None, Field(description="objects whose values it reserved")] = None


class MigrationReverted(MigrationEvent):
    """A migration was reverted: what it had converted is as before, but for what was written since."""

    restored: int
    kept: int
    claimed: Annotated[list[Key] | None, Field(description="objects whose values it reserved")] = None


# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.migration.planned.v1": MigrationPlanned,
    "io.oms.migration.approved.v1": MigrationApproved,
    "io.oms.migration.started.v1": MigrationStarted,
    "io.oms.migration.batchApplied.v1": MigrationBatchApplied,
    "io.oms.migration.paused.v1": MigrationPaused,
    "io.oms.migration.resumed.v1": MigrationResumed,
    "io.oms.migration.failed.v1": MigrationFailed,
    "io.oms.migration.completed.v1": MigrationCompleted,
    "io.oms.migration.revertStarted.v1": MigrationRevertStarted,
    "io.oms.migration.revertedBatch.v1": MigrationRevertedBatch,
    "io.oms.migration.reverted.v1": MigrationReverted,
}


def migration_key(rid: str) -> Key:
    return Key(f"migration/{rid}")


def evolve(state: State | None, event: Payload) -> State:
    if isinstance(event, MigrationPlanned):
        return {**event.model_dump(by_alias=True), "status": "PLANNED"}
    assert state is not None, "a migration begins with migration.planned"
    kept = {name: value for name, value in state.items() if name not in ("failed", "reason", "claimed", "crowded")}
    return {**kept, **_CHANGES[type(event)](state, event)}


def _started(_state: State, event: MigrationStarted) -> State:
    begun = {"after": "", "through": 0, "base": event.base, "step": 0}
    return {"status": "RUNNING", "at": event.at, **begun, **dict.fromkeys(_COUNTED, 0)}


def _applied(state: State, event: MigrationBatchApplied) -> State:
    """A scan that begins anew counts anew; what was converted before is told apart."""
    before = {name: state[name] for name in _COUNTED}
    if event.anew:
        before = {**dict.fromkeys(_COUNTED, 0), "again": state["again"] + state["converted"] + state["dropped"]}
    place = event.model_dump(include={"step", "after", "through", "base", "claimed", "crowded"}, exclude_none=True)
    return {**place, **{name: before[name] + getattr(event, name) for name in _COUNTED}}


def _paused(_state: State, event: MigrationPaused) -> State:
    return {"status": "PAUSED"} | ({} if event.reason is None else {"reason": event.reason})


def _failed(_state: State, event: MigrationFailed) -> State:
    return {"status": "FAILED", "failed": event.model_dump(exclude={"rid"})}


def _completed(_state: State, event: MigrationCompleted) -> State:
    done = event.model_dump(include={"converted", "dropped", "again", "claimed"}, exclude_none=True)
    return {"status": "COMPLETED", "looked": event.in_, **done}


def _undoing(_state: State, event: MigrationRevertStarted) -> State:
    nothing = {"restored": 0, "kept": 0}
    until = {} if event.until is None else {"until": event.until}
    begun = {"changed": event.changed, **until, "after": "", "step": 0, "through": 0, "undone": nothing}
    return {"status": "REVERTING", **begun}


def _undone(state: State, event: MigrationRevertedBatch) -> State:
    undone = {name: number + getattr(event, name) for name, number in state["undone"].items()}
    said = event.model_dump(include={"step", "after", "through", "claimed"}, exclude_none=True)
    return {**said, "undone": undone}


def _reverted(_state: State, event: MigrationReverted) -> State:
    claimed = {} if event.claimed is None else {"claimed": event.claimed}
    return {"status": "REVERTED", "undone": event.model_dump(exclude={"rid", "claimed"}), **claimed}


_COUNTED: Final = ("looked", "converted", "dropped", "again")
_CHANGES: Final[Mapping[type[Payload], Callable[[State, Any], State]]] = {
    MigrationApproved: lambda _state, event: {"status": "APPROVED", "approvedBy": event.by},
    MigrationStarted: _started,
    MigrationBatchApplied: _applied,
    MigrationPaused: _paused,
    MigrationResumed: lambda state, _event: {"status": "REVERTING" if "changed" in state else "RUNNING"},
    MigrationFailed: _failed,
    MigrationCompleted: _completed,
    MigrationRevertStarted: _undoing,
    MigrationRevertedBatch: _undone,
    MigrationReverted: _reverted,
}
"""The members of its state that each event changes; why it stood still is said no longer."""
