"""What a proposal would merge: checked without writing, its conflicts answered, and in the end merged as one commit."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from events.branches.branch_rules import branch_key, closed
from events.decider import Drafted, State
from events.findings import Finding, Refused
from events.merges.conflicts import Answers
from events.merges.merge import merge
from events.merges.merge_words import MergeBranch
from events.merges.merging import is_element
from events.merges.reconcile import reconciled
from events.merges.sides import Sides
from events.names import Key
from events.proposals import proposal_commands as ask
from events.proposals import proposal_events as told
from events.proposals.proposal_case import Case

MAX_CONFLICTS: Final = 100  # that a run of the checks keeps; `PreviewMerge` tells all


def resolve(case: Case, command: ask.ResolveConflict) -> list[Drafted]:
    resolution = command.resolution()
    given = case.answers()
    if resolution in given:
        return []
    answers = Answers([*(each for each in given if each.place != resolution.place), resolution])
    reconciled(case.sides(), answers)
    if resolution.place not in answers.used:
        text = (
            f"has no conflict at {resolution.key}{resolution.path}; run the checks, they tell the key and path of each"
        )
        raise case.refuse("MERGE_RESOLUTION_UNUSED", "/key", text)
    now = case.context.position
    resolved = told.ConflictResolved(
        number=case.number, resolution=resolution.model_dump(exclude_unset=True), author=case.context.author,
        source=now, target=now,
    )  # fmt: skip
    return case.said(resolved)


def check(case: Case, _: ask.RunChecks) -> list[Drafted]:
    sides, now = case.sides(), case.context.position
    result = reconciled(sides, Answers(case.answers()))
    run = told.ChecksRun(
        number=case.number, source=now, target=now, open=len(result.open), tasks=_tasks(sides),
        conflicts=[conflict.json() for conflict in result.conflicts[:MAX_CONFLICTS]],
    )  # fmt: skip
    return [] if _found_before(case, run) else case.said(run)


def _found_before(case: Case, run: told.ChecksRun) -> bool:
    """Both branches are what they were, and so is what was found."""
    before = case.state.get("checks")
    if before is None or case.moved("source", before["source"]) or case.moved("target", before["target"]):
        return False
    return bool((before["open"], before["conflicts"]) == (run.open, run.conflicts))


def _tasks(sides: Sides) -> dict[str, int]:
    """How much changes of each resource: an element of the schema itself, or the objects or links of a type."""
    states = sides.theirs.states(sides.keys)
    resources = (key if is_element(key) else _type_of(key, states[key]) for key in sides.keys)
    return dict(sorted(Counter(resources).items()))


def _type_of(key: Key, state: State | None) -> str:
    kind = "objectType" if key.startswith("object/") else "linkType"
    return f"{kind}/{state['type']}" if state else key


def merge_all(case: Case, _: ask.MergeProposal) -> list[Drafted]:
    findings = list(_not_yet(case))
    if findings:
        raise Refused(findings)
    now = case.context.position
    command = MergeBranch(source=case.state["source"], resolutions=case.answers())
    merged = merge(case.context, command)
    if not merged:
        raise case.refuse("PROPOSAL_NOTHING", "", f"has nothing that {case.state['target']} has not; close it")
    return [*merged, *case.said(told.ProposalMerged(number=case.number, source=now, target=now))]


def _not_yet(case: Case) -> Iterator[Finding]:
    """Why it may not be merged now."""
    to, context = case.state["target"], case.context
    if context.branch != to:
        yield case.finding("PROPOSAL_BRANCH", f"changes {to}; send this on that branch, not on {context.branch}")
        return
    closing = closed(replace(context, permit=to), to, context.get(branch_key(to)))
    if closing is not None:
        yield closing
    if case.state["status"] == "DRAFT":
        yield case.finding("PROPOSAL_DRAFT", "is a draft; its author marks it ready first")
    for author, text in case.state["requests"].items():
        yield case.finding("PROPOSAL_CHANGES_REQUESTED", f"needs changes, says {author}: {text[:200]}")
    counted, needed = case.counted(case.state["approvals"]), case.rule["approvals"]
    if counted < needed:
        stale = len(case.state["approvals"]) - len(case.fresh(case.state["approvals"]))
        older = f"; {stale} are for an earlier state of {case.state['source']}" if stale else ""
        yield case.finding("PROPOSAL_APPROVALS", f"has {counted} approvals that count, {to} asks for {needed}{older}")
