"""Object types: described, made active, deleted while nothing uses them, restored as they were."""

import pytest

from tests.events.world import World

ID = {"name": "id", "type": "string"}


def declared(*names, **more):
    world = World()
    for name in names:
        world.when("CreateObjectType", name=name, primaryKey=["id"], properties=[ID], **more)
    return world


def state(world, name):
    return world.get(f"objectType/{world.get(f'name/objectType/{name}')['rid']}")


def test_what_is_said_of_a_type_is_changed_member_by_member():
    world = declared("Plane", title="Plane", table="planes")
    (event,) = world.when("UpdateObjectTypeMetadata", type="Plane", title="비행기", table=None, order=2)
    assert (event.set, event.unset) == ({"title": "비행기", "order": 2}, ["table"])
    after = state(world, "Plane")
    assert (after["title"], after["table"], after["order"]) == ("비행기", None, 2)
    assert world.when("UpdateObjectTypeMetadata", type="Plane", title="비행기", icon=None) == []
    world.when("UpdateObjectTypeMetadata", type="Plane", order=None)
    assert "order" not in state(world, "Plane")


def test_a_deleted_type_frees_its_name_and_comes_back_under_it():
    world = declared("Plane")
    rid = state(world, "Plane")["rid"]
    world.when("DeleteObjectType", type="Plane")
    assert world.get("name/objectType/Plane") is None
    assert world.when("DeleteObjectType", type="Plane") == []
    assert world.findings("CreateObject", type="Plane", properties={"id": "a"}) == [("TYPE_DELETED", "/type")]
    assert world.findings("AddProperty", type="Plane", property={"name": "x", "type": "string"}) == [
        ("TYPE_DELETED", "/type")
    ]
    world.when("RestoreObjectType", type="Plane")
    assert world.get("name/objectType/Plane") == {"rid": rid, "slug": "Plane"}
    assert world.when("RestoreObjectType", type="Plane") == []
    world.when("CreateObject", type="Plane", properties={"id": "a"})


def test_a_name_that_was_given_again_keeps_a_type_deleted():
    world = declared("Plane")
    rid = state(world, "Plane")["rid"]
    world.when("DeleteObjectType", type="Plane")
    world.when("CreateObjectType", name="Plane", primaryKey=["id"], properties=[ID])
    assert state(world, "Plane")["slug"] == "Plane~2"
    assert world.findings("RestoreObjectType", type=rid) == [("TYPE_NAME_TAKEN", "/type")]


def test_a_type_in_use_is_not_deleted_and_the_finding_says_by_what():
    world = declared("Plane", "공항")
    world.when("CreateObjectType", name="Jet", parents=["Plane"])
    world.when("CreateLinkType", **{"name": "standsAt", "from": "Plane", "to": "공항"})
    at = {"name": "plane", "type": "reference", "target": "Plane"}
    world.when("CreateObjectType", name="Flight", primaryKey=["id"], properties=[ID, at])
    world.when("CreateObject", type="Plane", properties={"id": "a"})
    (finding,) = world.refused("DeleteObjectType", {"type": "Plane"})
    assert (finding.code, finding.path) == ("TYPE_IN_USE", "/type")
    assert (
        "1 object; 1 type below it: object type Jet; 2 other elements of the schema: link type standsAt" in finding.text
    )


def test_what_no_longer_uses_a_type_lets_it_go():
    world = declared("Plane")
    world.when("CreateObjectType", name="Flight", primaryKey=["id"], properties=[ID, {"name": "plane", "type": "reference", "target": "Plane"}])  # fmt: skip
    world.when("RemoveProperty", type="Flight", property="plane")
    world.when("DeleteObjectType", type="Plane")
    assert world.findings("RestoreProperty", type="Flight", property="plane") == [("TYPE_DELETED", "/property")]
    world.when("DeleteObjectType", type="Flight")
    world.when("RestoreObjectType", type="Flight")


def test_a_type_comes_back_only_with_all_it_uses():
    world = declared("Plane")
    world.when("CreateObjectType", name="Jet", parents=["Plane"])
    world.when("DeleteObjectType", type="Jet")
    world.when("DeleteObjectType", type="Plane")
    assert world.findings("RestoreObjectType", type="Jet") == [("TYPE_DELETED", "/type")]
    world.when("RestoreObjectType", type="Plane")
    world.when("RestoreObjectType", type="Jet")


