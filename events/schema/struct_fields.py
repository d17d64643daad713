"""The fields of a struct type as they are declared, how each is stored, and how deep structs may stand in structs."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from events.decider import Context, Lookup, Payload, State
from events.findings import Finding
from events.names import Key, Rid
from events.schema.kinds import kind_named, property_name
from events.schema.reach import using
from events.schema.typed import StructNamed, TypeNamed, ValueTypeNamed, VersionNamed, type_faults, typed
from events.schema.values import ArrayFlag, ValueType

MAX_DEPTH: Final = 4  # structs in each other, the outermost included
_NOT_IN_STRUCTS: Final = ("json", "reference")


class StructField(Payload):
    """A field as a client asks for it."""

    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]
    type: TypeNamed = None
    required: Annotated[bool, Field(description="every such struct has a value")] = False
    array: ArrayFlag = False
    values: Annotated[list[str] | None, Field(description="what an enum may be")] = None
    value_type: ValueTypeNamed = None
    version: VersionNamed = "latest"
    struct: StructNamed = None
    description: Annotated[str | None, Field(description="what it is")] = None


class StructFieldStored(Payload):
    """`field` is the name under which values are kept for ever, `name` today's API name."""

    field: str
    name: str
    type: ValueType
    required: bool
    array: bool
    values: list[str] | None = None
    value_type: Annotated[Rid | None, Field(alias="valueType")] = None
    value_type_version: Annotated[int | None, Field(alias="valueTypeVersion")] = None  # absent = the newest
    struct: Rid | None = None
    description: str | None = None

    def state(self) -> dict[str, Any]:
        """As a member of a state."""
        return self.model_dump(by_alias=True, exclude_none=True)


def stored_field(context: Context, each: StructField, taken: Collection[str] = ()) -> StructFieldStored:
    """The stored form of a field without faults. `taken`: fields in use, or once in use."""
    numbered = (f"{each.name}~{number}" for number in range(2, len(taken) + 3))
    said = typed(context, each)
    return StructFieldStored(
        field=each.name if each.name not in taken else next(name for name in numbered if name not in taken),
        name=each.name,
        type=said["type"],
        required=each.required,
        array=each.array,
        values=each.values,
        value_type=said.get("valueType"),
        value_type_version=said.get("valueTypeVersion"),
        struct=said.get("struct"),
        description=each.description,
    )


def field_faults(context: Context, each: StructField, path: str) -> list[Finding]:
    """Everything that is wrong with a field by itself. Raises `Unread`."""
    findings = [*property_name(each.name, f"{path}/name"), *type_faults(context, each, path)]
    if each.type in _NOT_IN_STRUCTS:
        text = f"{each.name} is {each.type}; a struct holds scalars, enums, values of value types and structs"
        findings.append(Finding("PROPERTY_TYPE", f"{path}/type", text))
    return findings


def depth_faults(context: Context, own: State | None, each: StructField, path: str) -> Iterator[Finding]:
    """Whether a field without other faults makes structs stand too deep, or in themselves. Raises `Unread`."""
    state = None if each.struct is None else kind_named(context, "structType", each.struct)
    if state is None:
        return
    if own is not None and own["rid"] in reached(context.get, state):
        text = f"{state['name']} is {own['name']}, or holds it; a struct does not hold itself"
        yield Finding("STRUCT_CYCLE", f"{path}/struct", text)
        return
    deep = 1 + depth(context.get, state) + (0 if own is None else height(context.get, own))
    if deep > MAX_DEPTH:
        text = f"with {each.name} structs would stand {deep} deep in each other; at most {MAX_DEPTH}"
        yield Finding("STRUCT_DEPTH", f"{path}/struct", text)


def reached(get: Lookup, state: State) -> dict[str, State]:
    """A struct type and all that stand in it, however deep, by RID. Raises `Unread`."""
    found: dict[str, State] = {}
    waiting = [state]
    while waiting:
        each = waiting.pop()
        if each["rid"] not in found:
            found[each["rid"]] = each
            waiting += structs(get, each)
    return found


def structs(get: Lookup, state: State) -> list[State]:
    """The struct types of its fields. Raises `Unread`."""
    fields: Mapping[str, Mapping[str, Any]] = state["fields"]
    rids = {each["struct"]: 0 for each in fields.values() if "struct" in each and not each.get("removed")}
    inner = (get(Key(f"structType/{rid}")) for rid in rids)
    return [each for each in inner if each is not None]


def depth(get: Lookup, state: State, inside: frozenset[str] = frozenset()) -> int:
    """How deep a struct is, itself included; one of those it is `inside` of ends it. Raises `Unread`."""
    if state["rid"] in inside:
        return 0
    within = inside | {state["rid"]}
    return 1 + max((depth(get, inner, within) for inner in structs(get, state)), default=0)


def height(get: Lookup, state: State, inside: frozenset[str] = frozenset()) -> int:
    """In how many structs a struct stands at most; one that was met on the way ends it. Raises `Unread`."""
    within = inside | {state["rid"]}
    users = [get(key) for key in using(get, "structType", state["rid"]) if key.startswith("structType/")]
    above = [user for user in users if user is not None and user["rid"] not in within]
    return max((1 + height(get, user, within) for user in above), default=0)
