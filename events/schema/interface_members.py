"""The members of an interface as they are declared: properties and links, and how each is stored."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from events.decider import Context, Payload, State
from events.findings import Finding
from events.names import Key, Rid
from events.schema.kinds import KINDS, kind_named, kind_reads, property_name
from events.schema.link_type_words import Cardinality
from events.schema.typed import (
    StructNamed,
    TypeNamed,
    ValueTypeNamed,
    VersionNamed,
    type_faults,
    type_reads,
    typed,
    usable,
)
from events.schema.values import ArrayFlag, ValueType


class InterfaceProperty(Payload):
    """A property that object types must have to satisfy an interface."""

    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]
    type: TypeNamed = None
    required: Annotated[bool, Field(description="every type has it, and every object a value")] = False
    array: ArrayFlag = False
    values: Annotated[list[str] | None, Field(description="what an enum may be at most")] = None
    target: Annotated[str | None, Field(description="the object type that a reference refers to")] = None
    value_type: ValueTypeNamed = None
    struct: StructNamed = None
    description: Annotated[str | None, Field(description="what it is")] = None

    @property
    def version(self) -> VersionNamed:
        """Whatever version of a value type the property of an object type has will do."""
        return "latest"


class InterfaceLink(Payload):
    """A link that objects of the types that satisfy an interface can have."""

    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]
    target: Annotated[str, Field(description="object type, or interface: API name, slug or RID")]
    cardinality: Annotated[
        Cardinality, Field(description="this-target: with `n-1` an object has at most one link to a target")
    ] = "n-n"
    description: Annotated[str | None, Field(description="what it is")] = None


class InterfacePropertyStored(Payload):
    name: str
    type: ValueType
    required: bool
    array: bool
    values: list[str] | None = None
    target: str | None = None  # slug of an object type
    value_type: Annotated[Rid | None, Field(alias="valueType")] = None
    struct: Rid | None = None
    description: str | None = None


class InterfaceLinkStored(Payload):
    name: str
    target: Rid  # of an object type, or of an interface
    cardinality: Cardinality
    description: str | None = None


Declared = InterfaceProperty | InterfaceLink
Stored = InterfacePropertyStored | InterfaceLinkStored


def member(stored: Stored) -> dict[str, Any]:
    """As a member of a state, under its name."""
    return stored.model_dump(by_alias=True, exclude_none=True, exclude={"name"})


def stored_property(context: Context, each: InterfaceProperty) -> InterfacePropertyStored:
    """The stored form of a property without faults."""
    said = typed(context, each)
    target = None if each.target is None else kind_named(context, "objectType", each.target)
    return InterfacePropertyStored(
        name=each.name,
        type=said["type"],
        required=each.required,
        array=each.array,
        values=each.values,
        target=None if target is None else target["slug"],
        value_type=said.get("valueType"),
        struct=said.get("struct"),
        description=each.description,
    )


def stored_link(context: Context, each: InterfaceLink) -> InterfaceLinkStored:
    """The stored form of a link without faults."""
    target = _target(context, each.target)
    assert target is not None, f"the link {each.name} has faults and is stored"
    return InterfaceLinkStored(
        name=each.name, target=target["rid"], cardinality=each.cardinality, description=each.description
    )


def member_reads(context: Context, each: Declared) -> Iterator[Key]:
    """The keys that a member asks for. Raises `Unread` where they cannot be named yet."""
    if isinstance(each, InterfaceProperty):
        yield from type_reads(context, each)
    if each.target is not None:
        yield from kind_reads(context, "objectType", each.target)
        if isinstance(each, InterfaceLink) and kind_named(context, "objectType", each.target) is None:
            yield from kind_reads(context, "interface", each.target)


def member_faults(context: Context, each: Declared, path: str) -> Iterator[Finding]:
    """Everything that is wrong with a member by itself. Raises `Unread`."""
    yield from property_name(each.name, f"{path}/name")
    if isinstance(each, InterfaceProperty):
        yield from type_faults(context, each, path)
        yield from _reference_faults(context, each, path)
        return
    target = _target(context, each.target)
    if target is None:
        text = f"there is neither {KINDS['objectType']} nor interface {each.target!r} on {context.branch}"
        yield Finding("TYPE_UNKNOWN", f"{path}/target", text)
    elif target.get("deleted"):
        yield Finding("TYPE_DELETED", f"{path}/target", f"{target['name']} is deleted; restore it first")


def _reference_faults(context: Context, each: InterfaceProperty, path: str) -> Iterator[Finding]:
    if each.target is not None and each.type != "reference":
        yield Finding("PROPERTY_TARGET", f"{path}/target", f"{each.name} is no reference; only one has a target")
    elif each.target is not None:
        yield from usable(context, "objectType", each.target, f"{path}/target")


def _target(context: Context, named: str) -> State | None:
    return kind_named(context, "objectType", named) or kind_named(context, "interface", named)
