"""Proposals as they stand: who approved the source as it is, what is left to do, what conflicts and how that was answered.

An approval counts as long as the source has changed nothing since, an answer to a conflict as long as neither branch has;
the rest is told as stale. The write side decides by the same rule when the proposal is merged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from events.branches.branch_rules import branch_key
from events.decider import State
from events.findings import Finding, Refused
from events.names import ONTOLOGY_SCOPE, Key
from events.proposals.proposal_events import proposal_key
from projectors.versions import Version
from queries.called import in_names
from queries.cuts import cut
from queries.differences import differences
from queries.moments import AtPosition, Now
from queries.versions import Versions

OVER: Final = ("MERGED", "CLOSED")
_SAID: Final = ("number", "title", "description", "status", "source", "target", "author", "checks", "comments")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal at a position of the view. `state` is `events.proposals.proposal_events`' own."""

    versions: Versions
    state: State
    position: int

    def fresh(self, approvals: Mapping[str, int]) -> list[str]:
        """Who approved the source as it is; of what is over, who had approved it."""
        return [author for author, at in approvals.items() if not (self._open and self._moved("source", at))]

    @property
    def status(self) -> str:
        """Open again where an approval that it was approved by counts no more."""
        approvals = self.state["approvals"]
        lost = self.state["status"] == "APPROVED" and len(self.fresh(approvals)) < min(self.needed, len(approvals))
        return "OPEN" if lost else str(self.state["status"])

    @property
    def needed(self) -> int:
        """How many approvals the target asks for."""
        target = self.versions.at(ONTOLOGY_SCOPE, branch_key(self.state["target"]), self.position)
        rule = target.state.get("protected") if target else None
        return int(rule["approvals"]) if rule else 0

    def row(self) -> dict[str, Any]:
        """For a list of them."""
        approvals = f"{len(self.fresh(self.state['approvals']))} of {self.needed}"
        said = {name: self.state[name] for name in ("number", "title", "status", "source", "target", "author")}
        return {**said, "status": self.status, "approvals": approvals, "comments": len(self.state["comments"])}

    def json(self) -> dict[str, Any]:
        """All there is to know."""
        state = self.state
        fresh = self.fresh(state["approvals"])
        return {name: state[name] for name in _SAID if name in state} | {
            "status": self.status,
            "position": self.position,
            "reviewers": list(state["reviewers"]),
            "approvals": fresh,
            "staleApprovals": [author for author in state["approvals"] if author not in fresh],
            "approvalsNeeded": self.needed,
            "changesRequested": state["requests"],
            "tasks": [
                {
                    "resource": key,
                    "name": self._name(key),
                    "changes": task["changes"],
                    "approvals": self.fresh(task["approvals"]),
                }
                for key, task in state["tasks"].items()
            ],
            "resolutions": [said | {"stale": self._stale(said)} for said in state["resolutions"].values()],
        }

    def in_names(self, text: str) -> str:
        """As the source calls things, and what only the target has as that does."""
        source, target = (cut(self.versions, self.state[side], Now(), now=0) for side in ("source", "target"))
        return in_names(lambda key: source.state(key) or target.state(key), text)

    def _stale(self, said: Mapping[str, Any]) -> bool:
        """Whether a resolution answered what one of the branches does not say any more."""
        return self._open and any(self._moved(side, said[side]) for side in ("source", "target"))

    @property
    def _open(self) -> bool:
        return self.state["status"] not in OVER

    def _name(self, resource: str) -> str:
        """What the source calls it."""
        state = cut(self.versions, self.state["source"], Now(), now=0).state(Key(resource))
        return resource if state is None else str(state["name"])

    def _moved(self, side: str, since: int) -> bool:
        branch = self.state[side]
        then = cut(self.versions, branch, AtPosition(since), now=0)
        return any(differences(then, cut(self.versions, branch, Now(), now=0)))


def proposals(versions: Versions) -> Iterator[Proposal]:
    """All there ever were, the newest first."""
    position = versions.position()
    found = (version.state for version in versions.valid(ONTOLOGY_SCOPE, "proposal/", position))
    for state in sorted(found, key=lambda state: -int(state["number"])):
        yield Proposal(versions, state, position)


def proposal(versions: Versions, number: int) -> Proposal:
    """Raises `Refused` (PROPOSAL_UNKNOWN)."""
    position = versions.position()
    version: Version | None = versions.at(ONTOLOGY_SCOPE, proposal_key(number), position)
    if version is None:
        raise Refused([Finding("PROPOSAL_UNKNOWN", "/proposal", f"there is no proposal {number}")])
    return Proposal(versions, version.state, position)
