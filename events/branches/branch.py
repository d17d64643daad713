"""Branches: a parent and a position. A branch copies nothing; it reads its parent as it was at that position.

A name is used once: what a deleted branch wrote stays readable, so its name never means another branch.

state   name, parent, base, default, deleted
        floor       what the branch wrote up to there belongs to an overlay of before; absent = it was never rebased
        forked      the base it was created with; absent = it is still that one
        protected   {approvals, reviewers?, by?}: only approved proposals change it; absent = whoever may write
        archived    true: it can be read, not written; absent = it can
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from events.authors import author_findings
from events.branches.branch_rules import (
    BranchNamed,
    bad_name,
    branch_key,
    closed,
    name_findings,
    not_there,
    parent_findings,
)
from events.branches.lineage import MAX_DEPTH
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import BRANCH, Key
from events.reserved import open_proposals_key

__all__ = ["COMMANDS", "EVENTS", "aggregate", "branch_key", "decide", "evolve", "genesis", "must_be_open", "reads"]
__all__ += ["BranchCreated", "BranchRebased", "target"]

aggregate: Final = "branch"


class OfBranch(Payload):
    name: BranchNamed


class CreateBranch(OfBranch):
    """A branch is a name, a parent and a position of it; it copies nothing. Sent on any branch."""

    from_: Annotated[
        str | None, Field(alias="from", description="parent; the branch the command is sent on if not given")
    ] = None
    at: Annotated[int | None, Field(ge=1, description="base position; the end of the log if not given")] = None


class ProtectBranch(OfBranch):
    """From now on nothing is written on it but what an approved proposal merges."""

    approvals: Annotated[int, Field(ge=0, le=100, description="how many a proposal needs")] = 1
    reviewers: Annotated[
        list[str] | None,
        Field(min_length=1, max_length=100, description="authors whose approval counts; anybody's if not given"),
    ] = None


class UnprotectBranch(OfBranch):
    """Whoever may write writes on it directly again. For who protected it, and its reviewers."""


class ArchiveBranch(OfBranch):
    """It stays readable, and is written no more until it is restored."""


class DeleteBranch(OfBranch):
    """What was written on the branch stays readable; nothing more is written, and the name is not given again."""


class RestoreBranch(OfBranch):
    """An archived or deleted branch is open again, as it was."""


class BranchCreated(Payload):
    """A branch was created from a position of its parent; nothing was copied."""

    name: str
    parent: str | None = None
    base: int
    default: bool = False


class BranchProtected(Payload):
    """A branch was protected: from now on only approved proposals change it."""

    name: str
    approvals: int
    reviewers: list[str] | None = None
    by: Annotated[str | None, Field(description="who protected it; absent = it was not kept yet")] = None


class BranchUnprotected(Payload):
    """A branch is no longer protected: whoever may write may write on it directly."""

    name: str


class BranchArchived(Payload):
    """A branch was archived: it stays readable, and takes no commits until it is restored."""

    name: str


class BranchDeleted(Payload):
    """A branch was deleted: its history stays readable, and it takes no commits until it is restored."""

    name: str


class BranchRestored(Payload):
    """An archived or deleted branch takes commits again."""

    name: str


class BranchRebased(Payload):
    """A branch was rebased onto a newer position of its parent.

    The first event of its commit; those behind it write again what is the branch's own, on top of the new base.
    """

    name: str
    parent: str
    base: int
    was: Annotated[int, Field(description="the base before")]
    floor: Annotated[
        int, Field(description="where the log ended before this commit: what the branch wrote is seen no more")
    ]
    resolutions: Annotated[
        list[dict[str, Any]] | None, Field(description="answers to conflicts: {kind, key, path, choice, value?}")
    ] = None


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateBranch,
    ProtectBranch,
    UnprotectBranch,
    ArchiveBranch,
    DeleteBranch,
    RestoreBranch,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.branch.created.v1": BranchCreated,
    "io.oms.branch.protected.v1": BranchProtected,
    "io.oms.branch.unprotected.v1": BranchUnprotected,
    "io.oms.branch.archived.v1": BranchArchived,
    "io.oms.branch.deleted.v1": BranchDeleted,
    "io.oms.branch.restored.v1": BranchRestored,
    "io.oms.branch.rebased.v1": BranchRebased,
}


def genesis(name: str) -> Drafted:
    """The first event of an ontology: its default branch. Raises `Refused` for a name that is none."""
    if not BRANCH.fullmatch(name):
        raise Refused([bad_name(name)])
    return Drafted(branch_key(name), "-", BranchCreated(name=name, base=0, default=True))


def must_be_open(context: Context) -> None:
    """Raises `Refused` where nothing may be written on the command's own branch, and `Unread`."""
    finding = closed(context, context.branch, context.get(branch_key(context.branch)))
    if finding:
        raise Refused([finding])


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(_context: Context, command: Payload) -> Key | None:
    assert isinstance(command, OfBranch)
    return branch_key(command.name)


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, OfBranch)
    event = _created(context, command) if isinstance(command, CreateBranch) else _changed(context, command)
    return [] if event is None else [Drafted(branch_key(command.name), "-", event)]


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, BranchCreated):
        return {**event.model_dump(), "deleted": False}
    assert state is not None, "a branch begins with its creation"
    match event:
        case BranchUnprotected():
            return _without(state, "protected")
        case BranchRestored():
            return {**_without(state, "archived"), "deleted": False}
        case BranchRebased():
            return {"forked": state["base"], **state, "base": event.base, "floor": event.floor}
    return {**state, **_said(event)}


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, OfBranch)
    yield branch_key(command.name)
    if isinstance(command, DeleteBranch):
        yield open_proposals_key(command.name)
    if isinstance(command, CreateBranch):
        parent: str | None = command.from_ or context.branch
        for _ in range(MAX_DEPTH + 1):
            if parent is None:
                return
            yield branch_key(parent)
            parent = (context.get(branch_key(parent)) or {}).get("parent")


