"""Properties that are typed by value types: what may be said, what is stored, and which values fit."""

import pytest

from tests.events.test_object_type import KEY, declare
from tests.events.test_value_type import EMAIL, state
from tests.events.world import World

WEIGHT = {"name": "Weight", "base": "number", "constraint": {"min": 0, "unit": "kg"}}


def given(*properties, **more):
    world = World()
    for each in (EMAIL, WEIGHT):
        world.when("CreateValueType", **each)
    declare(world, properties=[KEY, *properties], **more)
    return world


def stored(world, field, slug="Plane"):
    return world.get(f"objectType/{world.get(f'slug/objectType/{slug}')['rid']}")["properties"][field]


def create(world, **properties):
    return world.when("CreateObject", type="Plane", properties={"id": "a", **properties})


def refused(world, **properties):
    return world.findings("CreateObject", type="Plane", properties={"id": "a", **properties})


def test_a_property_follows_the_newest_version_or_is_pinned():
    world = given({"name": "owner", "valueType": "Email"}, {"name": "maker", "valueType": "Email", "version": 1})
    rid = state(world)["rid"]
    assert (stored(world, "owner")["type"], stored(world, "owner")["valueType"]) == ("string", rid)
    assert "valueTypeVersion" not in stored(world, "owner")
    assert stored(world, "maker")["valueTypeVersion"] == 1
    world.when("PublishValueTypeVersion", type="Email", constraint={"regex": "x"})
    assert refused(world, owner="a@b.kr", maker="x") == [
        ("VALUE_PATTERN", "/properties/owner"),
        ("VALUE_PATTERN", "/properties/maker"),
    ]
    create(world, owner="x", maker="a@b.kr")


def test_a_list_holds_values_of_the_type():
    world = given({"name": "mails", "valueType": "Email", "array": True})
    assert refused(world, mails=["a@b.kr", "a", 1]) == [
        ("VALUE_PATTERN", "/properties/mails/1"),
        ("VALUE_TYPE", "/properties/mails/2"),
    ]
    create(world, mails=["a@b.kr", "김@서울.한국"])


def test_a_key_may_be_of_a_value_type():
    world = World()
    world.when("CreateValueType", name="Tail", base="string", constraint={"regex": "HL[0-9]{4}"})
    declare(world, key=["tail"], properties=[{"name": "tail", "valueType": "Tail"}])
    world.when("CreateObject", type="Plane", properties={"tail": "HL7611"})
    assert world.findings("CreateObject", type="Plane", properties={"tail": "N1"}) == [
        ("VALUE_PATTERN", "/properties/tail")
    ]


def test_a_default_fits_its_value_type():
    world = given({"name": "weight", "valueType": "Weight", "default": 1})
    assert stored(world, "weight")["default"] == 1.0
    bad = {"name": "load", "valueType": "Weight", "default": -1}
    assert world.findings("AddProperty", type="Plane", property=bad) == [("VALUE_BOUND", "/property/default")]


def test_the_same_declaration_again_changes_nothing():
    world = given()
    each = {"name": "owner", "valueType": "Email"}
    world.when("AddProperty", type="Plane", property=each)
    assert world.when("AddProperty", type="Plane", property=each) == []
    assert world.when("AddProperty", type="Plane", property={**each, "type": "string"}) == []
    pinned = {**each, "version": 1}
    assert world.findings("AddProperty", type="Plane", property=pinned) == [("PROPERTY_NAME_TAKEN", "/property/name")]


@pytest.mark.parametrize(
    ("each", "finding"),
    [
        ({"name": "a"}, ("PROPERTY_TYPE", "/property/type")),
        ({"name": "a", "type": "struct"}, ("PROPERTY_TYPE", "/property/struct")),
        ({"name": "a", "valueType": "Nothing"}, ("TYPE_UNKNOWN", "/property/valueType")),
        ({"name": "a", "struct": "Nothing"}, ("TYPE_UNKNOWN", "/property/struct")),
        ({"name": "a", "shared": "Nothing"}, ("TYPE_UNKNOWN", "/property/shared")),
        ({"name": "a", "valueType": "Email", "struct": "Nothing"}, ("PROPERTY_TYPE", "/property/struct")),
        ({"name": "a", "valueType": "Email", "type": "integer"}, ("PROPERTY_TYPE", "/property/type")),
        ({"name": "a", "valueType": "Email", "version": 2}, ("VALUE_TYPE_VERSION", "/property/version")),
        ({"name": "a", "type": "string", "version": 1}, ("PROPERTY_TYPE", "/property/version")),
        ({"name": "a", "valueType": "Email", "version": "first"}, ("COMMAND_SHAPE", "/property/version")),
        ({"name": "a", "valueType": "Email", "values": ["x"]}, ("PROPERTY_VALUES", "/property/values")),
        ({"name": "a", "valueType": "Email", "default": "x"}, ("VALUE_PATTERN", "/property/default")),
    ],
)
def test_what_is_no_declaration(each, finding):
    assert given().findings("AddProperty", type="Plane", property=each) == [finding]


