"""The life of a property: added, called otherwise, described, deprecated. How it ends is in `property_removal`."""

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, needed
from events.findings import Finding, Refused
from events.schema.deprecating import instant_given
from events.schema.hierarchy import below, effective
from events.schema.kinds import property_name
from events.schema.property import DeclaredProperty, declared, faults, meant, same_declaration
from events.schema.property_change import OnProperty, PropertyChanged, own_property, shared_faults, with_property
from events.schema.reach import instances
from events.schema.soundness import Declared
from events.schema.type_change import OnType, TypeChanged, changed, existing, reads, settled, target
from events.schema.values import Property

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class AddProperty(OnType):
    """One property more. Objects that are there take the default of a required one at their next change."""

    property: DeclaredProperty


class RenameProperty(OnProperty):
    """Another API name; the field, and all that is stored under it, stay as they are."""

    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]


class UpdatePropertyMetadata(OnProperty):
    """What people read of it; `null` takes it away."""

    description: Annotated[str | None, Field(description="what it is")]


class DeprecateProperty(OnProperty):
    """Say that a property will go, and what to use instead."""

    replaced_by: Annotated[
        str | None, Field(alias="replacedBy", description="the property of the type to use instead")
    ] = None
    until: Annotated[str | None, Field(description="timestamp from which it may be gone")] = None


class PropertyAdded(TypeChanged):
    """A property was added to an object type."""

    property: Property


class PropertyRenamed(PropertyChanged):
    """A property of an object type has another API name; its values stay as they are."""

    name: str
    was: str


class PropertyMetadataUpdated(PropertyChanged):
    """The description of a property of an object type changed."""

    description: str | None = None


class PropertyDeprecated(PropertyChanged):
    """A property of an object type was deprecated: it will go, and another may take its place."""

    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # field
    until: str | None = None


Command = AddProperty | RenameProperty | UpdatePropertyMetadata | DeprecateProperty
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.propertyAdded.v1": PropertyAdded,
    "io.oms.objectType.propertyRenamed.v1": PropertyRenamed,
    "io.oms.objectType.propertyMetadataUpdated.v1": PropertyMetadataUpdated,
    "io.oms.objectType.propertyDeprecated.v1": PropertyDeprecated,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, Command)
    state = existing(context, command.type)
    match command:
        case AddProperty():
            return _add(context, state, command.property)
        case RenameProperty():
            return _rename(context, state, own_property(context, state, command.property), command.name)
        case UpdatePropertyMetadata():
            return _describe(state, own_property(context, state, command.property), command.description)
        case DeprecateProperty():
            return _deprecate(context, state, own_property(context, state, command.property), command)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case PropertyAdded():
            return {**state, "properties": {**state["properties"], event.property.field: event.property.state()}}
        case PropertyRenamed():
            return with_property(state, event.field, name=event.name)
        case PropertyMetadataUpdated():
            return with_property(state, event.field, description=event.description)
        case PropertyDeprecated():
            said = {"status": "deprecated", "replacedBy": event.replaced_by, "until": event.until}
            return with_property(state, event.field, **said)
    raise TypeError(type(event))


def taken(context: Context, state: State) -> set[str]:
    """The fields that values of objects of the type, or of a type below it, are stored under. Raises `Unread`."""
    types = (state, *below(context.get, state))
    wholes = needed(lambda each: effective(context.get, each), types)
    return {field for each in wholes for field in each["properties"]}


def _add(context: Context, state: State, each: DeclaredProperty) -> list[Drafted]:
    own_name, slug = state["name"], state["slug"]
    findings = list(faults(context, each, own_name, "/property"))
    there = [p for p in state["properties"].values() if p["name"] == each.name and not p.get("removed")]
    if there:
        if not findings and same_declaration(context, each, there[0], own_name, slug, key=False):
            return []
        text = f"{own_name} has a property {each.name} already; choose another name"
        findings.append(Finding("PROPERTY_NAME_TAKEN", "/property/name", text))
    objects = instances(context.get, state) if each.required and not findings and not context.planned else 0
    if objects and meant(context, each)["default"] is None:
        text = (
            f"{own_name} has {objects:,} objects, which would lack {each.name}; give it a default, or do not require it"
        )
        findings.append(Finding("PROPERTY_REQUIRED_LATE", "/property", text))
    if findings:
        raise Refused(findings)
    added = declared(context, each, own_name, slug, key=False, taken=taken(context, state))
    event = PropertyAdded(rid=state["rid"], slug=slug, property=added)
    return settled(context, state, event, evolve, "/property")


def _rename(context: Context, state: State, each: Declared, name: str) -> list[Drafted]:
    if name == each["name"]:
        return []
    findings = tuple(property_name(name, "/name"))
    event = PropertyRenamed(rid=state["rid"], slug=state["slug"], field=each["field"], name=name, was=each["name"])
    return settled(context, state, event, evolve, "/name", findings)


def _describe(state: State, each: Declared, description: str | None) -> list[Drafted]:
    findings = shared_faults(each, "/description")
    if findings:
        raise Refused(findings)
    if description == each["description"]:
        return []
    event = PropertyMetadataUpdated(rid=state["rid"], slug=state["slug"], field=each["field"], description=description)
    return changed(state, event)


def _deprecate(context: Context, state: State, each: Declared, command: DeprecateProperty) -> list[Drafted]:
    findings: list[Finding] = []
    replacement = None
    if command.replaced_by is not None:
        present = (p for p in effective(context.get, state)["properties"].values() if not p.get("removed"))
        other = next((p for p in present if p["name"] == command.replaced_by), None)
        if other is None or other["field"] == each["field"]:
            text = f"{command.replaced_by} is no other property of {state['name']}"
            findings.append(Finding("PROPERTY_UNKNOWN", "/replacedBy", text))
        else:
            replacement = other["field"]
    until = instant_given(command.until, "until", findings)
    if findings:
        raise Refused(findings)
    if (each.get("status"), each.get("replacedBy"), each.get("until")) == ("deprecated", replacement, until):
        return []
    event = PropertyDeprecated(
        rid=state["rid"], slug=state["slug"], field=each["field"], replaced_by=replacement, until=until
    )
    return changed(state, event)
