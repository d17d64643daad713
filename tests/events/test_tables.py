"""Table names: each type has its own, whether it was given or is its API name in snake_case."""

import pytest

from events.decider import Drafted
from events.names import Key, Rid
from events.schema.object_type import ObjectTypeCreated
from tests.events.world import Loaded, World

KEYED = {"primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
ENDS = {"from": "Flight", "to": "Airline"}


@pytest.fixture
def world() -> World:
    world = World()
    world.when("CreateObjectType", name="Flight", table="flights", **KEYED)
    world.when("CreateObjectType", name="Airline", **KEYED)
    return world


def test_a_table_name_that_another_type_has_is_refused(world):
    taken = [("TABLE_TAKEN", "/table")]
    assert world.findings("CreateObjectType", name="Leg", table="flights", **KEYED) == taken
    assert world.findings("CreateObjectType", name="Leg", table="AIRLINE", **KEYED) == taken
    assert world.findings("CreateLinkType", name="flownBy", table="Flights", **ENDS) == taken
    assert world.findings("UpdateObjectTypeMetadata", type="Airline", table="flights") == taken
    world.when("CreateLinkType", name="flownBy", table="운항", **ENDS)
    assert world.findings("UpdateObjectTypeMetadata", type="Airline", table="운항") == taken
    assert world.findings("UpdateLinkTypeMetadata", type="flownBy", table="airline") == taken


def test_a_default_name_counts_as_one_that_was_given(world):
    taken = [("TABLE_TAKEN", "/name")]
    world.when("CreateObjectType", name="Leg", table="flight_leg", **KEYED)
    assert world.findings("CreateObjectType", name="FlightLeg", **KEYED) == taken
    assert world.findings("CreateLinkType", name="airline", **ENDS) == taken
    assert world.findings("RenameObjectType", type="Airline", name="FlightLeg") == taken
    world.when("CreateLinkType", name="flownBy", **ENDS)
    assert world.findings("RenameLinkType", type="flownBy", name="flightLeg") == taken
    world.when("CreateObjectType", name="FlightLeg", table="legs", **KEYED)
    assert world.findings("UpdateObjectTypeMetadata", type="FlightLeg", table=None) == [("TABLE_TAKEN", "/table")]


def test_one_name_twice_is_told_once(world):
    assert world.findings("CreateObjectType", name="Airline", title="x", **KEYED) == [("TYPE_NAME_TAKEN", "/name")]


@pytest.mark.parametrize("name", ["history", "Events", "audit"])
def test_tables_of_the_log_are_nobody_elses(world, name):
    assert world.findings("CreateObjectType", name="Leg", table=name, **KEYED) == [("TABLE_RESERVED", "/table")]
    assert world.findings("CreateLinkType", name=name, **ENDS) == [("TABLE_RESERVED", "/name")]
    world.when("CreateObjectType", name=name.capitalize(), table="mine", **KEYED)


def test_a_link_types_table_is_given_changed_and_taken_away(world):
    (created,) = world.when("CreateLinkType", name="flownBy", table="operations", **ENDS)
    assert created.table == "operations"
    key = f"linkType/{created.rid}"
    world.when("UpdateLinkTypeMetadata", type="flownBy", title="운항")
    assert (world.get(key)["table"], world.get(key)["title"]) == ("operations", "운항")
    assert world.when("UpdateLinkTypeMetadata", type="flownBy", table="operations") == []
    world.when("UpdateLinkTypeMetadata", type="flownBy", table=None)
    assert "table" not in world.get(key)
    world.when("UpdateObjectTypeMetadata", type="Airline", table="operations")


def test_a_deleted_type_frees_its_table_and_comes_back_only_to_a_free_one(world):
    world.when("CreateLinkType", name="flownBy", table="operations", **ENDS)
    world.when("DeleteLinkType", type="flownBy")
    world.when("CreateObjectType", name="Operation", table="operations", **KEYED)
    assert world.findings("RestoreLinkType", type="flownBy") == [("TABLE_TAKEN", "/type")]
    world.when("DeleteObjectType", type="Operation")
    world.when("RestoreLinkType", type="flownBy")
    assert world.findings("RestoreObjectType", type="Operation") == [("TABLE_TAKEN", "/type")]


def test_types_that_shared_a_table_before_may_be_changed_in_all_else(world):
    rid = Rid("ri.oms.object-type.1")
    old = ObjectTypeCreated(rid=rid, slug="Old", name="Old", table="flights", primary_key=[], properties=[])
    heads = Loaded()
    world.load(heads, [Key(f"objectType/{rid}"), Key("name/objectType/Old"), Key("slug/objectType/Old")])
    world.fold([Drafted(Key(f"objectType/{rid}"), "Old", old)], heads)
    world.when("UpdateObjectTypeMetadata", type="Old", title="옛것", table="flights")
    world.when("RenameObjectType", type="Old", name="Older")
    world.when("UpdateObjectTypeMetadata", type="Older", table="older")
    assert world.findings("UpdateObjectTypeMetadata", type="Older", table="flights") == [("TABLE_TAKEN", "/table")]
