"""Object types: declared, completed, renamed, replaced."""

import pytest

from events.schema.object_type import ObjectTypeCreated
from events.schema.property_life import PropertyAdded
from events.schema.type_life import ObjectTypeDeprecated, ObjectTypeRenamed
from tests.events.world import World

KEY = {"name": "id", "type": "string"}


def declare(world, name="Plane", key=("id",), properties=(KEY,), **more):
    return world.when("CreateObjectType", name=name, primaryKey=list(key), properties=list(properties), **more)


def faults(*properties, key=("id",), name="Plane", world=None):
    data = {"name": name, "primaryKey": list(key), "properties": [KEY, *properties]}
    return (world or World()).findings("CreateObjectType", **data)


def test_a_type_has_a_rid_a_slug_and_a_name():
    world = World()
    (created,) = declare(world, title="비행기", description="what flies", table="planes")
    assert isinstance(created, ObjectTypeCreated)
    assert created.rid.startswith("ri.oms.object-type.")
    assert (created.slug, created.name, created.title) == ("Plane", "Plane", "비행기")
    (each,) = created.properties
    assert (each.field, each.name, each.required) == ("id", "id", True)
    assert world.get("name/objectType/Plane") == {"rid": created.rid, "slug": "Plane"}
    assert world.get(f"objectType/{created.rid}")["status"] == "active"


def test_the_same_declaration_again_changes_nothing():
    world = World()
    default = {"name": "seats", "type": "number", "default": 1}
    more = [KEY, default, {"name": "next", "type": "reference", "target": "Plane"}]
    declare(world, properties=more)
    assert declare(world, properties=more) == []
    assert faults(world=world) == [("TYPE_NAME_TAKEN", "/name")]


def test_a_slug_is_taken_for_ever():
    world = World()
    declare(world)
    world.when("RenameObjectType", type="Plane", name="Aircraft")
    (again,) = declare(world)
    assert again.slug == "Plane~2"
    world.when("RenameObjectType", type="Plane", name="Drone")
    (third,) = declare(world)
    assert third.slug == "Plane~3"
    world.when("CreateObject", type="Plane~2", properties={"id": "x"})
    assert world.get("object/Plane~2/x") is not None


def test_the_api_name_wins_over_the_slug():
    world = World()
    (first,) = declare(world)
    world.when("RenameObjectType", type="Plane", name="Aircraft")
    assert world.when("RenameObjectType", type="Plane", name="Jet")[0].rid == first.rid
    (second,) = declare(world)
    assert world.when("RenameObjectType", type="Plane", name="Glider")[0].rid == second.rid
    assert world.when("RenameObjectType", type=first.rid, name="Plane")[0].was == "Jet"


def test_a_rename_frees_the_old_name():
    world = World()
    (created,) = declare(world)
    assert world.when("RenameObjectType", type="Plane", name="비행기") == [
        ObjectTypeRenamed(rid=created.rid, slug="Plane", name="비행기", was="Plane")
    ]
    assert world.get("name/objectType/Plane") is None
    assert world.get("name/objectType/비행기") == {"rid": created.rid, "slug": "Plane"}
    assert world.when("RenameObjectType", type="비행기", name="비행기") == []
    declare(world, name="Ship")
    assert world.findings("RenameObjectType", type="Ship", name="비행기") == [("TYPE_NAME_TAKEN", "/name")]
    assert world.findings("RenameObjectType", type="Nothing", name="Ship") == [("TYPE_UNKNOWN", "/type")]


@pytest.mark.parametrize("name", ["", "1a", "_a", "a b", "a-b", "a_b", "a.b", "a/b", "a~2", "x" * 101, "a\n", "\u1100\u1161", "Query", "ID"])  # fmt: skip
def test_what_is_no_type_name(name):
    assert faults(name=name) == [("TYPE_NAME", "/name")]


@pytest.mark.parametrize("name", ["Flight", "항공편", "f", "Ａ１", "été"])
def test_what_is_a_type_name(name):
    assert declare(World(), name=name)[0].name == name


@pytest.mark.parametrize(
    ("each", "finding"),
    [
        ({"name": "a b", "type": "string"}, ("PROPERTY_NAME", "/properties/1/name")),
        ({"name": "_a", "type": "string"}, ("PROPERTY_RESERVED", "/properties/1/name")),
        ({"name": "id", "type": "integer"}, ("PROPERTY_NAME_TAKEN", "/properties/1/name")),
        ({"name": "a", "type": "enum"}, ("PROPERTY_VALUES", "/properties/1/values")),
        ({"name": "a", "type": "enum", "values": []}, ("PROPERTY_VALUES", "/properties/1/values")),
        ({"name": "a", "type": "enum", "values": ["x", "x"]}, ("PROPERTY_VALUES", "/properties/1/values")),
        ({"name": "a", "type": "enum", "values": [""]}, ("PROPERTY_VALUES", "/properties/1/values")),
        ({"name": "a", "type": "string", "values": ["x"]}, ("PROPERTY_VALUES", "/properties/1/values")),
        ({"name": "a", "type": "reference"}, ("PROPERTY_TARGET", "/properties/1/target")),
        ({"name": "a", "type": "string", "target": "Plane"}, ("PROPERTY_TARGET", "/properties/1/target")),
        ({"name": "a", "type": "reference", "target": "Ship"}, ("TYPE_UNKNOWN", "/properties/1/target")),
        ({"name": "a", "type": "json", "unique": True}, ("PROPERTY_UNIQUE", "/properties/1/unique")),
        ({"name": "a", "type": "string", "array": True, "unique": True}, ("PROPERTY_UNIQUE", "/properties/1/unique")),
        ({"name": "a", "type": "string", "unique": True, "default": "x"}, ("PROPERTY_DEFAULT", "/properties/1/default")),
        ({"name": "a", "type": "reference", "target": "Plane", "default": "x"}, ("PROPERTY_DEFAULT", "/properties/1/default")),
        ({"name": "a", "type": "integer", "default": "x"}, ("VALUE_TYPE", "/properties/1/default")),
        ({"name": "a", "type": "integer", "array": True, "default": [1, "x"]}, ("VALUE_TYPE", "/properties/1/default/1")),
        ({"name": "a", "type": "enum", "values": ["x"], "default": "y"}, ("VALUE_ENUM", "/properties/1/default")),
        ({"name": "a", "type": "text"}, ("COMMAND_SHAPE", "/properties/1/type")),
        ({"name": "a", "type": "string", "required": "yes"}, ("COMMAND_SHAPE", "/properties/1/required")),
        ({"name": "a", "type": "string", "indexed": True}, ("COMMAND_SHAPE", "/properties/1/indexed")),
    ],
)  # fmt: skip
def test_what_is_no_property(each, finding):
    assert faults(each) == [finding]


