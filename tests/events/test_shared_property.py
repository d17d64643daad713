"""Shared properties: declared once, attached to and detached from properties of object types."""

import pytest

from events.schema.property_source import SharedPropertyDetached
from events.schema.shared_words import SharedPropertyCreated, SharedPropertyUpdated
from tests.events.test_object_type import KEY, declare
from tests.events.test_value_type import EMAIL
from tests.events.world import World

MAIL = {"name": "Mail", "property": {"valueType": "Email", "searchable": True}, "description": "전자우편"}
OWN = {"name": "mail", "type": "string"}
SHARED = {"name": "mail", "shared": "Mail"}


def given(*properties, shared=MAIL):
    world = World()
    world.when("CreateValueType", **EMAIL)
    world.when("CreateSharedProperty", **shared)
    declare(world, properties=[KEY, *properties])
    return world


def state(world, slug="Mail"):
    return world.get(f"sharedProperty/{world.get(f'slug/sharedProperty/{slug}')['rid']}")


def stored(world, field="mail", slug="Plane"):
    return world.get(f"objectType/{world.get(f'slug/objectType/{slug}')['rid']}")["properties"][field]


def create(world, key="a", **properties):
    return world.when("CreateObject", type="Plane", properties={"id": key, **properties})


def refused(world, **properties):
    return world.findings("CreateObject", type="Plane", properties={"id": "x", **properties})


def update(world, **said):
    return world.when("UpdateSharedProperty", shared="Mail", property=said)


def test_a_shared_property_is_declared():
    world = given()
    (created,) = world.when(
        "CreateSharedProperty", name="우편", property={"type": "string", "array": True, "default": []}
    )
    assert isinstance(created, SharedPropertyCreated)
    assert state(world, "우편") == {
        "rid": created.rid,
        "slug": "우편",
        "name": "우편",
        "property": {"type": "string", "array": True, "default": []},
        "status": "active",
    }
    email = world.get("slug/valueType/Email")["rid"]
    assert state(world)["property"] == {"type": "string", "array": False, "searchable": True, "valueType": email}
    assert world.when("CreateSharedProperty", **MAIL) == []
    assert world.findings("CreateSharedProperty", name="Mail", property={"type": "date"}) == [
        ("TYPE_NAME_TAKEN", "/name")
    ]


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        ({}, ("PROPERTY_TYPE", "/property/type")),
        ({"type": "enum"}, ("PROPERTY_VALUES", "/property/values")),
        ({"type": "reference"}, ("PROPERTY_TARGET", "/property/target")),
        ({"type": "integer", "default": "x"}, ("VALUE_TYPE", "/property/default")),
        ({"valueType": "Email", "default": "x"}, ("VALUE_PATTERN", "/property/default")),
        ({"valueType": "Nothing"}, ("TYPE_UNKNOWN", "/property/valueType")),
        ({"type": "string", "required": True}, ("COMMAND_SHAPE", "/property/required")),
    ],
)
def test_what_is_no_declaration(said, finding):
    world = given()
    assert world.findings("CreateSharedProperty", name="X", property=said) == [finding]
    assert world.findings("UpdateSharedProperty", shared="Mail", property=said) == [finding]


def test_a_property_may_be_declared_by_a_shared_one():
    world = given({**SHARED, "required": True})
    assert (stored(world)["shared"], stored(world)["type"]) == (state(world)["rid"], "string")
    assert refused(world, mail="x") == [("VALUE_PATTERN", "/properties/mail")]
    assert refused(world) == [("PROPERTY_REQUIRED", "/properties/mail")]
    again = {**SHARED, "name": "other"}
    world.when("AddProperty", type="Plane", property=again)
    update(world, type="string")
    assert world.when("AddProperty", type="Plane", property=again) == []


@pytest.mark.parametrize(
    "more", [{"type": "string"}, {"array": True}, {"default": "a@b.kr"}, {"valueType": "Email"}, {"description": "x"}]
)
def test_a_shared_property_says_it_all(more):
    (name,) = more
    assert given().findings("AddProperty", type="Plane", property={**SHARED, **more}) == [
        ("PROPERTY_SHARED", f"/property/{name}")
    ]


def test_what_is_said_later_holds_for_all_it_declares():
    world = given(SHARED, {"name": "contact", "shared": "Mail"})
    (updated,) = update(world, type="string", array=True, default=["a"])
    assert isinstance(updated, SharedPropertyUpdated)
    assert update(world, type="string", array=True, default=["a"]) == []
    create(world, mail=["b", "c"])
    assert world.get("object/Plane/a")["properties"] == {"id": "a", "mail": ["b", "c"], "contact": ["a"]}


def test_a_narrower_declaration_waits_for_a_migration_while_there_are_objects():
    world = given(SHARED)
    create(world, mail="a@b.kr")
    update(world, type="string")
    (found,) = world.refused("UpdateSharedProperty", {"shared": "Mail", "property": {"valueType": "Email"}})
    assert (found.code, found.path) == ("RULE_BREAKING_UNPLANNED", "/property")
    assert "Plane.mail (1 objects) follow" in found.text
    for said in ({"type": "json"}, {"type": "string", "array": True}):
        assert world.findings("UpdateSharedProperty", shared="Mail", property=said) == [
            ("RULE_BREAKING_UNPLANNED", "/property")
        ]
    world.when("DeleteObject", type="Plane", key="a")
    update(world, valueType="Email")


