"""Merge, rebase, revert and reset: four uses of one reconciliation (`events.merges.reconcile`), each one commit, all or nothing.

The first event says what was done and with which answers; those behind it are what any other command could have written.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from events.branches.ancestry import At, held, merge_bases
from events.branches.branch import BranchRebased, branch_key, must_be_open
from events.branches.branch_rules import not_there
from events.branches.elsewhere import Elsewhere, elsewhere
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.merges import merged_element
from events.merges.merge_words import (
    BranchMerged,
    BranchReset,
    BranchReverted,
    MergeBranch,
    RebaseBranch,
    ResetBranch,
    RevertCommit,
    Settled,
)
from events.merges.settling import of_branch, owned, position_findings, settled
from events.merges.sides import Sides, differing, to_merge
from events.merges.undo import reset, revert
from events.names import Key

aggregate: Final = "branch"
SETTLED_AT: Final = 64  # sources that a state names


COMMANDS: Final[tuple[type[Payload], ...]] = (MergeBranch, RebaseBranch, RevertCommit, ResetBranch)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.branch.merged.v1": BranchMerged,
    "io.oms.branch.reverted.v1": BranchReverted,
    "io.oms.branch.reset.v1": BranchReset,
    **merged_element.EVENTS,
}


def reads(context: Context, _command: Payload) -> list[Key]:
    return [branch_key(context.branch)]


def target(context: Context, _command: Payload) -> Key | None:
    return branch_key(context.branch)


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case MergeBranch():
            return merge(context, command)
        case RebaseBranch():
            return _rebase(context, command)
        case RevertCommit():
            return revert(context, command)
        case ResetBranch():
            return reset(context, command)
    raise TypeError(type(command))


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, merged_element.Merged):
        return merged_element.evolve(state, event)
    assert state is not None, "a branch begins with branch.created"
    if isinstance(event, BranchMerged):
        return _with_merged(state, event)
    assert isinstance(event, BranchReverted | BranchReset)
    return state


def _with_merged(state: State, event: BranchMerged) -> State:
    """States stay small whatever was merged: see `ancestry.merged`."""
    merged, settled = state.get("merged", {}), event.settled
    if settled is not None and settled.position > state.get("mergedBefore", 0):
        merged = {source: at for source, at in merged.items() if settled.merged.get(source) != at}
        state = {**state, "mergedBefore": settled.position}
    return {**state, "merged": {**merged, event.source: event.at}}


class Prepared(NamedTuple):
    """What is to be merged: the source as it was at `theirs`, and both sides since they had all in common."""

    theirs: At
    sides: Sides


def prepared(context: Context, source: str, at: int | None) -> Prepared | None:
    """`None` if this branch holds all of it already. Raises `Refused`, `Unread`."""
    log = elsewhere(context)
    theirs = _source(context, log, source, at)
    ours = At(context.branch, context.position)
    mine = held(log, ours)
    if all(mine.get(branch, 0) >= position for branch, position in held(log, theirs).items()):
        return None
    bases = merge_bases(log, theirs, ours)
    return Prepared(theirs, to_merge(context, bases, theirs, ours, log.here(context.heads)))


def merge(context: Context, command: MergeBranch) -> list[Drafted]:
    """For whoever may write on this branch: what is checked here is the merge alone. Raises `Refused`, `Unread`."""
    log = elsewhere(context)
    found = prepared(context, command.source, command.at)
    if found is None:
        return []
    theirs, sides = found
    if theirs in context.notes:  # decided before, and then something else was not loaded yet
        decided: list[Drafted] = context.notes[theirs]
        return decided
    if command.expected_source not in (None, log.tip(*theirs)):
        text = (
            f"{theirs.branch} last changed at {theirs.position:,}, not at {command.expected_source:,}; look at it again"
        )
        raise Refused([Finding("MERGE_SOURCE_MOVED", "/expectedSource", text)])
    commit = log.commit(*theirs)
    merged = BranchMerged(
        name=context.branch,
        source=theirs.branch,
        at=theirs.position,
        source_commit=commit and commit.id,
        bases=[at._asdict() for at in sides.bases],
        fast_forward=not sides.changed_by_ours,
        resolutions=[],
        migrations=[each.said() for each in sides.run_by_theirs] or None,
        settled=_settled(context, log),
    )
    forward = _fast_forward(context, log, theirs)
    if forward is not None:
        return [forward, of_branch(context, merged)]
    steps, resolutions, context.grounds = settled(context, sides, command.answers)
    context.notes[theirs] = [of_branch(context, merged.model_copy(update={"resolutions": resolutions})), *steps]
    return list(context.notes[theirs])


def _settled(context: Context, log: Elsewhere) -> Settled | None:
    """Now and then. Raises `Unread`."""
    merged = (log.branch(context.branch, context.position) or {}).get("merged", {})
    return Settled(position=context.position, merged=merged) if len(merged) >= SETTLED_AT else None


def _source(context: Context, log: Elsewhere, source: str, given: int | None) -> At:
    """The source as of its last commit. Raises `Refused`."""
    at = context.position if given is None else given
    state = log.branch(source, context.position)
    if source == context.branch:
        finding = Finding("MERGE_ITSELF", "/source", f"{source} cannot be merged into itself; name another branch")
        raise Refused([finding])
    if state is None or state["deleted"]:
        raise Refused([not_there(context, source, "/source")])
    findings = list(position_findings(context, log, at, "/at"))
    if findings:
        raise Refused(findings)
    return At(source, log.tip(source, at) or at)


def _fast_forward(context: Context, log: Elsewhere, theirs: At) -> Drafted | None:
    """Where this branch never wrote anything, it only begins at another position of its parent."""
    state = context.get(branch_key(context.branch))
    assert state is not None, "the branch is open"
    if state["parent"] != theirs.branch or theirs.position <= state["base"]:
        return None
    own = log.lineage(context.branch, context.position)[0]
    if log.written(*own):
        return None
    return _rebased(context, state, theirs.position, [])


def _rebase(context: Context, command: RebaseBranch) -> list[Drafted]:
    log = elsewhere(context)
    state = context.get(branch_key(context.branch))
    assert state is not None, "the branch is open"
    parent, base = state["parent"], context.position if command.onto is None else command.onto
    if parent is None:
        text = f"{context.branch} has no parent that it could be rebased onto"
        raise Refused([Finding("BRANCH_ROOT", "", text)])
    findings = list(position_findings(context, log, base, "/onto"))
    if findings:
        raise Refused(findings)
    onto, mine = At(parent, base), At(context.branch, context.position)
    if not differing(log, At(parent, state["base"]), onto):
        return []
    sides = replace(to_merge(context, merge_bases(log, mine, onto), mine, onto), into=context.branch)
    steps, resolutions, grounds = settled(context, sides, command.answers)
    context.grounds = None if sides.run_by_theirs or sides.run_by_ours else owned(log, grounds, mine, onto)
    return [_rebased(context, state, base, resolutions), *steps]


def _rebased(context: Context, state: State, base: int, resolutions: list[dict[str, Any]]) -> Drafted:
    return of_branch(
        context,
        BranchRebased(
            name=context.branch,
            parent=state["parent"],
            base=base,
            was=state["base"],
            floor=context.position,
            resolutions=resolutions or None,
        ),
    )
