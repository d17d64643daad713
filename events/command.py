"""The command message: what a client publishes, and what a `Commit` carries.

{id, type, branch, author?, expected?, message?, effective?, data}
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from events.actions.action import AskPreviewAction
from events.decider import Payload
from events.merges.merge_words import AskPreviewMerge

MAX_COMMAND_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_COMMANDS = 10_000
MOMENT: Final = "now, base, a position, commit:<id>, tag:<name>, a date or an instant"


class CommandMessage(Payload):
    """`id` is the idempotency key: sent twice, a command is decided once and answered the same."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(min_length=1, max_length=200, description="idempotency key, e.g. a UUID")]
    type: Annotated[str, Field(description="command name, e.g. `CreateObject`")]
    branch: Annotated[str, Field(description="`<env>/<service>/<purpose>`, e.g. `prod/flights/main`")]
    author: Annotated[str | None, Field(description="`<user>@<service>`; absent = the principal")] = None
    on_behalf_of: Annotated[str | None, Field(alias="onBehalfOf", description="whom the author acts for")] = None
    reason: Annotated[
        str | None,
        Field(min_length=1, max_length=1_000, description="why the author acts for somebody else; kept with `message`"),
    ] = None
    expected: Annotated[int | None, Field(ge=0, description="position at which the target last changed; 0 = none")] = (
        None
    )
    message: Annotated[str | None, Field(max_length=10_000, description="why; becomes part of the commit's id")] = None
    effective: Annotated[str | None, Field(description="valid time, RFC 3339; absent = when it is committed")] = None
    correlation: Annotated[
        str | None, Field(min_length=1, max_length=200, description="what this belongs to; kept in its events")
    ] = None
    traceparent: Annotated[
        str | None, Field(min_length=1, max_length=200, description="W3C Trace Context; kept in its events")
    ] = None
    signature: Annotated[
        str | None,
        Field(description="Ed25519 over the RFC 8785 JSON of the command without it, in base64url without padding"),
    ] = None
    dry_run: Annotated[
        bool,
        Field(alias="dryRun", description="decide it against what is there, tell what would come of it, write nothing"),
    ] = False
    data: Annotated[dict[str, Any], Field(description="what that command takes")]


class AskOutcome(Payload):
    """Which outcome `Outcome` asks for. It decides nothing: the principal's own commands are answered from memory."""

    id: Annotated[str, Field(min_length=1, max_length=200, description="id of a command sent before")]


class AskView(Payload):
    """A question that views answer. It decides nothing."""

    min_position: Annotated[
        int,
        Field(alias="minPosition", ge=0, description="wait until the view has it, as long as `Oms-Deadline` allows"),
    ] = 0


class AskType(AskView):
    """Of which type, at which moment, a question is."""

    type: Annotated[str, Field(description="API name, slug or RID of an object or link type")]
    as_of: Annotated[str, Field(alias="asOf", max_length=200, description=MOMENT)] = "now"


class AskEntity(AskType):
    """Of which entity `Show` and `History` tell."""

    key: Annotated[str | None, Field(description="primary key; of a link FROM~TO; absent = the type itself")] = None


class AskShow(AskEntity):
    """An object, a link or a type as it is, or was; of a large one as much as `fold` and `open` say."""

    fold: Annotated[
        Literal["collapsed", "shallow", "partial", "deep", "expanded"] | None,
        Field(description="how far the properties are unfolded"),
    ] = None
    open: Annotated[
        str | None, Field(description="JSON Pointer into the properties: only what stands there is answered")
    ] = None


class AskHistory(AskEntity):
    """Every version of an object, a link or a type, and what each changed."""


class AskBlame(AskEntity):
    """Who said last what each field of an object, a link or a type is, down to the items of arrays and maps."""


class AskPages(AskView):
    """A question with an answer in pages: `next` of one, told as `after`, begins the one behind it."""

    after: Annotated[str, Field(max_length=2_000, description="`next` of the page before; absent = the first page")] = (
        ""
    )
    limit: Annotated[int, Field(ge=1, le=10_000, description="how many at most; there may be fewer")] = 1_000


class AskShowAll(AskPages):
    """A whole branch as it is, or was, or all objects or links of a type. Say the `position` of the first page as `asOf` of the others."""

    type: Annotated[str | None, Field(description="API name, slug or RID of an object or link type; absent = all")] = (
        None
    )
    as_of: Annotated[str, Field(alias="asOf", max_length=200, description=MOMENT)] = "now"
    deleted: Annotated[bool, Field(description="what is deleted, too")] = False


