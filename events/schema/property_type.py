"""The type of a property's values: changed as long as the values that objects have are right under it as they are stored."""

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import Field

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding, Refused
from events.schema.hierarchy import line
from events.schema.kinds import kind_of_slug
from events.schema.property import DeclaredProperty, declared, faults
from events.schema.property_change import One, OnProperty, PropertyChanged, found_property, with_property
from events.schema.soundness import Declared
from events.schema.type_change import reads, target
from events.schema.values import ArrayFlag, Json, ValueType, same

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"
EnumValue = Annotated[str, Field(min_length=1, description="one of the values of an enum")]


class ChangePropertyType(OnProperty):
    """Another type of values. With objects there, only one under which their values are right as they are stored."""

    to: ValueType
    array: ArrayFlag = False
    values: Annotated[list[str] | None, Field(description="what an enum may be")] = None
    target: Annotated[str | None, Field(description="the object type that a reference refers to")] = None


class AddEnumValue(OnProperty):
    """One value more that an enum may be."""

    value: EnumValue


class RemoveEnumValue(OnProperty):
    """One value less. Refused while there are objects: they may have it."""

    value: EnumValue


class PropertyTypeChanged(PropertyChanged):
    """A property of an object type has another type.

    All that its type was before is gone, a value type or a struct too.
    """

    type: ValueType
    array: ArrayFlag = False
    default: Json = None  # as it is stored under the new type
    values: list[str] | None = None
    target: str | None = None  # slug


class PropertyEnumValueAdded(PropertyChanged):
    """A value was added to those that an enum property of an object type may have."""

    value: str


class PropertyEnumValueRemoved(PropertyChanged):
    """A value was removed from those that an enum property of an object type may have."""

    value: str


Command = ChangePropertyType | AddEnumValue | RemoveEnumValue
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.propertyTypeChanged.v1": PropertyTypeChanged,
    "io.oms.objectType.propertyEnumValueAdded.v1": PropertyEnumValueAdded,
    "io.oms.objectType.propertyEnumValueRemoved.v1": PropertyEnumValueRemoved,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, Command)
    one = found_property(context, command, evolve)
    match command:
        case ChangePropertyType():
            return _change_type(one, command)
        case AddEnumValue():
            return _add_value(one, command.value)
        case RemoveEnumValue():
            return _remove_value(one, command.value)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case PropertyTypeChanged():
            said = {name: getattr(event, name) for name in ("type", "array", "default", "values", "target")}
            gone = dict.fromkeys(("valueType", "valueTypeVersion", "struct"))
            return with_property(state, event.field, **said, **gone)
        case PropertyEnumValueAdded():
            values = [*state["properties"][event.field]["values"], event.value]
            return with_property(state, event.field, values=values)
        case PropertyEnumValueRemoved():
            values = [value for value in state["properties"][event.field]["values"] if value != event.value]
            return with_property(state, event.field, values=values)
    raise TypeError(type(event))


def _change_type(one: One, command: ChangePropertyType) -> list[Drafted]:
    each, context, state = one.each, one.context, one.state
    asked = DeclaredProperty(
        name=one.name,
        type=command.to,
        array=command.array,
        values=command.values,
        target=command.target,
        required=each["required"],
        unique=each["unique"],
        default=each["default"],
    )
    findings = [*one.shared("/to"), *(_placed(fault) for fault in faults(context, asked, state["name"], ""))]
    if findings:
        raise Refused(findings)
    new = declared(context, asked, state["name"], state["slug"], key=False).state()
    members = ("type", "array", "default", "values", "target")
    if all(same(new[name], each[name]) for name in members) and not _refined(each):
        return []
    if not _fits(context, each, new):
        what = f"{one.name} would be {_called(new)}, it is {_called(each)}: the values that objects have are not right then"
        findings += one.breaking(what, "/to")
    event = PropertyTypeChanged(**one.names, **{name: new[name] for name in members})
    return one.told(event, "/to", *findings)


def _placed(fault: Finding) -> Finding:
    """At the place in the command; what it does not say is of the new type."""
    return fault if fault.path in ("/values", "/target") else fault._replace(path="/to")


def _refined(each: Declared) -> bool:
    return "valueType" in each or "struct" in each


def _called(each: Declared) -> str:
    return f"{'a list of ' if each['array'] else ''}{each['type']}"


_AS_STORED: Final = frozenset({("enum", "string"), ("date", "string"), ("timestamp", "string")})
"""Of whose values each is one of the other type, in the same form."""


def _fits(context: Context, old: Declared, new: Declared) -> bool:
    """Whether whatever is a value of the old declaration is one of the new, as it is stored."""
    if new["type"] == "json":
        return old["type"] not in ("reference", "struct") and (old["array"] or not new["array"])
    if old["array"] != new["array"]:
        return False
    if old["type"] == "reference":
        return new["type"] == "reference" and new["target"] in _above(context, old["target"])
    if old["type"] == "enum" == new["type"]:
        return set(old["values"]) <= set(new["values"])
    return old["type"] == new["type"] or (old["type"], new["type"]) in _AS_STORED


def _above(context: Context, slug: str) -> list[str]:
    state = kind_of_slug(context, "objectType", slug)
    return [slug] if state is None else [each["slug"] for each in line(context.get, state)]


def _add_value(one: One, value: str) -> list[Drafted]:
    findings = one.shared("/value") or _no_enum(one)
    if not findings and value in one.each["values"]:
        return []
    return one.told(PropertyEnumValueAdded(**one.names, value=value), "/value", *findings)


def _remove_value(one: One, value: str) -> list[Drafted]:
    findings = one.shared("/value") or _no_enum(one)
    if not findings and value not in one.each["values"]:
        return []
    if not findings and one.each["values"] == [value]:
        findings.append(Finding("PROPERTY_VALUES", "/value", f"{one.name} would have no values; it needs one at least"))
    if not findings and value in _listed(one.each["default"]):
        findings.append(
            Finding("PROPERTY_DEFAULT", "/value", f"{value} is the default of {one.name}; set another first")
        )
    findings += one.breaking(f"{one.name} may not be {value} any more", "/value")
    return one.told(PropertyEnumValueRemoved(**one.names, value=value), "/value", *findings)


def _listed(default: Json) -> list[Json]:
    return default if isinstance(default, list) else [default]


def _no_enum(one: One) -> list[Finding]:
    if one.each["type"] == "enum":
        return []
    return [Finding("PROPERTY_VALUES", "/property", f"{one.name} is {one.each['type']}; only an enum has values")]