def _created(context: Context, command: CreateBranch) -> BranchCreated | None:
    parent = command.from_ or context.branch
    base = context.position if command.at is None else command.at
    if _repeats(context, command, parent):
        return None
    findings = [
        *name_findings(context, command.name),
        *parent_findings(context, parent, command.from_ is not None, command.name),
    ]
    if base > context.position:
        text = f"position {base:,} is not written yet; the log ends at {context.position:,}"
        findings.append(Finding("BRANCH_POSITION", "/at", text))
    if findings:
        raise Refused(findings)
    return BranchCreated(name=command.name, parent=parent, base=base)


def _repeats(context: Context, command: CreateBranch, parent: str) -> bool:
    """The branch is there, as asked for; where no position was asked for, any will do."""
    state = context.get(branch_key(command.name))
    if state is None or state["deleted"]:
        return False
    return bool(state["parent"] == parent and command.at in (None, state.get("forked", state["base"])))


def _changed(context: Context, command: OfBranch) -> Payload | None:
    name = command.name
    state = context.get(branch_key(name))
    if state is None or (state["deleted"] and not isinstance(command, DeleteBranch | RestoreBranch)):
        raise Refused([not_there(context, name, "/name")])
    match command:
        case ProtectBranch():
            findings = list(author_findings(command.reviewers or (), "/reviewers"))
            if findings:
                raise Refused(findings)
            event = BranchProtected(
                name=name, approvals=command.approvals, reviewers=command.reviewers, by=context.author
            )
            if _rule(_said(event)) == _rule(state):
                return None
            _must_be_theirs(context, state)
            return event
        case UnprotectBranch():
            _must_be_theirs(context, state)
            return BranchUnprotected(name=name) if "protected" in state else None
        case ArchiveBranch():
            _must_not_be_default(state)
            _must_be_theirs(context, state)
            return None if "archived" in state else BranchArchived(name=name)
        case DeleteBranch():
            _must_not_be_default(state)
            _must_not_be_proposed(context, name)
            _must_be_theirs(context, state)
            return None if state["deleted"] else BranchDeleted(name=name)
        case RestoreBranch():
            return BranchRestored(name=name) if state["deleted"] or "archived" in state else None
    raise TypeError(type(command))


def _must_not_be_default(state: State) -> None:
    if state["default"]:
        text = f"{state['name']} is the default branch of the ontology; it stays open"
        raise Refused([Finding("BRANCH_DEFAULT", "/name", text)])


def _rule(state: State) -> State | None:
    """What a branch's protection asks for, whoever said it."""
    return _without(state["protected"], "by") if "protected" in state else None


def _must_be_theirs(context: Context, state: State) -> None:
    """Raises `Refused` for whom neither protected the branch nor reviews what comes to it."""
    rule = state.get("protected", {})
    by, reviewers = rule.get("by"), rule.get("reviewers", [])
    if (by is None and not reviewers) or context.author in (by, *reviewers):
        return
    who = " or ".join(dict.fromkeys(filter(None, (by, *reviewers[:5]))))
    text = f"{state['name']} is protected, and that is up to {who}, not to {context.author}; ask them"
    raise Refused([Finding("BRANCH_PROTECTION", "/name", text)])


def _must_not_be_proposed(context: Context, name: str) -> None:
    numbers = (context.get(open_proposals_key(name)) or {"numbers": []})["numbers"]
    if numbers:
        text = f"{name} is part of the open proposals {', '.join(map(str, numbers))}; merge or close them first"
        raise Refused([Finding("BRANCH_PROPOSED", "/name", text)])


def _said(event: Payload) -> State:
    match event:
        case BranchProtected():
            return {"protected": event.model_dump(exclude={"name"}, exclude_none=True)}
        case BranchArchived():
            return {"archived": True}
        case BranchDeleted():
            return {"deleted": True}
    raise TypeError(type(event))


def _without(state: State, member: str) -> State:
    return {name: value for name, value in state.items() if name != member}
