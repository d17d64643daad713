"""What goes with an object that is deleted: restricted, unlinked, or taken along, in one commit or not at all."""

import pytest

from tests.events.world import World

PART = {"name": "partOf", "from": "Part", "to": "Part", "cardinality": "n-1"}


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("Part", "Maker"):
        world.when("CreateObjectType", name=name, primaryKey=["id"], properties=[
            {"name": "id", "type": "string"}, {"name": "made", "type": "reference", "target": name}
        ])  # fmt: skip
        for key in ("1", "2", "3", "날개"):
            world.when("CreateObject", type=name, properties={"id": key})
    return world


def linked(world, name, *pairs):
    for from_, to in pairs:
        world.when("CreateLink", type=name, **{"from": from_, "to": to})


def gone(events):
    """Each event as what it is about, in order."""
    return [f"{event.from_}-{event.to}" if hasattr(event, "to") else event.key for event in events]


def delete(world, key, type_="Part"):
    return world.when("DeleteObject", type=type_, key=key)


def test_restricted_objects_stay_and_the_finding_counts_by_link_type(world):
    world.when("CreateLinkType", name="madeBy", **{"from": "Part", "to": "Maker"})
    world.when("CreateLinkType", **PART)
    linked(world, "madeBy", ("1", "1"), ("1", "2"))
    linked(world, "partOf", ("1", "2"))
    world.when("UpdateObject", type="Part", key="3", patch={"made": "1"})
    (finding,) = world.refused("DeleteObject", {"type": "Part", "key": "1"})
    assert (finding.code, finding.path) == ("OBJECT_IN_USE", "/key")
    assert "by 2 links of madeBy, 1 link of partOf, 1 reference;" in finding.text


def test_unlinking_takes_the_links_away_in_the_same_commit(world):
    world.when("CreateLinkType", **PART, onDelete="unlink")
    linked(world, "partOf", ("1", "2"), ("2", "3"))
    assert gone(delete(world, "2")) == ["2-3", "1-2", "2"]
    assert world.get("link/partOf/1~2")["deleted"]
    assert world.get("degree/object/Part/1") == {"n": 0}
    world.when("RestoreObject", type="Part", key="2")
    assert world.get("link/partOf/1~2")["deleted"], "restoring brings back the object alone"


def test_the_whole_takes_its_parts_along_and_a_part_only_its_link(world):
    world.when("CreateLinkType", **PART, onDelete="cascade")
    linked(world, "partOf", ("날개", "3"), ("3", "2"), ("2", "1"))
    assert gone(delete(world, "3")) == ["3-2", "날개-3", "날개", "3"]
    assert gone(delete(world, "1")) == ["2-1", "2", "1"]
    assert delete(world, "1") == []
    assert world.get("count/link/partOf") == {"n": 0}


def test_the_owner_may_be_the_other_end(world):
    world.when("CreateLinkType", **PART, onDelete="cascade", owner="from")
    linked(world, "partOf", ("1", "2"), ("3", "2"))
    assert gone(delete(world, "1")) == ["1-2", "3-2", "2", "1"]


def test_circles_and_shared_parts_go_once(world):
    world.when("CreateLinkType", name="has", onDelete="cascade", **{"from": "Part", "to": "Part"})
    linked(world, "has", ("1", "2"), ("1", "3"), ("2", "3"), ("3", "1"), ("3", "3"))
    events = delete(world, "1")
    assert sorted(gone(events)) == ["1", "1-2", "1-3", "2", "2-3", "3", "3-1", "3-3"]


def test_references_among_what_goes_do_not_restrict(world):
    world.when("CreateLinkType", **PART, onDelete="cascade")
    linked(world, "partOf", ("2", "1"))
    world.when("UpdateObject", type="Part", key="2", patch={"made": "1"})
    world.when("UpdateObject", type="Part", key="1", patch={"made": "1"})
    assert gone(delete(world, "1")) == ["2-1", "2", "1"]


def test_where_one_is_restricted_none_goes(world):
    world.when("CreateLinkType", **PART, onDelete="cascade")
    world.when("CreateLinkType", name="madeBy", **{"from": "Part", "to": "Maker"})
    linked(world, "partOf", ("2", "1"), ("3", "2"))
    linked(world, "madeBy", ("3", "1"))
    (finding,) = world.refused("DeleteObject", {"type": "Part", "key": "1"})
    assert "object/Part/3, which would be deleted with object/Part/1, is in use by 1 link of madeBy" in finding.text
    assert not world.get("object/Part/2")["deleted"]


def test_links_that_stood_before_are_followed_from_then_on(world):
    world.when("CreateLinkType", **PART)
    linked(world, "partOf", ("2", "1"), ("3", "2"))
    world.when("SetOnDelete", type="partOf", onDelete="cascade")
    assert gone(delete(world, "1")) == ["2-1", "3-2", "3", "2", "1"]
    world.when("SetOnDelete", type="partOf", onDelete="restrict")
    world.when("CreateObject", type="Part", properties={"id": "1"})
    linked(world, "partOf", ("날개", "1"))
    assert world.findings("DeleteObject", type="Part", key="1") == [("OBJECT_IN_USE", "/key")]
    world.when("SetOnDelete", type="partOf", onDelete="unlink")
    assert gone(delete(world, "1")) == ["날개-1", "1"]


def test_deleting_says_beforehand_what_it_reads(world):
    world.when("CreateLinkType", **PART, onDelete="cascade")
    linked(world, "partOf", ("2", "1"), ("3", "2"), ("날개", "1"))
    world.surprises.clear()
    delete(world, "1")
    assert [key for key in world.surprises if not key.startswith("branch/")] == []


def test_an_object_of_a_subtype_takes_its_parts_along(world):
    world.when("CreateObjectType", name="Wing", parents=["Part"], properties=[{"name": "span", "type": "number"}])
    world.when("CreateLinkType", **PART, onDelete="cascade")
    for key in ("w1", "w2"):
        world.when("CreateObject", type="Wing", properties={"id": key})
    linked(world, "partOf", ("w1", "w2"), ("1", "w2"), ("w2", "2"))
    assert gone(delete(world, "2")) == ["w2-2", "1-w2", "w1-w2", "w1", "1", "w2", "2"]
