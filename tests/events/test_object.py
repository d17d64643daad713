"""Objects: created, changed, deleted and brought back, as their type says."""

import pytest

from events.object import ObjectCreated, ObjectDeleted, ObjectRestored, ObjectUpdated
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
    assert "1 link" in in_use[0].text
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
