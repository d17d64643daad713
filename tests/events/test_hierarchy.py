"""Types below types: inherited properties, keys and constraints hold everywhere; a supertype means objects of all below."""

import pytest

from tests.events.world import World

ID = {"name": "tail", "type": "string"}
HELD = "RULE_BREAKING_UNPLANNED"


def fleet():
    """Named (abstract) ◄ Plane (keyed by tail) ◄ Jet, Glider; Owned (abstract) ◄ Jet"""
    world = World()
    world.when("CreateObjectType", name="Named", abstract=True, properties=[{"name": "이름", "type": "string"}])
    world.when("CreateObjectType", name="Owned", abstract=True, properties=[{"name": "owner", "type": "string", "default": "OMS"}])  # fmt: skip
    serial = {"name": "serial", "type": "string", "unique": True}
    world.when("CreateObjectType", name="Plane", parents=["Named"], primaryKey=["tail"], properties=[ID, serial])
    engines = {"name": "engines", "type": "integer", "required": True}
    world.when("CreateObjectType", name="Jet", parents=["Plane", "Owned"], properties=[engines])
    world.when("CreateObjectType", name="Glider", parents=["Plane"])
    return world


def jet(world, tail, **more):
    return world.when("CreateObject", type="Jet", properties={"tail": tail, "engines": 2, **more})


def state(world, name):
    return world.get(f"objectType/{world.get(f'name/objectType/{name}')['rid']}")


def test_an_object_has_the_properties_of_all_types_above_its_own():
    world = fleet()
    jet(world, "HL1", 이름="대한")
    assert world.get("object/Jet/HL1")["properties"] == {"tail": "HL1", "engines": 2, "이름": "대한", "owner": "OMS"}
    assert world.findings("CreateObject", type="Jet", properties={"tail": "HL2"}) == [("PROPERTY_REQUIRED", "/properties/engines")]  # fmt: skip
    assert world.findings("CreateObject", type="Glider", properties={"tail": "HL2", "engines": 1}) == [("PROPERTY_UNKNOWN", "/properties/engines")]  # fmt: skip
    assert world.findings("CreateObject", type="Named", properties={}) == [("TYPE_ABSTRACT", "/type")]


def test_the_same_declaration_again_changes_nothing():
    world = fleet()
    assert world.when("CreateObjectType", name="Glider", parents=["Plane"]) == []
    assert world.findings("CreateObjectType", name="Glider", parents=["Named"], abstract=True) == [("TYPE_NAME_TAKEN", "/name")]  # fmt: skip


def test_a_key_is_one_over_the_whole_hierarchy():
    world = fleet()
    jet(world, "HL1")
    for other in ("Glider", "Plane"):
        properties = {"tail": "HL1"}
        assert world.findings("CreateObject", type=other, properties=properties) == [
            ("OBJECT_KEY_TAKEN", "/properties")
        ]
    world.when("CreateObject", type="Plane", properties={"tail": "HL2"})
    assert world.findings("CreateObject", type="Glider", properties={"tail": "HL2"}) == [
        ("OBJECT_KEY_TAKEN", "/properties")
    ]
    world.when("DeleteObject", type="Jet", key="HL1")
    world.when("CreateObject", type="Glider", properties={"tail": "HL1"})
    assert world.findings("RestoreObject", type="Jet", key="HL1") == [("OBJECT_KEY_TAKEN", "/key")]


def test_a_unique_value_is_one_over_all_types_below_the_one_that_declares_it():
    world = fleet()
    jet(world, "HL1", serial="s")
    assert world.findings("CreateObject", type="Glider", properties={"tail": "HL2", "serial": "s"}) == [("VALUE_NOT_UNIQUE", "/properties/serial")]  # fmt: skip
    assert world.get('unique/Plane/serial/"s"') == {"owner": "object/Jet/HL1"}


def test_a_reference_to_a_supertype_means_objects_of_all_types_below():
    world = fleet()
    jet(world, "HL1")
    world.when("CreateObject", type="Glider", properties={"tail": "HL2"})
    properties = [
        {"name": "id", "type": "string"},
        {"name": "plane", "type": "reference", "target": "Plane"},
        {"name": "jet", "type": "reference", "target": "Jet"},
    ]
    world.when("CreateObjectType", name="Flight", primaryKey=["id"], properties=properties)
    world.when("CreateObject", type="Flight", properties={"id": "f", "plane": "HL2", "jet": "HL1"})
    assert world.get("degree/object/Glider/HL2") == world.get("degree/object/Jet/HL1") == {"n": 1}
    assert world.findings("CreateObject", type="Flight", properties={"id": "g", "jet": "HL2"}) == [("VALUE_REFERENCE", "/properties/jet")]  # fmt: skip
    assert world.findings("DeleteObject", type="Glider", key="HL2") == [("OBJECT_IN_USE", "/key")]
    world.when("UpdateObject", type="Flight", key="f", patch={"plane": "HL1"})
    assert (world.get("degree/object/Glider/HL2"), world.get("degree/object/Jet/HL1")) == ({"n": 0}, {"n": 2})
    world.when("DeleteObject", type="Glider", key="HL2")


