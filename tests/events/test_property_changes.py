"""Properties: what loosens holds at once, what tightens waits for a migration, what is removed keeps its field."""

import pytest

from tests.events.world import World

ID = {"name": "id", "type": "string"}
HELD = "RULE_BREAKING_UNPLANNED"


def world_with(*properties, objects=()):
    world = World()
    world.when("CreateObjectType", name="Plane", primaryKey=["id"], properties=[ID, *properties])
    for number, values in enumerate(objects):
        world.when("CreateObject", type="Plane", properties={"id": f"p{number}", **values})
    return world


def declaration(world, field):
    return world.get(f"objectType/{world.get('name/objectType/Plane')['rid']}")["properties"][field]


def test_a_rename_leaves_the_field_and_frees_the_name():
    world = world_with({"name": "tail", "type": "string"}, objects=[{"tail": "HL1"}])
    world.when("RenameProperty", type="Plane", property="tail", name="등록번호")
    assert world.when("RenameProperty", type="Plane", property="등록번호", name="등록번호") == []
    world.when("AddProperty", type="Plane", property={"name": "tail", "type": "integer"})
    world.when("UpdateObject", type="Plane", key="p0", patch={"등록번호": "HL2", "tail": 7})
    assert world.get("object/Plane/p0")["properties"] == {"id": "p0", "tail": "HL2", "tail~2": 7}
    assert world.findings("RenameProperty", type="Plane", property="tail", name="id") == [
        ("PROPERTY_NAME_TAKEN", "/name")
    ]
    assert world.findings("RenameProperty", type="Plane", property="tail", name="_x") == [
        ("PROPERTY_RESERVED", "/name")
    ]


def test_a_property_is_named_by_name_then_field_then_rid():
    world = world_with({"name": "a", "type": "string"}, {"name": "b", "type": "string"})
    rid = declaration(world, "b")["rid"]
    world.when("RenameProperty", type="Plane", property="a", name="c")
    world.when("RenameProperty", type="Plane", property="b", name="a")
    world.when("UpdatePropertyMetadata", type="Plane", property="a", description="was b")
    assert declaration(world, "b")["description"] == "was b"
    world.when("UpdatePropertyMetadata", type="Plane", property=rid, description=None)
    assert declaration(world, "b")["description"] is None
    assert world.findings("UpdatePropertyMetadata", type="Plane", property="x", description="") == [("PROPERTY_UNKNOWN", "/property")]  # fmt: skip


def test_what_is_removed_is_not_shown_and_comes_back_with_its_values():
    world = world_with({"name": "좌석", "type": "integer"}, objects=[{"좌석": 180}])
    world.when("RemoveProperty", type="Plane", property="좌석")
    assert world.when("RemoveProperty", type="Plane", property="좌석") == []
    assert world.findings("UpdateObject", type="Plane", key="p0", patch={"좌석": 1}) == [
        ("PROPERTY_UNKNOWN", "/patch/좌석")
    ]
    world.when(
        "UpdateObject", type="Plane", key="p0", operations=[{"op": "replace", "path": "", "value": {"id": "p0"}}]
    )
    assert world.get("object/Plane/p0")["properties"] == {"id": "p0", "좌석": 180}
    world.when("RestoreProperty", type="Plane", property="좌석")
    assert world.when("RestoreProperty", type="Plane", property="좌석") == []
    world.when("UpdateObject", type="Plane", key="p0", patch={"좌석": 200})
    assert world.get("object/Plane/p0")["properties"]["좌석"] == 200


def test_the_name_of_what_was_removed_is_free_but_its_field_is_not():
    world = world_with({"name": "seats", "type": "integer"}, objects=[{"seats": 180}])
    world.when("RemoveProperty", type="Plane", property="seats")
    world.when("AddProperty", type="Plane", property={"name": "seats", "type": "string"})
    world.when("UpdateObject", type="Plane", key="p0", patch={"seats": "many"})
    assert world.get("object/Plane/p0")["properties"] == {"id": "p0", "seats": 180, "seats~2": "many"}
    assert world.findings("RestoreProperty", type="Plane", property="seats") == [("PROPERTY_NAME_TAKEN", "/property")]


def test_what_holds_a_type_together_is_not_removed():
    world = world_with({"name": "next", "type": "reference", "target": "Plane"}, objects=[{}])
    assert world.findings("RemoveProperty", type="Plane", property="id") == [("PROPERTY_IN_USE", "/property")]
    assert world.findings("RemoveProperty", type="Plane", property="next") == [(HELD, "/property")]
    assert world.findings("SetRequired", type="Plane", property="id", required=False) == [
        ("PROPERTY_IN_USE", "/required")
    ]
    assert world.findings("SetDefault", type="Plane", property="id", default="x") == [("PROPERTY_DEFAULT", "/default")]