def test_a_deleted_value_type_is_not_used_any_more():
    world = given()
    world.when("DeleteValueType", type="Email")
    each = {"name": "owner", "valueType": "Email"}
    assert world.findings("AddProperty", type="Plane", property=each) == [("TYPE_DELETED", "/property/valueType")]


def test_a_value_type_in_use_is_not_deleted():
    world = given({"name": "owner", "valueType": "Email"})
    (found,) = world.refused("DeleteValueType", {"type": "Email"})
    assert (found.code, found.path) == ("TYPE_IN_USE", "/type")
    assert found.text == "Email is used by object type Plane; change or delete these first"


def test_a_narrower_version_waits_for_a_migration_while_objects_follow():
    world = given({"name": "weight", "valueType": "Weight"}, {"name": "load", "valueType": "Weight", "version": 1})
    narrower = {"type": "Weight", "constraint": {"min": 1, "unit": "kg"}}
    world.when("CreateObject", type="Plane", properties={"id": "a", "weight": 0})
    (found,) = world.refused("PublishValueTypeVersion", narrower)
    assert (found.code, found.path) == ("RULE_BREAKING_UNPLANNED", "/constraint")
    assert "min 0.0 becomes 1.0" in found.text
    assert "Plane.weight (1 objects) follow" in found.text
    assert "load" not in found.text
    world.when("PublishValueTypeVersion", type="Weight", constraint={"unit": "kg"})
    world.when("DeleteObject", type="Plane", key="a")
    world.when("PublishValueTypeVersion", **narrower)
    assert world.findings("RestoreObject", type="Plane", key="a") == [("VALUE_BOUND", "/key/weight")]


def set_type(world, property_="owner", **said):
    return world.when("SetValueType", type="Plane", property=property_, **said)


def test_a_value_type_is_set_pinned_and_taken_away():
    world = given({"name": "owner", "type": "string"})
    assert set_type(world, valueType=None) == []
    set_type(world, valueType="Email")
    assert set_type(world, valueType="Email") == []
    assert stored(world, "owner")["valueType"] == state(world)["rid"]
    set_type(world, valueType="Email", version=1)
    assert stored(world, "owner")["valueTypeVersion"] == 1
    world.when("PublishValueTypeVersion", type="Email", constraint={})
    create(world, owner="a@b.kr")
    set_type(world, valueType="Email")
    assert "valueTypeVersion" not in stored(world, "owner")
    set_type(world, valueType=None)
    assert "valueType" not in stored(world, "owner")


def test_a_narrower_value_type_waits_for_a_migration_while_there_are_objects():
    world = given({"name": "owner", "type": "string"}, {"name": "maker", "valueType": "Email"})
    create(world, owner="x", maker="a@b.kr")
    world.when("PublishValueTypeVersion", type="Email", constraint={})
    for said in (
        {"property": "owner", "valueType": "Email", "version": 1},
        {"property": "maker", "valueType": "Email", "version": 1},
    ):
        assert world.findings("SetValueType", type="Plane", **said) == [("RULE_BREAKING_UNPLANNED", "/valueType")]
    set_type(world, valueType="Email")
    world.when("DeleteObject", type="Plane", key="a")
    set_type(world, valueType="Email", version=1)
    assert world.findings("RestoreObject", type="Plane", key="a") == [("VALUE_PATTERN", "/key/owner")]


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        ({"valueType": "Nothing"}, ("TYPE_UNKNOWN", "/valueType")),
        ({"valueType": "Weight"}, ("PROPERTY_TYPE", "/valueType")),
        ({"valueType": "Email", "version": 9}, ("VALUE_TYPE_VERSION", "/version")),
        ({"valueType": None, "version": 1}, ("PROPERTY_TYPE", "/version")),
        ({"valueType": "Email"}, ("VALUE_PATTERN", "/valueType")),
    ],
)
def test_what_value_type_cannot_be_set(said, finding):
    world = given({"name": "owner", "type": "string", "default": "nobody"})
    assert world.findings("SetValueType", type="Plane", property="owner", **said) == [finding]


def test_a_default_keeps_to_the_newest_version():
    world = given({"name": "owner", "valueType": "Email", "default": "a@b.kr"})
    assert world.findings("PublishValueTypeVersion", type="Email", constraint={"regex": "x"}) == [
        ("PROPERTY_DEFAULT", "/constraint")
    ]


def test_objects_of_subtypes_count():
    world = given({"name": "weight", "valueType": "Weight"})
    world.when("CreateObjectType", name="Jet", parents=["Plane"])
    world.when("CreateObject", type="Jet", properties={"id": "j", "weight": 0})
    (found,) = world.refused("PublishValueTypeVersion", {"type": "Weight", "constraint": {"min": 1, "unit": "kg"}})
    assert "Plane.weight (1 objects) follow" in found.text
