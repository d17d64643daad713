"""Struct types: their fields, how deep they stand, and the objects that hold such values."""

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from events.schema.checks import by_name, check_of_struct
from events.schema.struct_words import StructFieldRenamed, StructTypeCreated
from events.schema.values import NotAValue, same
from tests.events.test_object_type import KEY, declare
from tests.events.test_value_type import EMAIL
from tests.events.world import World

POINT = {
    "name": "Point",
    "fields": [{"name": "lat", "type": "number", "required": True}, {"name": "lon", "type": "number"}],
}
ADDRESS = {
    "name": "Address",
    "fields": [
        {"name": "도시", "type": "string", "required": True},
        {"name": "kind", "type": "enum", "values": ["place", "work"]},
        {"name": "mails", "valueType": "Email", "array": True},
        {"name": "at", "struct": "Point"},
    ],
}
SEOUL = {"도시": "서울", "kind": "place", "mails": ["a@b.kr"], "at": {"lat": 37, "lon": 127.5}}


def given(*properties):
    world = World()
    world.when("CreateValueType", **EMAIL)
    for each in (POINT, ADDRESS):
        world.when("CreateStructType", **each)
    declare(world, properties=[KEY, *properties])
    return world


def state(world, slug="Address"):
    return world.get(f"structType/{world.get(f'slug/structType/{slug}')['rid']}")


def create(world, **properties):
    return world.when("CreateObject", type="Plane", properties={"id": "a", **properties})


def refused(world, **properties):
    return world.findings("CreateObject", type="Plane", properties={"id": "a", **properties})


def held(world):
    return world.get("object/Plane/a")["properties"]["place"]


HOME = {"name": "place", "struct": "Address"}


def test_a_struct_type_has_fields():
    world = given()
    email, point = world.get("slug/valueType/Email")["rid"], state(world, "Point")["rid"]
    (created,) = world.when("CreateStructType", **{**ADDRESS, "name": "주소"}, title="주소")
    assert isinstance(created, StructTypeCreated)
    assert state(world, "주소")["fields"] == {
        "도시": {"field": "도시", "name": "도시", "type": "string", "required": True, "array": False},
        "kind": {"field": "kind", "name": "kind", "type": "enum", "required": False, "array": False, "values": ["place", "work"]},
        "mails": {"field": "mails", "name": "mails", "type": "string", "required": False, "array": True, "valueType": email},
        "at": {"field": "at", "name": "at", "type": "struct", "required": False, "array": False, "struct": point},
    }  # fmt: skip
    assert world.when("CreateStructType", **ADDRESS) == []
    assert world.findings("CreateStructType", **{**ADDRESS, "title": "x"}) == [("TYPE_NAME_TAKEN", "/name")]


def test_an_object_holds_a_struct_by_field():
    world = given(HOME)
    create(world, place=SEOUL)
    assert held(world) == {**SEOUL, "at": {"lat": 37.0, "lon": 127.5}}
    assert create(world, place=SEOUL) == []


def test_everything_wrong_is_said_at_every_depth():
    world = given(HOME)
    wrong = {"kind": "x", "mails": ["a", "b"], "at": {"lon": "1", "alt": 3}, "zip": 1}
    found = world.refused("CreateObject", {"type": "Plane", "properties": {"id": "a", "place": wrong}})
    assert [(f.code, f.path) for f in found] == [
        ("VALUE_FIELD_REQUIRED", "/properties/place/도시"),
        ("VALUE_ENUM", "/properties/place/kind"),
        ("VALUE_PATTERN", "/properties/place/mails/0"),
        ("VALUE_PATTERN", "/properties/place/mails/1"),
        ("VALUE_FIELD_REQUIRED", "/properties/place/at/lat"),
        ("VALUE_TYPE", "/properties/place/at/lon"),
        ("VALUE_FIELD_UNKNOWN", "/properties/place/at/alt"),
        ("VALUE_FIELD_UNKNOWN", "/properties/place/zip"),
    ]
    assert found[5].text == "place.at.lon is '1', not a number"
    assert refused(world, place="Seoul") == [("VALUE_TYPE", "/properties/place")]


