"""Purges: what an object, or a person, leaves behind."""

import pytest

from events.objects.object_words import ObjectDeleted
from events.objects.purging import DataKeyDestroyed, ObjectPurged
from events.objects.sealing import PURGED, is_closed
from producers.keys import owner_of
from tests.events.test_personal import CUSTOMER, KIM, opened, stored, update
from tests.events.world import World

ORDER = {
    "name": "Order",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "customer", "type": "reference", "target": "Customer"},
        {"name": "address", "type": "string", "marking": "encrypt"},
    ],
}
LETTER = {
    "name": "Letter",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "to", "type": "string", "marking": "encrypt"},
        {"name": "text", "type": "string", "marking": "encrypt"},
    ],
}
WHY = {"reason": "asked for in ticket 42"}


@pytest.fixture
def world() -> World:
    world = World()
    for each, subject in ((CUSTOMER, "number"), (ORDER, "customer"), (LETTER, "to")):
        world.when("CreateObjectType", **each)
        world.when("SetSubject", type=each["name"], property=subject)
    world.when("CreateObject", type="Customer", properties=KIM)
    world.when("CreateObject", type="Order", properties={"id": "o1", "customer": "7", "address": "서울시 종로구 1"})
    for number in (1, 2):
        letter = {"id": f"l{number}", "to": "kim@test.example", "text": "안녕하세요"}
        world.when("CreateObject", type="Letter", properties=letter)
    return world


def purge(world, type_="Customer", key="7"):
    return world.when("PurgeObject", type=type_, key=key, **WHY)


def letter(world, number):
    entity = f"object/Letter/l{number}"
    values = world.get(entity)["properties"]
    return world.seals.opened(values["text"], entity, "/text")


def test_a_purge_deletes_forgets_and_destroys_the_key(world):
    world.when("DeleteObject", type="Order", key="o1")
    own, _ = stored(world)["이름"]["kid"].split("+")
    deleted, purged, destroyed = purge(world)
    assert type(deleted) is ObjectDeleted
    assert purged == ObjectPurged(type=deleted.type, slug="Customer", key="7", **WHY)
    assert destroyed == DataKeyDestroyed(kid=own, **WHY)
    assert world.get("object/Customer/7") | {"type": ""} == {
        "type": "", "slug": "Customer", "key": "7", "properties": {}, "deleted": True, "purged": WHY["reason"],
    }  # fmt: skip
    assert world.get(f"dataKey/{own}") == {"kid": own, "destroyed": True}
    assert world.seals.store.of(owner_of(own)) == []


def test_a_deleted_object_is_purged_and_one_purge_is_enough(world):
    world.when("DeleteObject", type="Letter", key="l1")
    assert [type(each) for each in purge(world, "Letter", "l1")] == [ObjectPurged, DataKeyDestroyed]
    assert purge(world, "Letter", "l1") == []


def test_what_is_in_use_is_not_purged(world):
    assert world.findings("PurgeObject", type="Customer", key="7", **WHY) == [("OBJECT_IN_USE", "/key")]
    assert world.findings("PurgeObject", type="Customer", key="8", **WHY) == [("OBJECT_UNKNOWN", "/key")]
    assert world.findings("PurgeObject", type="Ghost", key="8", **WHY) == [("TYPE_UNKNOWN", "/type")]


def test_a_purged_object_is_not_restored_or_updated_but_begins_anew(world):
    before = world.get("object/Letter/l1")["properties"]["text"]["kid"]
    purge(world, "Letter", "l1")
    assert world.findings("RestoreObject", type="Letter", key="l1") == [("OBJECT_PURGED", "/key")]
    assert world.findings("UpdateObject", type="Letter", key="l1", patch={"text": "x"}) == [("OBJECT_PURGED", "/key")]
    assert world.when("DeleteObject", type="Letter", key="l1") == []
    world.when("UpsertObject", type="Letter", properties={"id": "l1", "text": "다시"})
    state = world.get("object/Letter/l1")
    assert state["properties"]["text"]["kid"] != before
    assert (letter(world, 1), "purged" in state, state["deleted"]) == ("다시", False, False)


