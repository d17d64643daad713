"""Interfaces: created, grown, shrunk, and what object types lack of them."""

import pytest

from events.schema.interface_words import InterfaceCreated, InterfaceExtended, InterfaceMemberRemoved
from events.schema.satisfies import implemented, members, unsatisfied
from tests.events.test_object_type import KEY, declare
from tests.events.test_value_type import EMAIL
from tests.events.world import World

NAME = {"name": "이름", "type": "string", "required": True}


def given(*more):
    world = World()
    world.when("CreateValueType", **EMAIL)
    declare(world, name="Place")
    world.when("CreateInterface", name="Named", properties=[NAME])
    for each in more:
        world.when("CreateInterface", **each)
    return world


def state(world, slug, kind="interface"):
    return world.get(f"{kind}/{world.get(f'slug/{kind}/{slug}')['rid']}")


def lacking(world, interface, slug="Plane"):
    return unsatisfied(world.get, state(world, interface), state(world, slug, "objectType"))


def test_an_interface_has_members():
    world = given()
    (created,) = world.when(
        "CreateInterface",
        name="Located",
        title="장소",
        extends=["Named"],
        properties=[{"name": "mail", "valueType": "Email"}],
        links=[{"name": "at", "target": "Place", "cardinality": "n-1"}, {"name": "by", "target": "Named"}],
    )
    assert isinstance(created, InterfaceCreated)
    email, place = state(world, "Email", "valueType")["rid"], state(world, "Place", "objectType")["rid"]
    assert state(world, "Located") == {
        "rid": created.rid,
        "slug": "Located",
        "name": "Located",
        "title": "장소",
        "status": "active",
        "extends": [state(world, "Named")["rid"]],
        "properties": {"mail": {"type": "string", "required": False, "array": False, "valueType": email}},
        "links": {
            "at": {"target": place, "cardinality": "n-1"},
            "by": {"target": state(world, "Named")["rid"], "cardinality": "n-n"},
        },
    }
    assert list(members(world.get, state(world, "Located")).properties) == ["이름", "mail"]


def test_the_same_interface_again_changes_nothing():
    world = given()
    assert world.when("CreateInterface", name="Named", properties=[NAME]) == []
    assert world.findings("CreateInterface", name="Named") == [("TYPE_NAME_TAKEN", "/name")]


def test_an_interface_grows_and_shrinks():
    world = given({"name": "Aged"})
    age = {"name": "age", "type": "integer"}
    at = {"name": "at", "target": "Place"}
    named, aged = {"interface": "Named"}, state(world, "Aged")["rid"]
    world.when("AddInterfaceProperty", **named, property=age)
    assert world.when("AddInterfaceProperty", **named, property=age) == []
    assert world.findings("AddInterfaceProperty", **named, property={"name": "age", "type": "string"}) == [
        ("INTERFACE_CLASH", "/property/name")
    ]
    world.when("AddInterfaceLink", **named, link=at)
    assert world.when("AddInterfaceLink", **named, link=at) == []
    assert world.findings("AddInterfaceLink", **named, link={"name": "age", "target": "Place"}) == [
        ("INTERFACE_CLASH", "/link/name")
    ]
    rid = state(world, "Named")["rid"]
    assert world.when("ExtendInterface", **named, extends="Aged") == [
        InterfaceExtended(rid=rid, slug="Named", extends=aged)
    ]
    assert world.when("ExtendInterface", **named, extends=aged) == []
    assert world.findings("DeleteInterface", interface="Aged") == [("TYPE_IN_USE", "/interface")]
    for member, name in (("property", "age"), ("link", "at"), ("extends", "Aged")):
        (removed,) = world.when("RemoveInterfaceMember", **named, member=member, name=name)
        assert isinstance(removed, InterfaceMemberRemoved)
        assert world.when("RemoveInterfaceMember", **named, member=member, name=name) == []
    assert (list(state(world, "Named")["properties"]), state(world, "Named")["links"]) == (["이름"], {})
    assert state(world, "Named")["extends"] == []


