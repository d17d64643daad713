"""Laws of value types, struct types, shared properties and interfaces, on random histories with objects of a type that
uses them: whatever is accepted, objects fit their type, types satisfy their interfaces, and reserved keys are true."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.decider import State
from events.findings import Refused
from events.schema.satisfies import unsatisfied
from events.schema.shape import shape_in
from events.schema.uses import used
from tests.events.world import World

Command = tuple[str, dict[str, Any]]

START: list[Command] = [
    ("CreateValueType", {"name": "V", "base": "integer"}),
    ("CreateStructType", {"name": "S", "fields": [{"name": "v", "valueType": "V"}, {"name": "x", "type": "string"}]}),
    ("CreateSharedProperty", {"name": "P", "property": {"valueType": "V"}}),
    ("CreateInterface", {"name": "I"}),
    ("CreateInterface", {"name": "J"}),
    (
        "CreateObjectType",
        {
            "name": "T",
            "primaryKey": ["id"],
            "properties": [
                {"name": "id", "type": "string"},
                {"name": "v", "valueType": "V"},
                {"name": "w", "valueType": "V", "version": 1},
                {"name": "s", "struct": "S"},
                {"name": "p", "shared": "P"},
            ],
        },
    ),
]

small = st.integers(0, 3)
named = st.sampled_from(["V", "S", "P", "I", "J", "새"])
constraints = st.fixed_dictionaries({}, optional={"min": small, "max": small}) | st.just({"enum": [1, 2]})
structs = st.fixed_dictionaries(
    {}, optional={"v": small, "x": st.just("x"), "y": small, "한": st.just("x"), "s": st.just({})}
)
objects = st.fixed_dictionaries(
    {"id": st.sampled_from("ab")}, optional={"v": small, "w": small, "s": structs | st.none(), "p": small, "q": small}
)
written = st.builds(
    lambda verb, properties: (verb, {"type": "T", "properties": properties}),
    st.sampled_from(["CreateObject", "UpsertObject"]),
    objects,
)
moved = st.builds(
    lambda verb, key: (verb, {"type": "T", "key": key}),
    st.sampled_from(["DeleteObject", "RestoreObject"]),
    st.sampled_from("ab"),
)
versions = st.builds(lambda said: ("PublishValueTypeVersion", {"type": "V", "constraint": said}), constraints)
fields = st.sampled_from(["v", "x", "y", "한"])
structured = st.one_of(
    st.builds(
        lambda name, said: ("AddStructField", {"type": "S", "field": {"name": name, **said}}),
        fields,
        st.sampled_from([{"type": "string"}, {"valueType": "V", "required": True}, {"struct": "S"}, {"struct": "새"}]),
    ),
    st.builds(lambda field, name: ("RenameStructField", {"type": "S", "field": field, "name": name}), fields, fields),
    st.builds(
        lambda field, required: ("SetStructFieldRequired", {"type": "S", "field": field, "required": required}),
        fields,
        st.booleans(),
    ),
    st.builds(lambda field: ("RemoveStructField", {"type": "S", "field": field}), fields),
)
shared = st.sampled_from([{"type": "integer"}, {"valueType": "V"}, {"valueType": "V", "version": 1}, {"type": "string"}, {"type": "integer", "default": 2}]).map(
    lambda said: ("UpdateSharedProperty", {"shared": "P", "property": said})
)  # fmt: skip
properties = st.sampled_from(["v", "w", "p", "q"])
sources = st.one_of(
    st.builds(
        lambda name, type_, version: (
            "SetValueType",
            {"type": "T", "property": name, "valueType": type_, "version": version},
        ),
        properties,
        st.sampled_from(["V", None]),
        st.sampled_from(["latest", 1, 2]),
    ),
    properties.map(lambda name: ("AttachSharedProperty", {"type": "T", "property": name, "shared": "P"})),
    properties.map(lambda name: ("DetachSharedProperty", {"type": "T", "property": name})),
    st.just(("AddProperty", {"type": "T", "property": {"name": "q", "shared": "P", "required": True}})),
    st.sampled_from("IJ").map(lambda name: ("ImplementInterface", {"type": "T", "interface": name})),
)
members = st.one_of(
    st.builds(
        lambda interface, name, required: (
            "AddInterfaceProperty",
            {"interface": interface, "property": {"name": name, "type": "integer", "required": required}},
        ),
        st.sampled_from("IJ"),
        properties,
        st.booleans(),
    ),
    st.builds(lambda one, other: ("ExtendInterface", {"interface": one, "extends": other}), *[st.sampled_from("IJ")] * 2),
    properties.map(lambda name: ("RemoveInterfaceMember", {"interface": "I", "member": "property", "name": name})),
)  # fmt: skip
KINDS = {"ValueType": "type", "StructType": "type", "SharedProperty": "shared", "Interface": "interface"}
lived = st.builds(
    lambda kind, verb, name, new: (
        f"{verb}{kind}",
        {KINDS[kind]: name, **({"name": new} if verb == "Rename" else {})},
    ),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(["Rename", "Deprecate", "Delete", "Restore"]),
    named,
    named,
)
histories = st.lists(
    written | written | moved | versions | structured | shared | sources | members | lived, max_size=20
)


@given(histories)
def test_a_repeated_command_decides_nothing_or_is_refused_alike(history):
    world = grown([])
    for type_, data in history:
        first, second = told(world, type_, data), told(world, type_, data)
        if isinstance(first, tuple):
            assert second == first
        elif isinstance(second, tuple):  # what it names goes by another name now
            assert type_.startswith(("Rename", "Delete", "Remove"))
            assert {found.code for found in second} <= {"TYPE_UNKNOWN", "STRUCT_FIELD_UNKNOWN", "TYPE_DELETED"}
        else:
            assert second == [] or type_.startswith("Rename")


@given(histories)
def test_objects_fit_their_type_and_types_their_interfaces(history):
    world = grown(history)
    states = alive(world)
    (kind,) = (state for key, state in states.items() if key.startswith("objectType/"))
    shape = shape_in(world.get, kind)
    for key, state in states.items():
        if key.startswith("object/"):
            assert list(shape.unfit(state["properties"])) == []
            assert all(each.field in state["properties"] or each.default is not None for each in shape.required)
    for rid in kind.get("interfaces", ()):
        assert unsatisfied(world.get, states[f"interface/{rid}"], kind) == []


@given(histories)
def test_reserved_keys_are_what_the_elements_say(history):
    world = grown(history)
    states = alive(world)
    elements = {key: state for key, state in states.items() if key.split("/")[0] in ELEMENTS}
    users: dict[str, list[str]] = {}
    for key in sorted(elements):
        for other in used(world.get, elements[key]):
            assert not world.get(other).get("deleted"), f"{key} uses {other}, which is deleted"
            users.setdefault(f"uses/{other}", []).append(key)
    assert users == {key: state["by"] for key, state in states.items() if key.startswith("uses/") and state["by"]}
    names = {f"name/{key.split('/')[0]}/{state['name']}": state["rid"] for key, state in elements.items()}
    assert names == {key: state["rid"] for key, state in states.items() if key.startswith("name/")}


@given(histories)
def test_states_are_plain_json(history):
    for head in grown(history).stored.values():
        assert msgspec.json.decode(msgspec.json.encode(head.state)) == head.state


ELEMENTS = ("valueType", "structType", "sharedProperty", "interface", "objectType")


def grown(history: list[Command]) -> World:
    world = World()
    for type_, data in START + history:
        told(world, type_, data)
    return world


def told(world: World, type_: str, data: dict[str, Any]) -> Any:
    """The events, or the findings as a tuple."""
    try:
        return world.when(type_, **data)
    except Refused as refused:
        return refused.findings


def alive(world: World) -> dict[str, State]:
    states = {str(key): head.state for key, head in world.stored.items() if head.state is not None}
    return {key: state for key, state in states.items() if not state.get("deleted")}