def test_a_narrower_value_type_reaches_through_shared_properties():
    world = given(SHARED)
    create(world, mail="a@b.kr")
    (found,) = world.refused("PublishValueTypeVersion", {"type": "Email", "constraint": {"regex": "x"}})
    assert "Plane.mail (1 objects) follow" in found.text
    pinned = {"valueType": "Email", "version": 1, "searchable": True}
    update(world, **pinned)
    world.when("PublishValueTypeVersion", type="Email", constraint={"regex": "x"})
    create(world, "b", mail="c@d.kr")


def test_a_property_is_attached_and_detached():
    world = given(OWN)
    attach = {"type": "Plane", "property": "mail", "shared": "Mail"}
    world.when("AttachSharedProperty", **attach)
    assert world.when("AttachSharedProperty", **attach) == []
    assert refused(world, mail="x") == [("VALUE_PATTERN", "/properties/mail")]
    assert world.findings("DeleteSharedProperty", shared="Mail") == [("TYPE_IN_USE", "/shared")]
    (detached,) = world.when("DetachSharedProperty", type="Plane", property="mail")
    assert isinstance(detached, SharedPropertyDetached)
    assert world.when("DetachSharedProperty", type="Plane", property="mail") == []
    email = world.get("slug/valueType/Email")["rid"]
    own = {"rid": stored(world)["rid"], "field": "mail", "name": "mail", "required": False, "unique": False}
    said = {
        "type": "string",
        "array": False,
        "default": None,
        "values": None,
        "target": None,
        "description": "전자우편",
    }
    assert stored(world) == {**own, **said, "searchable": True, "valueType": email}
    assert refused(world, mail="x") == [("VALUE_PATTERN", "/properties/mail")]
    world.when("DeleteSharedProperty", shared="Mail")


def test_attaching_what_lets_less_through_waits_for_a_migration():
    world = given(OWN)
    create(world, mail="x")
    attach = {"type": "Plane", "property": "mail", "shared": "Mail"}
    (found,) = world.refused("AttachSharedProperty", attach)
    assert (found.code, found.path) == ("RULE_BREAKING_UNPLANNED", "/shared")
    update(world, type="string")
    world.when("AttachSharedProperty", **attach)
    assert world.findings("AttachSharedProperty", type="Plane", property="mail", shared="X") == [
        ("TYPE_UNKNOWN", "/shared")
    ]


def test_what_a_shared_property_says_is_not_said_by_the_property():
    world = given(SHARED)
    one = {"type": "Plane", "property": "mail"}
    assert world.findings("SetValueType", **one, valueType="Email") == [("PROPERTY_SHARED", "/valueType")]
    assert world.findings("SetMarking", **one, marking="redact") == [("PROPERTY_SHARED", "/marking")]


def test_a_default_never_meets_a_property_that_is_unique():
    world = given({**SHARED, "unique": True})
    (found,) = world.refused("UpdateSharedProperty", {"shared": "Mail", "property": {"type": "string", "default": "x"}})
    assert (found.code, found.path) == ("PROPERTY_DEFAULT", "/property")


def test_a_key_stays_a_key():
    world = World()
    world.when("CreateSharedProperty", name="Mail", property={"type": "string"})
    declare(world, key=["mail"], properties=[SHARED])
    assert world.findings("UpdateSharedProperty", shared="Mail", property={"type": "json"}) == [
        ("TYPE_KEY", "/property")
    ]


def test_what_implements_an_interface_keeps_to_it():
    world = given(SHARED)
    world.when("CreateInterface", name="Reached", properties=[{"name": "mail", "valueType": "Email"}])
    world.when("ImplementInterface", type="Plane", interface="Reached")
    assert world.findings("UpdateSharedProperty", shared="Mail", property={"type": "string"}) == [
        ("INTERFACE_UNSATISFIED", "/property")
    ]


def test_properties_of_links_are_reached_too():
    world = given()
    declare(world, name="Guest")
    world.when("CreateLinkType", name="owns", **{"from": "Guest", "to": "Plane"})
    world.when("AddLinkProperty", type="owns", property=SHARED)
    for type_ in ("Guest", "Plane"):
        world.when("CreateObject", type=type_, properties={"id": "a"})
    link = {"type": "owns", "from": "a", "to": "a"}
    assert world.findings("CreateLink", **link, properties={"mail": "x"}) == [("VALUE_PATTERN", "/properties/mail")]
    world.when("CreateLink", **link, properties={"mail": "a@b.kr"})
    (found,) = world.refused("PublishValueTypeVersion", {"type": "Email", "constraint": {"regex": "x"}})
    assert "owns.mail (1 links) follow" in found.text
    update(world, type="string")
    world.when("DeleteLink", **link)
    for said, code in (
        ({"type": "string", "marking": "encrypt"}, "PROPERTY_MARKING"),
        ({"type": "reference", "target": "Guest"}, "PROPERTY_TARGET"),
    ):
        (found,) = world.refused("UpdateSharedProperty", {"shared": "Mail", "property": said})
        assert found.code == code
    world.when("CreateSharedProperty", name="To", property={"type": "reference", "target": "Guest"})
    to = {"name": "to2", "shared": "To"}
    assert [code for code, _ in world.findings("AddLinkProperty", type="owns", property=to)] == ["PROPERTY_TARGET"]


def test_a_default_that_completes_objects_stays():
    world = given({**SHARED, "required": True}, shared={"name": "Mail", "property": {"type": "string", "default": "-"}})
    create(world)
    for said in ({"type": "string"}, {"type": "string", "default": None}):
        assert world.findings("UpdateSharedProperty", shared="Mail", property=said) == [
            ("RULE_BREAKING_UNPLANNED", "/property")
        ]
    update(world, type="string", default="none")