def test_required_loosens_at_once_and_tightens_with_a_default_or_without_objects():
    world = world_with({"name": "seats", "type": "integer"}, objects=[{}])
    assert world.findings("SetRequired", type="Plane", property="seats", required=True) == [(HELD, "/required")]
    world.when("SetDefault", type="Plane", property="seats", default=1)
    world.when("SetRequired", type="Plane", property="seats", required=True)
    assert world.findings("SetDefault", type="Plane", property="seats", default=None) == [(HELD, "/default")]
    world.when("UpsertObject", type="Plane", properties={"id": "p0"})
    world.when("SetRequired", type="Plane", property="seats", required=False)
    assert world.when("SetRequired", type="Plane", property="seats", required=False) == []


def test_a_property_is_unique_again_under_other_keys():
    world = world_with({"name": "tail", "type": "string", "unique": True}, objects=[{"tail": "HL1"}])
    world.when("SetUnique", type="Plane", property="tail", unique=False)
    world.when("CreateObject", type="Plane", properties={"id": "twin", "tail": "HL1"})
    assert world.findings("SetUnique", type="Plane", property="tail", unique=True) == [(HELD, "/unique")]
    for key in ("p0", "twin"):
        world.when("DeleteObject", type="Plane", key=key)
    world.when("SetUnique", type="Plane", property="tail", unique=True)
    world.when("RestoreObject", type="Plane", key="twin")
    assert world.findings("RestoreObject", type="Plane", key="p0") == [("VALUE_NOT_UNIQUE", "/key/tail")]
    assert world.get('unique/Plane/tail~u2/"HL1"') == {"owner": "object/Plane/twin"}
    world.when("SetUnique", type="Plane", property="tail", unique=False)
    assert declaration(world, "tail")["reserve"] == "tail~u3"


@pytest.mark.parametrize(
    "each",
    [
        {"name": "x", "type": "json"},
        {"name": "x", "type": "string", "array": True},
        {"name": "x", "type": "string", "default": "-"},
    ],
)
def test_what_cannot_be_unique(each):
    (code, path), *_ = world_with(each).findings("SetUnique", type="Plane", property="x", unique=True)
    assert (code, path) in [("PROPERTY_UNIQUE", "/unique"), ("PROPERTY_DEFAULT", "/unique")]


ENUM = {"name": "x", "type": "enum", "values": ["a", "b"]}


@pytest.mark.parametrize(
    ("each", "to", "fits"),
    [
        (ENUM, {"to": "string"}, True),
        (ENUM, {"to": "enum", "values": ["a", "b", "다"]}, True),
        (ENUM, {"to": "enum", "values": ["a"]}, False),
        ({"name": "x", "type": "date"}, {"to": "string"}, True),
        ({"name": "x", "type": "date"}, {"to": "timestamp"}, False),
        ({"name": "x", "type": "integer"}, {"to": "number"}, False),
        ({"name": "x", "type": "integer"}, {"to": "json"}, True),
        ({"name": "x", "type": "string", "array": True}, {"to": "json"}, True),
        ({"name": "x", "type": "string"}, {"to": "string", "array": True}, False),
        ({"name": "x", "type": "string"}, {"to": "integer"}, False),
        ({"name": "x", "type": "reference", "target": "Plane"}, {"to": "string"}, False),
    ],
)
def test_a_type_of_values_changes_under_objects_only_where_their_values_stay_right(each, to, fits):
    world = world_with(each, objects=[{}])
    if fits:
        world.when("ChangePropertyType", type="Plane", property="x", **to)
        assert world.when("ChangePropertyType", type="Plane", property="x", **to) == []
    else:
        assert world.findings("ChangePropertyType", type="Plane", property="x", **to) == [(HELD, "/to")]
        world.when("DeleteObject", type="Plane", key="p0")
        world.when("ChangePropertyType", type="Plane", property="x", **to)
    assert declaration(world, "x")["type"] == to["to"]


def test_what_does_not_fit_any_more_is_not_restored_as_it_was():
    world = world_with({"name": "x", "type": "string"}, objects=[{"x": "old"}])
    world.when("DeleteObject", type="Plane", key="p0")
    world.when("ChangePropertyType", type="Plane", property="x", to="integer")
    assert world.findings("RestoreObject", type="Plane", key="p0") == [("VALUE_TYPE", "/key/x")]
    world.when("UpsertObject", type="Plane", properties={"id": "p0", "x": 1})
    assert world.get("object/Plane/p0")["properties"] == {"id": "p0", "x": 1}


@pytest.mark.parametrize(
    ("each", "to", "finding"),
    [
        (ENUM, {"to": "enum"}, ("PROPERTY_VALUES", "/values")),
        (ENUM, {"to": "reference"}, ("PROPERTY_TARGET", "/target")),
        (ENUM, {"to": "reference", "target": "Gone"}, ("TYPE_UNKNOWN", "/target")),
        ({"name": "x", "type": "string", "default": "one"}, {"to": "integer"}, ("VALUE_TYPE", "/to")),
        ({"name": "x", "type": "string", "unique": True}, {"to": "json"}, ("PROPERTY_UNIQUE", "/to")),
    ],
)
def test_what_is_no_type_of_values(each, to, finding):
    assert world_with(each).findings("ChangePropertyType", type="Plane", property="x", **to) == [finding]


