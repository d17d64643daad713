"""Encrypted values: events hold them closed from the first write on, and commands see them as they are."""

import json

import pytest

from events import catalog
from events.merges.three_way import three_way
from events.objects.sealing import PURGED, is_closed
from events.schema.shape import shape_in
from tests.events.world import World

CUSTOMER = {
    "name": "Customer",
    "primaryKey": ["number"],
    "properties": [
        {"name": "number", "type": "integer"},
        {"name": "이름", "type": "string", "required": True, "marking": "encrypt"},
        {"name": "email", "type": "string", "marking": "encrypt", "unique": True},
        {"name": "wishes", "type": "json", "marking": "encrypt"},
        {"name": "tier", "type": "string"},
    ],
}
KIM = {"number": 7, "이름": "김철수", "email": "kim@test.example", "wishes": {"좌석": ["창가"]}, "tier": "gold"}


@pytest.fixture
def world() -> World:
    world = World()
    world.when("CreateObjectType", **CUSTOMER)
    return world


@pytest.fixture
def kim(world) -> World:
    world.when("CreateObject", type="Customer", properties=KIM)
    return world


def update(world, key=7, **patch):
    return world.when("UpdateObject", type="Customer", key=str(key), patch=patch)


def stored(world, key=7):
    return world.get(f"object/Customer/{key}")["properties"]


def opened(world, key=7):
    values = stored(world, key)
    entity = f"object/Customer/{key}"
    return {f: world.seals.opened(v, entity, f"/{f}") if is_closed(v) else v for f, v in values.items()}


def everything(world) -> str:
    """All events and all heads as they are stored."""
    written = [catalog.data(each.payload).decode() for each in world.events]
    return "\n".join([*written, json.dumps({k: h.state for k, h in world.stored.items()}, ensure_ascii=False)])


def test_no_event_and_no_head_holds_an_encrypted_value(kim):
    update(kim, email="chulsoo@test.example", wishes={"좌석": ["통로"]})
    written = everything(kim)
    for said in ("김철수", "kim@", "chulsoo", "창가", "통로", "좌석"):
        assert said not in written
    assert "gold" in written
    assert opened(kim) == KIM | {"email": "chulsoo@test.example", "wishes": {"좌석": ["통로"]}}


def test_a_value_is_closed_with_a_token_only_where_it_must_be_found(kim):
    values = stored(kim)
    assert values["이름"].keys() == {"kid", "nonce", "ct"}
    assert values["email"].keys() == {"kid", "nonce", "ct", "token"}
    assert len({values[field]["kid"] for field in ("이름", "email", "wishes")}) == 1


def test_the_same_values_again_change_nothing(kim):
    assert kim.when("CreateObject", type="Customer", properties=KIM) == []
    assert kim.when("UpsertObject", type="Customer", properties=KIM) == []
    assert update(kim, 이름="김철수", wishes={"좌석": ["창가"]}) == []


def test_patches_are_applied_to_what_was_closed(kim):
    update(kim, wishes={"식사": "채식"})
    assert opened(kim)["wishes"] == {"좌석": ["창가"], "식사": "채식"}
    kim.when("UpdateObject", type="Customer", key="7", operations=[{"op": "remove", "path": "/wishes/좌석"}])
    assert opened(kim)["wishes"] == {"식사": "채식"}


def test_what_changes_carries_the_old_value_closed(kim):
    before = stored(kim)["이름"]
    (event,) = update(kim, 이름="김영희")
    assert (event.was, event.set.keys()) == ({"이름": before}, {"이름"})


def test_a_unique_value_is_reserved_by_its_token(kim):
    token = stored(kim)["email"]["token"]
    assert kim.get(f"unique/Customer/email/hmac-{token}") == {"owner": "object/Customer/7"}
    lee = KIM | {"number": 8}
    assert kim.findings("CreateObject", type="Customer", properties=lee) == [("VALUE_NOT_UNIQUE", "/properties/email")]
    update(kim, email="new@test.example")
    kim.when("CreateObject", type="Customer", properties=lee)
    kim.when("DeleteObject", type="Customer", key="7")
    update(kim, 8, email="new@test.example")
    assert kim.findings("RestoreObject", type="Customer", key="7") == [("VALUE_NOT_UNIQUE", "/key/email")]


def test_deleted_and_restored_an_object_has_its_values(kim):
    kim.when("DeleteObject", type="Customer", key="7")
    kim.when("RestoreObject", type="Customer", key="7")
    assert opened(kim) == KIM


