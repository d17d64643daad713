"""Link types: both names, rules that loosen at once and tighten only where nothing breaks, properties, and the end."""

import pytest

from tests.events.world import World

BY = {"name": "operatedBy", "from": "Flight", "to": "Airline"}


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("Flight", "Airline", "Company"):
        world.when("CreateObjectType", name=name, primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
        for key in ("1", "2", "김포"):
            world.when("CreateObject", type=name, properties={"id": key})
    return world


def link(world, from_, to, type_="operatedBy", **properties):
    more = {"properties": properties} if properties else {}
    return world.when("CreateLink", type=type_, **{"from": from_, "to": to}, **more)


def state(world, name="operatedBy"):
    return world.get(f"linkType/{world.get(f'name/linkType/{name}')['rid']}")


def test_both_names_mean_the_one_type(world):
    world.when("CreateLinkType", **BY, inverse="operates")
    link(world, "김포", "1", "operates")
    assert world.get("link/operatedBy/1~김포") is not None
    assert link(world, "1", "김포") == []
    wrong = {"type": "operates", "from": "1", "to": "9"}
    assert world.findings("CreateLink", **wrong) == [("LINK_END_UNKNOWN", "/to")]
    assert world.findings("CreateLinkType", name="operates", **{"from": "Flight", "to": "Flight"}) == [
        ("TYPE_NAME_TAKEN", "/name")
    ]
    assert world.findings("CreateLinkType", name="x", inverse="operates", **{"from": "Flight", "to": "Flight"}) == [
        ("TYPE_NAME_TAKEN", "/inverse")
    ]


def test_names_change_and_are_free_again(world):
    world.when("CreateLinkType", **BY, inverse="operates")
    assert world.findings("RenameLinkType", type="operatedBy", name="operates") == [("TYPE_NAME_TAKEN", "/name")]
    world.when("RenameLinkType", type="operates", name="운항")
    world.when("SetLinkTypeInverse", type="운항", inverse="flies")
    assert world.when("SetLinkTypeInverse", type="flies", inverse="flies") == []
    assert world.get("name/linkType/operates") is None
    assert link(world, "김포", "1", "flies")[0].from_ == "1"
    world.when("SetLinkTypeInverse", type="operatedBy", inverse=None)
    assert world.get("name/linkType/flies") is None
    world.when("CreateLinkType", name="flies", **{"from": "Airline", "to": "Flight"})


def test_fewer_links_only_where_no_object_has_more(world):
    world.when("CreateLinkType", **BY)
    for from_, to in (("1", "1"), ("1", "2"), ("2", "2")):
        link(world, from_, to)
    (finding,) = world.refused("SetCardinality", {"type": "operatedBy", "cardinality": "n-1"})
    assert (finding.code, finding.path) == ("RULE_BREAKING_UNPLANNED", "/cardinality")
    assert "1 of Flight have more than one link (1)" in finding.text
    assert [path for _, path in world.findings("SetCardinality", type="operatedBy", cardinality="1-1")] == [
        "/cardinality",
        "/cardinality",
    ]
    world.when("DeleteLink", type="operatedBy", **{"from": "1", "to": "1"})
    world.when("SetCardinality", type="operatedBy", cardinality="n-1")
    assert world.findings("CreateLink", type="operatedBy", **{"from": "1", "to": "김포"}) == [
        ("LINK_CARDINALITY", "/from")
    ]


def test_more_links_at_once_and_what_held_an_end_then_holds_it_no_longer(world):
    world.when("CreateLinkType", **BY, cardinality="n-1")
    link(world, "1", "1")
    world.when("SetCardinality", type="operatedBy", cardinality="n-n")
    link(world, "1", "2")
    world.when("DeleteLink", type="operatedBy", **{"from": "1", "to": "1"})
    world.when("SetCardinality", type="operatedBy", cardinality="n-1")
    assert world.get("end/operatedBy/from/1") == {"link": "link/operatedBy/1~2"}
    world.when("SetCardinality", type="operatedBy", cardinality="n-n")
    world.when("DeleteLink", type="operatedBy", **{"from": "1", "to": "2"})
    world.when("SetCardinality", type="operatedBy", cardinality="n-1")
    assert len(link(world, "1", "김포")) == 1
    assert world.when("SetCardinality", type="operatedBy", cardinality="n-1") == []


def test_ends_move_while_no_link_stands(world):
    world.when("CreateLinkType", **BY)
    link(world, "1", "1")
    assert world.findings("ChangeEndpoints", type="operatedBy", to="Company") == [("RULE_BREAKING_UNPLANNED", "/to")]
    assert world.findings("ChangeEndpoints", type="operatedBy", to="Ship") == [("TYPE_UNKNOWN", "/to")]
    assert world.when("ChangeEndpoints", type="operatedBy", to="Airline") == []
    world.when("DeleteLink", type="operatedBy", **{"from": "1", "to": "1"})
    (changed,) = world.when("ChangeEndpoints", type="operatedBy", to="Company")
    assert (changed.from_, changed.to, changed.was) == ("Flight", "Company", {"to": "Airline"})
    rid = state(world)["rid"]
    assert f"linkType/{rid}" in world.get(f"uses/objectType/{world.get('name/objectType/Company')['rid']}")["by"]


def test_links_hold_properties(world):
    seats = {"name": "좌석", "type": "integer", "required": True}
    note = {"name": "note", "type": "json", "default": {"by": "김"}}
    world.when("CreateLinkType", **BY, properties=[seats, note])
    repeated = {**BY, "properties": [seats, note]}
    assert world.when("CreateLinkType", **repeated) == []
    assert world.findings("CreateLink", type="operatedBy", **{"from": "1", "to": "1"}) == [
        ("PROPERTY_REQUIRED", "/properties/좌석")
    ]
    link(world, "1", "1", 좌석=3)
    at = {"type": "operatedBy", "from": "1", "to": "1"}
    assert world.get("link/operatedBy/1~1")["properties"] == {"좌석": 3, "note": {"by": "김"}}
    assert world.when("CreateLink", **at) == []
    assert world.findings("CreateLink", **at, properties={"좌석": 4}) == [("LINK_EXISTS", "/properties")]
    (updated,) = world.when("UpdateLink", **at, patch={"좌석": 4, "note": {"at": 1}})
    assert (updated.set, updated.was["좌석"]) == ({"좌석": 4, "note": {"by": "김", "at": 1}}, 3)
    assert world.when("UpdateLink", **at, patch={"좌석": 4}) == []
    assert world.findings("UpdateLink", **at, patch={"좌석": None, "x": 1}) == [
        ("PROPERTY_UNKNOWN", "/patch/x"),
        ("PROPERTY_REQUIRED", "/patch/좌석"),
    ]
    world.when("DeleteLink", **at)
    assert world.findings("UpdateLink", **at, patch={}) == [("LINK_UNKNOWN", "")]
    world.when("CreateLink", **at, properties={"좌석": 1, "note": None})
    assert world.get("link/operatedBy/1~1")["properties"] == {"좌석": 1}


def test_properties_come_are_renamed_and_go(world):
    world.when("CreateLinkType", **BY)
    link(world, "1", "1")
    assert "properties" not in world.get("link/operatedBy/1~1")
    late = {"name": "since", "type": "date", "required": True}
    assert world.findings("AddLinkProperty", type="operatedBy", property=late) == [
        ("PROPERTY_REQUIRED_LATE", "/property")
    ]
    world.when("AddLinkProperty", type="operatedBy", property={**late, "default": "2013-01-01"})
    assert world.when("AddLinkProperty", type="operatedBy", property={**late, "default": "2013-01-01"}) == []
    assert world.findings("AddLinkProperty", type="operatedBy", property={"name": "x", "type": "reference", "target": "Flight"}) == [
        ("PROPERTY_TARGET", "/property/type")
    ]  # fmt: skip
    assert world.findings("AddLinkProperty", type="operatedBy", property={"name": "y", "type": "string", "unique": True}) == [
        ("PROPERTY_UNIQUE", "/property/unique")
    ]  # fmt: skip
    world.when("RenameLinkProperty", type="operatedBy", property="since", name="부터")
    at = {"type": "operatedBy", "from": "1", "to": "1"}
    (updated,) = world.when("UpdateLink", **at, patch={"부터": "2014-02-28"})
    assert updated.set == {"since": "2014-02-28"}
    world.when("RemoveLinkProperty", type="operatedBy", property="부터")
    assert world.when("RemoveLinkProperty", type="operatedBy", property="부터") == []
    assert world.findings("UpdateLink", **at, patch={"부터": "2014-03-01"}) == [("PROPERTY_UNKNOWN", "/patch/부터")]
    (added,) = world.when("AddLinkProperty", type="operatedBy", property={"name": "since", "type": "string"})
    assert added.property.field == "since~2"


def test_a_type_is_deleted_when_no_link_stands_and_comes_back(world):
    world.when("CreateLinkType", **BY, inverse="operates")
    link(world, "1", "1")
    (finding,) = world.refused("DeleteLinkType", {"type": "operatedBy"})
    assert finding.code == "TYPE_IN_USE"
    assert "1 links of operatedBy stand" in finding.text
    world.when("DeleteLink", type="operatedBy", **{"from": "1", "to": "1"})
    world.when("DeleteLinkType", type="operates")
    assert world.when("DeleteLinkType", type="operatedBy") == []
    assert world.findings("CreateLink", type="operatedBy", **{"from": "1", "to": "1"}) == [("TYPE_DELETED", "/type")]
    assert world.findings("SetAcyclic", type="operatedBy", acyclic=False) == [("TYPE_DELETED", "/type")]
    world.when("CreateLinkType", name="operates", **{"from": "Airline", "to": "Flight"})
    assert world.findings("RestoreLinkType", type="operatedBy") == [("TYPE_NAME_TAKEN", "/type")]
    world.when("RenameLinkType", type="operates", name="flies")
    world.when("RestoreLinkType", type="operatedBy")
    assert "deleted" not in state(world)
    assert len(link(world, "1", "1")) == 1


def test_what_people_read_and_how_far_it_can_be_relied_on(world):
    world.when("CreateLinkType", **BY, description="who flies it")
    world.when("UpdateLinkTypeMetadata", type="operatedBy", title="운항사")
    assert world.when("UpdateLinkTypeMetadata", type="operatedBy", title="운항사") == []
    assert (state(world)["title"], state(world)["description"]) == ("운항사", "who flies it")
    world.when("UpdateLinkTypeMetadata", type="operatedBy", title=None, description=None)
    assert ("title" in state(world), state(world)["description"]) == (False, None)
    world.when("SetLinkTypeStatus", type="operatedBy", status="experimental")
    world.when("DeprecateLinkType", type="operatedBy", until="2030-01-01T00:00:00Z")
    assert world.when("DeprecateLinkType", type="operatedBy", until="2030-01-01T00:00:00Z") == []
    assert world.findings("DeprecateLinkType", type="operatedBy", replacedBy="operatedBy", until="soon") == [
        ("TYPE_REPLACED_BY_ITSELF", "/replacedBy"),
        ("VALUE_TIMESTAMP", "/until"),
    ]
    world.when("SetLinkTypeStatus", type="operatedBy", status="active")
    assert "until" not in state(world)
    world.when("CreateLinkType", **BY | {"name": "flownBy", "inverse": "flies"})
    world.when("DeleteLinkType", type="flownBy")
    assert world.findings("DeprecateLinkType", type="operatedBy", replacedBy="flownBy") == [
        ("TYPE_DELETED", "/replacedBy")
    ]


def test_an_owner_is_for_what_is_taken_along(world):
    assert world.findings("CreateLinkType", **BY, owner="to") == [("LINK_OWNER", "/owner")]
    world.when("CreateLinkType", **BY, cardinality="n-1", onDelete="cascade")
    assert (state(world)["onDelete"], state(world)["owner"]) == ("cascade", "to")
    world.when("SetOnDelete", type="operatedBy", onDelete="restrict")
    assert (state(world)["onDelete"], "owner" in state(world)) == ("restrict", False)
    assert world.when("SetOnDelete", type="operatedBy", onDelete="restrict") == []


def test_an_end_may_take_objects_of_a_type_above_while_links_stand(world):
    world.when("CreateObjectType", name="Craft", primaryKey=["tail"], properties=[{"name": "tail", "type": "string"}])
    world.when("CreateObjectType", name="Plane", parents=["Craft"], properties=[{"name": "seats", "type": "integer"}])
    world.when("CreateObject", type="Plane", properties={"tail": "N1"})
    world.when("CreateObject", type="Craft", properties={"tail": "기구"})
    world.when("CreateLinkType", name="flownBy", cardinality="1-n", **{"from": "Flight", "to": "Plane"})
    link(world, "1", "N1", "flownBy")
    assert world.findings("CreateLink", type="flownBy", **{"from": "1", "to": "기구"}) == [("LINK_END_UNKNOWN", "/to")]
    world.when("ChangeEndpoints", type="flownBy", to="Craft")
    assert len(link(world, "1", "기구", "flownBy")) == 1
    assert world.findings("CreateLink", type="flownBy", **{"from": "2", "to": "N1"}) == [("LINK_CARDINALITY", "/to")]
    assert world.findings("DeleteObject", type="Plane", key="N1") == [("OBJECT_IN_USE", "/key")]
    assert world.findings("ChangeEndpoints", type="flownBy", to="Plane") == [("RULE_BREAKING_UNPLANNED", "/to")]
    world.when("DeleteLink", type="flownBy", **{"from": "1", "to": "N1"})
    assert world.get("degree/object/Plane/N1") == {"n": 0}
