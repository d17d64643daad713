"""A proposal as a command finds it: what it would merge now, and which reviews still hold. Raises `Unasked` as it must."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from events.branches.ancestry import At, merge_bases
from events.branches.branch_rules import branch_key
from events.branches.elsewhere import elsewhere
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.merges.conflicts import Resolution
from events.merges.sides import Sides, differing, to_merge
from events.proposals.proposal_events import proposal_key


class Case(NamedTuple):
    """A proposal as a command finds it."""

    context: Context
    state: State

    @property
    def number(self) -> int:
        return int(self.state["number"])

    @property
    def by_its_author(self) -> bool:
        return bool(self.context.author == self.state["author"])

    def moved(self, side: str, since: int) -> bool:
        """Whether the source or the target is another than it was at a position. Raises `Unasked`."""
        branch, now = self.state[side], self.context.position
        return bool(differing(elsewhere(self.context), At(branch, since), At(branch, now)))

    def fresh(self, approvals: Mapping[str, int]) -> list[str]:
        """Who approved, and the source is still what it was then. Raises `Unasked`."""
        return [author for author, at in approvals.items() if not self.moved("source", at)]

    @property
    def rule(self) -> Mapping[str, Any]:
        """What the target's protection asks for; nothing, if it is not protected."""
        branch = self.context.get(branch_key(self.state["target"])) or {}
        rule: Mapping[str, Any] = branch.get("protected", {"approvals": 0})
        return rule

    def counted(self, approvals: Mapping[str, int]) -> int:
        """How many approvals count now. Raises `Unasked`."""
        reviewers = self.rule.get("reviewers")
        return sum(reviewers is None or author in reviewers for author in self.fresh(approvals))

    def sides(self) -> Sides:
        """What it would merge, as both branches are now. Raises `Unasked`."""
        log, now = elsewhere(self.context), self.context.position
        theirs, ours = At(self.state["source"], now), At(self.state["target"], now)
        here = log.here(self.context.heads) if ours.branch == self.context.branch else None
        return to_merge(self.context, merge_bases(log, theirs, ours), theirs, ours, here)

    def answers(self) -> list[Resolution]:
        """The resolutions that were given for both branches as they are now. Raises `Unasked`."""
        given = [
            said
            for said in self.state["resolutions"].values()
            if not self.moved("source", said["source"]) and not self.moved("target", said["target"])
        ]
        names = ("key", "path", "choice", "value")
        return [Resolution.model_validate({name: said[name] for name in names if name in said}) for said in given]

    def said(self, payload: Payload) -> list[Drafted]:
        return [Drafted(proposal_key(self.number), "-", payload)]

    def finding(self, code: str, text: str, path: str = "/proposal") -> Finding:
        return Finding(code, path, f"proposal {self.number} {text}")

    def refuse(self, code: str, path: str, text: str) -> Refused:
        return Refused([self.finding(code, text, path)])