def test_a_finding_does_not_repeat_a_personal_value(world):
    (finding,) = world.refused("CreateObject", {"type": "Customer", "properties": KIM | {"이름": ["김철수"]}})
    assert (finding.code, finding.path) == ("VALUE_TYPE", "/properties/이름")
    assert "김철수" not in finding.text


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"type": "string", "marking": "encrypt", "name": "number"}, ("TYPE_KEY", "/primaryKey/0")),
        ({"type": "reference", "target": "A", "marking": "encrypt"}, ("PROPERTY_MARKING", "/properties/0/marking")),
        (
            {"type": "string", "searchable": True, "marking": "encrypt"},
            ("PROPERTY_MARKING", "/properties/0/searchable"),
        ),
    ],
)
def test_what_others_must_read_is_not_encrypted(more, found):
    each = {"name": "other", **more}
    key = [] if each["name"] == "number" else [{"name": "number", "type": "integer"}]
    said = World().findings("CreateObjectType", name="A", primaryKey=["number"], properties=[each, *key])
    assert said == [found]


def test_another_branch_reads_gaps_once_a_key_is_gone(kim):
    kim.seals.store.destroy(kim.seals.kids(kim.seals.token("object", "object/Customer/7")))
    kim.seals.forget()
    assert {f for f, v in opened(kim).items() if v == PURGED} == {"이름", "email", "wishes"}
    update(kim, tier="silver")
    update(kim, 이름="김철수", wishes={"식사": "채식"})
    assert opened(kim)["이름"] == "김철수"
    assert opened(kim)["wishes"] == {"식사": "채식"}
    assert opened(kim)["email"] == PURGED


def test_of_two_closed_values_no_third_is_made(kim):
    base = stored(kim)
    update(kim, 이름="김영희")
    ours = stored(kim)
    update(kim, 이름="김민수")
    merged = three_way(base, ours, stored(kim))
    assert [clash.path for clash in merged.clashes] == ["/이름"]


def test_only_closed_values_fit_where_they_are_stored(kim):
    shape = shape_in(kim.get, kim.get(f"objectType/{kim.get('name/objectType/Customer')['rid']}"))
    assert list(shape.unfit(stored(kim))) == []
    ((name, wrong),) = shape.unfit(stored(kim) | {"이름": "김철수"})
    assert (name, wrong.code, "김철수" in wrong.text) == ("이름", "VALUE_KEPT", False)


def test_links_have_no_encrypted_properties(world):
    secret = {"name": "secret", "type": "string", "marking": "encrypt"}
    link = {"name": "knows", "from": "Customer", "to": "Customer", "cardinality": "n-n", "properties": [secret]}
    assert world.findings("CreateLinkType", **link) == [("PROPERTY_MARKING", "/properties/0/marking")]


def test_encryption_begins_and_ends_while_there_are_no_objects(kim):
    def mark(name, marking):
        return {"type": "Customer", "property": name, "marking": marking}

    assert kim.findings("SetMarking", **mark("tier", "encrypt")) == [("RULE_BREAKING_UNPLANNED", "/marking")]
    assert kim.findings("SetMarking", **mark("이름", "mark")) == [("RULE_BREAKING_UNPLANNED", "/marking")]
    kim.when("DeleteObject", type="Customer", key="7")
    kim.when("SetMarking", **mark("tier", "encrypt"))
    kim.when("SetMarking", **mark("wishes", "mark"))
    assert kim.findings("RestoreObject", type="Customer", key="7") == [("VALUE_KEPT", "/key/wishes")]
    updated, _ = kim.when("UpsertObject", type="Customer", properties=KIM)
    assert opened(kim) == KIM
    assert {field: is_closed(value) for field, value in updated.set.items()} == {"tier": True, "wishes": False}
    assert updated.was.keys() == {"wishes"}


@pytest.mark.parametrize("path", ["/wishes/없음/더", "/wishes/좌석/9", "/이름/0", "/wishes/좌석/x", "/없음/0"])
@pytest.mark.parametrize("op", ["remove", "replace", "add", "move", "copy"])
def test_a_patch_that_cannot_be_done_does_not_repeat_the_object(kim, op, path):
    operation = {"op": op, "path": path, "value": 1, "from": path}
    try:
        findings = kim.refused("UpdateObject", {"type": "Customer", "key": "7", "operations": [operation]})
    except AssertionError:  # it can be done
        return
    assert not any(said in finding.text for finding in findings for said in ("김철수", "kim@", "창가"))
