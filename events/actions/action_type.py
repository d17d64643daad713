"""Action types: what people may do, said once and versioned: who does it gives parameters, and the edits follow.

    CancelFlight  1 reason, update Flight  ──publish──►  2 reason, update Flight, delete its link

A version never changes; the newest is applied unless a command names another. What any version names the action type
uses: that is not deleted before the action type is.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field

from events.actions.action_faults import Scope, faults
from events.actions.action_personal import told_faults
from events.actions.action_stored import stored, uses, version_reads
from events.actions.action_version import StoredVersion, Version, stored_version
from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Refused
from events.names import Key, Rid
from events.schema import element
from events.schema.kinds import NewTypeName, free_slug, kind_named, kind_reads, name_taken, type_name

aggregate: Final = "actionType"
ActionTypeNamed = Annotated[str, Field(alias="action", description="action type: API name, slug or RID")]


class CreateActionType(Version):
    """What people may do: its parameters, its criteria, its edits. This is its version 1."""

    name: NewTypeName
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None


class PublishActionTypeVersion(Version):
    """The next version, which is applied from now on. Those before stay as they are."""

    element: ActionTypeNamed


class DisableActionType(Payload):
    """Nobody applies it until it is enabled again."""

    element: ActionTypeNamed


class EnableActionType(Payload):
    """It may be applied again."""

    element: ActionTypeNamed


class RenameActionType(element.Rename):
    """Another API name; the RID, the slug and the log of what was done stay as they are."""

    element: ActionTypeNamed


class UpdateActionTypeMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: ActionTypeNamed


class DeprecateActionType(element.Deprecate):
    """Say that an action type will go, and which to use instead. It may still be applied."""

    element: ActionTypeNamed


class DeleteActionType(element.Delete):
    """It is not applied any more, and it can be restored. The log of what was done stays. Refused while it is used."""

    element: ActionTypeNamed


class RestoreActionType(element.Restore):
    """The action type as it was when it was deleted; its name must be free, and what it uses must be there."""

    element: ActionTypeNamed


class ActionTypeCreated(Payload):
    """An action type was created, with its first version."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    version: StoredVersion
    uses: list[Key]  # the types that the version names


class ActionTypeVersionPublished(Payload):
    """A new version of an action type was published; earlier ones stay as they are."""

    rid: Rid
    slug: str
    number: int
    version: StoredVersion
    uses: list[Key]  # the types that the version names


class ActionTypeDisabled(Payload):
    """An action type was disabled: it cannot be applied."""

    rid: Rid
    slug: str


class ActionTypeEnabled(Payload):
    """A disabled action type was enabled again."""

    rid: Rid
    slug: str


class ActionTypeRenamed(element.Renamed):
    """An action type has another API name; its RID and slug stay as they are."""


class ActionTypeMetadataUpdated(element.MetadataUpdated):
    """The title or the description of an action type changed."""


class ActionTypeDeprecated(element.Deprecated):
    """An action type was deprecated: it will go, and another may take its place."""


class ActionTypeDeleted(element.Deleted):
    """An action type was deleted; its history stays."""


