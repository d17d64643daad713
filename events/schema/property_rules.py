"""What a property asks of values: whether they are required or unique, their default, their marking.

What loosens holds at once. What tightens is refused while there are objects that may not fit: a migration does it then.
"""

from collections.abc import Mapping
from typing import Final, get_args

from events.branches.branch import must_be_open
from events.decider import Context, Drafted, Payload, State
from events.findings import Finding
from events.objects.given import told
from events.objects.personal import ENCRYPT
from events.schema.checks import check_of_declared
from events.schema.property_change import One, OnProperty, PropertyChanged, found_property, with_property
from events.schema.resolving import declaration
from events.schema.soundness import Declared
from events.schema.type_change import reads, target
from events.schema.values import Json, Marking, NotAValue, same

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "objectType"


class SetRequired(OnProperty):
    """Whether every object has a value. With objects there, only with a default that completes them."""

    required: bool


class SetUnique(OnProperty):
    """Whether no two objects have the same value. Refused while there are objects: theirs are not reserved."""

    unique: bool


class SetDefault(OnProperty):
    """The value of objects that are created without one; `null` for none. Objects that are there stay as they are."""

    default: Json


class SetMarking(OnProperty):
    """What becomes of personal data in values from now on; `null` for what the policy says."""

    marking: Marking | None


class SetSearchable(OnProperty):
    """Whether texts are found by what they say."""

    searchable: bool


class PropertyRequiredSet(PropertyChanged):
    """A property of an object type was made required, or optional."""

    required: bool


class PropertyUniqueSet(PropertyChanged):
    """A property of an object type was made unique, or need be so no longer."""

    unique: bool
    reserve: str | None = None  # under which values are reserved when it is unique again; those of before stay behind


class PropertyDefaultSet(PropertyChanged):
    """A property of an object type has another default, or none."""

    default: Json = None


class PropertyMarkingSet(PropertyChanged):
    """A property of an object type was marked, for example as personal or encrypted, or its marking was lifted."""

    marking: Marking | None = None


class PropertySearchableSet(PropertyChanged):
    """Whether a property of an object type is searched by meaning was changed."""

    searchable: bool


Command = SetRequired | SetUnique | SetDefault | SetMarking | SetSearchable
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.propertyRequiredSet.v1": PropertyRequiredSet,
    "io.oms.objectType.propertyUniqueSet.v1": PropertyUniqueSet,
    "io.oms.objectType.propertyDefaultSet.v1": PropertyDefaultSet,
    "io.oms.objectType.propertyMarkingSet.v1": PropertyMarkingSet,
    "io.oms.objectType.propertySearchableSet.v1": PropertySearchableSet,
}


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    assert isinstance(command, Command)
    one = found_property(context, command, evolve)
    match command:
        case SetRequired():
            return _set_required(one, command.required)
        case SetUnique():
            return _set_unique(one, command.unique)
        case SetDefault():
            return _set_default(one, command.default)
        case SetMarking():
            return _set_marking(one, command.marking)
        case SetSearchable():
            return _set_searchable(one, command.searchable)


def evolve(state: State | None, event: Payload) -> State:
    assert state is not None, "an object type begins with objectType.created"
    assert isinstance(event, PropertyChanged)
    match event:
        case PropertyRequiredSet():
            return with_property(state, event.field, required=event.required)
        case PropertyUniqueSet() if event.reserve is not None:
            return with_property(state, event.field, unique=event.unique, reserve=event.reserve, reserving=None)
        case PropertyUniqueSet():
            return with_property(state, event.field, unique=event.unique, reserving=None)
        case PropertyDefaultSet():
            return with_property(state, event.field, default=event.default)
        case PropertyMarkingSet():
            return with_property(state, event.field, marking=event.marking)
        case PropertySearchableSet():
            return with_property(state, event.field, searchable=event.searchable or None)
    raise TypeError(type(event))


def _set_required(one: One, required: bool) -> list[Drafted]:
    if required == one.each["required"]:
        return []
    findings: list[Finding] = []
    if not required and one.each["field"] in one.state["primaryKey"]:
        text = f"{one.name} is part of the primary key of {one.state['name']}, which every object has"
        findings.append(Finding("PROPERTY_IN_USE", "/required", text))
    if required and declaration(one.context.get, one.each)["default"] is None:
        findings += one.breaking(f"{one.name} would be required and has no default", "/required")
    return one.told(PropertyRequiredSet(**one.names, required=required), "/required", *findings)


def _set_unique(one: One, unique: bool) -> list[Drafted]:
    if unique == one.each["unique"] and (unique or "reserving" not in one.each):
        return []
    if not unique:
        return one.told(PropertyUniqueSet(**one.names, unique=False, reserve=next_reserve(one.each)), "/unique")
    each, findings = declaration(one.context.get, one.each), []
    if each["array"] or each["type"] in ("json", "struct"):
        text = f"{one.name} is {'an array' if each['array'] else each['type']}; only a scalar can be unique"
        findings.append(Finding("PROPERTY_UNIQUE", "/unique", text))
    if each["default"] is not None:
        text = f"{one.name} has a default, which no two objects could have; clear it first"
        findings.append(Finding("PROPERTY_DEFAULT", "/unique", text))
    findings += one.breaking(f"{one.name} would be unique", "/unique")
    return one.told(PropertyUniqueSet(**one.names, unique=True), "/unique", *findings)


def next_reserve(each: Declared) -> str:
    """Reserved keys of other objects cannot all be freed at once: the next time they have another name."""
    field, _, number = str(each.get("reserve", f"{each['field']}~u1")).rpartition("~u")
    return f"{field}~u{int(number) + 1}"


def _set_default(one: One, default: Json) -> list[Drafted]:
    each, findings = declaration(one.context.get, one.each), one.shared("/default")
    kept = None
    if default is not None:
        findings += _default_faults(one, each)
        try:
            kept = check_of_declared(each)(default)
        except NotAValue as wrong:
            findings += told(wrong, f"the default of {one.name}", "/default")
    if not findings and same(kept, each["default"]):
        return []
    if kept is None and not findings and each["required"]:
        findings += one.breaking(f"{one.name} is required, and objects that lack it get its default", "/default")
    return one.told(PropertyDefaultSet(**one.names, default=kept), "/default", *findings)


def _default_faults(one: One, each: Declared) -> list[Finding]:
    reasons = {
        "is unique, so no two objects could have its default": each["unique"],
        "is a reference; what it refers to may be gone when it is needed": each["type"] == "reference",
        "is part of the primary key, which is always given": each["field"] in one.state["primaryKey"],
    }
    return [Finding("PROPERTY_DEFAULT", "/default", f"{one.name} {why}") for why, holds in reasons.items() if holds]


def _set_marking(one: One, marking: Marking | None) -> list[Drafted]:
    was = declaration(one.context.get, one.each).get("marking")
    if marking == was:
        return []
    findings = one.shared("/marking")
    if ENCRYPT in (marking, was):
        what = f"the values of {one.name} are kept {'closed' if was == ENCRYPT else 'in plain'}, and stay so"
        findings += one.breaking(what, "/marking")
    return one.told(PropertyMarkingSet(**one.names, marking=marking), "/marking", *findings)


def _set_searchable(one: One, searchable: bool) -> list[Drafted]:
    if searchable == declaration(one.context.get, one.each).get("searchable", False):
        return []
    event = PropertySearchableSet(**one.names, searchable=searchable)
    return one.told(event, "/searchable", *one.shared("/searchable"))
