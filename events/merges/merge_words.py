"""What is asked of a merge, a rebase, a revert and a reset, and what the first event of each says."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from events.branches.branch_rules import BranchNamed
from events.decider import Payload
from events.merges.conflicts import Answers, Resolution, Strategy


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


class AskPreviewMerge(Answering):
    """What a merge of `source` into this branch would change, and what is in conflict; by key, page by page."""

    source: BranchNamed
    at: Annotated[int | None, Field(ge=1, description="the source as of this position; as it is if not given")] = None
    after: Annotated[str, Field(description="the key behind which to go on: `next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=1_000, description="entities on a page")] = 100


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


class Settled(Payload):
    """What a branch had merged up to a position: from then on its state there tells it, no later one."""

    position: int
    merged: dict[str, int]


class BranchMerged(Payload):
    """Another branch was merged into this one. The first event of its commit; those behind it are what changed here."""

    name: str
    source: str
    at: int
    source_commit: Annotated[str | None, Field(alias="sourceCommit")] = None  # absent = the source never wrote any
    bases: list[Base]
    fast_forward: Annotated[bool, Field(alias="fastForward", description="this branch had changed nothing since")]
    resolutions: list[dict[str, Any]]  # {kind, key, path, choice, value?}
    migrations: Annotated[
        list[dict[str, Any]] | None, Field(description="of the source, run on what this branch wrote meanwhile")
    ] = None  # {rid, number, branch}
    settled: Settled | None = None


class BranchReverted(Payload):
    """A commit was reverted on a branch. The first event of its commit; those behind it are what was taken back."""

    name: str
    commit: str
    first: int
    last: int
    resolutions: list[dict[str, Any]]


class BranchReset(Payload):
    """A branch was reset to an earlier position.

    The first event of its commit; those behind it bring back what was there.
    """

    name: str
    to: int
