"""The life of an object type: called otherwise, described, made active, deprecated, deleted, restored.

experimental ◄──status──► active ──deprecate──► deprecated        any of them ──delete──► deleted ──restore──► as it was
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.names import Key
from events.reserved import count_key, number, uses_key
from events.schema import element
from events.schema.deprecating import deprecation
from events.schema.kinds import NewTypeName, name_taken, type_name
from events.schema.tables import table_faults
from events.schema.type_change import (
    OnType,
    TypeChanged,
    broken,
    changed,
    existing,
    found,
    key_of,
    reads,
    settled,
    target,
    with_members,
)
from events.schema.uses import subtypes, users
from events.schema.values import Json
from events.subscriptions.selecting import listed, selecting

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"
Status = Literal["experimental", "active", "deprecated"]
METADATA: Final = ("title", "description", "table", "icon", "order")


class RenameObjectType(OnType):
    """Another API name; the slug, the keys and all that is stored stay as they are."""

    name: NewTypeName


class UpdateObjectTypeMetadata(OnType):
    """What people read and how they see it; what is not given stays, `null` takes it away."""

    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    table: Annotated[str | None, Field(description="a name for those who lay its objects out as rows")] = None
    icon: Annotated[str | None, Field(description="a name for those who draw it")] = None
    order: Annotated[int | None, Field(description="where it stands among the types, from the least")] = None


class SetObjectTypeStatus(OnType):
    """How far it can be relied on. What is active takes nothing from what is experimental."""

    status: Status


class DeprecateObjectType(OnType):
    """Say that a type will go, and what to use instead."""

    replaced_by: Annotated[
        str | None, Field(alias="replacedBy", description="the type to use instead: API name, slug or RID")
    ] = None
    until: Annotated[str | None, Field(description="timestamp from which it may be gone")] = None


class DeleteObjectType(OnType):
    """Its history stays, and it can be restored. Refused while it has objects, or other types use it."""


class RestoreObjectType(OnType):
    """The type as it was when it was deleted; its name must be free, and what it uses must be there."""


class ObjectTypeRenamed(TypeChanged):
    """An object type has another API name; its RID, slug and objects stay as they are."""

    name: str
    was: str


class ObjectTypeMetadataUpdated(TypeChanged):
    """What people read of an object type changed, such as its title, description or icon."""

    set: dict[str, Json]
    unset: list[str]


class ObjectTypeStatusSet(TypeChanged):
    """An object type has another status: experimental, active or deprecated."""

    status: Status


class ObjectTypeDeprecated(TypeChanged):
    """An object type was deprecated: it will go, and another may take its place."""

    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # slug
    until: str | None = None


class ObjectTypeDeleted(TypeChanged):
    """An object type was deleted; its history stays."""


class ObjectTypeRestored(TypeChanged):
    """A deleted object type was restored as it was."""


Command = (
    RenameObjectType
    | UpdateObjectTypeMetadata
    | SetObjectTypeStatus
    | DeprecateObjectType
    | DeleteObjectType
    | RestoreObjectType
)
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.renamed.v1": ObjectTypeRenamed,
    "io.oms.objectType.metadataUpdated.v1": ObjectTypeMetadataUpdated,
    "io.oms.objectType.statusSet.v1": ObjectTypeStatusSet,
    "io.oms.objectType.deprecated.v1": ObjectTypeDeprecated,
    "io.oms.objectType.deleted.v1": ObjectTypeDeleted,
    "io.oms.objectType.restored.v1": ObjectTypeRestored,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case RenameObjectType():
            return _rename(context, existing(context, command.type), command.name)
        case UpdateObjectTypeMetadata():
            return _describe(context, existing(context, command.type), command)
        case SetObjectTypeStatus():
            return _set_status(context, existing(context, command.type), command.status)
        case DeprecateObjectType():
            return _deprecate(context, existing(context, command.type), command)
        case DeleteObjectType():
            return _delete(context, found(context, command.type))
        case RestoreObjectType():
            return _restore(context, found(context, command.type))
    raise TypeError(type(command))


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case ObjectTypeRenamed():
            return {**state, "name": event.name}
        case ObjectTypeMetadataUpdated():
            return with_members(state, **event.set, **dict.fromkeys(event.unset))
        case ObjectTypeStatusSet():
            return {**state, "status": event.status, "replacedBy": None, "until": None}
        case ObjectTypeDeprecated():
            return {**state, "status": "deprecated", "replacedBy": event.replaced_by, "until": event.until}
        case ObjectTypeDeleted():
            return {**state, "deleted": True}
        case ObjectTypeRestored():
            return with_members(state, deleted=None)
    raise TypeError(type(event))


def _rename(context: Context, state: State, name: str) -> list[Drafted]:
    if name == state["name"]:
        return []
    event = ObjectTypeRenamed(rid=state["rid"], slug=state["slug"], name=name, was=state["name"])
    findings = [*type_name(name, "/name"), *name_taken(context, "objectType", name, "/name")]
    findings += table_faults(context, "objectType", state, evolve(state, event), "/name")
    if findings:
        raise Refused(findings)
    return changed(state, event)


def _describe(context: Context, state: State, command: UpdateObjectTypeMetadata) -> list[Drafted]:
    given: dict[str, Any] = {name: getattr(command, name) for name in METADATA if name in command.model_fields_set}
    other = {name: value for name, value in given.items() if value != state.get(name)}
    if not other:
        return []
    said = {name: value for name, value in other.items() if value is not None}
    unset = [name for name, value in other.items() if value is None]
    event = ObjectTypeMetadataUpdated(rid=state["rid"], slug=state["slug"], set=said, unset=unset)
    findings = list(table_faults(context, "objectType", state, evolve(state, event)))
    if findings:
        raise Refused(findings)
    return changed(state, event)


def _set_status(context: Context, state: State, status: Status) -> list[Drafted]:
    if status == state["status"]:
        return []
    event = ObjectTypeStatusSet(rid=state["rid"], slug=state["slug"], status=status)
    if status != "experimental":
        return settled(context, state, event, evolve, "/status")
    using = users(context.get(uses_key(key_of(state))))
    active = [key for key in using if (context.get(key) or {}).get("status") == "active"]
    if active:
        names = element.listed_names(context, active)
        text = f"{state['name']} is used by what is active: {names}; what is active uses nothing experimental"
        raise Refused([Finding("TYPE_EXPERIMENTAL", "/status", text)])
    return changed(state, event)


def _deprecate(context: Context, state: State, command: DeprecateObjectType) -> list[Drafted]:
    replacement, until = deprecation(context, "objectType", state, command.replaced_by, command.until)
    if (state["status"], state["replacedBy"], state["until"]) == ("deprecated", replacement, until):
        return []
    event = ObjectTypeDeprecated(rid=state["rid"], slug=state["slug"], replaced_by=replacement, until=until)
    return changed(state, event)


def _delete(context: Context, state: State) -> list[Drafted]:
    if state.get("deleted"):
        return []
    uses = list(_uses(context, state))
    if uses:
        text = f"{state['name']} is in use: {'; '.join(uses)}; delete or change these first"
        raise Refused([Finding("TYPE_IN_USE", "/type", text)])
    return changed(state, ObjectTypeDeleted(rid=state["rid"], slug=state["slug"]))


def _uses(context: Context, state: State) -> Iterator[str]:
    """What stands at the type, with counts."""
    objects = number(context.get(count_key(state["slug"])))
    if objects:
        yield f"{objects:,} object{'s' * (objects > 1)}"
    known = context.get(uses_key(key_of(state)))
    below: list[Key] = subtypes(known)
    others = [key for key in users(known) if key not in below]
    for keys, what in ((below, "type{} below it"), (others, "other element{} of the schema")):
        if keys:
            yield f"{len(keys):,} {what.format('s' * (len(keys) > 1))}: {element.listed_names(context, keys)}"
    subscribed = selecting(context.get, [key_of(state)], context.branch)
    if subscribed:
        yield listed(subscribed)


def _restore(context: Context, state: State) -> list[Drafted]:
    if not state.get("deleted"):
        return []
    event = ObjectTypeRestored(rid=state["rid"], slug=state["slug"])
    findings = list(name_taken(context, "objectType", state["name"], "/type", but=state["rid"]))
    after = evolve(state, event)
    findings += (each._replace(path="/type") for each in broken(context, after))
    findings += table_faults(context, "objectType", state, after, "/type")
    if findings:
        raise Refused(findings)
    return changed(state, event)
