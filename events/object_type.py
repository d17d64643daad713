"""Object types: what kinds of things there are, what is known of each, and which properties tell them apart.

A type has a RID, a slug (its first API name, in keys and subjects for ever) and an API name that may change. Its
properties likewise: a field that values are stored under, and a name.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from events.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.kinds import (
    NewTypeName,
    ObjectTypeNamed,
    free_slug,
    free_slug_reads,
    kind_named,
    kind_reads,
    name_taken,
    type_name,
    unknown,
)
from events.names import Key, Rid
from events.property import DeclaredProperty, declared, declared_reads, faults, meant, said_faults, same_declaration
from events.reserved import count_key, name_key, number
from events.resolving import Declared
from events.shape import KEY_TYPES
from events.values import NotAValue, Property, timestamp

aggregate: Final = "objectType"


class CreateObjectType(Payload):
    """A kind of things: what is known of each, and which properties tell them apart."""

    name: NewTypeName
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    table: Annotated[str | None, Field(description="a name for those who lay its objects out as rows")] = None
    primary_key: Annotated[
        list[str], Field(alias="primaryKey", min_length=1, description="names of required scalar properties, in order")
    ]
    properties: Annotated[list[DeclaredProperty], Field(min_length=1)]


class AddProperty(Payload):
    """One property more. Objects that are there take the default of a required one at their next change."""

    type: ObjectTypeNamed
    property: DeclaredProperty


class RenameObjectType(Payload):
    """Another API name; the slug, the keys and all that is stored stay as they are."""

    type: ObjectTypeNamed
    name: NewTypeName


class DeprecateObjectType(Payload):
    """Say that a type will go, and what to use instead."""

    type: ObjectTypeNamed
    replaced_by: Annotated[
        str | None, Field(alias="replacedBy", description="the type to use instead: API name, slug or RID")
    ] = None
    until: Annotated[str | None, Field(description="timestamp from which it may be gone")] = None


class ObjectTypeCreated(Payload):
    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    table: str | None = None
    primary_key: Annotated[list[str], Field(alias="primaryKey")]
    properties: list[Property]


class PropertyAdded(Payload):
    rid: Rid
    slug: str
    property: Property


class ObjectTypeRenamed(Payload):
    rid: Rid
    slug: str
    name: str
    was: str


class ObjectTypeDeprecated(Payload):
    rid: Rid
    slug: str
    replaced_by: Annotated[str | None, Field(alias="replacedBy")] = None  # slug
    until: str | None = None


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateObjectType, AddProperty, RenameObjectType, DeprecateObjectType)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.objectType.created.v1": ObjectTypeCreated,
    "io.oms.objectType.propertyAdded.v1": PropertyAdded,
    "io.oms.objectType.renamed.v1": ObjectTypeRenamed,
    "io.oms.objectType.deprecated.v1": ObjectTypeDeprecated,
}


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    match command:
        case CreateObjectType():
            state = kind_named(context, "objectType", command.name)
            return None if state is None or state["name"] != command.name else _key(state)
        case AddProperty() | RenameObjectType() | DeprecateObjectType():
            state = kind_named(context, "objectType", command.type)
            return None if state is None else _key(state)
    raise TypeError(type(command))


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case CreateObjectType():
            return _create(context, command)
        case AddProperty():
            return _add(context, _existing(context, command.type), command.property)
        case RenameObjectType():
            return _rename(context, _existing(context, command.type), command.name)
        case DeprecateObjectType():
            return _deprecate(context, _existing(context, command.type), command)
    raise TypeError(type(command))


def evolve(state: State | None, event: Payload) -> State | None:
    if isinstance(event, ObjectTypeCreated):
        properties = {each.field: each.state() for each in event.properties}
        return {
            **event.model_dump(by_alias=True),
            "properties": properties,
            "status": "active",
            "replacedBy": None,
            "until": None,
        }
    assert state is not None, "an object type begins with objectType.created"
    match event:
        case PropertyAdded():
            return {**state, "properties": {**state["properties"], event.property.field: event.property.state()}}
        case ObjectTypeRenamed():
            return {**state, "name": event.name}
        case ObjectTypeDeprecated():
            return {**state, "status": "deprecated", "replacedBy": event.replaced_by, "until": event.until}
    raise TypeError(type(event))


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    match command:
        case CreateObjectType():
            yield name_key("objectType", command.name)
            yield from free_slug_reads(context, "objectType", command.name)
            yield from kind_reads(context, "objectType", command.name)
            for each in command.properties:
                yield from declared_reads(context, each, command.name)
        case AddProperty():
            yield from kind_reads(context, "objectType", command.type)
            state = kind_named(context, "objectType", command.type)
            if state is not None:
                yield count_key(state["slug"])
            yield from declared_reads(context, command.property, "")
        case RenameObjectType():
            yield from kind_reads(context, "objectType", command.type)
            yield name_key("objectType", command.name)
            state = kind_named(context, "objectType", command.type)
            if state is not None:
                yield name_key("objectType", state["name"])
        case DeprecateObjectType():
            yield from kind_reads(context, "objectType", command.type)
            if command.replaced_by is not None:
                yield from kind_reads(context, "objectType", command.replaced_by)


def _create(context: Context, command: CreateObjectType) -> list[Drafted]:
    there = kind_named(context, "objectType", command.name)
    if there is not None and there["name"] == command.name and _repeats(context, command, there):
        return []
    slug = free_slug(context, "objectType", command.name)
    findings = [*type_name(command.name, "/name"), *name_taken(context, "objectType", command.name, "/name")]
    findings += _property_findings(context, command)
    findings += _key_findings(context, command.primary_key, command.properties)
    if findings:
        raise Refused(findings)
    created = ObjectTypeCreated(
        rid=context.new_rid("object-type"),
        slug=slug,
        name=command.name,
        title=command.title,
        description=command.description,
        table=command.table,
        primary_key=command.primary_key,
        properties=[
            declared(context, each, command.name, slug, key=each.name in command.primary_key)
            for each in command.properties
        ],
    )
    return [Drafted(Key(f"objectType/{created.rid}"), slug, created)]


def _repeats(context: Context, command: CreateObjectType, there: State) -> bool:
    """The type is there, just as asked for."""
    asked = [command.title, command.description, command.table, command.primary_key]
    if asked != [there["title"], there["description"], there["table"], there["primaryKey"]]:
        return False
    stored: Sequence[Mapping[str, Any]] = list(there["properties"].values())
    return len(stored) == len(command.properties) and all(
        same_declaration(context, each, other, command.name, there["slug"], key=each.name in command.primary_key)
        for each, other in zip(command.properties, stored, strict=True)
    )


def _property_findings(context: Context, command: CreateObjectType) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, each in enumerate(command.properties):
        path = f"/properties/{index}"
        yield from faults(context, each, command.name, path)
        if each.name in seen:
            yield Finding("PROPERTY_NAME_TAKEN", f"{path}/name", f"there are two properties {each.name}")
        seen.add(each.name)


def _key_findings(
    context: Context, primary_key: Sequence[str], properties: Sequence[DeclaredProperty]
) -> Iterator[Finding]:
    by_name = {each.name: each for each in properties}
    for index, name in enumerate(primary_key):
        path, each = f"/primaryKey/{index}", by_name.get(name)
        if each is None:
            yield Finding("TYPE_KEY", path, f"{name!r} is none of the properties")
        elif not said_faults(context, each, ""):
            yield from _no_key(name, meant(context, each), path)
        if name in primary_key[:index]:
            yield Finding("TYPE_KEY", path, f"{name} stands in the key twice")


def _no_key(name: str, known: Declared, path: str) -> Iterator[Finding]:
    if known["array"] or known["type"] not in KEY_TYPES:
        text = f"{name} is {'an array' if known['array'] else known['type']}; a key is made of {', '.join(KEY_TYPES)}"
        yield Finding("TYPE_KEY", path, text)
    elif known["default"] is not None:
        yield Finding("TYPE_KEY", path, f"{name} has a default; what tells objects apart is always given")
    elif known.get("marking") == "encrypt":
        text = f"{name} is encrypted; a key stands in subjects and in what refers to it: choose one that says nothing"
        yield Finding("TYPE_KEY", path, text)


def _existing(context: Context, name: str) -> State:
    state = kind_named(context, "objectType", name)
    if state is None:
        raise Refused([unknown(context, "objectType", name, "/type")])
    return state


def _add(context: Context, state: State, each: DeclaredProperty) -> list[Drafted]:
    own_name, slug = state["name"], state["slug"]
    findings = list(faults(context, each, own_name, "/property"))
    there = next((p for p in state["properties"].values() if p["name"] == each.name), None)
    if there is not None:
        if not findings and same_declaration(context, each, there, own_name, slug, key=False):
            return []
        text = f"{own_name} has a property {each.name} already; choose another name"
        findings.append(Finding("PROPERTY_NAME_TAKEN", "/property/name", text))
    alive = number(context.get(count_key(slug)))
    if each.required and each.default is None and alive:
        text = (
            f"{own_name} has {alive:,} objects, which would lack {each.name}; give it a default, or do not require it"
        )
        findings.append(Finding("PROPERTY_REQUIRED_LATE", "/property", text))
    if findings:
        raise Refused(findings)
    taken = state["properties"].keys()
    added = declared(context, each, own_name, slug, key=False, taken=taken)
    return [Drafted(_key(state), slug, PropertyAdded(rid=state["rid"], slug=slug, property=added))]


def _rename(context: Context, state: State, name: str) -> list[Drafted]:
    if name == state["name"]:
        return []
    findings = [*type_name(name, "/name"), *name_taken(context, "objectType", name, "/name")]
    if findings:
        raise Refused(findings)
    renamed = ObjectTypeRenamed(rid=state["rid"], slug=state["slug"], name=name, was=state["name"])
    return [Drafted(_key(state), state["slug"], renamed)]


def _deprecate(context: Context, state: State, command: DeprecateObjectType) -> list[Drafted]:
    findings: list[Finding] = []
    replacement = None
    if command.replaced_by is not None:
        other = kind_named(context, "objectType", command.replaced_by)
        if other is None:
            findings.append(unknown(context, "objectType", command.replaced_by, "/replacedBy"))
        elif other["rid"] == state["rid"]:
            findings.append(Finding("TYPE_REPLACED_BY_ITSELF", "/replacedBy", f"{state['name']} cannot replace itself"))
        else:
            replacement = other["slug"]
    until = None
    if command.until is not None:
        try:
            until = timestamp(command.until)
        except NotAValue as wrong:
            findings.append(Finding(wrong.code, "/until", f"until {wrong.text}"))
    if findings:
        raise Refused(findings)
    if (state["status"], state["replacedBy"], state["until"]) == ("deprecated", replacement, until):
        return []
    event = ObjectTypeDeprecated(rid=state["rid"], slug=state["slug"], replaced_by=replacement, until=until)
    return [Drafted(_key(state), state["slug"], event)]


def _key(state: State) -> Key:
    return Key(f"objectType/{state['rid']}")
