"""Proposals: what a branch changed is offered to another one, reviewed, and merged as a whole or not at all.

DRAFT ──ready──► OPEN ◄───────────────┐
                  ├─request changes─► CHANGES_REQUESTED ─┐     MERGED, CLOSED: nothing more, but CLOSED ──reopen──► OPEN
                  └─approve (enough)─► APPROVED ─────────┴──►

What reviewers say holds for the commit that they saw: approvals for the source's last one, checks and resolutions for
that of both branches. Nothing touches the target before the merge. A proposal belongs to no branch: its number is one
of the whole ontology.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from events.authors import author_findings
from events.branches.branch_rules import branch_key, not_there
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.names import Key
from events.proposals import proposal_commands as ask
from events.proposals import proposal_events as told
from events.proposals import proposal_merge, reviewing
from events.proposals.proposal_case import Case
from events.proposals.proposal_commands import COMMANDS
from events.proposals.proposal_events import EVENTS, evolve, proposal_key
from events.reserved import PROPOSALS, open_proposals_key

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "proposal"


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(_context: Context, command: Payload) -> Key | None:
    number = getattr(command, "number", None)
    return None if number is None else proposal_key(number)


def decide(context: Context, command: Payload) -> list[Drafted]:
    if isinstance(command, ask.OpenProposal):
        return _open(context, command)
    number: int = command.number  # type: ignore[attr-defined]  # every other one is about a proposal
    state = context.get(proposal_key(number))
    if state is None:
        raise Refused([Finding("PROPOSAL_UNKNOWN", "/proposal", f"there is no proposal {number}")])
    case = Case(context, state)
    over = {"MERGED": "is merged", "CLOSED": "is closed; reopen it first"}.get(state["status"])
    if over and not isinstance(command, ask.ReopenProposal | ask.CommentOnProposal | ask.CloseProposal):
        raise case.refuse("PROPOSAL_OVER", "/proposal", over)
    return _DECIDE[type(command)](case, command)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    if isinstance(command, ask.OpenProposal):
        yield PROPOSALS
        yield branch_key(command.source)
        to = command.target or (context.get(branch_key(command.source)) or {}).get("parent")
        if to is not None:
            yield branch_key(to)
            yield open_proposals_key(command.source)
            yield open_proposals_key(to)
        return
    key = target(context, command)
    assert key is not None
    yield key
    state = context.get(key)
    if state is not None:
        yield branch_key(state["source"])
        yield branch_key(state["target"])


def _open(context: Context, command: ask.OpenProposal) -> list[Drafted]:
    source = context.get(branch_key(command.source))
    to = command.target or (source or {}).get("parent")
    findings = [
        *_gone(context, command.source, "/source"),
        *author_findings(command.reviewers or (), "/reviewers"),
    ]
    if to is None:
        text = f"{command.source} has no parent; say which branch it is for"
        findings.append(Finding("PROPOSAL_TARGET", "/target", text))
    elif to == command.source:
        findings.append(Finding("PROPOSAL_TARGET", "/target", f"{to} cannot be merged into itself"))
    else:
        findings += _gone(context, to, "/target")
    if findings or to is None:
        raise Refused(findings)
    there = _same_open(context, command.source, to)
    if there is not None:
        return _again(Case(context, there), command)
    number = (context.get(PROPOSALS) or {"n": 0})["n"] + 1
    opened = told.ProposalOpened(
        number=number, source=command.source, target=to, title=command.title, description=command.description,
        author=context.author, reviewers=command.reviewers or [], draft=command.draft,
    )  # fmt: skip
    return [Drafted(proposal_key(number), "-", opened)]


def _same_open(context: Context, source: str, to: str) -> State | None:
    """The proposal that is open from one branch to the other: there is one at most."""
    for number in (context.get(open_proposals_key(source)) or {"numbers": []})["numbers"]:
        state = context.get(proposal_key(number))
        if state is not None and state["source"] == source and state["target"] == to:
            return state
    return None


def _again(case: Case, command: ask.OpenProposal) -> list[Drafted]:
    if (case.state["title"], case.state.get("description"), case.by_its_author) == (
        command.title, command.description, True
    ):  # fmt: skip
        return []
    text = f"is open already from {command.source} to {case.state['target']}; go on with that one, or close it"
    raise case.refuse("PROPOSAL_OPEN", "/source", text)


def _ready(case: Case, _: ask.MarkReady) -> list[Drafted]:
    return case.said(told.ProposalMarkedReady(number=case.number)) if case.state["status"] == "DRAFT" else []


def _close(case: Case, command: ask.CloseProposal) -> list[Drafted]:
    if case.state["status"] == "MERGED":
        raise case.refuse("PROPOSAL_OVER", "/proposal", "is merged; revert its commit instead")
    if case.state["status"] == "CLOSED":
        return []
    return case.said(told.ProposalClosed(number=case.number, reason=command.reason))


def _reopen(case: Case, _: ask.ReopenProposal) -> list[Drafted]:
    if case.state["status"] == "MERGED":
        raise case.refuse("PROPOSAL_OVER", "/proposal", "is merged; open another one")
    if case.state["status"] != "CLOSED":
        return []
    findings = [*_gone(case.context, case.state["source"], ""), *_gone(case.context, case.state["target"], "")]
    if findings:
        raise Refused(findings)
    return case.said(told.ProposalReopened(number=case.number))


def _gone(context: Context, name: str, path: str) -> Iterator[Finding]:
    state = context.get(branch_key(name))
    if state is None or state["deleted"]:
        yield not_there(context, name, path)


_DECIDE: Final[Mapping[type[Payload], Callable[[Case, Any], list[Drafted]]]] = {
    ask.MarkReady: _ready,
    ask.AssignReviewers: reviewing.assign,
    ask.CommentOnProposal: reviewing.comment,
    ask.ApproveTask: reviewing.approve_task,
    ask.ApproveProposal: reviewing.approve,
    ask.RevokeApproval: reviewing.revoke,
    ask.RequestChanges: reviewing.request_changes,
    ask.RunChecks: proposal_merge.check,
    ask.ResolveConflict: proposal_merge.resolve,
    ask.MergeProposal: proposal_merge.merge_all,
    ask.CloseProposal: _close,
    ask.ReopenProposal: _reopen,
}