def test_a_renamed_field_is_one_event_and_no_object_changes():
    world = given(HOME)
    create(world, place=SEOUL)
    renamed = {"type": "Address", "field": "도시", "name": "city"}
    assert world.when("RenameStructField", **renamed) == [
        StructFieldRenamed(rid=state(world)["rid"], slug="Address", field="도시", name="city", was="도시")
    ]
    assert world.when("RenameStructField", **renamed) == []
    assert held(world)["도시"] == "서울"
    assert world.when("UpdateObject", type="Plane", key="a", patch={"place": {"city": "서울"}}) == []
    world.when("UpdateObject", type="Plane", key="a", patch={"place": {"city": "부산", "kind": None}})
    assert held(world) == {"도시": "부산", "mails": ["a@b.kr"], "at": {"lat": 37.0, "lon": 127.5}}
    moved = [
        {"op": "replace", "path": "/place/at/lat", "value": 35},
        {"op": "test", "path": "/place/city", "value": "부산"},
    ]
    world.when("UpdateObject", type="Plane", key="a", operations=moved)
    assert held(world)["at"] == {"lat": 35.0, "lon": 127.5}
    world.when("DeleteObject", type="Plane", key="a")
    world.when("RestoreObject", type="Plane", key="a")


def test_a_list_of_structs():
    world = given({"name": "stops", "struct": "Point", "array": True})
    assert refused(world, stops=[{"lat": 1}, {"lon": "x"}]) == [
        ("VALUE_FIELD_REQUIRED", "/properties/stops/1/lat"),
        ("VALUE_TYPE", "/properties/stops/1/lon"),
    ]
    create(world, stops=[{"lat": 1}, {"lat": 2, "lon": 3}])


def test_a_field_is_required_and_not_while_objects_may_lack_it():
    world = given(HOME)
    zip_ = {"name": "zip", "type": "string"}
    world.when("AddStructField", type="Address", field=zip_)
    require = {"type": "Address", "field": "zip"}
    (told,) = world.when("SetStructFieldRequired", **require, required=True)
    assert (told.field, told.required) == ("zip", True)
    assert world.when("SetStructFieldRequired", **require, required=True) == []
    world.when("SetStructFieldRequired", **require, required=False)
    create(world, place=SEOUL)
    assert world.findings("SetStructFieldRequired", **require, required=True) == [
        ("RULE_BREAKING_UNPLANNED", "/required")
    ]


def test_fields_come_and_go():
    world = given(HOME)
    zip_ = {"name": "zip", "type": "string"}
    world.when("AddStructField", type="Address", field=zip_)
    assert world.when("AddStructField", type="Address", field=zip_) == []
    assert world.findings("AddStructField", type="Address", field={**zip_, "type": "integer"}) == [
        ("PROPERTY_NAME_TAKEN", "/field/name")
    ]
    create(world, place={**SEOUL, "zip": "04524"})
    world.when("RemoveStructField", type="Address", field="zip")
    assert world.when("RemoveStructField", type="Address", field="zip") == []
    assert world.findings("RemoveStructField", type="Address", field="nothing") == [("STRUCT_FIELD_UNKNOWN", "/field")]
    (added,) = world.when("AddStructField", type="Address", field={**zip_, "type": "integer"})
    assert added.field.field == "zip~2"
    assert held(world)["zip"] == "04524"
    world.when("UpdateObject", type="Plane", key="a", patch={"place": {"zip": 4524}})
    assert held(world)["zip~2"] == 4524


def test_a_required_field_waits_for_a_migration_while_objects_hold_such_structs():
    world = given(HOME)
    level = {"name": "alt", "type": "number", "required": True}
    create(world, place=SEOUL)
    (found,) = world.refused("AddStructField", {"type": "Point", "field": level})
    assert (found.code, found.path) == ("RULE_BREAKING_UNPLANNED", "/field/required")
    assert "Plane.place (1 objects) follow" in found.text
    world.when("DeleteObject", type="Plane", key="a")
    world.when("AddStructField", type="Point", field=level)
    assert world.findings("RestoreObject", type="Plane", key="a") == [("VALUE_FIELD_REQUIRED", "/key/place/at/alt")]


def test_a_narrower_value_type_reaches_through_structs():
    world = given(HOME)
    create(world, place=SEOUL)
    (found,) = world.refused("PublishValueTypeVersion", {"type": "Email", "constraint": {"regex": "x"}})
    assert "Plane.place (1 objects) follow" in found.text