def test_extending_makes_no_circle():
    world = given({"name": "B", "extends": ["Named"]}, {"name": "C", "extends": ["B"]})
    for other in ("Named", "B", "C"):
        assert world.findings("ExtendInterface", interface="Named", extends=other) == [("INTERFACE_CYCLE", "/extends")]


def test_members_of_one_name_say_the_same_wherever_they_meet():
    same, other = {"name": "Same", "properties": [NAME]}, {"name": "Other", "properties": [{**NAME, "required": False}]}
    world = given(same, other, {"name": "Both", "extends": ["Named", "Same"]})
    assert world.findings("CreateInterface", name="All", extends=["Named", "Other"]) == [("INTERFACE_CLASH", "")]
    assert world.findings("ExtendInterface", interface="Both", extends="Other") == [("INTERFACE_CLASH", "/extends")]
    world.when("AddInterfaceProperty", interface="Both", property={"name": "x", "type": "string"})
    assert world.findings("AddInterfaceProperty", interface="Same", property={"name": "x", "type": "date"}) == [
        ("INTERFACE_CLASH", "/property")
    ]


@pytest.mark.parametrize(
    ("members", "finding"),
    [
        ({"properties": [{"name": "a b", "type": "string"}]}, ("PROPERTY_NAME", "/properties/0/name")),
        ({"properties": [{"name": "a"}]}, ("PROPERTY_TYPE", "/properties/0/type")),
        ({"properties": [{"name": "a", "type": "enum"}]}, ("PROPERTY_VALUES", "/properties/0/values")),
        ({"properties": [{"name": "a", "valueType": "B"}]}, ("TYPE_UNKNOWN", "/properties/0/valueType")),
        ({"properties": [{"name": "a", "type": "date", "target": "Place"}]}, ("PROPERTY_TARGET", "/properties/0/target")),
        ({"properties": [{"name": "a", "type": "reference", "target": "B"}]}, ("TYPE_UNKNOWN", "/properties/0/target")),
        ({"links": [{"name": "a", "target": "B"}]}, ("TYPE_UNKNOWN", "/links/0/target")),
        ({"links": [{"name": "_a", "target": "Place"}]}, ("PROPERTY_RESERVED", "/links/0/name")),
        ({"extends": ["B"]}, ("TYPE_UNKNOWN", "/extends/0")),
    ],
)  # fmt: skip
def test_what_is_no_member(members, finding):
    assert given().findings("CreateInterface", name="X", **members) == [finding]


@pytest.mark.parametrize(
    ("member", "each", "said"),
    [
        ({"type": "string"}, None, []),
        ({"type": "string", "required": True}, None, ["has no property a"]),
        ({"type": "string", "required": True}, {"type": "string"}, ["does not require a"]),
        ({"type": "string"}, {"type": "string", "required": True}, []),
        ({"type": "string"}, {"type": "integer"}, ["has integer in a, not string"]),
        ({"type": "string"}, {"type": "string", "array": True}, ["has a list in a, not one"]),
        ({"type": "string"}, {"valueType": "Email"}, []),
        ({"valueType": "Email"}, {"type": "string"}, ["has no values of the value type Email in a"]),
        ({"valueType": "Email"}, {"valueType": "Email", "version": 1}, []),
        ({"type": "enum", "values": ["x", "y"]}, {"type": "enum", "values": ["y"]}, []),
        ({"type": "enum", "values": ["x"]}, {"type": "enum", "values": ["y"]}, ["has values in a beyond x"]),
        ({"type": "reference", "target": "Place"}, {"type": "reference", "target": "Place"}, []),
        ({"type": "reference", "target": "Place"}, {"type": "reference", "target": "Plane"}, ["refers in a to Plane, not to Place"]),
        ({"type": "reference"}, {"type": "reference", "target": "Plane"}, []),
    ],
)  # fmt: skip
def test_what_a_type_lacks_of_a_property(member, each, said):
    world = given({"name": "A", "properties": [{"name": "a", **member}]})
    declare(world, properties=[KEY] if each is None else [KEY, {"name": "a", **each}])
    assert lacking(world, "A") == [f"Plane {fault}" for fault in said]


