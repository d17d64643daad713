"""Where the declaration of a property comes from: a value type, a shared property, or the property itself.

What loosens holds at once. What tightens is refused while there are objects that may not fit: a migration does it then.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, get_args

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.names import Key, Rid
from events.objects.given import told
from events.schema.checks import by_name, check_of_declared
from events.schema.kinds import kind_named
from events.schema.narrower import incomplete, narrower
from events.schema.property_change import One, OnProperty, PropertyChanged, found_property, with_property
from events.schema.resolving import Declared, declaration
from events.schema.shared_words import SharedStored
from events.schema.type_change import reads, target
from events.schema.typed import VersionNamed, base_of, no_version, usable
from events.schema.values import NotAValue, ValueType

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class SetValueType(OnProperty):
    """What values keep to: a value type, pinned to a version or following the newest; `null` for nothing."""

    value_type: Annotated[
        str | None, Field(alias="valueType", description="value type: API name, slug or RID; its base is the type")
    ]
    version: VersionNamed = "latest"


class AttachSharedProperty(OnProperty):
    """A property is declared by a shared one from now on; it stays required and unique as it is."""

    shared: Annotated[str, Field(description="shared property: API name, slug or RID")]


class DetachSharedProperty(OnProperty):
    """A property declares itself again: as the shared one does at that moment."""


class PropertyValueTypeSet(PropertyChanged):
    """A property of an object type takes its values from a version of a value type."""

    value_type: Annotated[Rid | None, Field(alias="valueType")] = None
    value_type_version: Annotated[int | None, Field(alias="valueTypeVersion")] = None  # absent = the newest


class SharedPropertyAttached(PropertyChanged):
    """A property of an object type is a shared property from now on. All that it declared itself is gone."""

    shared: Rid
    type: ValueType  # at that moment; what counts is the shared one's


class SharedPropertyDetached(PropertyChanged):
    """A property of an object type is a shared property no longer, and declares itself what that said."""

    shared: Rid
    property: SharedStored
    description: str | None = None


Command = SetValueType | AttachSharedProperty | DetachSharedProperty
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.propertyValueTypeSet.v1": PropertyValueTypeSet,
    "io.oms.objectType.sharedPropertyAttached.v1": SharedPropertyAttached,
    "io.oms.objectType.sharedPropertyDetached.v1": SharedPropertyDetached,
}
_MEMBERS: Final = [field.alias or name for name, field in SharedStored.model_fields.items()]
_NOTHING: Final[dict[str, Any]] = {**dict.fromkeys(_MEMBERS), "array": False, "description": None}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, Command)
    one = found_property(context, command, evolve)
    match command:
        case SetValueType():
            return _set_value_type(one, command)
        case AttachSharedProperty():
            return _attach(one, command.shared)
        case DetachSharedProperty():
            return _detach(one)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case PropertyValueTypeSet():
            version = event.value_type_version
            return with_property(state, event.field, valueType=event.value_type, valueTypeVersion=version)
        case SharedPropertyAttached():
            return with_property(state, event.field, **{**_NOTHING, "type": event.type, "shared": event.shared})
        case SharedPropertyDetached():
            copy = {**_NOTHING, **event.property.state(), "description": event.description, "shared": None}
            return with_property(state, event.field, **copy)
    raise TypeError(type(event))


def unique_faults(name: str, each: Declared, path: str) -> Iterator[Finding]:
    """Why a property, resolved, cannot be unique, if it is."""
    if not each["unique"]:
        return
    if each["array"] or each["type"] in ("json", "struct"):
        text = f"{name} is unique, and would be {'a list' if each['array'] else each['type']}; only a scalar can be"
        yield Finding("PROPERTY_UNIQUE", path, text)
    elif each["default"] is not None:
        text = f"{name} is unique, so no two objects could have a default"
        yield Finding("PROPERTY_DEFAULT", path, text)


def _set_value_type(one: One, command: SetValueType) -> list[Drafted]:
    findings = [*one.shared("/valueType"), *_value_type_faults(one, command)]
    if findings:
        raise Refused(findings)
    event = PropertyValueTypeSet(**one.names, **_pinned(one.context, command))
    if (event.value_type, event.value_type_version) == (one.each.get("valueType"), one.each.get("valueTypeVersion")):
        return []
    return _changed(one, event, "/valueType")


def _value_type_faults(one: One, command: SetValueType) -> list[Finding]:
    if command.value_type is None:
        if command.version == "latest":
            return []
        return [Finding("PROPERTY_TYPE", "/version", f"there is no value type that version {command.version} is of")]
    findings = list(usable(one.context, "valueType", command.value_type, "/valueType"))
    state = kind_named(one.context, "valueType", command.value_type)
    if state is None or findings:
        return findings
    if command.version != "latest":
        findings += no_version(state, command.version, "/version")
    if base_of(state) != one.each["type"]:
        text = f"{one.name} is {one.each['type']}, and {state['name']} is for {base_of(state)}; change its type first"
        findings.append(Finding("PROPERTY_TYPE", "/valueType", text))
    return findings


def _pinned(context: Context, command: SetValueType) -> dict[str, Any]:
    state = None if command.value_type is None else kind_named(context, "valueType", command.value_type)
    if state is None:
        return {}
    version = None if command.version == "latest" else command.version
    return {"value_type": state["rid"], "value_type_version": version}


def _attach(one: One, named: str) -> list[Drafted]:
    findings = list(usable(one.context, "sharedProperty", named, "/shared"))
    state = kind_named(one.context, "sharedProperty", named)
    if state is None or findings:
        raise Refused(findings)
    if one.each.get("shared") == state["rid"]:
        return []
    event = SharedPropertyAttached(**one.names, shared=state["rid"], type=state["property"]["type"])
    return _changed(one, event, "/shared")


def _detach(one: One) -> list[Drafted]:
    rid = one.each.get("shared")
    if rid is None:
        return []
    state = one.context.get(Key(f"sharedProperty/{rid}"))
    assert state is not None, f"sharedProperty {rid} is used and not there"
    event = SharedPropertyDetached(
        **one.names,
        shared=rid,
        property=SharedStored.model_validate(state["property"], by_alias=True, by_name=False),
        description=state.get("description"),
    )
    return one.told(event, "/property")


def _changed(one: One, event: PropertyChanged, path: str) -> list[Drafted]:
    """The event, if the values of objects and the default fit the declaration that comes of it."""
    get = one.context.get
    old, new = declaration(get, one.each), declaration(get, evolve(one.state, event)["properties"][event.field])
    ways = [*narrower(old, new), *incomplete(one.each, old, new)]
    findings = list(unique_faults(one.name, new, path))
    if ways:
        findings += one.breaking(f"{one.name} would let less through: {'; '.join(ways)}", path)
    if new["default"] is not None:
        try:
            check_of_declared(new)(by_name(old, new["default"]))
        except NotAValue as wrong:
            findings += told(wrong, f"the default of {one.name}", path)
    return one.told(event, path, *findings)