def test_a_purge_of_one_leaves_the_others_of_the_person(world):
    purge(world, "Letter", "l1")
    assert letter(world, 2) == "안녕하세요"


def test_purging_a_plain_object_destroys_no_key(world):
    world.when("CreateObjectType", name="Gate", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    world.when("CreateObject", type="Gate", properties={"id": "게이트 1"})
    assert [type(each) for each in purge(world, "Gate", "게이트 1")] == [ObjectDeleted, ObjectPurged]
    assert world.get("object/Gate/게이트 1")["properties"] == {}


def test_a_person_is_forgotten_with_all_that_is_about_them(world):
    """Customer/7 is so called by its key and by who refers to it; the order goes first, since it refers."""
    events = world.when("PurgeDataSubject", subject="Customer/7", **WHY)
    assert [type(each).__name__ for each in events] == [
        "ObjectDeleted", "ObjectPurged", "DataKeyDestroyed",
        "ObjectDeleted", "ObjectPurged", "DataKeyDestroyed",
        "DataKeyDestroyed",
    ]  # fmt: skip
    assert [each.slug for each in events if type(each) is ObjectPurged] == ["Order", "Customer"]
    assert world.get("subject/Customer/7") == {"objects": []}
    assert world.when("PurgeDataSubject", subject="Customer/7", **WHY) == []
    assert letter(world, 2) == "안녕하세요"


def test_a_person_whose_name_is_encrypted_is_found_by_a_token(world):
    token = world.get("object/Letter/l1")["properties"]["to"]["token"]
    assert world.get(f"subject/hmac-{token}") == {"objects": ["object/Letter/l1", "object/Letter/l2"]}
    world.when("PurgeDataSubject", subject="kim@test.example", **WHY)
    assert [world.get(f"object/Letter/l{n}")["properties"] for n in (1, 2)] == [{}, {}]
    assert world.get(f"subject/hmac-{token}") == {"objects": []}


def test_whom_nothing_is_about_is_said_and_not_repeated(world):
    (finding,) = world.refused("PurgeDataSubject", {"subject": "lee@test.example", **WHY})
    assert (finding.code, finding.path, "lee@" in finding.text) == ("SUBJECT_UNKNOWN", "/subject", False)


def test_an_object_is_purged_though_its_type_was_deleted(world):
    for number in (1, 2):
        world.when("DeleteObject", type="Letter", key=f"l{number}")
    world.when("DeleteObjectType", type="Letter")
    purge(world, "Letter", "l1")
    world.when("PurgeDataSubject", subject="kim@test.example", **WHY)
    assert [world.get(f"object/Letter/l{n}")["properties"] for n in (1, 2)] == [{}, {}]


def test_what_others_hold_on_to_refuses_the_whole(world):
    world.when("CreateObjectType", name="Claim", primaryKey=["id"], properties=[
        {"name": "id", "type": "string"}, {"name": "order", "type": "reference", "target": "Order"},
    ])  # fmt: skip
    world.when("CreateObject", type="Claim", properties={"id": "c1", "order": "o1"})
    findings = world.refused("PurgeDataSubject", {"subject": "Customer/7", **WHY})
    assert [finding.code for finding in findings] == ["OBJECT_IN_USE", "OBJECT_IN_USE"]
    assert any("object/Order/o1" in finding.text for finding in findings)


def test_the_key_of_a_person_closes_all_that_is_about_them(world):
    """Also what another branch says of them, which is not asked for here."""
    person = stored(world)["이름"]["kid"].split("+")[1]
    world.seals.store.destroy([person])
    world.seals.forget()
    assert opened(world)["이름"] == PURGED
    values = world.get("object/Order/o1")["properties"]
    assert world.seals.opened(values["address"], "object/Order/o1", "/address") == PURGED
    assert letter(world, 1) == "안녕하세요"


def test_who_is_about_another_person_is_closed_anew(world):
    world.when("CreateObject", type="Customer", properties={"number": 8, "이름": "이영희"})
    before = world.get("object/Order/o1")["properties"]["address"]["kid"].split("+")
    world.when("UpdateObject", type="Order", key="o1", patch={"customer": "8"})
    values = world.get("object/Order/o1")["properties"]
    after = values["address"]["kid"].split("+")
    assert (after[0], after[1] == before[1]) == (before[0], False)
    assert world.seals.opened(values["address"], "object/Order/o1", "/address") == "서울시 종로구 1"
    assert world.get("subject/Customer/8") == {"objects": ["object/Customer/8", "object/Order/o1"]}
    assert world.get("subject/Customer/7") == {"objects": ["object/Customer/7"]}


def test_keys_are_durable_before_they_are_named_and_destroyed_after(world):
    kids = {kid for head in world.stored.values() for value in (head.state or {}).get("properties", {}).values()
            if is_closed(value) for kid in value["kid"].split("+")}  # fmt: skip
    assert all(kid in {key.kid for key in world.seals.store.of(owner_of(kid))} for kid in kids)


def test_a_subject_is_set_before_there_are_objects(world):
    assert world.when("SetSubject", type="Order", property="customer") == []
    assert world.findings("SetSubject", type="Order", property="id") == [("RULE_BREAKING_UNPLANNED", "/property")]
    assert world.findings("SetSubject", type="Order", property=None) == [("RULE_BREAKING_UNPLANNED", "/property")]
    assert world.findings("SetSubject", type="Ghost", property="id") == [("TYPE_UNKNOWN", "/type")]
    assert world.findings("SetSubject", type="Order", property="ghost") == [("PROPERTY_UNKNOWN", "/property")]
    assert ("SUBJECT_PROPERTY", "/property") in world.findings("SetSubject", type="Customer", property="wishes")


def test_a_type_without_objects_may_be_about_nobody_again():
    world = World()
    world.when("CreateObjectType", **ORDER | {"properties": ORDER["properties"][::2]})
    world.when("SetSubject", type="Order", property="id")
    world.when("SetSubject", type="Order", property=None)
    assert "subject" not in world.get(f"objectType/{world.get('name/objectType/Order')['rid']}")


def test_an_update_after_the_persons_purge_makes_a_new_key(world):
    world.when("PurgeDataSubject", subject="kim@test.example", **WHY)
    world.when("CreateObject", type="Letter", properties={"id": "l3", "to": "kim@test.example", "text": "새 편지"})
    assert letter(world, 3) == "새 편지"
    update(world, tier="silver")
    assert opened(world)["이름"] == "김철수"


def test_a_type_may_be_created_with_its_subject():
    world = World()
    world.when("CreateObjectType", **CUSTOMER, subject="email")
    assert world.when("CreateObjectType", **CUSTOMER, subject="email") == []
    world.when("CreateObject", type="Customer", properties=KIM)
    world.when("PurgeDataSubject", subject="kim@test.example", **WHY)
    assert world.get("object/Customer/7")["purged"]
    order = ORDER | {"name": "Other", "properties": ORDER["properties"][::2]}
    assert world.findings("CreateObjectType", **order, subject="ghost") == [("PROPERTY_UNKNOWN", "/subject")]
    letter = LETTER | {"properties": [*LETTER["properties"], {"name": "cc", "type": "string", "array": True}]}
    assert world.findings("CreateObjectType", **letter, subject="cc") == [("SUBJECT_PROPERTY", "/subject")]


def test_objects_are_not_put_below_a_type_that_is_about_persons(world):
    named = {"name": "Named", "abstract": True, "properties": [{"name": "who", "type": "string"}], "subject": "who"}
    world.when("CreateObjectType", **named)
    world.when("CreateObjectType", name="Gate", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    world.when("ChangeParents", type="Gate", parents=["Named"])
    world.when("CreateObject", type="Gate", properties={"id": "g1", "who": "김철수"})
    assert world.get("subject/김철수") == {"objects": ["object/Gate/g1"]}
    assert world.findings("ChangeParents", type="Gate", parents=[]) == [("RULE_BREAKING_UNPLANNED", "/parents")]
    assert world.findings("SetSubject", type="Named", property=None) == [("RULE_BREAKING_UNPLANNED", "/property")]
