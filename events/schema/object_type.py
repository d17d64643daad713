"""Object types: what kinds of things there are, what is known of each, and which properties tell them apart.

A type has a RID, a slug (its first API name, in keys and subjects for ever) and an API name that may change. Its
properties likewise: a field that values are stored under, and a name.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import Field

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.meant import no_property
from events.names import Key, Rid
from events.reserved import name_key
from events.schema.hierarchy import line
from events.schema.kinds import NewTypeName, free_slug, free_slug_reads, kind_named, kind_reads, name_taken, type_name
from events.schema.property import (
    DeclaredProperty,
    declared,
    declared_reads,
    faults,
    meant,
    said_faults,
    same_declaration,
)
from events.schema.soundness import Declared, key_faults
from events.schema.tables import table_faults, table_reads
from events.schema.type_change import broken
from events.schema.type_structure import Parents, elements_named
from events.schema.values import Property

aggregate: Final = "objectType"


class CreateObjectType(Payload):
    """A kind of things: what is known of each, and which properties tell them apart."""

    name: NewTypeName
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    table: Annotated[str | None, Field(description="a name for those who lay its objects out as rows")] = None
    icon: Annotated[str | None, Field(description="a name for those who draw it")] = None
    order: Annotated[int | None, Field(description="where it stands among the types, from the least")] = None
    primary_key: Annotated[
        list[str],
        Field(
            alias="primaryKey",
            default_factory=list,
            description="names of required scalar properties, in order; none = as a parent has it",
        ),
    ]
    properties: Annotated[list[DeclaredProperty], Field(default_factory=list)]
    parents: Annotated[Parents, Field(default_factory=list)]
    interfaces: Annotated[
        list[str], Field(default_factory=list, description="interfaces to implement: API names, slugs or RIDs")
    ]
    title_property: Annotated[
        str | None, Field(alias="titleProperty", description="the property that people see in place of the key")
    ] = None
    subject: Annotated[str | None, Field(description="the property that names the person an object is about")] = None
    abstract: Annotated[bool, Field(description="it has no objects of its own, only types below it have")] = False
    unfoldable: Annotated[bool, Field(description="its objects stand folded in what refers to them")] = False
    status: Annotated[Literal["experimental", "active"], Field(description="how far it can be relied on")] = "active"


class ObjectTypeCreated(Payload):
    """An object type was created, with its primary key and these properties."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    table: str | None = None
    primary_key: Annotated[list[str], Field(alias="primaryKey")]
    properties: list[Property]
    icon: str | None = None
    order: int | None = None
    parents: list[Rid] | None = None
    interfaces: list[Rid] | None = None
    title_property: Annotated[str | None, Field(alias="titleProperty")] = None  # field
    subject: str | None = None  # field
    abstract: bool | None = None
    unfoldable: bool | None = None
    status: Literal["experimental"] | None = None  # absent = active


COMMANDS: Final[tuple[type[Payload], ...]] = (CreateObjectType,)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {"io.oms.objectType.created.v1": ObjectTypeCreated}


