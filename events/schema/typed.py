"""Which values a declaration means: a type, a value type or a struct type; of properties, struct fields and members alike.

type: string                     as it is
valueType: Email                 its newest version, whichever that is; version: 3 pins it
struct: Address                  objects with the fields of the struct type
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from events.decider import Context, State
from events.findings import Finding
from events.names import Key
from events.schema.kinds import Kind, deleted, kind_named, kind_reads, unknown
from events.schema.values import ValueType

TypeNamed = Annotated[ValueType | None, Field(description="left out where a value type or a struct type says it")]
ValueTypeNamed = Annotated[
    str | None, Field(alias="valueType", description="what values keep to: API name, slug or RID of a value type")
]
VersionNamed = Annotated[
    int | Literal["latest"], Field(description="of the value type: a number pins it, `latest` follows the newest")
]
StructNamed = Annotated[str | None, Field(description="what a struct consists of: API name, slug or RID of its type")]


class Typed(Protocol):
    """A declaration, as far as it says which values there are."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> ValueType | None: ...
    @property
    def values(self) -> list[str] | None: ...
    @property
    def value_type(self) -> str | None: ...
    @property
    def version(self) -> int | Literal["latest"]: ...
    @property
    def struct(self) -> str | None: ...


def typed(context: Context, each: Typed) -> dict[str, Any]:
    """`type`, and of `values`, `valueType`, `valueTypeVersion` and `struct` what is said, as it is stored.

    Of a declaration without `type_faults`. Raises `Unread`.
    """
    said: dict[str, Any] = {"type": each.type}
    if each.values is not None:
        said["values"] = each.values
    if each.value_type is not None:
        state = _named(context, "valueType", each.value_type)
        said |= {"type": base_of(state), "valueType": state["rid"]}
        if each.version != "latest":
            said["valueTypeVersion"] = each.version
    if each.struct is not None:
        said |= {"type": "struct", "struct": _named(context, "structType", each.struct)["rid"]}
    return said


def type_reads(context: Context, each: Typed) -> Iterator[Key]:
    """The keys that `typed` and `type_faults` ask for. Raises `Unread` where they cannot be named yet."""
    if each.value_type is not None:
        yield from kind_reads(context, "valueType", each.value_type)
    if each.struct is not None:
        yield from kind_reads(context, "structType", each.struct)


def type_faults(context: Context, each: Typed, path: str) -> Iterator[Finding]:
    """Everything that is wrong with which values a declaration means. Raises `Unread`."""
    if each.value_type is not None and each.struct is not None:
        text = f"{each.name} has a value type and a struct type; leave one of them out"
        yield Finding("PROPERTY_TYPE", f"{path}/struct", text)
    elif each.value_type is not None:
        yield from _value_type_faults(context, each, each.value_type, path)
    elif each.struct is not None:
        yield from usable(context, "structType", each.struct, f"{path}/struct")
        yield from _said_otherwise(each, "struct", path)
    elif each.type is None or each.type == "struct":
        what = "a struct type" if each.type == "struct" else "a type, a value type or a struct type"
        at = "struct" if each.type == "struct" else "type"
        yield Finding("PROPERTY_TYPE", f"{path}/{at}", f"{each.name} needs {what}")
    if each.value_type is None and each.version != "latest":
        text = f"{each.name} has no value type that version {each.version} could be of"
        yield Finding("PROPERTY_TYPE", f"{path}/version", text)
    yield from _enum_faults(each, path)


def usable(context: Context, kind: Kind, named: str, path: str) -> Iterator[Finding]:
    """A finding if an element is not there, or deleted. Raises `Unread`."""
    state = kind_named(context, kind, named)
    if state is None:
        yield unknown(context, kind, named, path)
    elif state.get("deleted"):
        yield deleted(kind, state, path)


def base_of(state: Mapping[str, Any]) -> str:
    """The type of the values of a value type: of all its versions the same."""
    return str(state["versions"]["1"]["base"])


def no_version(state: State, version: int, path: str) -> Iterator[Finding]:
    """A finding if a value type has no such version."""
    if str(version) not in state["versions"]:
        text = f"{state['name']} has no version {version}; the newest is {state['latest']}"
        yield Finding("VALUE_TYPE_VERSION", path, text)


def _value_type_faults(context: Context, each: Typed, named: str, path: str) -> Iterator[Finding]:
    findings = list(usable(context, "valueType", named, f"{path}/valueType"))
    if findings:
        yield from findings
        return
    state = _named(context, "valueType", named)
    if each.version != "latest":
        yield from no_version(state, each.version, f"{path}/version")
    yield from _said_otherwise(each, base_of(state), path)


def _said_otherwise(each: Typed, type_: str, path: str) -> Iterator[Finding]:
    if each.type is not None and each.type != type_:
        what = f"value type {each.value_type}" if each.value_type is not None else f"struct type {each.struct}"
        yield Finding("PROPERTY_TYPE", f"{path}/type", f"{each.name} is {type_} by its {what}, not {each.type}")


def _enum_faults(each: Typed, path: str) -> Iterator[Finding]:
    if each.type != "enum":
        if each.values is not None:
            what = each.type or "typed elsewhere"
            text = f"{each.name} is {what}; only an enum has values"
            yield Finding("PROPERTY_VALUES", f"{path}/values", text)
    elif not each.values or len(set(each.values)) != len(each.values) or "" in each.values:
        text = f"{each.name} needs values: at least one, each once, none empty"
        yield Finding("PROPERTY_VALUES", f"{path}/values", text)


def _named(context: Context, kind: Kind, named: str) -> State:
    state = kind_named(context, kind, named)
    assert state is not None, f"{kind} {named} has faults and is used"
    return state