def test_structs_stand_four_deep_and_never_in_themselves():
    world = World()
    world.when("CreateStructType", name="D1", fields=[{"name": "x", "type": "string"}])
    for depth in (2, 3, 4):
        world.when("CreateStructType", name=f"D{depth}", fields=[{"name": "in", "struct": f"D{depth - 1}"}])
    five = {"name": "D5", "fields": [{"name": "in", "struct": "D4"}]}
    assert world.findings("CreateStructType", **five) == [("STRUCT_DEPTH", "/fields/0/struct")]
    world.when("CreateStructType", name="E1", fields=[{"name": "x", "type": "string"}])
    inner = {"name": "y", "struct": "E1"}
    assert world.findings("AddStructField", type="D1", field=inner) == [("STRUCT_DEPTH", "/field/struct")]
    for other in ("D1", "D4"):
        assert world.findings("AddStructField", type="D1", field={"name": "y", "struct": other}) == [
            ("STRUCT_CYCLE", "/field/struct")
        ]


@pytest.mark.parametrize(
    ("each", "finding"),
    [
        ({"name": "a", "type": "json"}, ("PROPERTY_TYPE", "/fields/0/type")),
        ({"name": "a", "type": "reference"}, ("PROPERTY_TYPE", "/fields/0/type")),
        ({"name": "a"}, ("PROPERTY_TYPE", "/fields/0/type")),
        ({"name": "a b", "type": "string"}, ("PROPERTY_NAME", "/fields/0/name")),
        ({"name": "a", "struct": "Nothing"}, ("TYPE_UNKNOWN", "/fields/0/struct")),
        ({"name": "a", "type": "enum", "values": []}, ("PROPERTY_VALUES", "/fields/0/values")),
        ({"name": "a", "type": "string", "unique": True}, ("COMMAND_SHAPE", "/fields/0/unique")),
    ],
)
def test_what_is_no_field(each, finding):
    assert given().findings("CreateStructType", name="X", fields=[each]) == [finding]


def test_the_last_field_stays():
    world = World()
    world.when("CreateStructType", name="One", fields=[{"name": "x", "type": "string"}])
    assert world.findings("RemoveStructField", type="One", field="x") == [("STRUCT_EMPTY", "/field")]


def test_a_struct_type_in_use_is_not_deleted():
    world = given(HOME)
    assert world.findings("DeleteStructType", type="Address") == [("TYPE_IN_USE", "/type")]
    assert world.findings("DeleteStructType", type="Point") == [("TYPE_IN_USE", "/type")]


def test_a_struct_is_neither_unique_nor_a_key():
    world = given()
    assert world.findings("AddProperty", type="Plane", property={**HOME, "unique": True}) == [
        ("PROPERTY_UNIQUE", "/property/unique")
    ]
    data = {"name": "X", "primaryKey": ["place"], "properties": [HOME]}
    assert world.findings("CreateObjectType", **data) == [("TYPE_KEY", "/primaryKey/0")]


SCALARS = {"string": st.text("ab김", max_size=3), "integer": st.integers(-9, 9), "boolean": st.booleans()}
scalars = st.sampled_from(sorted(SCALARS))
names = st.sampled_from(["a", "b", "한"])


def fields(inner):
    one = st.fixed_dictionaries({"required": st.booleans(), "array": st.booleans()})
    each = st.builds(lambda said, type_: {**said, **type_}, one, inner)
    return st.dictionaries(names, each, min_size=1).map(
        lambda found: {"fields": {f"{name}~1": {**said, "name": name} for name, said in found.items()}}
    )


declared = st.recursive(scalars.map(lambda type_: {"type": type_}), fields, max_leaves=6)


def values(each):
    if "fields" in each:
        inner = {said["name"]: (said, values(said)) for said in each["fields"].values()}
        one = st.fixed_dictionaries(
            {name: found for name, (said, found) in inner.items() if said["required"]},
            optional={name: found for name, (said, found) in inner.items() if not said["required"]},
        )
    else:
        one = SCALARS[each["type"]]
    return st.lists(one, max_size=2) if each.get("array") else one


@drawn(st.data(), fields(declared))
def test_a_struct_is_stored_by_field_and_shown_by_name_as_it_was_given(data, struct):
    struct = {"array": False, **struct}
    value = data.draw(values(struct))
    stored = check_of_struct(struct["fields"])(value)
    assert same(by_name(struct, stored), value)
    assert all(name.endswith("~1") for name in stored)
    with pytest.raises(NotAValue):
        check_of_struct(struct["fields"])({**value, "nothing": 1})
