"""The life of a property: added, called otherwise, described, deprecated, removed, restored.

A field is never given again: what is removed keeps it, with the values that objects hold there. They are not shown until
the property is restored; its name is free meanwhile.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from events.branch import must_be_open
from events.decider import Context, Drafted, Payload, State, needed
from events.findings import Finding, Refused
from events.hierarchy import below, effective
from events.kinds import property_name
from events.property import DeclaredProperty, declared, faults, meant, same_declaration
from events.property_change import OnProperty, PropertyChanged, own_property, shared_faults, with_property
from events.reach import instances
from events.resolving import declaration
from events.soundness import Declared
from events.type_change import OnType, TypeChanged, changed, existing, reads, settled, target, unplanned
from events.values import NotAValue, Property, timestamp

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


class RemoveProperty(OnProperty):
    """Objects keep their values, which are not shown any more. Its name is free; it can be restored."""


class RestoreProperty(OnProperty):
    """The property as it was when it was removed, and the values that objects kept of it."""


class PropertyAdded(TypeChanged):
    property: Property


class PropertyRenamed(PropertyChanged):
    name: str
    was: str


class PropertyMetadataUpdated(PropertyChanged):
    description: str | None = None


class PropertyDeprecated(PropertyChanged):
    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # field
    until: str | None = None


class PropertyRemoved(PropertyChanged): ...


class PropertyRestored(PropertyChanged): ...


Command = AddProperty | RenameProperty | UpdatePropertyMetadata | DeprecateProperty | RemoveProperty | RestoreProperty
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.propertyAdded.v1": PropertyAdded,
    "io.oms.objectType.propertyRenamed.v1": PropertyRenamed,
    "io.oms.objectType.propertyMetadataUpdated.v1": PropertyMetadataUpdated,
    "io.oms.objectType.propertyDeprecated.v1": PropertyDeprecated,
    "io.oms.objectType.propertyRemoved.v1": PropertyRemoved,
    "io.oms.objectType.propertyRestored.v1": PropertyRestored,
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
        case RemoveProperty():
            return _remove(context, state, command.property)
        case RestoreProperty():
            return _restore(context, state, command.property)


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
        case PropertyRemoved():
            return with_property(state, event.field, removed=True)
        case PropertyRestored():
            return with_property(state, event.field, removed=None)
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
    replacement = until = None
    if command.replaced_by is not None:
        present = (p for p in effective(context.get, state)["properties"].values() if not p.get("removed"))
        other = next((p for p in present if p["name"] == command.replaced_by), None)
        if other is None or other["field"] == each["field"]:
            text = f"{command.replaced_by} is no other property of {state['name']}"
            findings.append(Finding("PROPERTY_UNKNOWN", "/replacedBy", text))
        else:
            replacement = other["field"]
    if command.until is not None:
        try:
            until = timestamp(command.until)
        except NotAValue as wrong:
            findings.append(Finding(wrong.code, "/until", f"until {wrong.text}"))
    if findings:
        raise Refused(findings)
    if (each.get("status"), each.get("replacedBy"), each.get("until")) == ("deprecated", replacement, until):
        return []
    event = PropertyDeprecated(
        rid=state["rid"], slug=state["slug"], field=each["field"], replaced_by=replacement, until=until
    )
    return changed(state, event)


def _remove(context: Context, state: State, named: str) -> list[Drafted]:
    try:
        each = own_property(context, state, named)
    except Refused:
        if _removed(state, named) is None:
            raise
        return []
    findings = list(_claims(context, state, each, "remove it then"))
    if each["field"] in state["primaryKey"]:
        text = f"{each['name']} is part of the primary key of {state['name']}; set another key first"
        findings.append(Finding("PROPERTY_IN_USE", "/property", text))
    event = PropertyRemoved(rid=state["rid"], slug=state["slug"], field=each["field"])
    if findings:
        raise Refused(findings)
    return settled(context, state, event, evolve, "/property")


def _restore(context: Context, state: State, named: str) -> list[Drafted]:
    each = _removed(state, named)
    if each is None:
        own_property(context, state, named)  # refused where there is none
        return []
    findings = list(_claims(context, state, each, "restore it then"))
    if each["required"] and declaration(context.get, each)["default"] is None:
        findings += unplanned(context, state, f"{each['name']} is required, and objects may lack it", "/property")
    event = PropertyRestored(rid=state["rid"], slug=state["slug"], field=each["field"])
    return settled(context, state, event, evolve, "/property", tuple(findings))


def _removed(state: State, named: str) -> Declared | None:
    """The property that was removed last under that name; or the one with that field or RID."""
    members: tuple[Literal["field", "rid", "name"], ...] = ("field", "rid", "name")
    for member in members:
        for each in reversed(list(state["properties"].values())):
            if each.get("removed") and each[member] == named:
                return dict(each)
    return None


def _claims(context: Context, state: State, each: Declared, then: str) -> list[Finding]:
    """What values claim of others is not let go of, or taken again, for many objects at once."""
    if each["unique"]:
        what = f"{each['name']} is unique: its values are reserved; set it not to be unique, and {then}"
    elif each["target"]:
        what = f"{each['name']} is a reference: what it refers to is in use; take its values away, and {then}"
    else:
        return []
    return list(unplanned(context, state, what, "/property"))