class ActionTypeRestored(element.Restored):
    """A deleted action type was restored as it was."""


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateActionType,
    PublishActionTypeVersion,
    DisableActionType,
    EnableActionType,
    RenameActionType,
    UpdateActionTypeMetadata,
    DeprecateActionType,
    DeleteActionType,
    RestoreActionType,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.actionType.created.v1": ActionTypeCreated,
    "io.oms.actionType.versionPublished.v1": ActionTypeVersionPublished,
    "io.oms.actionType.disabled.v1": ActionTypeDisabled,
    "io.oms.actionType.enabled.v1": ActionTypeEnabled,
    "io.oms.actionType.renamed.v1": ActionTypeRenamed,
    "io.oms.actionType.metadataUpdated.v1": ActionTypeMetadataUpdated,
    "io.oms.actionType.deprecated.v1": ActionTypeDeprecated,
    "io.oms.actionType.deleted.v1": ActionTypeDeleted,
    "io.oms.actionType.restored.v1": ActionTypeRestored,
}
LIFE: Final = element.Life(
    "actionType",
    "/action",
    ActionTypeRenamed,
    ActionTypeMetadataUpdated,
    ActionTypeDeprecated,
    ActionTypeDeleted,
    ActionTypeRestored,
)
Existing = PublishActionTypeVersion | DisableActionType | EnableActionType


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    if isinstance(command, CreateActionType):
        return element.created(context, "actionType", command.name)
    assert isinstance(command, Existing | element.Lived)
    state = kind_named(context, "actionType", command.element)
    return None if state is None else Key(f"actionType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case CreateActionType():
            return _create(context, command)
        case PublishActionTypeVersion():
            return _publish(context, LIFE.alive(context, command.element), command)
        case DisableActionType():
            return _able(LIFE.alive(context, command.element), ActionTypeDisabled, enabled=False)
        case EnableActionType():
            return _able(LIFE.alive(context, command.element), ActionTypeEnabled, enabled=True)
    assert isinstance(command, element.Lived)
    return LIFE.decide(context, command)


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, ActionTypeCreated):
        said = event.model_dump(by_alias=True, exclude_none=True)
        first, used = said.pop("version"), said.pop("uses")
        return {**said, "status": "active", "enabled": True, "versions": {"1": first}, "latest": 1, "uses": used}
    if isinstance(event, ActionTypeVersionPublished):
        assert state is not None, "an action type begins with actionType.created"
        version = event.version.model_dump(by_alias=True, exclude_none=True)
        versions = {**state["versions"], str(event.number): version}
        return {**state, "versions": versions, "latest": event.number, "uses": sorted({*state["uses"], *event.uses})}
    if isinstance(event, ActionTypeDisabled | ActionTypeEnabled):
        assert state is not None, "an action type begins with actionType.created"
        return {**state, "enabled": isinstance(event, ActionTypeEnabled)}
    return element.evolve(state, event)


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    if isinstance(command, CreateActionType):
        yield from element.created_reads(context, "actionType", command.name)
    elif isinstance(command, element.Lived):
        yield from LIFE.reads(context, command)
    else:
        assert isinstance(command, Existing)
        yield from kind_reads(context, "actionType", command.element)
    if isinstance(command, Version):
        yield from version_reads(context, command)


def _create(context: Context, command: CreateActionType) -> list[Drafted]:
    there = kind_named(context, "actionType", command.name)
    findings = list(faults(context, command)) or list(told_faults(Scope(context, command.parameters), command))
    if not findings and there is not None and _repeats(context, command, there):
        return []
    findings += [*type_name(command.name, "/name"), *name_taken(context, "actionType", command.name, "/name")]
    if findings:
        raise Refused(findings)
    created = ActionTypeCreated(
        rid=context.new_rid("action-type"),
        slug=free_slug(context, "actionType", command.name),
        name=command.name,
        title=command.title,
        description=command.description,
        version=stored(context, command),
        uses=uses(context, command),
    )
    return [Drafted(Key(f"actionType/{created.rid}"), created.slug, created)]


def _repeats(context: Context, command: CreateActionType, there: State) -> bool:
    """The action type is there, just as asked for, in no other version than that."""
    same = element.said(there) == element.said(command.model_dump()) and there["latest"] == 1
    return same and not there.get("deleted") and stored(context, command) == stored_version(there, 1)


def _publish(context: Context, state: State, command: PublishActionTypeVersion) -> list[Drafted]:
    findings = list(faults(context, command)) or list(told_faults(Scope(context, command.parameters), command))
    if findings:
        raise Refused(findings)
    version = stored(context, command)
    if version == stored_version(state, state["latest"]):
        return []
    number = state["latest"] + 1
    used = uses(context, command)
    return LIFE.drafted(
        state,
        ActionTypeVersionPublished(rid=state["rid"], slug=state["slug"], number=number, version=version, uses=used),
    )


def _able(state: State, event: type[ActionTypeDisabled | ActionTypeEnabled], *, enabled: bool) -> list[Drafted]:
    if state["enabled"] is enabled:
        return []
    return LIFE.drafted(state, event(rid=state["rid"], slug=state["slug"]))
