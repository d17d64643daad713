"""What became of a proposal, and what is known of one.

state   number, title, description?, source, target, author, status
        reviewers {author: true}        who is asked
        approvals {author: source}      at which position of the source each approved the whole
        requests  {author: text}        who asked for changes, and for which
        tasks     {resource: {changes, approvals {author: source}}}      a resource is an element of the schema
        checks    {source, target, open, conflicts}      what the last run found, and on which positions
        resolutions {key#path: {key, path, choice, value?, author, source, target}}
        comments  [{number, author, time, text, on?, replyTo?}]
        merged    {source, target}
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from events.decider import Payload, State
from events.names import Key
from events.schema.values import Json


class ProposalOpened(Payload):
    """A proposal to merge a branch into another was opened."""

    number: int
    source: str
    target: str
    title: str
    description: str | None = None
    author: str
    reviewers: list[str]
    draft: bool


class ProposalMarkedReady(Payload):
    """A draft proposal was marked ready for review."""

    number: int


class ReviewersAssigned(Payload):
    """Reviewers were assigned to a proposal, or taken off it."""

    number: int
    added: list[str]
    removed: list[str]


class ProposalCommented(Payload):
    """Somebody commented on a proposal."""

    number: int
    comment: int
    author: str
    time: str
    text: str
    on: str | None = None
    reply_to: Annotated[int | None, Field(alias="replyTo")] = None


class TaskApproved(Payload):
    """A reviewer approved what a proposal changes of one element of the schema."""

    number: int
    resource: str
    author: str
    source: Annotated[int, Field(description="the position at which it was seen")]


class ProposalApproved(Payload):
    """A reviewer approved a proposal."""

    number: int
    author: str
    source: Annotated[int, Field(description="the position at which it was seen")]
    enough: Annotated[bool, Field(description="with it, it has as many as it needs")]


class ApprovalRevoked(Payload):
    """An approval of a proposal no longer counts: its author took it back, or the source changed since."""

    number: int
    author: str


class ChangesRequested(Payload):
    """A reviewer asked for changes to a proposal."""

    number: int
    author: str
    text: str


class ChecksRun(Payload):
    """The checks of a proposal were run on the newest positions of both branches, with these conflicts found."""

    number: int
    source: int
    target: int
    open: Annotated[int, Field(description="conflicts that nobody has answered")]
    conflicts: list[Json]
    tasks: dict[str, int]  # changes by resource


class ConflictResolved(Payload):
    """A conflict of a proposal was resolved."""

    number: int
    resolution: Json
    author: str
    source: int
    target: int


class ProposalMerged(Payload):
    """A proposal was merged into its target."""

    number: int
    source: int
    target: int


class ProposalClosed(Payload):
    """A proposal was closed without being merged."""

    number: int
    reason: str | None = None


class ProposalReopened(Payload):
    """A closed proposal was reopened; approvals from before do not count."""

    number: int


# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.proposal.opened.v1": ProposalOpened,
    "io.oms.proposal.markedReady.v1": ProposalMarkedReady,
    "io.oms.proposal.reviewersAssigned.v1": ReviewersAssigned,
    "io.oms.proposal.commented.v1": ProposalCommented,
    "io.oms.proposal.taskApproved.v1": TaskApproved,
    "io.oms.proposal.approved.v1": ProposalApproved,
    "io.oms.proposal.approvalRevoked.v1": ApprovalRevoked,
    "io.oms.proposal.changesRequested.v1": ChangesRequested,
    "io.oms.proposal.checksRun.v1": ChecksRun,
    "io.oms.proposal.conflictResolved.v1": ConflictResolved,
    "io.oms.proposal.merged.v1": ProposalMerged,
    "io.oms.proposal.closed.v1": ProposalClosed,
    "io.oms.proposal.reopened.v1": ProposalReopened,
}


def proposal_key(number: int) -> Key:
    return Key(f"proposal/{number}")


def place(key: str, path: str) -> str:
    """Under which name a resolution stands."""
    return f"{key}#{path}"


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, ProposalOpened):
        return _opened(event)
    assert state is not None, "a proposal begins with proposal.opened"
    return {**state, **_CHANGES[type(event)](state, event)}


def _opened(event: ProposalOpened) -> State:
    said = event.model_dump(exclude_none=True, exclude={"draft", "reviewers"})
    rest: dict[str, Any] = {"approvals": {}, "requests": {}, "tasks": {}, "resolutions": {}, "comments": []}
    status = "DRAFT" if event.draft else "OPEN"
    return {**said, "status": status, "reviewers": dict.fromkeys(event.reviewers, True), **rest}


def _assigned(state: State, event: ReviewersAssigned) -> State:
    kept = {name: True for name in state["reviewers"] if name not in event.removed}
    return {"reviewers": kept | dict.fromkeys(event.added, True)}


def _commented(state: State, event: ProposalCommented) -> State:
    said = event.model_dump(by_alias=True, exclude_none=True, exclude={"number", "comment"})
    return {"comments": [*state["comments"], {"number": event.comment, **said}]}


def _task_approved(state: State, event: TaskApproved) -> State:
    task = state["tasks"][event.resource]
    approved = {**task, "approvals": {**task["approvals"], event.author: event.source}}
    return {"tasks": {**state["tasks"], event.resource: approved}}


def _approved(state: State, event: ProposalApproved) -> State:
    requests = _without(state["requests"], event.author)
    status = "CHANGES_REQUESTED" if requests else "APPROVED" if event.enough else "OPEN"
    return {"approvals": {**state["approvals"], event.author: event.source}, "requests": requests, "status": status}


def _revoked(state: State, event: ApprovalRevoked) -> State:
    status = "OPEN" if state["status"] == "APPROVED" else state["status"]
    return {"approvals": _without(state["approvals"], event.author), "status": status}


def _requested(state: State, event: ChangesRequested) -> State:
    requests = {**state["requests"], event.author: event.text}
    return {
        "requests": requests, "approvals": _without(state["approvals"], event.author), "status": "CHANGES_REQUESTED"
    }  # fmt: skip


def _checked(state: State, event: ChecksRun) -> State:
    """Who approved a resource that is still among them has done so."""
    before = state["tasks"]
    tasks = {
        name: {"changes": number, "approvals": before.get(name, {}).get("approvals", {})}
        for name, number in event.tasks.items()
    }
    return {"checks": event.model_dump(exclude={"number", "tasks"}), "tasks": tasks}


def _resolved(state: State, event: ConflictResolved) -> State:
    said = {**event.resolution, "author": event.author, "source": event.source, "target": event.target}
    at = place(event.resolution["key"], event.resolution["path"])
    return {"resolutions": {**state["resolutions"], at: said}}


def _without(named: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: said for other, said in named.items() if other != name}


_CHANGES: Final[Mapping[type[Payload], Callable[[State, Any], State]]] = {
    ProposalMarkedReady: lambda _state, _event: {"status": "OPEN"},
    ReviewersAssigned: _assigned,
    ProposalCommented: _commented,
    TaskApproved: _task_approved,
    ProposalApproved: _approved,
    ApprovalRevoked: _revoked,
    ChangesRequested: _requested,
    ChecksRun: _checked,
    ConflictResolved: _resolved,
    ProposalMerged: lambda _state, event: {"status": "MERGED", "merged": event.model_dump(exclude={"number"})},
    ProposalClosed: lambda _state, _event: {"status": "CLOSED"},
    ProposalReopened: lambda _state, _event: {"status": "OPEN", "approvals": {}, "requests": {}},
}
"""The members of its state that each event changes."""
