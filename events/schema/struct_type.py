"""Struct types: values that consist of named parts, such as an address with a street and a city.

    Address {street: string, city: string, at: Point {lat: number, lon: number}}

A property of a struct type holds an object with these fields, stored under the name that each field had first: so a
rename is one event. Structs stand at most 4 deep in each other, and never in themselves.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from events.branches.branch import branch_key, must_be_open
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.meant import nearest
from events.names import Key
from events.schema import element, struct_words
from events.schema.kinds import free_slug, kind_named, kind_reads, name_taken, property_name, type_name
from events.schema.reach import breaking, unfit_defaults
from events.schema.struct_fields import StructField, depth_faults, field_faults, stored_field
from events.schema.struct_words import (
    LIFE,
    AddStructField,
    CreateStructType,
    RemoveStructField,
    RenameStructField,
    SetStructFieldRequired,
    StructFieldAdded,
    StructFieldRemoved,
    StructFieldRenamed,
    StructFieldRequiredSet,
    StructTypeCreated,
)
from events.schema.typed import type_reads

aggregate: Final = "structType"
COMMANDS: Final = struct_words.COMMANDS
EVENTS: Final = struct_words.EVENTS
_Changed = AddStructField | RenameStructField | SetStructFieldRequired | RemoveStructField


def reads(context: Context, command: Payload) -> list[Key]:
    return as_far_as_known(_reads(context, command))


def target(context: Context, command: Payload) -> Key | None:
    if isinstance(command, CreateStructType):
        return element.created(context, "structType", command.name)
    assert isinstance(command, _Changed | element.Lived)
    state = kind_named(context, "structType", command.element)
    return None if state is None else Key(f"structType/{state['rid']}")


def decide(context: Context, command: Payload) -> list[Drafted]:
    must_be_open(context)
    match command:
        case CreateStructType():
            return _create(context, command)
        case AddStructField():
            return _add(context, LIFE.alive(context, command.element), command.field)
        case RenameStructField():
            return _rename(LIFE.alive(context, command.element), command.field, command.name)
        case SetStructFieldRequired():
            return _require(context, LIFE.alive(context, command.element), command)
        case RemoveStructField():
            return _remove(LIFE.alive(context, command.element), command.field)
    assert isinstance(command, element.Lived)
    return LIFE.decide(context, command)


def evolve(state: State | None, event: Payload) -> State:
    if isinstance(event, StructTypeCreated):
        said = event.model_dump(by_alias=True, exclude_none=True)
        return {**said, "fields": {each.field: each.state() for each in event.fields}, "status": "active"}
    assert state is not None, "a struct type begins with structType.created"
    match event:
        case StructFieldAdded():
            return {**state, "fields": {**state["fields"], event.field.field: event.field.state()}}
        case StructFieldRenamed():
            return _with(state, event.field, name=event.name)
        case StructFieldRequiredSet():
            return _with(state, event.field, required=event.required)
        case StructFieldRemoved():
            return _with(state, event.field, removed=True)
    return element.evolve(state, event)


def _with(state: State, field: str, **members: Any) -> State:
    return {**state, "fields": {**state["fields"], field: {**state["fields"][field], **members}}}


def _reads(context: Context, command: Payload) -> Iterator[Key]:
    yield branch_key(context.branch)
    match command:
        case CreateStructType():
            yield from element.created_reads(context, "structType", command.name)
            for each in command.fields:
                yield from type_reads(context, each)
        case AddStructField():
            yield from kind_reads(context, "structType", command.element)
            yield from type_reads(context, command.field)
        case RenameStructField() | SetStructFieldRequired() | RemoveStructField():
            yield from kind_reads(context, "structType", command.element)
        case _:
            assert isinstance(command, element.Lived)
            yield from LIFE.reads(context, command)


def _create(context: Context, command: CreateStructType) -> list[Drafted]:
    findings = [*type_name(command.name, "/name"), *_fields_faults(context, command.fields)]
    if findings:
        raise Refused([*findings, *name_taken(context, "structType", command.name, "/name")])
    created = StructTypeCreated(
        rid=context.new_rid("struct-type"),
        slug=free_slug(context, "structType", command.name),
        name=command.name,
        title=command.title,
        description=command.description,
        fields=[stored_field(context, each) for each in command.fields],
    )
    return LIFE.created(context, evolve(None, created), created)


def _fields_faults(context: Context, fields: list[StructField]) -> Iterator[Finding]:
    names = Counter(each.name for each in fields)
    for index, each in enumerate(fields):
        path = f"/fields/{index}"
        faults = field_faults(context, each, path)
        yield from faults or depth_faults(context, None, each, path)
        if names[each.name] > 1:
            yield Finding("PROPERTY_NAME_TAKEN", f"{path}/name", f"there are {names[each.name]} fields {each.name}")


def _add(context: Context, state: State, each: StructField) -> list[Drafted]:
    findings = field_faults(context, each, "/field")
    if findings:
        raise Refused(findings)
    there = _present(state).get(each.name)
    added = stored_field(context, each, state["fields"].keys())
    if there is not None and {**there, "field": added.field} == added.state():
        return []
    if there is not None:
        findings.append(_taken(state, each.name, "/field/name"))
    findings += depth_faults(context, state, each, "/field")
    if each.required:
        what = f"{each.name} is required, and structs that objects hold would lack it"
        findings += breaking(context, "structType", state["rid"], what, "/field/required")
    event = StructFieldAdded(rid=state["rid"], slug=state["slug"], field=added)
    if not findings:
        findings += unfit_defaults(context.get, evolve(state, event), "structType", "/field/required")
    if findings:
        raise Refused(findings)
    return LIFE.drafted(state, event)


def _rename(state: State, named: str, name: str) -> list[Drafted]:
    each = _found(state, named)
    if each["name"] == name:
        return []
    findings = list(property_name(name, "/name"))
    if name in _present(state):
        findings.append(_taken(state, name, "/name"))
    if findings:
        raise Refused(findings)
    event = StructFieldRenamed(rid=state["rid"], slug=state["slug"], field=each["field"], name=name, was=each["name"])
    return LIFE.drafted(state, event)


def _require(context: Context, state: State, command: SetStructFieldRequired) -> list[Drafted]:
    each = _found(state, command.field)
    if each["required"] == command.required:
        return []
    event = StructFieldRequiredSet(rid=state["rid"], slug=state["slug"], field=each["field"], required=command.required)
    if command.required:
        what = f"{each['name']} would be required, and structs that objects hold may lack it"
        findings = list(breaking(context, "structType", state["rid"], what, "/required"))
        findings += unfit_defaults(context.get, evolve(state, event), "structType", "/required")
        if findings:
            raise Refused(findings)
    return LIFE.drafted(state, event)


def _remove(state: State, named: str) -> list[Drafted]:
    gone = [each for each in state["fields"].values() if each.get("removed")]
    if named not in _present(state) and any(named in (each["name"], each["field"]) for each in gone):
        return []
    each = _found(state, named)
    if len(_present(state)) == 1:
        text = f"{each['name']} is the only field of {state['name']}; add another first, or delete the type"
        raise Refused([Finding("STRUCT_EMPTY", "/field", text)])
    return LIFE.drafted(state, StructFieldRemoved(rid=state["rid"], slug=state["slug"], field=each["field"]))


def _present(state: State) -> dict[str, dict[str, Any]]:
    """The fields that were not removed, by API name."""
    return {each["name"]: each for each in state["fields"].values() if not each.get("removed")}


def _found(state: State, named: str) -> dict[str, Any]:
    """A field by its API name, else by the name under which its values are kept. Raises `Refused`."""
    present = _present(state)
    by_field = {each["field"]: each for each in present.values()}
    each = present.get(named) or by_field.get(named)
    if each is None:
        text = f"{state['name']} has no field {named[:200]!r}; {nearest(named, present)}"
        raise Refused([Finding("STRUCT_FIELD_UNKNOWN", "/field", text)])
    return each


def _taken(state: State, name: str, path: str) -> Finding:
    return Finding("PROPERTY_NAME_TAKEN", path, f"{state['name']} has a field {name} already; choose another name")