@pytest.mark.parametrize(
    ("key", "each", "paths"),
    [
        (["nr"], KEY, ["/primaryKey/0"]),
        (["id", "id"], KEY, ["/primaryKey/1"]),
        (["a"], {"name": "a", "type": "number"}, ["/primaryKey/0"]),
        (["a"], {"name": "a", "type": "json"}, ["/primaryKey/0"]),
        (["id", "a"], {"name": "a", "type": "string", "array": True}, ["/primaryKey/1"]),
        (["a", "b"], {"name": "a", "type": "integer", "default": 1}, ["/primaryKey/0", "/primaryKey/1"]),
    ],
)
def test_what_is_no_key(key, each, paths):
    properties = [each] if each is KEY else [KEY, each]
    found = World().findings("CreateObjectType", name="Plane", primaryKey=key, properties=properties)
    assert found == [("TYPE_KEY", path) for path in paths]


def test_a_property_is_added():
    world = World()
    (created,) = declare(world)
    gate = {"name": "gate", "type": "string"}
    (added,) = world.when("AddProperty", type="Plane", property=gate)
    assert isinstance(added, PropertyAdded)
    assert list(world.get(f"objectType/{created.rid}")["properties"]) == ["id", "gate"]
    assert world.when("AddProperty", type="Plane", property=gate) == []
    other = {"name": "gate", "type": "integer"}
    assert world.findings("AddProperty", type="Plane", property=other) == [("PROPERTY_NAME_TAKEN", "/property/name")]


def test_a_required_property_that_comes_late_needs_a_default():
    world = World()
    declare(world)
    required = {"name": "maker", "type": "string", "required": True}
    world.when("CreateObject", type="Plane", properties={"id": "a"})
    assert world.findings("AddProperty", type="Plane", property=required) == [("PROPERTY_REQUIRED_LATE", "/property")]
    world.when("DeleteObject", type="Plane", key="a")
    world.when("AddProperty", type="Plane", property=required)
    assert world.findings("RestoreObject", type="Plane", key="a") == [("PROPERTY_REQUIRED", "/key/maker")]


def test_a_late_default_completes_an_object_at_its_next_change():
    world = World()
    declare(world, properties=[KEY, {"name": "note", "type": "string"}])
    world.when("CreateObject", type="Plane", properties={"id": "a", "note": "x"})
    for name, required in (("maker", True), ("colour", False)):
        each = {"name": name, "type": "string", "required": required, "default": "none"}
        world.when("AddProperty", type="Plane", property=each)
    assert world.when("UpdateObject", type="Plane", key="a", patch={"note": "x"}) == []
    (updated,) = world.when("UpdateObject", type="Plane", key="a", patch={"note": "y"})
    assert updated.set == {"note": "y", "maker": "none"}


def test_a_late_default_completes_what_is_restored():
    world = World()
    declare(world)
    world.when("CreateObject", type="Plane", properties={"id": "a"})
    world.when("DeleteObject", type="Plane", key="a")
    each = {"name": "maker", "type": "string", "required": True, "default": "none"}
    world.when("AddProperty", type="Plane", property=each)
    assert [type(e).__name__ for e in world.when("RestoreObject", type="Plane", key="a")] == [
        "ObjectUpdated",
        "ObjectRestored",
    ]
    assert world.get("object/Plane/a")["properties"] == {"id": "a", "maker": "none"}


def test_a_type_is_deprecated_for_another():
    world = World()
    (plane,) = declare(world)
    declare(world, name="Aircraft")
    asked = {"type": "Plane", "replacedBy": "Aircraft", "until": "2030-01-01T09:00:00+09:00"}
    assert world.when("DeprecateObjectType", **asked) == [
        ObjectTypeDeprecated(
            rid=plane.rid, slug="Plane", replaced_by="Aircraft", until="2030-01-01T00:00:00.000000Z"
        )
    ]  # fmt: skip
    assert world.when("DeprecateObjectType", **asked) == []
    assert world.get(f"objectType/{plane.rid}")["status"] == "deprecated"
    wrong = {"type": "Plane", "replacedBy": "Nothing", "until": "soon"}
    assert world.findings("DeprecateObjectType", **wrong) == [
        ("TYPE_UNKNOWN", "/replacedBy"),
        ("VALUE_TIMESTAMP", "/until"),
    ]
    itself = {"type": "Plane", "replacedBy": plane.rid}
    assert world.findings("DeprecateObjectType", **itself) == [("TYPE_REPLACED_BY_ITSELF", "/replacedBy")]
