"""Reviewing a proposal: who is asked, what they say, and that nobody reviews what is their own."""

from typing import Final

from events.authors import author_findings
from events.decider import Drafted
from events.findings import Refused
from events.proposals import proposal_commands as ask
from events.proposals import proposal_events as told
from events.proposals.proposal_case import Case
from events.wire.instants import to_text

MAX_COMMENTS: Final = 1_000


def assign(case: Case, command: ask.AssignReviewers) -> list[Drafted]:
    findings = [*author_findings(command.add or (), "/add"), *author_findings(command.remove or (), "/remove")]
    if findings:
        raise Refused(findings)
    asked = case.state["reviewers"]
    added = [name for name in dict.fromkeys(command.add or ()) if name not in asked]
    removed = [name for name in dict.fromkeys(command.remove or ()) if name in asked]
    if not added and not removed:
        return []
    return case.said(told.ReviewersAssigned(number=case.number, added=added, removed=removed))


def comment(case: Case, command: ask.CommentOnProposal) -> list[Drafted]:
    known = len(case.state["comments"])
    if command.reply_to is not None and command.reply_to > known:
        raise case.refuse("PROPOSAL_COMMENT", "/replyTo", f"has no comment {command.reply_to}; it has {known}")
    if known >= MAX_COMMENTS:
        raise case.refuse("PROPOSAL_COMMENT", "", f"has {known:,} comments, which are as many as one may have")
    said = told.ProposalCommented(
        number=case.number, comment=known + 1, author=case.context.author, time=to_text(case.context.time),
        text=command.text, on=command.on, reply_to=command.reply_to,
    )  # fmt: skip
    return case.said(said)


def approve(case: Case, _: ask.ApproveProposal) -> list[Drafted]:
    _must_review(case)
    author, approvals = case.context.author, case.state["approvals"]
    if author in case.fresh(approvals):
        return []
    seen = case.context.position
    enough = case.counted({**approvals, author: seen}) >= max(1, case.rule["approvals"])
    return case.said(told.ProposalApproved(number=case.number, author=author, source=seen, enough=enough))


def approve_task(case: Case, command: ask.ApproveTask) -> list[Drafted]:
    _must_review(case)
    author, task = case.context.author, case.state["tasks"].get(command.resource)
    if task is None:
        tasks = ", ".join(case.state["tasks"]) or "none yet: run the checks"
        raise case.refuse("PROPOSAL_TASK", "/resource", f"has no task {command.resource}; there are {tasks}")
    if author in case.fresh(task["approvals"]):
        return []
    seen = case.context.position
    return case.said(told.TaskApproved(number=case.number, resource=command.resource, author=author, source=seen))


def revoke(case: Case, _: ask.RevokeApproval) -> list[Drafted]:
    author = case.context.author
    if author not in case.state["approvals"]:
        return []
    return case.said(told.ApprovalRevoked(number=case.number, author=author))


def request_changes(case: Case, command: ask.RequestChanges) -> list[Drafted]:
    _must_review(case)
    author = case.context.author
    if case.state["requests"].get(author) == command.text:
        return []
    return case.said(told.ChangesRequested(number=case.number, author=author, text=command.text))


def _must_review(case: Case) -> None:
    """Raises `Refused` where it is not reviewed, or not by this author."""
    if case.state["status"] == "DRAFT":
        raise case.refuse("PROPOSAL_DRAFT", "/proposal", "is a draft; its author marks it ready first")
    if case.by_its_author:
        raise case.refuse("PROPOSAL_OWN", "", f"is of {case.context.author}; somebody else reviews it")