def reads(context: Context, command: Payload) -> list[Key]:
    assert isinstance(command, CreateObjectType)
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    assert isinstance(command, CreateObjectType)
    state = _there(context, command.name)
    return None if state is None else Key(f"objectType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, CreateObjectType)
    must_be_open(context)
    parents, findings = elements_named(context, "objectType", command.parents, "/parents")
    interfaces, missing = elements_named(context, "interface", command.interfaces, "/interfaces")
    asked = _Asked(context, command, parents, interfaces, _inherited(context, parents))
    there = _there(context, command.name)
    if there is not None and not findings and not missing and asked.is_(there):
        return []
    findings += [*type_name(command.name, "/name"), *name_taken(context, "objectType", command.name, "/name"), *missing]
    findings += asked.faults()
    if findings:
        raise Refused(findings)
    created = asked.created()
    after = evolve(None, created)
    findings += broken(context, after)
    findings += table_faults(context, "objectType", None, after, "/table" if command.table else "/name")
    if findings:
        raise Refused(dict.fromkeys(findings))
    return [Drafted(Key(f"objectType/{created.rid}"), created.slug, created)]


def evolve(_state: State | None, event: Payload) -> State:
    assert isinstance(event, ObjectTypeCreated)
    said = event.model_dump(by_alias=True, exclude={"properties", "status"})
    unsaid = ("icon", "order", "parents", "interfaces", "titleProperty", "subject", "abstract", "unfoldable")
    return {
        **{name: value for name, value in said.items() if value is not None or name not in unsaid},
        "properties": {each.field: each.state() for each in event.properties},
        "status": event.status or "active",
        "replacedBy": None,
        "until": None,
    }


_WRONG: Final[Declared] = {"type": "string", "array": False, "default": None, "required": True}
"""In place of a declaration whose faults are told already."""


class _Asked(NamedTuple):
    """A declaration, with what it names found."""

    context: Context
    command: CreateObjectType
    parents: list[Rid]
    interfaces: list[Rid]
    inherited: Mapping[str, Declared]  # the properties of the types above, by field; removed ones too

    def faults(self) -> Iterator[Finding]:
        command, seen = self.command, set()
        for index, each in enumerate(command.properties):
            path = f"/properties/{index}"
            yield from faults(self.context, each, command.name, path)
            if each.name in seen:
                yield Finding("PROPERTY_NAME_TAKEN", f"{path}/name", f"there are two properties {each.name}")
            seen.add(each.name)
        known = self._known()
        own = [name for name in command.primary_key if name in seen or name not in known]
        yield from key_faults(command.name, command.primary_key, known, "/primaryKey", required=own)
        for name, path in ((command.title_property, "/titleProperty"), (command.subject, "/subject")):
            if name is not None and name not in known:
                yield no_property(command.name, name, known, path)

    def created(self) -> ObjectTypeCreated:
        context, command = self.context, self.command
        slug = free_slug(context, "objectType", command.name)
        key, taken = command.primary_key, self.inherited
        properties = [
            declared(context, each, command.name, slug, key=each.name in key, taken=taken)
            for each in command.properties
        ]
        fields = {**_fields(self.inherited), **{each.name: each.field for each in properties}}
        return ObjectTypeCreated(
            rid=context.new_rid("object-type"),
            slug=slug,
            name=command.name,
            title=command.title,
            description=command.description,
            table=command.table,
            primary_key=[fields[name] for name in key],
            properties=properties,
            icon=command.icon,
            order=command.order,
            parents=self.parents or None,
            interfaces=self.interfaces or None,
            title_property=command.title_property and fields[command.title_property],
            subject=command.subject and fields[command.subject],
            abstract=command.abstract or None,
            unfoldable=command.unfoldable or None,
            status="experimental" if command.status == "experimental" else None,
        )

    def is_(self, there: State) -> bool:
        """The type is there, just as asked for."""
        command = self.command
        fields = {**_fields(self.inherited), **_fields(there["properties"])}
        asked: dict[str, Any] = {
            "title": command.title,
            "description": command.description,
            "table": command.table,
            "icon": command.icon,
            "order": command.order,
            "primaryKey": [fields.get(name) for name in command.primary_key],
            "parents": self.parents or None,
            "interfaces": self.interfaces or None,
            "titleProperty": command.title_property and fields.get(command.title_property),
            "subject": command.subject and fields.get(command.subject),
            "abstract": command.abstract or None,
            "unfoldable": command.unfoldable or None,
        }
        if (command.status == "experimental") != (there["status"] == "experimental"):
            return False
        if any(there.get(name) != value for name, value in asked.items()):
            return False
        stored: Sequence[Declared] = [each for each in there["properties"].values() if not each.get("removed")]
        key = command.primary_key
        return len(stored) == len(command.properties) and all(
            same_declaration(self.context, each, other, command.name, there["slug"], key=each.name in key)
            for each, other in zip(command.properties, stored, strict=True)
        )

    def _known(self) -> dict[str, Declared]:
        """All properties by name, as far as a key must know them."""
        own = {
            each.name: _WRONG if said_faults(self.context, each, "") else meant(self.context, each)
            for each in self.command.properties
        }
        return {name: self.inherited[field] for name, field in _fields(self.inherited).items()} | own


def _inherited(context: Context, parents: Sequence[Rid]) -> dict[str, Declared]:
    above = (context.get(Key(f"objectType/{rid}")) for rid in parents)
    types = [one for parent in above if parent is not None for one in line(context.get, parent)]
    return {field: each for one in types for field, each in one["properties"].items()}


def _fields(properties: Mapping[str, Declared]) -> dict[str, str]:
    """Fields by API name, of properties that were not removed."""
    return {each["name"]: field for field, each in properties.items() if not each.get("removed")}


def _there(context: Context, name: str) -> State | None:
    """The type that has that name now."""
    state = kind_named(context, "objectType", name)
    return None if state is None or state["name"] != name or state.get("deleted") else state


def _reads(context: Context, command: CreateObjectType) -> Iterator[Key]:
    yield branch_key(context.branch)
    yield name_key("objectType", command.name)
    yield from table_reads()
    yield from free_slug_reads(context, "objectType", command.name)
    yield from kind_reads(context, "objectType", command.name)
    for name in command.parents:
        yield from kind_reads(context, "objectType", name)
    for each in command.properties:
        yield from declared_reads(context, each, command.name)
