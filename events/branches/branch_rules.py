"""What must hold of a branch before anything is done with it: findings from its name and its state alone.

name ──► well formed, not given before      parent ──► there, not too deep      writing ──► open, and not protected
"""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from events.branches.lineage import MAX_DEPTH
from events.decider import Context, State
from events.findings import Finding
from events.meant import LONGEST, names_under, nearest
from events.names import BRANCH, Key

BranchNamed = Annotated[str, Field(description="`<env>/<service>/<purpose>`, e.g. `dev/flights/gates`")]

_PROTECTED: Final = "change a branch of it, and propose to merge that"


def branch_key(name: str) -> Key:
    return Key(f"branch/{name}")


def tag_key(name: str) -> Key:
    return Key(f"tag/{name}")


def name_findings(context: Context, name: str) -> Iterator[Finding]:
    """Of a name that is to be given to a new branch."""
    if not BRANCH.fullmatch(name):
        yield bad_name(name)
        return
    state = context.get(branch_key(name))
    if state is not None and state["deleted"]:
        text = f"{name} was a branch and is deleted; restore it, or choose another name"
        yield Finding("BRANCH_NAME_USED", "/name", text)
    elif state is not None:
        text = f"{name} exists already: from {state['parent']} at position {state['base']:,}"
        yield Finding("BRANCH_EXISTS", "/name", text)


def parent_findings(context: Context, parent: str, given: bool, name: str) -> Iterator[Finding]:
    """Of the branch that a new one is to come from."""
    path = "/from" if given else ""
    state = context.get(branch_key(parent))
    if state is None or state["deleted"]:
        yield not_there(context, parent, path) if given or parent != name else _from_nowhere(name)
    elif _depth(context, state) >= MAX_DEPTH:
        text = f"{parent} is {MAX_DEPTH} branches deep; create the branch from one of its parents"
        yield Finding("BRANCH_DEPTH", path, text)


def closed(context: Context, name: str, state: State | None) -> Finding | None:
    """Why nothing may be written on a branch; `None` where it may be."""
    if state is None or state["deleted"]:
        return not_there(context, name, "")
    if "archived" in state:
        return Finding("BRANCH_ARCHIVED", "", f"{name} is archived; it can be read, not written, until it is restored")
    if "protected" in state and context.permit != name:
        return Finding("RULE_PROTECTED", "", f"{name} is protected; {_PROTECTED}")
    return None


def bad_name(name: str) -> Finding:
    text = f"{name[:200]!r} is no branch name: <env>/<service>/<purpose>, such as dev/flights/gate-model"
    return Finding("BRANCH_NAME", "/name", text)


def not_there(context: Context, name: str, path: str) -> Finding:
    """Of a branch that nobody knows, or that is deleted. Raises `Unread`."""
    if context.get(branch_key(name)) is None:
        return Finding("BRANCH_UNKNOWN", path, f"there is no branch {name[:LONGEST]}; {_meant(context, name)}")
    return Finding(
        "BRANCH_DELETED", path, f"{name} is deleted; restore it, or name another one (what it wrote stays readable)"
    )


def _meant(context: Context, name: str) -> str:
    """Branches of the same service are what is looked at."""
    service = name[: name.rfind("/") + 1]
    purposes = names_under(context, branch_key(service)) if BRANCH.fullmatch(name) else []
    there = [each for each in purposes if _alive(context, service + each)]
    see = "create it first, or see `oms branch list`"
    return nearest(name.removeprefix(service), there, see, before=service)


def _alive(context: Context, name: str) -> bool:
    state = context.get(branch_key(name))
    return state is not None and not state["deleted"]


def _depth(context: Context, state: State) -> int:
    """How many parents are above a branch."""
    depth = 0
    while state["parent"] is not None and depth <= MAX_DEPTH:
        above = context.get(branch_key(state["parent"]))
        if above is None:
            break
        depth, state = depth + 1, above
    return depth


def _from_nowhere(name: str) -> Finding:
    text = f"{name} cannot come from itself; say which branch it is from, or send the command on that branch"
    return Finding("BRANCH_UNKNOWN", "/from", text)
