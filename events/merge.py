"""Merge, rebase, revert and reset: four uses of one reconciliation (`events.reconcile`), each one commit, all or nothing.

The first event says what was done and with which answers; those behind it are what any other command could have written.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, model_validator

from events import merged_element
from events.ancestry import At, held, merge_bases
from events.branch import BranchRebased, branch_key, must_be_open
from events.branch_rules import BranchNamed
from events.conflicts import Answers, Resolution, Strategy
from events.decider import Context, Drafted, Payload, State
from events.elsewhere import Commit, Elsewhere, elsewhere
from events.findings import Finding, Refused
from events.names import Key
from events.reconcile import reconciled
from events.sides import Sides, between, differing
from events.tag import tag_key

aggregate: Final = "branch"


class Answering(Payload):
    """What conflicts are answered with."""

    resolutions: Annotated[
        list[Resolution] | None, Field(max_length=10_000, description="answers, one for each conflict")
    ] = None
    resolve: Annotated[
        Strategy | None, Field(description="the answer to all conflicts that have none of their own")
    ] = None

    @property
    def answers(self) -> Answers:
        return Answers(self.resolutions or (), self.resolve)


class MergeBranch(Answering):
    """Bring into this branch what another changed since both had all in common."""

    source: BranchNamed
    at: Annotated[int | None, Field(ge=1, description="the source as of this position; as it is if not given")] = None
    expected_source: Annotated[
        int | None, Field(alias="expectedSource", ge=0, description="position at which the source last changed")
    ] = None


class RebaseBranch(Answering):
    """Let this branch begin at another position of its parent, with all that is its own on top."""

    onto: Annotated[int | None, Field(ge=1, description="position of the parent; the end of the log if not given")] = (
        None
    )


class RevertCommit(Answering):
    """Take back what one commit changed, and leave what came later."""

    commit: Annotated[str | None, Field(description="the commit's id")] = None
    position: Annotated[int | None, Field(ge=1, description="a position in that commit")] = None

    @model_validator(mode="after")
    def _one(self) -> "RevertCommit":
        if (self.commit is None) == (self.position is None):
            raise ValueError("give either commit or position")
        return self


class ResetBranch(Payload):
    """Bring the branch back to what it was, by a new commit: nothing is taken out of its history."""

    to: Annotated[int | None, Field(ge=1, description="position behind a commit")] = None
    commit: Annotated[str | None, Field(description="a commit's id")] = None
    tag: Annotated[str | None, Field(description="a tag's name")] = None

    @model_validator(mode="after")
    def _one(self) -> "ResetBranch":
        if [self.to, self.commit, self.tag].count(None) != 2:
            raise ValueError("give one of to, commit and tag")
        return self


Base = dict[str, Any]
"""`{branch, position}` of a state that both sides held."""


class BranchMerged(Payload):
    name: str
    source: str
    at: int
    source_commit: Annotated[str | None, Field(alias="sourceCommit")] = None  # absent = the source never wrote any
    bases: list[Base]
    fast_forward: Annotated[bool, Field(alias="fastForward", description="this branch had changed nothing since")]
    resolutions: list[dict[str, Any]]  # {kind, key, path, choice, value?}


class BranchReverted(Payload):
    name: str
    commit: str
    first: int
    last: int
    resolutions: list[dict[str, Any]]


class BranchReset(Payload):
    name: str
    to: int


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
            return _revert(context, command)
        case ResetBranch():
            return _reset(context, command)
    raise TypeError(type(command))


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, merged_element.Merged):
        return merged_element.evolve(state, event)
    assert state is not None, "a branch begins with branch.created"
    if isinstance(event, BranchMerged):
        return {**state, "merged": {**state.get("merged", {}), event.source: event.at}}
    assert isinstance(event, BranchReverted | BranchReset)
    return state


def merge(context: Context, command: MergeBranch) -> list[Drafted]:
    """For whoever may write on this branch: what is checked here is the merge alone. Raises `Refused`, `Unread`."""
    log = elsewhere(context)
    theirs = _source(context, log, command)
    ours = At(context.branch, context.position)
    mine = held(log, ours)
    if all(mine.get(branch, 0) >= at for branch, at in held(log, theirs).items()):
        return []
    bases = merge_bases(log, theirs, ours)
    sides = between(log, bases, theirs, ours, log.here(context.heads))
    commit = log.commit(*theirs)
    merged = BranchMerged(
        name=context.branch,
        source=theirs.branch,
        at=theirs.position,
        source_commit=commit and commit.id,
        bases=[at._asdict() for at in bases],
        fast_forward=not sides.changed_by_ours,
        resolutions=[],
    )
    forward = _fast_forward(context, log, theirs)
    if forward is not None:
        return [forward, _of(context, merged)]
    steps, resolutions = _reconciled(sides, command.answers)
    return [_of(context, merged.model_copy(update={"resolutions": resolutions})), *steps]


def _source(context: Context, log: Elsewhere, command: MergeBranch) -> At:
    findings = list(_source_findings(context, log, command))
    if findings:
        raise Refused(findings)
    at = context.position if command.at is None else command.at
    return At(command.source, log.tip(command.source, at) or at)


def _source_findings(context: Context, log: Elsewhere, command: MergeBranch) -> Iterator[Finding]:
    state = log.branch(command.source, context.position)
    if command.source == context.branch:
        yield Finding("MERGE_ITSELF", "/source", f"{command.source} cannot be merged into itself; name another branch")
    elif state is None or state["deleted"]:
        what = "there is no such branch" if state is None else "it is deleted; restore it first"
        yield Finding("BRANCH_UNKNOWN", "/source", f"{command.source[:200]}: {what}")
    else:
        at = context.position if command.at is None else command.at
        yield from _position(context, log, at, "/at")
        tip = log.tip(command.source, at)
        if command.expected_source not in (None, tip):
            text = f"{command.source} last changed at {tip:,}, not at {command.expected_source:,}; look at it again"
            yield Finding("MERGE_SOURCE_MOVED", "/expectedSource", text)


def _fast_forward(context: Context, log: Elsewhere, theirs: At) -> Drafted | None:
    """Where this branch never wrote anything, it only begins at another position of its parent."""
    state = context.get(branch_key(context.branch))
    assert state is not None, "the branch is open"
    if state["parent"] != theirs.branch or theirs.position <= state["base"]:
        return None
    own = log.lineage(context.branch, context.position)[0]
    if log.written(*own):
        return None
    return _rebased(context, state, theirs.position)


def _rebase(context: Context, command: RebaseBranch) -> list[Drafted]:
    log = elsewhere(context)
    state = context.get(branch_key(context.branch))
    assert state is not None, "the branch is open"
    parent, base = state["parent"], context.position if command.onto is None else command.onto
    if parent is None:
        text = f"{context.branch} has no parent that it could be rebased onto"
        raise Refused([Finding("BRANCH_ROOT", "", text)])
    findings = list(_position(context, log, base, "/onto"))
    if findings:
        raise Refused(findings)
    onto, mine = At(parent, base), At(context.branch, context.position)
    if not differing(log, At(parent, state["base"]), onto):
        return []
    sides = between(log, merge_bases(log, mine, onto), mine, onto)
    steps, _ = _reconciled(sides, command.answers)
    return [_rebased(context, state, base), *steps]


def _rebased(context: Context, state: State, base: int) -> Drafted:
    return _of(
        context,
        BranchRebased(
            name=context.branch, parent=state["parent"], base=base, was=state["base"], floor=context.position
        ),
    )


def _revert(context: Context, command: RevertCommit) -> list[Drafted]:
    log = elsewhere(context)
    commit = _commit(context, log, command)
    behind, before = At(commit.branch, commit.last), At(commit.branch, commit.first - 1)
    here = log.here(context.heads)
    sides = between(log, [behind], before, At(context.branch, context.position), here)
    steps, resolutions = _reconciled(sides, command.answers)
    if not steps:
        return []
    reverted = BranchReverted(
        name=context.branch, commit=commit.id, first=commit.first, last=commit.last, resolutions=resolutions
    )
    return [_of(context, reverted), *steps]


def _commit(context: Context, log: Elsewhere, command: RevertCommit) -> Commit:
    """The commit that is meant; this branch must hold it. Raises `Refused`."""
    mine = held(log, At(context.branch, context.position))
    if command.commit is not None:
        found, path, what = log.commit_named(command.commit), "/commit", f"commit {command.commit[:100]}"
    else:
        assert command.position is not None, "one of them is given"
        end = log.commit_end(command.position)
        commits = (log.commit(branch, end) for branch in mine)
        found = next((commit for commit in commits if commit and commit.last == end), None)
        path, what = "/position", f"position {command.position:,}"
    if found is None or mine.get(found.branch, 0) < found.last:
        raise Refused([Finding("COMMIT_UNKNOWN", path, f"{context.branch} holds no {what}")])
    return found


def _reset(context: Context, command: ResetBranch) -> list[Drafted]:
    log = elsewhere(context)
    to = _moment(context, log, command)
    now = At(context.branch, context.position)
    steps, _ = _reconciled(between(log, [now], At(context.branch, to), now, log.here(context.heads)), Answers())
    return [_of(context, BranchReset(name=context.branch, to=to)), *steps] if steps else []


def _moment(context: Context, log: Elsewhere, command: ResetBranch) -> int:
    """The position that is meant. Raises `Refused`."""
    if command.commit is not None:
        commit = log.commit_named(command.commit)
        if commit is None:
            raise Refused([Finding("COMMIT_UNKNOWN", "/commit", f"there is no commit {command.commit[:100]}")])
        return commit.last
    if command.tag is not None:
        tag = context.get(tag_key(command.tag))
        if tag is None:
            raise Refused([Finding("TAG_UNKNOWN", "/tag", f"there is no tag {command.tag[:100]}")])
        return int(tag["position"])
    assert command.to is not None, "one of them is given"
    findings = list(_position(context, log, command.to, "/to"))
    if findings:
        raise Refused(findings)
    return command.to


def _reconciled(sides: Sides, answers: Answers) -> tuple[Sequence[Drafted], list[dict[str, Any]]]:
    """The events, and the answers that were used. Raises `Refused` with every conflict that has none."""
    result = reconciled(sides, answers)
    findings = [*(conflict.finding() for conflict in result.open), *answers.unused()]
    if findings:
        raise Refused(findings)
    return [step.draft for step in result.steps], answers.told(result.conflicts)


def _position(context: Context, log: Elsewhere, at: int, path: str) -> Iterator[Finding]:
    """Whether a position lies behind a whole commit."""
    if at > context.position:
        text = f"position {at:,} is not written yet; the log ends at {context.position:,}"
        yield Finding("BRANCH_POSITION", path, text)
    elif (end := log.commit_end(at)) != at:
        yield Finding(
            "BRANCH_BASE_INSIDE", path, f"position {at:,} lies within a commit that ends at {end:,}; say that"
        )


def _of(context: Context, payload: Payload) -> Drafted:
    return Drafted(branch_key(context.branch), "-", payload)
