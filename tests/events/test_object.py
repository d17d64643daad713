"""Objects: created, changed, deleted and brought back, as their type says."""

import pytest

from events.objects.object_words import ObjectCreated, ObjectDeleted, ObjectRestored, ObjectUpdated
from tests.events.world import World

AIRLINE = {
    "name": "Airline",
    "primaryKey": ["carrier"],
    "properties": [
        {"name": "carrier", "type": "string"},
        {"name": "name", "type": "string", "required": True, "unique": True},
        {"name": "alliance", "type": "enum", "values": ["Star", "SkyTeam"]},
    ],
}
FLIGHT = {
    "name": "Flight",
    "primaryKey": ["day", "number"],
    "properties": [
        {"name": "day", "type": "date"},
        {"name": "number", "type": "integer"},
        {"name": "airline", "type": "reference", "target": "Airline"},
        {"name": "status", "type": "enum", "values": ["planned", "cancelled"], "required": True, "default": "planned"},
        {"name": "extra", "type": "json"},
        {"name": "stops", "type": "reference", "target": "Airline", "array": True},
    ],
}


@pytest.fixture
def world() -> World:
    world = World()
    world.when("CreateObjectType", **AIRLINE)
    world.when("CreateObjectType", **FLIGHT)
    world.when("CreateObject", type="Airline", properties={"carrier": "UA", "name": "United"})
    return world


def flight(**properties):
    return {"type": "Flight", "properties": {"day": "2013-01-01", "number": 1545, **properties}}


def test_an_object_is_created_with_its_defaults(world):
    (created,) = world.when("CreateObject", **flight(airline="UA"))
    assert created == ObjectCreated(
        type=world.get("slug/objectType/Flight")["rid"],
        slug="Flight",
        key="2013-01-01:1545",
        properties={"day": "2013-01-01", "number": 1545, "airline": "UA", "status": "planned"},
    )
    assert world.get("count/object/Flight") == {"n": 1}
    assert world.get("degree/object/Airline/UA") == {"n": 1}
    assert world.get('unique/Airline/name/"United"') == {"owner": "object/Airline/UA"}


def test_what_is_there_already_is_not_created_again(world):
    world.when("CreateObject", **flight())
    assert world.when("CreateObject", **flight()) == []
    assert world.findings("CreateObject", **flight(status="cancelled")) == [("OBJECT_EXISTS", "/properties")]


def test_everything_that_is_wrong_is_said_at_once(world):
    wrong = flight(day="2013-02-30", airline="XX", status="late", _updated_by="me", colour="red", stops=["UA", 7])
    assert set(world.findings("CreateObject", **wrong)) == {
        ("VALUE_DATE", "/properties/day"),
        ("VALUE_REFERENCE", "/properties/airline"),
        ("VALUE_ENUM", "/properties/status"),
        ("PROPERTY_RESERVED", "/properties/_updated_by"),
        ("PROPERTY_UNKNOWN", "/properties/colour"),
        ("VALUE_TYPE", "/properties/stops/1"),
    }


def test_a_merge_patch_changes_what_it_names(world):
    world.when("CreateObject", **flight(airline="UA", extra={"gate": {"name": "A1", "open": True}}))
    patch = {"airline": None, "extra": {"gate": {"open": None}}}
    (updated,) = world.when("UpdateObject", type="Flight", key=["2013-01-01", 1545], patch=patch)
    assert isinstance(updated, ObjectUpdated)
    assert (updated.set, updated.unset) == ({"extra": {"gate": {"name": "A1"}}}, ["airline"])
    assert updated.was == {"airline": "UA", "extra": {"gate": {"name": "A1", "open": True}}}
    assert world.get("degree/object/Airline/UA") == {"n": 0}
    assert world.when("UpdateObject", type="Flight", key="2013-01-01:1545", patch=patch) == []


