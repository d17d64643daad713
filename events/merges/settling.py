"""What merge, rebase, revert and reset have in common: a reconciliation that ends in events or in findings."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from events.branches.ancestry import At
from events.branches.branch_rules import branch_key
from events.branches.elsewhere import Elsewhere
from events.decider import Context, Drafted, Payload
from events.findings import Finding, Refused
from events.merges.again import Grounds, grounds
from events.merges.conflicts import Answers
from events.merges.reconcile import reconciled
from events.merges.sides import Sides, apart
from events.merges.under_way import must_stand_still
from events.objects.carried import with_sections


class Settled(NamedTuple):
    """The events, and the answers that were used. `grounds`: to decide a part of it again."""

    drafted: Sequence[Drafted]
    resolutions: list[dict[str, Any]]
    grounds: Grounds | None


def settled(context: Context, sides: Sides, answers: Answers) -> Settled:
    """Raises `Refused` with every conflict that has no answer, and `Unread`."""
    must_stand_still(sides)
    result = reconciled(sides, answers)
    findings = [*(conflict.finding() for conflict in result.open), *answers.unused()]
    if findings:
        raise Refused(findings)
    drafted = with_sections(context, (step.draft for step in result.steps))
    return Settled(drafted, answers.told(result.conflicts), grounds(sides, answers, result))


def owned(log: Elsewhere, grounds: Grounds | None, own: At, onto: At | None = None) -> Grounds | None:
    """Of a rebase or a reset; `None` where what its branch writes from now on is not the last that it looks at.

    Raises `Unasked`.
    """
    if grounds is None or len(grounds.bases) > 1:
        return None
    other = grounds.bases[0] if onto is not None else grounds.theirs
    stretches = apart(log, *((other, own) if onto is not None else (own, other)))
    last = stretches[-1] if stretches else None
    return grounds._replace(own=True, onto=onto) if last and (last.branch, last.at) == own else None


def position_findings(context: Context, log: Elsewhere, at: int, path: str) -> Iterator[Finding]:
    """Whether a position lies behind a whole commit."""
    if at > context.position:
        text = f"position {at:,} is not written yet; the log ends at {context.position:,}"
        yield Finding("BRANCH_POSITION", path, text)
    elif (end := log.commit_end(at)) != at:
        yield Finding(
            "BRANCH_BASE_INSIDE", path, f"position {at:,} lies within a commit that ends at {end:,}; say that"
        )


def of_branch(context: Context, payload: Payload) -> Drafted:
    return Drafted(branch_key(context.branch), "-", payload)
