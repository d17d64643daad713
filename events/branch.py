"""Branches: a parent and a position. A branch copies nothing; it reads its parent as it was at that position.

A name is used once: what a deleted branch wrote stays readable, so its name never means another branch.

state   name, parent, base, default, deleted
        floor    what the branch wrote up to there belongs to an overlay of before; absent = it was never rebased
        forked   the base it was created with; absent = it is still that one
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field

from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.lineage import MAX_DEPTH
from events.names import BRANCH, Key

aggregate: Final = "branch"


BranchNamed = Annotated[str, Field(description="`<env>/<service>/<purpose>`, e.g. `dev/flights/gates`")]


class CreateBranch(Payload):
    """A branch is a name, a parent and a position of it; it copies nothing. Sent on any branch."""

    name: BranchNamed
    from_: Annotated[
        str | None, Field(alias="from", description="parent; the branch the command is sent on if not given")
    ] = None
    at: Annotated[int | None, Field(ge=1, description="base position; the end of the log if not given")] = None


class DeleteBranch(Payload):
    """What was written on the branch stays readable; nothing more is written, and the name is not given again."""

    name: BranchNamed


class BranchCreated(Payload):
    name: str
    parent: str | None = None
    base: int
    default: bool = False


class BranchDeleted(Payload):
    name: str


class BranchRebased(Payload):
    """The first event of its commit; those behind it write again what is the branch's own, on top of the new base."""

    name: str
    parent: str
    base: int
    was: Annotated[int, Field(description="the base before")]
    floor: Annotated[
        int, Field(description="where the log ended before this commit: what the branch wrote is seen no more")
    ]


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateBranch, DeleteBranch)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.branch.created.v1": BranchCreated,
    "io.oms.branch.deleted.v1": BranchDeleted,
    "io.oms.branch.rebased.v1": BranchRebased,
}


def branch_key(name: str) -> Key:
    return Key(f"branch/{name}")


def genesis(name: str) -> Drafted:
    """The first event of an ontology: its default branch. Raises `Refused` for a name that is none."""
    if not BRANCH.fullmatch(name):
        raise Refused([_bad_name(name)])
    return Drafted(branch_key(name), "-", BranchCreated(name=name, base=0, default=True))


def must_be_open(context: Context) -> None:
    """Raises `Refused` where the command's own branch is not there, and `Unread`."""
    state = context.get(branch_key(context.branch))
    if state is None or state["deleted"]:
        raise Refused([_not_open(context.branch, state, "")])


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(_context: Context, command: Payload) -> Key | None:
    assert isinstance(command, CreateBranch | DeleteBranch)
    return branch_key(command.name)


def decide(context: Context, command: Payload) -> list[Drafted]:
    match command:
        case CreateBranch():
            return _create(context, command)
        case DeleteBranch():
            return _delete(context, command)
    raise TypeError(type(command))


def evolve(state: State | None, event: Payload) -> State | None:
    match event:
        case BranchCreated():
            return {**event.model_dump(), "deleted": False}
        case BranchDeleted():
            assert state is not None
            return {**state, "deleted": True}
        case BranchRebased():
            assert state is not None
            return {"forked": state["base"], **state, "base": event.base, "floor": event.floor}
    raise TypeError(type(event))


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    assert isinstance(command, CreateBranch | DeleteBranch)
    yield branch_key(command.name)
    if isinstance(command, CreateBranch):
        parent: str | None = command.from_ or context.branch
        for _ in range(MAX_DEPTH + 1):
            if parent is None:
                return
            yield branch_key(parent)
            parent = (context.get(branch_key(parent)) or {}).get("parent")


def _create(context: Context, command: CreateBranch) -> list[Drafted]:
    parent = command.from_ or context.branch
    base = context.position if command.at is None else command.at
    if _repeats(context, command, parent):
        return []
    findings = [*_name(context, command.name), *_parent(context, parent, command.from_ is not None, command.name)]
    if base > context.position:
        text = f"position {base:,} is not written yet; the log ends at {context.position:,}"
        findings.append(Finding("BRANCH_POSITION", "/at", text))
    if findings:
        raise Refused(findings)
    return [Drafted(branch_key(command.name), "-", BranchCreated(name=command.name, parent=parent, base=base))]


def _repeats(context: Context, command: CreateBranch, parent: str) -> bool:
    """The branch is there, as asked for; where no position was asked for, any will do."""
    state = context.get(branch_key(command.name))
    if state is None or state["deleted"]:
        return False
    return bool(state["parent"] == parent and command.at in (None, state["base"]))


def _delete(context: Context, command: DeleteBranch) -> list[Drafted]:
    state = context.get(branch_key(command.name))
    if state is None:
        raise Refused([_not_open(command.name, None, "/name")])
    if state["deleted"]:
        return []
    if state["default"]:
        text = f"{command.name} is the default branch of the ontology; it cannot be deleted"
        raise Refused([Finding("BRANCH_DEFAULT", "/name", text)])
    return [Drafted(branch_key(command.name), "-", BranchDeleted(name=command.name))]


def _name(context: Context, name: str) -> Iterator[Finding]:
    if not BRANCH.fullmatch(name):
        yield _bad_name(name)
        return
    state = context.get(branch_key(name))
    if state is not None and state["deleted"]:
        text = f"{name} was a branch and is deleted; its name stays with what it wrote, choose another"
        yield Finding("BRANCH_NAME_USED", "/name", text)
    elif state is not None:
        text = f"{name} exists already: from {state['parent']} at position {state['base']:,}"
        yield Finding("BRANCH_EXISTS", "/name", text)


def _parent(context: Context, parent: str, given: bool, name: str) -> Iterator[Finding]:
    path = "/from" if given else ""
    state = context.get(branch_key(parent))
    if state is None or state["deleted"]:
        yield _not_open(parent, state, path) if given or parent != name else _from_nowhere(name)
    elif _depth(context, state) >= MAX_DEPTH:
        text = f"{parent} is {MAX_DEPTH} branches deep; create the branch from one of its parents"
        yield Finding("BRANCH_DEPTH", path, text)


def _depth(context: Context, state: State) -> int:
    """How many parents are above a branch."""
    depth = 0
    while state["parent"] is not None and depth <= MAX_DEPTH:
        above = context.get(branch_key(state["parent"]))
        if above is None:
            break
        depth, state = depth + 1, above
    return depth


def _bad_name(name: str) -> Finding:
    text = f"{name[:200]!r} is no branch name: <env>/<service>/<purpose>, such as dev/flights/gate-model"
    return Finding("BRANCH_NAME", "/name", text)


def _from_nowhere(name: str) -> Finding:
    text = f"{name} cannot come from itself; say which branch it is from, or send the command on that branch"
    return Finding("BRANCH_UNKNOWN", "/from", text)


def _not_open(name: str, state: State | None, path: str) -> Finding:
    if state is None:
        return Finding("BRANCH_UNKNOWN", path, f"there is no branch {name[:200]}; create it first")
    return Finding("BRANCH_DELETED", path, f"{name} is deleted; it can be read, not written")
