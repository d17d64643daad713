"""Link types and links: which ends, how many, and never two facts for one."""

import pytest

from events.objects.link import LinkCreated, LinkDeleted
from tests.events.world import World


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("Flight", "Airline"):
        world.when("CreateObjectType", name=name, primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    for name, keys in (("Flight", "12"), ("Airline", ("UA", "김포"))):
        for key in keys:
            world.when("CreateObject", type=name, properties={"id": key})
    return world


def connect(world, cardinality="n-n", **more):
    ends = {"from": "Flight", "to": "Airline"}
    return world.when("CreateLinkType", name="operatedBy", cardinality=cardinality, **ends, **more)


def ends(from_, to):
    return {"type": "operatedBy", "from": from_, "to": to}


def test_a_link_type_knows_its_ends_by_slug(world):
    (created,) = connect(world, inverse="operates")
    assert (created.slug, created.from_, created.to, created.inverse) == ("operatedBy", "Flight", "Airline", "operates")
    assert connect(world, inverse="operates") == []
    same_name = {"name": "operatedBy", "from": "Airline", "to": "Flight"}
    assert world.findings("CreateLinkType", **same_name) == [("TYPE_NAME_TAKEN", "/name")]
    wrong = {"name": "a b", "from": "Ship", "to": "Boat", "inverse": "a b"}
    assert world.findings("CreateLinkType", **wrong) == [
        ("TYPE_NAME", "/name"),
        ("TYPE_UNKNOWN", "/from"),
        ("TYPE_UNKNOWN", "/to"),
        ("TYPE_NAME", "/inverse"),
        ("TYPE_NAME_TAKEN", "/inverse"),
    ]


def test_a_link_comes_and_goes_and_comes_again(world):
    (type_,) = connect(world)
    link = {"type": type_.rid, "slug": "operatedBy", "from_": "1", "to": "김포"}
    assert world.when("CreateLink", **ends("1", "김포")) == [LinkCreated(**link)]
    assert world.when("CreateLink", **ends("1", ["김포"])) == []
    assert world.get("degree/object/Airline/김포") == {"n": 1, "links": {"operatedBy": 1}}
    assert world.when("DeleteLink", **ends("1", "김포")) == [LinkDeleted(**link)]
    assert world.when("DeleteLink", **ends("1", "김포")) == []
    assert world.get("degree/object/Airline/김포") == {"n": 0}
    assert world.when("CreateLink", **ends("1", "김포")) == [LinkCreated(**link)]
    assert world.get("link/operatedBy/1~김포") == {
        "type": type_.rid, "slug": "operatedBy", "from": "1", "to": "김포", "deleted": False
    }  # fmt: skip


def test_both_ends_are_there(world):
    connect(world)
    world.when("DeleteObject", type="Airline", key="UA")
    assert world.findings("CreateLink", **ends("3", "UA")) == [
        ("LINK_END_UNKNOWN", "/from"),
        ("LINK_END_DELETED", "/to"),
    ]
    assert world.findings("CreateLink", **ends("a:b", "")) == [("OBJECT_KEY", "/from"), ("OBJECT_KEY", "/to")]
    assert world.findings("DeleteLink", **ends("1", "UA")) == [("LINK_UNKNOWN", "")]
    assert world.findings("DeleteLink", **{**ends("1", "UA"), "type": "x"}) == [("TYPE_UNKNOWN", "/type")]


def test_what_is_linked_is_not_deleted(world):
    connect(world)
    for flight in "12":
        world.when("CreateLink", **ends(flight, "UA"))
    (finding,) = world.refused("DeleteObject", {"type": "Airline", "key": "UA"})
    assert finding.code == "OBJECT_IN_USE"
    assert "by 2 links" in finding.text
    assert world.findings("DeleteObject", type="Flight", key="1") == [("OBJECT_IN_USE", "/key")]


@pytest.mark.parametrize(
    ("cardinality", "second_airline", "second_flight"),
    [
        ("n-n", [], []),
        ("n-1", [("LINK_CARDINALITY", "/from")], []),
        ("1-n", [], [("LINK_CARDINALITY", "/to")]),
        ("1-1", [("LINK_CARDINALITY", "/from")], [("LINK_CARDINALITY", "/to")]),
    ],
)
def test_an_end_has_as_many_as_it_may(world, cardinality, second_airline, second_flight):
    connect(world, cardinality)
    world.when("CreateLink", **ends("1", "UA"))
    for other, expected in ((ends("1", "김포"), second_airline), (ends("2", "UA"), second_flight)):
        if expected:
            assert world.findings("CreateLink", **other) == expected
        else:
            assert len(world.when("CreateLink", **other)) == 1
            world.when("DeleteLink", **other)
    world.when("DeleteLink", **ends("1", "UA"))
    assert len(world.when("CreateLink", **ends("1", "김포"))) == 1


def test_ends_are_found_when_their_type_has_another_name(world):
    connect(world)
    world.when("RenameObjectType", type="Flight", name="Trip")
    world.when("CreateObjectType", name="Flight", primaryKey=["a", "b"], properties=[
        {"name": "a", "type": "string"}, {"name": "b", "type": "string"}
    ])  # fmt: skip
    assert len(world.when("CreateLink", **ends("1", "UA"))) == 1


def test_an_object_linked_to_itself_counts_once(world):
    world.when("CreateLinkType", name="follows", **{"from": "Flight", "to": "Flight"})
    link = {"type": "follows", "from": "1", "to": "1"}
    world.when("CreateLink", **link)
    assert world.get("degree/object/Flight/1") == {"n": 1, "links": {"follows": 1}}
    world.when("DeleteLink", **link)
    assert len(world.when("DeleteObject", type="Flight", key="1")) == 1