def test_a_command_may_name_an_object_by_a_supertype():
    world = fleet()
    jet(world, "HL1")
    (event,) = world.when("UpdateObject", type="Plane", key="HL1", patch={"engines": 4})
    assert (event.slug, event.set) == ("Jet", {"engines": 4})
    world.when("DeleteObject", type="Plane", key="HL1")
    assert world.findings("UpdateObject", type="Plane", key="HL1", patch={}) == [("OBJECT_UNKNOWN", "/key")]
    assert world.findings("UpdateObject", type="Jet", key="HL1", patch={}) == [("OBJECT_DELETED", "/key")]


def test_an_object_may_refer_to_itself_as_one_of_its_supertype():
    world = fleet()
    world.when("AddProperty", type="Plane", property={"name": "twin", "type": "reference", "target": "Plane"})
    jet(world, "HL1", twin="HL1")
    assert world.get("degree/object/Jet/HL1") == {"n": 1}
    world.when("DeleteObject", type="Jet", key="HL1")
    assert world.get("degree/object/Jet/HL1") == {"n": 0}


def test_links_that_end_at_a_supertype_end_at_objects_of_all_types_below():
    world = fleet()
    jet(world, "HL1")
    world.when("CreateObjectType", name="Airport", primaryKey=["code"], properties=[{"name": "code", "type": "string"}])
    world.when("CreateObject", type="Airport", properties={"code": "ICN"})
    assert world.findings("CreateLinkType", **{"name": "x", "from": "Named", "to": "Airport"}) == [
        ("TYPE_KEY", "/from")
    ]
    world.when("CreateLinkType", **{"name": "standsAt", "from": "Plane", "to": "Airport"})
    assert world.findings("ChangeEndpoints", **{"type": "standsAt", "from": "Named"}) == [("TYPE_KEY", "/from")]
    world.when("CreateLink", **{"type": "standsAt", "from": "HL1", "to": "ICN"})
    assert world.get("degree/object/Jet/HL1")["n"] == 1
    assert world.findings("DeleteObject", type="Jet", key="HL1") == [("OBJECT_IN_USE", "/key")]


def test_what_a_type_above_gets_all_types_below_have():
    world = fleet()
    jet(world, "HL1")
    late = {"name": "좌석", "type": "integer", "required": True}
    assert world.findings("AddProperty", type="Named", property=late) == [("PROPERTY_REQUIRED_LATE", "/property")]
    world.when("AddProperty", type="Named", property={**late, "default": 1})
    world.when("UpdateObject", type="Jet", key="HL1", patch={"engines": 4})
    assert world.get("object/Jet/HL1")["properties"]["좌석"] == 1
    (finding,) = world.refused("ChangePropertyType", {"type": "Named", "property": "이름", "to": "integer"})
    assert (finding.code, "1 Jet" in finding.text) == (HELD, True)


def test_names_and_fields_are_one_below_and_above():
    world = fleet()
    taken = {"name": "engines", "type": "string"}
    assert world.findings("AddProperty", type="Named", property=taken) == [("PROPERTY_NAME_TAKEN", "/property")]
    assert world.findings("RenameProperty", type="Plane", property="serial", name="engines") == [("PROPERTY_NAME_TAKEN", "/name")]  # fmt: skip
    world.when("RenameProperty", type="Jet", property="engines", name="motors")
    (added,) = world.when("AddProperty", type="Named", property=taken)
    assert added.property.field == "engines~2"
    assert world.findings("RenameProperty", type="Jet", property="이름", name="x") == [
        ("PROPERTY_INHERITED", "/property")
    ]


def test_two_parents_that_say_the_same_cannot_both_be_parents():
    world = fleet()
    world.when("CreateObjectType", name="Rented", abstract=True, properties=[{"name": "owner", "type": "string"}])
    assert world.findings("CreateObjectType", name="Lease", parents=["Jet", "Rented"]) == [
        ("PROPERTY_NAME_TAKEN", "/properties"),
        ("PROPERTY_FIELD_TAKEN", "/properties"),
    ]


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ({"parents": ["Plane"], "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}, ("TYPE_KEY", "/primaryKey")),
        ({"parents": ["Plane", "Ship"]}, ("TYPE_KEY", "/primaryKey")),
        ({"parents": ["Named"]}, ("TYPE_KEY", "/primaryKey")),
        ({"parents": ["Named"], "primaryKey": ["이름"]}, ("TYPE_KEY", "/primaryKey/0")),
        ({"parents": ["Gone"]}, ("TYPE_UNKNOWN", "/parents/0")),
        ({"abstract": True, "titleProperty": "x"}, ("PROPERTY_UNKNOWN", "/titleProperty")),
        ({"primaryKey": ["id"], "properties": [{"name": "id", "type": "reference", "target": "Named"}]}, ("PROPERTY_TARGET", "/properties")),
    ],
)  # fmt: skip
def test_what_is_no_type_below_others(more, finding):
    world = fleet()
    world.when("CreateObjectType", name="Ship", primaryKey=["imo"], properties=[{"name": "imo", "type": "string"}])
    assert world.findings("CreateObjectType", name="New", **more) == [finding]