def test_a_key_stays_one():
    world = world_with()
    assert world.findings("ChangePropertyType", type="Plane", property="id", to="number") == [("TYPE_KEY", "/to")]
    assert world.findings("SetMarking", type="Plane", property="id", marking="encrypt") == [("TYPE_KEY", "/marking")]


def test_values_of_an_enum_come_at_once_and_go_while_nobody_can_have_them():
    world = world_with({**ENUM, "default": "a"}, objects=[{}])
    world.when("AddEnumValue", type="Plane", property="x", value="다")
    assert world.when("AddEnumValue", type="Plane", property="x", value="다") == []
    assert world.findings("RemoveEnumValue", type="Plane", property="x", value="b") == [(HELD, "/value")]
    world.when("DeleteObject", type="Plane", key="p0")
    assert world.findings("RemoveEnumValue", type="Plane", property="x", value="a") == [("PROPERTY_DEFAULT", "/value")]
    world.when("SetDefault", type="Plane", property="x", default=None)
    world.when("RemoveEnumValue", type="Plane", property="x", value="a")
    world.when("RemoveEnumValue", type="Plane", property="x", value="b")
    assert world.when("RemoveEnumValue", type="Plane", property="x", value="b") == []
    assert world.findings("RemoveEnumValue", type="Plane", property="x", value="다") == [("PROPERTY_VALUES", "/value")]
    assert world.findings("AddEnumValue", type="Plane", property="id", value="x") == [("PROPERTY_VALUES", "/property")]


def test_what_a_default_may_be():
    world = world_with({"name": "n", "type": "number"}, {"name": "r", "type": "reference", "target": "Plane"})
    world.when("SetDefault", type="Plane", property="n", default=1)
    assert declaration(world, "n")["default"] == 1.0
    assert world.when("SetDefault", type="Plane", property="n", default=1) == []
    assert world.findings("SetDefault", type="Plane", property="n", default="1") == [("VALUE_TYPE", "/default")]
    assert world.findings("SetDefault", type="Plane", property="r", default="p0") == [("PROPERTY_DEFAULT", "/default")]


def test_markings_and_search():
    world = world_with({"name": "이름", "type": "string"})
    world.when("SetMarking", type="Plane", property="이름", marking="redact")
    assert world.when("SetMarking", type="Plane", property="이름", marking="redact") == []
    world.when("SetSearchable", type="Plane", property="이름", searchable=True)
    assert world.findings("SetMarking", type="Plane", property="이름", marking="encrypt") == [("PROPERTY_MARKING", "/marking")]  # fmt: skip
    world.when("SetSearchable", type="Plane", property="이름", searchable=False)
    world.when("SetMarking", type="Plane", property="이름", marking=None)
    assert not {"marking", "searchable"} & declaration(world, "이름").keys()


def test_a_property_is_deprecated_for_another():
    world = world_with({"name": "a", "type": "string"}, {"name": "b", "type": "string"})
    world.when("DeprecateProperty", type="Plane", property="a", replacedBy="b", until="2030-01-01T09:00:00+09:00")
    assert declaration(world, "a")["until"] == "2030-01-01T00:00:00.000000Z"
    assert (
        world.when("DeprecateProperty", type="Plane", property="a", replacedBy="b", until="2030-01-01T00:00:00Z") == []
    )
    assert world.findings("DeprecateProperty", type="Plane", property="a", replacedBy="a", until="soon") == [
        ("PROPERTY_UNKNOWN", "/replacedBy"),
        ("VALUE_TIMESTAMP", "/until"),
    ]


def test_what_a_shared_property_says_is_said_there():
    world = world_with()
    world.when("CreateSharedProperty", name="등록", property={"type": "string", "default": "-"})
    world.when("AddProperty", type="Plane", property={"name": "tail", "shared": "등록", "required": True})
    said: list[tuple[str, dict[str, object]]] = [
        ("UpdatePropertyMetadata", {"description": "x"}),
        ("SetDefault", {"default": "x"}),
        ("SetMarking", {"marking": "mark"}),
        ("SetSearchable", {"searchable": True}),
        ("ChangePropertyType", {"to": "json"}),
    ]
    for command, data in said:
        (finding,) = world.findings(command, type="Plane", property="tail", **data)
        assert finding[0] == "PROPERTY_SHARED"
    world.when("SetRequired", type="Plane", property="tail", required=False)
    world.when("CreateObject", type="Plane", properties={"id": "a"})
    world.when("SetRequired", type="Plane", property="tail", required=True)  # its default completes what is there


def test_what_a_rule_names_is_not_removed():
    world = world_with({"name": "seats", "type": "integer"}, {"name": "x", "type": "string"})
    world.when("CreateObjectType", name="Jet", parents=["Plane"])
    world.when("CreateRule", name="Seated", type="Jet", expression="!has(new.seats) || new.seats > 0")
    (finding,) = world.refused("RemoveProperty", {"type": "Plane", "property": "seats"})
    assert (finding.code, "rule Seated" in finding.text) == ("PROPERTY_IN_USE", True)
    world.when("RemoveProperty", type="Plane", property="x")
    world.when("DeleteRule", rule="Seated")
    world.when("RemoveProperty", type="Plane", property="seats")