def test_what_is_active_uses_nothing_experimental():
    world = declared("Plane", status="experimental")
    assert world.findings("CreateObjectType", name="Jet", parents=["Plane"]) == [("TYPE_EXPERIMENTAL", "")]
    world.when("CreateObjectType", name="Jet", parents=["Plane"], status="experimental")
    assert world.findings("SetObjectTypeStatus", type="Jet", status="active") == [("TYPE_EXPERIMENTAL", "/status")]
    world.when("SetObjectTypeStatus", type="Plane", status="active")
    world.when("SetObjectTypeStatus", type="Jet", status="active")
    assert world.findings("SetObjectTypeStatus", type="Plane", status="experimental") == [
        ("TYPE_EXPERIMENTAL", "/status")
    ]
    assert world.when("SetObjectTypeStatus", type="Plane", status="active") == []


def test_a_status_takes_back_what_was_said_of_going():
    world = declared("Plane", "Jet")
    world.when("DeprecateObjectType", type="Plane", replacedBy="Jet", until="2030-01-01T00:00:00Z")
    world.when("SetObjectTypeStatus", type="Plane", status="active")
    assert [state(world, "Plane")[name] for name in ("status", "replacedBy", "until")] == ["active", None, None]
    world.when("DeleteObjectType", type="Jet")
    assert world.findings("DeprecateObjectType", type="Plane", replacedBy="Jet") == [("TYPE_DELETED", "/replacedBy")]


@pytest.mark.parametrize(
    ("key", "code"),
    [(["id"], None), (["tail"], None), (["id", "tail"], None), (["gone"], "TYPE_KEY"), (["many"], "TYPE_KEY")],
)
def test_a_key_is_set_while_there_are_no_objects(key, code):
    world = World()
    properties = [ID, {"name": "tail", "type": "string"}, {"name": "many", "type": "string", "array": True}]
    world.when("CreateObjectType", name="Plane", primaryKey=["id"], properties=properties)
    if code:
        assert world.findings("SetPrimaryKey", type="Plane", primaryKey=key) == [(code, "/primaryKey/0")]
        return
    world.when("SetPrimaryKey", type="Plane", primaryKey=key)
    after = state(world, "Plane")
    assert after["primaryKey"] == key
    assert all(after["properties"][field]["required"] for field in key)


def test_a_key_never_changes_under_objects():
    world = World()
    world.when("CreateObjectType", name="Plane", primaryKey=["id"], properties=[ID, {"name": "tail", "type": "string"}])
    world.when("CreateObject", type="Plane", properties={"id": "a", "tail": "HL1"})
    (finding,) = world.refused("SetPrimaryKey", {"type": "Plane", "primaryKey": ["tail"]})
    assert (finding.code, "1 Plane" in finding.text) == ("RULE_BREAKING_UNPLANNED", True)
    world.when("DeleteObject", type="Plane", key="a")
    world.when("SetPrimaryKey", type="Plane", primaryKey=["tail"])
    assert world.findings("RestoreObject", type="Plane", key="a") == [("OBJECT_KEY_CHANGED", "/key")]


def test_a_title_is_a_property_as_long_as_it_is_one():
    world = declared("Plane")
    world.when("AddProperty", type="Plane", property={"name": "이름", "type": "string"})
    world.when("SetTitleProperty", type="Plane", property="이름")
    assert state(world, "Plane")["titleProperty"] == "이름"
    assert world.when("SetTitleProperty", type="Plane", property="이름") == []
    assert world.findings("SetTitleProperty", type="Plane", property="gone") == [("PROPERTY_UNKNOWN", "/property")]
    assert world.findings("RemoveProperty", type="Plane", property="이름") == [("PROPERTY_IN_USE", "/property")]
    world.when("SetTitleProperty", type="Plane", property=None)
    assert "titleProperty" not in state(world, "Plane")
    world.when("RemoveProperty", type="Plane", property="이름")


def test_a_type_that_is_declared_again_is_the_same_whatever_was_said_of_its_end():
    world = declared("Plane")
    world.when("AddProperty", type="Plane", property={"name": "x", "type": "string"})
    world.when("RemoveProperty", type="Plane", property="x")
    world.when("DeprecateObjectType", type="Plane")
    assert world.when("CreateObjectType", name="Plane", primaryKey=["id"], properties=[ID]) == []
    again = {"name": "Plane", "primaryKey": ["id"], "properties": [ID], "status": "experimental"}
    assert world.findings("CreateObjectType", **again) == [("TYPE_NAME_TAKEN", "/name")]