def test_no_type_stands_above_itself():
    world = fleet()
    assert ("TYPE_CYCLE", "/parents") in world.findings("ChangeParents", type="Named", parents=["Jet"])
    assert ("TYPE_CYCLE", "/parents") in world.findings("ChangeParents", type="Owned", parents=["Owned"])


def test_parents_change_at_once_where_no_object_lacks_or_loses_anything():
    world = fleet()
    world.when("CreateObject", type="Glider", properties={"tail": "HL2"})
    assert world.when("ChangeParents", type="Glider", parents=["Plane"]) == []
    world.when("ChangeParents", type="Glider", parents=["Plane", "Owned"])
    world.when("UpdateObject", type="Glider", key="HL2", patch={"owner": "김"})
    (finding,) = world.refused("ChangeParents", {"type": "Glider", "parents": ["Plane"]})
    assert (finding.code, "Owned" in finding.text) == (HELD, True)
    world.when("DeleteObject", type="Glider", key="HL2")
    world.when("ChangeParents", type="Glider", parents=["Plane"])
    assert "owner" not in {each["name"] for each in state(world, "Glider")["properties"].values()}


def test_a_type_with_objects_takes_no_other_key():
    world = fleet()
    world.when("CreateObjectType", name="Ship", primaryKey=["imo"], properties=[{"name": "imo", "type": "string"}])
    world.when("CreateObject", type="Glider", properties={"tail": "HL2"})
    findings = world.findings("ChangeParents", type="Glider", parents=["Ship"])
    assert findings == [(HELD, "/parents")]
    assert world.findings("SetAbstract", type="Glider", abstract=True) == [(HELD, "/abstract")]
    world.when("SetAbstract", type="Plane", abstract=True)
    assert world.when("SetAbstract", type="Plane", abstract=True) == []


def test_a_type_is_unfoldable_until_it_is_not():
    world = fleet()
    assert "unfoldable" not in state(world, "Plane")
    world.when("SetTypeUnfoldable", type="Plane", unfoldable=True)
    assert world.when("SetTypeUnfoldable", type="Plane", unfoldable=True) == []
    assert (state(world, "Plane")["unfoldable"], "unfoldable" in state(world, "Jet")) == (True, False)
    world.when("SetTypeUnfoldable", type="Plane", unfoldable=False)
    assert "unfoldable" not in state(world, "Plane")
    ship = {"name": "Ship", "primaryKey": ["imo"], "properties": [{"name": "imo", "type": "string"}]}
    world.when("CreateObjectType", **ship, unfoldable=True)
    assert world.when("CreateObjectType", **ship, unfoldable=True) == []
    assert state(world, "Ship")["unfoldable"]
    assert world.findings("CreateObjectType", **ship) == [("TYPE_NAME_TAKEN", "/name")]


def test_a_type_knows_who_uses_it():
    world = fleet()
    jet_key = f"objectType/{state(world, 'Jet')['rid']}"
    named, owned = (f"uses/objectType/{state(world, name)['rid']}" for name in ("Plane", "Owned"))
    assert world.get(owned) == {"by": [jet_key], "subtypes": [jet_key]}
    assert jet_key in world.get(named)["subtypes"]
    world.when("ChangeParents", type="Jet", parents=["Plane"])
    assert world.get(owned) is None


def test_what_implements_an_interface_keeps_what_it_asks_for():
    world = fleet()
    asked = [{"name": "등록", "type": "string", "required": True}]
    world.when("CreateInterface", name="Registered", properties=asked)
    unsatisfied = ("INTERFACE_UNSATISFIED", "/interface")
    assert world.findings("ImplementInterface", type="Plane", interface="Registered") == [unsatisfied]
    assert world.findings("CreateObjectType", name="Ship", abstract=True, interfaces=["Registered"]) == [("INTERFACE_UNSATISFIED", "/interfaces")]  # fmt: skip
    world.when("AddProperty", type="Named", property=asked[0])
    world.when("ImplementInterface", type="Plane", interface="Registered")
    assert world.when("ImplementInterface", type="Plane", interface="Registered") == []
    assert world.findings("RemoveProperty", type="Named", property="등록") == [("INTERFACE_UNSATISFIED", "/property")]
    assert world.findings("SetRequired", type="Named", property="등록", required=False) == [("INTERFACE_UNSATISFIED", "/required")]  # fmt: skip
    assert world.findings("DeleteInterface", interface="Registered") == [("TYPE_IN_USE", "/interface")]
    world.when("RemoveInterface", type="Plane", interface="Registered")
    assert world.when("RemoveInterface", type="Plane", interface="Registered") == []
    world.when("RemoveProperty", type="Named", property="등록")
    world.when("DeleteInterface", interface="Registered")
    assert world.findings("ImplementInterface", type="Plane", interface="Registered") == [
        ("TYPE_DELETED", "/interface")
    ]