class AskDiff(AskPages):
    """What differs between two moments, or two branches: the schema, then objects, then links; or one of them.

    Say the positions of the first page as `from` and `to` of the others.
    """

    type: Annotated[str | None, Field(description="of one entity alone: its type; absent = of all")] = None
    key: Annotated[str | None, Field(description="primary key; of a link FROM~TO; absent = the type itself")] = None
    from_moment: Annotated[
        str | None,
        Field(
            alias="from",
            max_length=200,
            description=f"the earlier moment: {MOMENT}; absent = base, or now of two branches",
        ),
    ] = None
    to_moment: Annotated[str, Field(alias="to", max_length=200, description="the later moment")] = "now"
    from_branch: Annotated[
        str | None, Field(alias="fromBranch", max_length=200, description="of the earlier moment; absent = the branch")
    ] = None


class AskBranches(AskView):
    """All branches and tags: where each comes from, and whether it may be written."""

    deleted: Annotated[bool, Field(description="deleted branches, too")] = False


class AskSubscriptions(AskView):
    """Who wants which events, and where: all subscriptions, as they stand or stood."""

    as_of: Annotated[str, Field(alias="asOf", max_length=200, description=MOMENT)] = "now"
    deleted: Annotated[bool, Field(description="those that are over, too")] = False


class AskSchedules(AskView):
    """Which commands are sent when, and as whom: all schedules, or one, as they stand or stood, and when they run next."""

    schedule: Annotated[str | None, Field(max_length=200, description="only the one of this name")] = None
    as_of: Annotated[str, Field(alias="asOf", max_length=200, description=MOMENT)] = "now"
    deleted: Annotated[bool, Field(description="those that are over, too")] = False
    next: Annotated[int, Field(ge=0, le=100, description="how many of the next times are told of each")] = 1


class AskScheduleRuns(AskView):
    """What became of a schedule's runs, the last first."""

    schedule: Annotated[str, Field(max_length=200, description="the schedule's name")]
    limit: Annotated[int, Field(ge=1, le=1_000, description="how many at most")] = 20


class AskImpact(AskType):
    """What stands at an object type, or at one of its properties: what a change of it would reach."""

    property: Annotated[str | None, Field(description="API name, field or RID; absent = the type as a whole")] = None


class AskSimilar(AskView):
    """Objects that are like a text, by what they mean and by the words they hold."""

    text: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S", description="what is looked for")]
    type: Annotated[str | None, Field(description="only of this object type and those below it")] = None
    as_of: Annotated[str, Field(alias="asOf", max_length=200, description=MOMENT)] = "now"
    limit: Annotated[int, Field(ge=1, le=100, description="how many objects at most")] = 10


class AskUpload(Payload):
    """Sections of large values, sent ahead of the command whose values name them; they wait for it, and are no facts before.

    What was sent before is not sent again: the answer's `lacking` says which of `named` are neither stored nor waiting.
    """

    sections: Annotated[
        list[dict[str, Any]],
        Field(default_factory=list, description="each `{text}`, `{array}`, `{object}` or `{kind, runs}`, in any order"),
    ]
    named: Annotated[
        list[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]],
        Field(default_factory=list, max_length=10_000, description="SHA-256 of sections that are asked about"),
    ]


QUESTIONS: Final[Mapping[str, type[Payload]]] = {
    "Outcome": AskOutcome,
    "Show": AskShow,
    "History": AskHistory,
    "Blame": AskBlame,
    "ShowAll": AskShowAll,
    "Diff": AskDiff,
    "Branches": AskBranches,
    "Subscriptions": AskSubscriptions,
    "Schedules": AskSchedules,
    "ScheduleRuns": AskScheduleRuns,
    "Impact": AskImpact,
    "Similar": AskSimilar,
    "PreviewMerge": AskPreviewMerge,
    "PreviewAction": AskPreviewAction,
    "UploadSections": AskUpload,
}
"""Commands that ask, and are never queued."""


class PartMessage(Payload):
    """One command inside a `Commit`."""

    model_config = ConfigDict(strict=True)

    type: Annotated[str, Field(description="command name; no `Commit`")]
    expected: Annotated[int | None, Field(ge=0, description="as of a command")] = None
    effective: Annotated[str | None, Field(description="valid time, RFC 3339; absent = the commit's")] = None
    data: Annotated[dict[str, Any], Field(description="as of that command")]


class Commit(Payload):
    """Several commands as one commit: all or none, in this order, each seeing what the ones before it changed."""

    commands: Annotated[
        list[PartMessage], Field(min_length=1, max_length=MAX_COMMANDS, description="what to do, in order")
    ]