def test_deleted_and_restored(world):
    world.when("CreateObject", **flight(airline="UA"))
    in_use = world.refused("DeleteObject", {"type": "Airline", "key": "UA"})
    assert [(f.code, f.path) for f in in_use] == [("OBJECT_IN_USE", "/key")]
    assert "by 1 reference" in in_use[0].text
    assert [type(e) for e in world.when("DeleteObject", type="Flight", key="2013-01-01:1545")] == [ObjectDeleted]
    assert world.when("DeleteObject", type="Flight", key="2013-01-01:1545") == []
    world.when("DeleteObject", type="Airline", key="UA")
    assert world.get('unique/Airline/name/"United"') is None
    assert world.findings("RestoreObject", type="Flight", key="2013-01-01:1545") == [
        ("VALUE_REFERENCE", "/key/airline")
    ]
    assert [type(e) for e in world.when("RestoreObject", type="Airline", key="UA")] == [ObjectRestored]
    world.when("RestoreObject", type="Flight", key="2013-01-01:1545")
    assert world.get("degree/object/Airline/UA") == {"n": 1}


def test_created_again_after_a_deletion_the_history_goes_on(world):
    world.when("CreateObject", **flight(airline="UA"))
    world.when("DeleteObject", type="Flight", key="2013-01-01:1545")
    (again,) = world.when("CreateObject", **flight(status="cancelled"))
    assert isinstance(again, ObjectCreated)
    state = world.get("object/Flight/2013-01-01:1545")
    assert state["properties"] == {"day": "2013-01-01", "number": 1545, "status": "cancelled"}
    assert state["deleted"] is False
    assert world.get("degree/object/Airline/UA") == {"n": 0}


def test_an_upsert_creates_changes_and_restores(world):
    key = "object/Flight/2013-01-01:1545"
    assert [type(e) for e in world.when("UpsertObject", **flight(airline="UA"))] == [ObjectCreated]
    assert world.when("UpsertObject", **flight()) == []
    (updated,) = world.when("UpsertObject", **flight(airline=None, extra={"a": [None]}))
    assert (updated.set, updated.unset) == ({"extra": {"a": [None]}}, ["airline"])
    world.when("DeleteObject", type="Flight", key="2013-01-01:1545")
    changed = world.when("UpsertObject", **flight(airline="UA"))
    assert [type(e) for e in changed] == [ObjectUpdated, ObjectRestored]
    assert world.get(key)["properties"]["extra"] == {"a": [None]}
    world.when("DeleteObject", type="Flight", key="2013-01-01:1545")
    assert [type(e) for e in world.when("UpsertObject", **flight())] == [ObjectRestored]


def test_a_unique_value_has_one_holder(world):
    second = {"type": "Airline", "properties": {"carrier": "B6", "name": "United"}}
    assert world.findings("CreateObject", **second) == [("VALUE_NOT_UNIQUE", "/properties/name")]
    world.when("UpdateObject", type="Airline", key="UA", patch={"name": "United Airlines"})
    world.when("CreateObject", **second)
    assert world.findings("UpdateObject", type="Airline", key="UA", patch={"name": "United"}) == [
        ("VALUE_NOT_UNIQUE", "/patch/name")
    ]
    world.when("DeleteObject", type="Airline", key="UA")
    world.when("UpdateObject", type="Airline", key="B6", patch={"name": "United Airlines"})
    assert world.findings("RestoreObject", type="Airline", key="UA") == [("VALUE_NOT_UNIQUE", "/key/name")]
    back = {"type": "Airline", "properties": {"carrier": "UA", "name": "유나이티드"}}
    assert [type(e) for e in world.when("UpsertObject", **back)] == [ObjectUpdated, ObjectRestored]
    assert world.get('unique/Airline/name/"United Airlines"') == {"owner": "object/Airline/B6"}
    assert world.get('unique/Airline/name/"유나이티드"') == {"owner": "object/Airline/UA"}


def test_a_long_unique_value_is_held_by_its_digest(world):
    for carrier, name in (("A", "x" * 10_000), ("B", "x" * 10_001)):
        world.when("CreateObject", type="Airline", properties={"carrier": carrier, "name": name})
    again = {"carrier": "C", "name": "x" * 10_000}
    assert world.findings("CreateObject", type="Airline", properties=again) == [
        ("VALUE_NOT_UNIQUE", "/properties/name")
    ]
    assert max(map(len, world.stored)) < 200


