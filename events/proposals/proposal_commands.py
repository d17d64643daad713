"""What people say to a proposal."""

from typing import Annotated, Final

from pydantic import Field

from events.branches.branch_rules import BranchNamed
from events.decider import Payload
from events.merges.conflicts import Choice, Resolution
from events.names import Key
from events.schema.values import Json

MAX_TEXT: Final = 10_000
Number = Annotated[int, Field(ge=1, alias="proposal", description="the proposal's number")]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Title = Annotated[str, Field(min_length=1, max_length=200, description="one line: what it is for")]
Reviewers = Annotated[list[str], Field(description="authors, `<user>@<service>`")]
Resource = Annotated[str, Field(description="what the task is about: the key of an element of the schema")]


class OpenProposal(Payload):
    """Offer what `source` has to `target`. The author is who sends it; it is sent on any branch."""

    source: BranchNamed
    target: Annotated[str | None, Field(description="the branch to change; the source's parent if not given")] = None
    title: Title
    description: Annotated[str | None, Field(max_length=MAX_TEXT, description="why, and what to look at")] = None
    reviewers: Reviewers | None = None
    draft: Annotated[bool, Field(description="not ready to be reviewed yet")] = False


class MarkReady(Payload):
    """A draft may be reviewed now."""

    number: Number


class AssignReviewers(Payload):
    """Ask more people, or some no more."""

    number: Number
    add: Reviewers | None = None
    remove: Reviewers | None = None


class CommentOnProposal(Payload):
    """Say something: of the whole, of one place that changes, or to another comment."""

    number: Number
    text: Text
    on: Annotated[str | None, Field(max_length=2_000, description="the key it is about, or key and path")] = None
    reply_to: Annotated[int | None, Field(alias="replyTo", ge=1, description="number of a comment")] = None


class ApproveTask(Payload):
    """One resource of the proposal is right as it is now."""

    number: Number
    resource: Resource


class ApproveProposal(Payload):
    """All of it is right as it is now; who opened it cannot say so. A later commit on the source revokes it."""

    number: Number


class RevokeApproval(Payload):
    """Take back one's own approval."""

    number: Number


class RequestChanges(Payload):
    """It is not right yet, and why."""

    number: Number
    text: Text


class RunChecks(Payload):
    """Merge it without writing: conflicts, findings of the merged whole, and what there is to review."""

    number: Number


class ResolveConflict(Payload):
    """What is to become of one place that is in conflict; holds as long as neither branch moves."""

    number: Number
    key: Annotated[Key, Field(description="the conflict's key")]
    path: Annotated[str, Field(description="the conflict's path")] = ""
    choice: Annotated[Choice, Field(description="whose value it gets; `custom` = `value`")]
    value: Annotated[Json, Field(description="for `custom`: the value as it is stored; not given = none")] = None

    def resolution(self) -> Resolution:
        given = {"key": self.key, "path": self.path, "choice": self.choice}
        return Resolution.model_validate(given | ({"value": self.value} if "value" in self.model_fields_set else {}))


class MergeProposal(Payload):
    """Merge it into its target, as one commit: approved by enough people, every conflict resolved."""

    number: Number


class CloseProposal(Payload):
    """It is not wanted; both branches stay as they are."""

    number: Number
    reason: Annotated[str | None, Field(max_length=MAX_TEXT, description="why")] = None


class ReopenProposal(Payload):
    """It is wanted after all; what was approved must be approved again."""

    number: Number


COMMANDS: Final[tuple[type[Payload], ...]] = (
    OpenProposal, MarkReady, AssignReviewers, CommentOnProposal, ApproveTask, ApproveProposal, RevokeApproval,
    RequestChanges, RunChecks, ResolveConflict, MergeProposal, CloseProposal, ReopenProposal,
)  # fmt: skip