@pytest.mark.parametrize(
    ("cardinality", "link", "fits"),
    [
        ("n-1", {"from": "Plane", "to": "Place", "cardinality": "n-1"}, True),
        ("n-1", {"from": "Plane", "to": "Place", "cardinality": "1-1"}, True),
        ("n-1", {"from": "Plane", "to": "Place", "cardinality": "n-n"}, False),
        ("n-1", {"from": "Place", "to": "Plane", "cardinality": "1-n"}, True),
        ("n-1", {"from": "Place", "to": "Plane", "cardinality": "n-1"}, False),
        ("n-n", {"from": "Plane", "to": "Plane", "cardinality": "n-n"}, False),
    ],
)
def test_what_a_type_lacks_of_a_link(cardinality, link, fits):
    world = given({"name": "A", "links": [{"name": "at", "target": "Place", "cardinality": cardinality}]})
    declare(world)
    assert lacking(world, "A") == [f"Plane has no link type for at: to Place, {cardinality}"]
    world.when("CreateLinkType", name="stands", **link)
    assert (lacking(world, "A") == []) == fits


def test_each_link_member_has_a_link_type_of_its_own():
    origin, destination = {"name": "origin", "target": "Place"}, {"name": "destination", "target": "Place"}
    world = given({"name": "A", "links": [origin, destination]})
    declare(world)
    world.when("CreateLinkType", name="destination", **{"from": "Plane", "to": "Place"})
    assert lacking(world, "A") == ["Plane has no link type for destination: to Place, n-n"]
    world.when("CreateLinkType", name="leaves", **{"from": "Plane", "to": "Place"})
    assert lacking(world, "A") == []


def test_a_type_that_says_nothing_implements_nothing():
    world = given()
    assert implemented(world.get, state(world, "Place", "objectType")) == set()


def test_what_implements_an_interface_is_held_to_it_as_it_grows():
    world = given({"name": "Aged", "properties": [{"name": "age", "type": "integer", "required": True}]})
    declare(world, properties=[KEY, NAME])
    world.when("ImplementInterface", type="Plane", interface="Named")
    age = {"name": "age", "type": "integer"}
    required = {"interface": "Named", "property": {**age, "required": True}}
    (found,) = world.refused("AddInterfaceProperty", required)
    assert (found.code, found.path) == ("INTERFACE_UNSATISFIED", "/property")
    assert "Plane has no property age" in found.text
    assert world.findings("ExtendInterface", interface="Named", extends="Aged") == [
        ("INTERFACE_UNSATISFIED", "/extends")
    ]
    assert world.findings("AddInterfaceLink", interface="Named", link={"name": "at", "target": "Place"}) == [
        ("INTERFACE_UNSATISFIED", "/link")
    ]
    world.when("AddInterfaceProperty", interface="Named", property={"name": "size", "type": "integer"})
    world.when("AddProperty", type="Plane", property={**age, "required": True})
    world.when("AddInterfaceProperty", **required)
    assert world.findings("RenameProperty", type="Plane", property="age", name="years") == [
        ("INTERFACE_UNSATISFIED", "/name")
    ]
    assert world.findings("DeleteInterface", interface="Named") == [("TYPE_IN_USE", "/interface")]


def test_a_link_type_that_an_interface_asks_for_stays_as_it_is_needed():
    world = given({"name": "A", "links": [{"name": "at", "target": "Place", "cardinality": "n-1"}]})
    declare(world)
    world.when("CreateLinkType", name="stands", **{"from": "Plane", "to": "Place", "cardinality": "n-1"})
    world.when("ImplementInterface", type="Plane", interface="A")
    unsatisfied_ = [("INTERFACE_UNSATISFIED", "/type")]
    assert world.findings("DeleteLinkType", type="stands") == unsatisfied_
    assert world.findings("SetCardinality", type="stands", cardinality="n-n") == unsatisfied_
    assert world.findings("ChangeEndpoints", type="stands", **{"from": "Place"}) == unsatisfied_
    world.when("SetCardinality", type="stands", cardinality="1-1")
    world.when("CreateLinkType", name="parks", **{"from": "Plane", "to": "Place", "cardinality": "n-1"})
    world.when("DeleteLinkType", type="stands")
