"""Back to what was, forwards: a revert takes back one commit, a reset all that came behind a position."""

from events.branches.ancestry import At, held
from events.branches.branch_rules import tag_key
from events.branches.elsewhere import Commit, Elsewhere, elsewhere
from events.decider import Context, Drafted, needed
from events.findings import Finding, Refused
from events.merges.conflicts import Answers
from events.merges.merge_words import BranchReset, BranchReverted, ResetBranch, RevertCommit
from events.merges.settling import of_branch, owned, position_findings, settled
from events.merges.sides import between


def revert(context: Context, command: RevertCommit) -> list[Drafted]:
    log = elsewhere(context)
    commit = _commit(context, log, command)
    behind, before = At(commit.branch, commit.last), At(commit.branch, commit.first - 1)
    here = log.here(context.heads)
    sides = between(log, [behind], before, At(context.branch, context.position), here)
    steps, resolutions, context.grounds = settled(context, sides, command.answers)
    if not steps:
        return []
    reverted = BranchReverted(
        name=context.branch, commit=commit.id, first=commit.first, last=commit.last, resolutions=resolutions
    )
    return [of_branch(context, reverted), *steps]


def _commit(context: Context, log: Elsewhere, command: RevertCommit) -> Commit:
    """The commit that is meant; this branch must hold it. Raises `Refused`."""
    mine = held(log, At(context.branch, context.position))
    if command.commit is not None:
        found, path, what = log.commit_named(command.commit), "/commit", f"commit {command.commit[:100]}"
    else:
        assert command.position is not None, "one of them is given"
        end = log.commit_end(command.position)
        commits = needed(lambda branch: log.commit(branch, end), mine)
        found = next((commit for commit in commits if commit and commit.last == end), None)
        path, what = "/position", f"position {command.position:,}"
    if found is None or mine.get(found.branch, 0) < found.last:
        raise Refused([Finding("COMMIT_UNKNOWN", path, f"{context.branch} holds no {what}")])
    return found


def reset(context: Context, command: ResetBranch) -> list[Drafted]:
    log = elsewhere(context)
    to = _moment(context, log, command)
    now = At(context.branch, context.position)
    sides = between(log, [now], At(context.branch, to), now, log.here(context.heads))
    steps, _, grounds = settled(context, sides, Answers())
    context.grounds = owned(log, grounds, now)
    return [of_branch(context, BranchReset(name=context.branch, to=to)), *steps] if steps else []


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
    findings = list(position_findings(context, log, command.to, "/to"))
    if findings:
        raise Refused(findings)
    return command.to