def test_no_value_is_not_the_default(world):
    assert world.findings("CreateObject", **flight(status=None)) == [("PROPERTY_REQUIRED", "/properties/status")]
    world.when("CreateObject", **flight())
    patch = {"type": "Flight", "key": "2013-01-01:1545", "patch": {"status": None}}
    assert world.findings("UpdateObject", **patch) == [("PROPERTY_REQUIRED", "/patch/status")]


@pytest.mark.parametrize(
    ("key", "findings"),
    [
        ("2013-01-01:1546", [("OBJECT_UNKNOWN", "/key")]),
        ("2013-01-01", [("OBJECT_KEY", "/key")]),
        ("", [("OBJECT_KEY", "/key")]),
        ("2013-01-01/1545", [("OBJECT_KEY", "/key")]),
        (["2013-01-01"], [("OBJECT_KEY", "/key")]),
        (["2013-01-01", "a" * 10_000], [("OBJECT_KEY", "/key")]),
        (["2013-01-01", True], [("OBJECT_UNKNOWN", "/key")]),
    ],
)
def test_what_is_no_key(world, key, findings):
    for command in ("DeleteObject", "RestoreObject"):
        assert world.findings(command, type="Flight", key=key) == findings
    assert world.findings("UpdateObject", type="Flight", key=key, patch={}) == findings


@pytest.mark.parametrize("carrier", ["김포", "a.b*c>d e", "a/b:c~d%e", "x" * 1024, "\U0001f6eb", " "])
def test_any_text_can_be_a_key(world, carrier):
    (created,) = world.when("CreateObject", type="Airline", properties={"carrier": carrier, "name": carrier})
    assert world.when("CreateObject", type="Airline", properties={"carrier": carrier, "name": carrier}) == []
    world.when("CreateObject", **flight(airline=[carrier], stops=[created.key]))
    assert world.findings("DeleteObject", type="Airline", key=[carrier]) == [("OBJECT_IN_USE", "/key")]
    assert world.get(f"degree/object/Airline/{created.key}") == {"n": 2}


def test_an_object_that_refers_to_itself_can_be_created_and_deleted():
    world = World()
    boss = {"name": "boss", "type": "reference", "target": "Person", "required": True}
    world.when(
        "CreateObjectType", name="Person", primaryKey=["id"], properties=[{"name": "id", "type": "string"}, boss]
    )
    world.when("CreateObject", type="Person", properties={"id": "ada", "boss": "ada"})
    assert [type(e) for e in world.when("DeleteObject", type="Person", key="ada")] == [ObjectDeleted]
    assert [type(e) for e in world.when("RestoreObject", type="Person", key="ada")] == [ObjectRestored]


def test_expected_refers_to_the_object(world):
    from events import catalog
    from events.decider import Context
    from tests.events.world import MAIN

    context = Context(MAIN, "ada@test", 0, world.new_id, world.stored)
    for type_, data, key in (
        ("CreateObject", flight(), "object/Flight/2013-01-01:1545"),
        ("UpdateObject", {"type": "Airline", "key": ["UA"], "patch": {}}, "object/Airline/UA"),
        ("DeleteObject", {"type": "Airline", "key": "/"}, None),
    ):
        assert catalog.decider(type_).target(context, catalog.command(type_, data)) == key


def test_a_type_above_means_the_object_that_is_alive():
    world = World()
    world.when("CreateObjectType", name="Top", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    for name in ("Low", "Other"):
        world.when("CreateObjectType", name=name, parents=["Top"], properties=[])
    world.when("CreateObject", type="Top", properties={"id": "가"})
    world.when("DeleteObject", type="Top", key="가")
    world.when("CreateObject", type="Low", properties={"id": "가"})
    (deleted,) = world.when("DeleteObject", type="Top", key="가")
    assert deleted.slug == "Low"
    assert world.when("DeleteObject", type="Top", key="가") == []  # its own, which is deleted already
