"""Applying actions: parameters are checked, criteria hold, and edits are what the same commands would do."""

from typing import Any

import pytest

from events.actions.action import ActionApplied
from events.objects.link import LinkDeleted
from events.objects.object_words import ObjectCreated, ObjectUpdated
from tests.events.actions import CANCEL, FREE_GATE, GATE, flights
from tests.events.world import World


@pytest.fixture
def world() -> World:
    world = flights()
    for declared in (CANCEL, FREE_GATE):
        world.when("CreateActionType", **declared)
    return world


def cancel(flight: str = "KE1", reason: str = "안개", **more: Any) -> dict[str, Any]:
    return {"action": "CancelFlight", "parameters": {"flight": flight, "reason": reason, **more}}


def test_an_action_is_one_commit_with_one_entry(world):
    entry, updated, created = world.when("ApplyAction", **cancel())
    assert isinstance(entry, ActionApplied)
    assert (entry.slug, entry.version, entry.parameters) == ("CancelFlight", 1, {"flight": "KE1", "reason": "안개"})
    assert entry.edited == ["object/Flight/KE1", "object/Note/KE1-안개"]
    assert [each.model_dump() for each in entry.side_effects] == [
        {"kind": "notify", "name": "승객", "payload": {"편명": "KE1", "how": "sms"}}
    ]
    assert isinstance(updated, ObjectUpdated)
    assert (updated.set, updated.unset) == ({"status": "결항", "사유": "안개"}, ["tail"])
    assert isinstance(created, ObjectCreated)
    assert created.properties == {"id": "KE1-안개", "flight": "KE1", "text": "ada@test on prod/main/main"}
    (key,) = (each.key for each in world.events if each.payload == entry)
    assert key.startswith("action/")
    assert world.get(key)["edited"] == entry.edited


def test_edits_are_done_for_each_item(world):
    events = world.when("ApplyAction", action="FreeGate", parameters={"flights": ["KE1", "제주2"], "gate": "A1"})
    assert [type(each) for each in events] == [ActionApplied, *[LinkDeleted, ObjectUpdated] * 2]
    assert [each.set for each in events if isinstance(each, ObjectUpdated)] == [{"seats": 181}, {"seats": 182}]


def test_what_changes_nothing_leaves_no_entry(world):
    world.when("CreateActionType", **{**CANCEL, "name": "Mark", "edits": CANCEL["edits"][:1]})
    mark = {**cancel(), "action": "Mark"}
    assert len(world.when("ApplyAction", **mark)) == 2
    assert world.when("ApplyAction", **mark) == []


def test_a_criterion_that_is_not_true_refuses_with_its_message(world):
    world.when("UpdateObject", type="Flight", key="KE1", patch={"status": "출발"})
    (finding,) = world.refused("ApplyAction", cancel())
    assert (finding.code, finding.path, finding.text) == ("ACTION_CRITERIA", "", "KE1편은 이미 출발했습니다")
    both = {"flights": ["KE1", "제주2"], "gate": "A1"}
    assert world.findings("ApplyAction", action="FreeGate", parameters=both) == [("ACTION_CRITERIA", "")]


@pytest.mark.parametrize(
    ("parameters", "findings"),
    [
        ({}, [("ACTION_PARAMETER", "/parameters/flight"), ("ACTION_PARAMETER", "/parameters/reason")]),
        ({"flight": "KE1", "reason": "눈"}, [("VALUE_ENUM", "/parameters/reason")]),
        ({"flight": "없음", "reason": "안개"}, [("VALUE_REFERENCE", "/parameters/flight")]),
        ({"flight": "KE1", "reason": "안개", "gate": 5}, [("VALUE_TYPE", "/parameters/gate")]),
        ({"flight": "KE1", "reason": "안개", "a/b": 5}, [("ACTION_PARAMETER", "/parameters/a~1b")]),
    ],
)
def test_parameters_are_checked_like_properties(world, parameters, findings):
    assert world.findings("ApplyAction", action="CancelFlight", parameters=parameters) == findings


def test_an_object_that_is_deleted_cannot_be_given(world):
    world.when("DeleteObject", type="Gate", key="김포 3")
    assert world.findings("ApplyAction", **cancel(gate="김포 3")) == [("VALUE_REFERENCE", "/parameters/gate")]


def test_what_is_wrong_with_an_edit_says_which(world):
    world.when("CreateObject", type="Note", properties={"id": "KE1-안개", "flight": "제주2"})
    (finding,) = world.refused("ApplyAction", cancel())
    assert (finding.code, finding.path) == ("OBJECT_EXISTS", "")
    assert finding.text.startswith("CancelFlight version 1, edit 2 (createObject): Note KE1-안개 exists already")


def test_only_what_is_there_is_applied(world):
    assert world.findings("ApplyAction", action="Nothing", parameters={}) == [("ACTION_UNKNOWN", "/action")]
    assert world.findings("ApplyAction", **cancel(), version=2) == [("ACTION_VERSION", "/version")]
    world.when("DisableActionType", action="CancelFlight")
    assert world.findings("ApplyAction", **cancel()) == [("ACTION_DISABLED", "/action")]
    world.when("EnableActionType", action="CancelFlight")
    assert len(world.when("ApplyAction", **cancel())) == 3


def test_a_batch_is_all_or_none_and_each_sees_those_before(world):
    submissions = [cancel("KE1")["parameters"], cancel("제주2")["parameters"]]
    wrong = [*submissions, cancel("KE1")["parameters"], {"flight": "KE1"}]
    assert world.findings("ApplyActionBatch", action="CancelFlight", submissions=wrong) == [
        ("ACTION_PARAMETER", "/submissions/3/reason")
    ]
    twice = [submissions[0], {**submissions[0], "reason": "정비"}]
    world.when("CreateActionType", **{**CANCEL, "name": "Once", "criteria": [
        {"cel": "objects.flight.status == '예정'", "message": "한 번만"}
    ]})  # fmt: skip
    assert world.findings("ApplyActionBatch", action="Once", submissions=twice) == [
        ("ACTION_CRITERIA", "/submissions/1")
    ]
    events = world.when("ApplyActionBatch", action="CancelFlight", submissions=submissions)
    assert [type(each) for each in events] == [ActionApplied, ObjectUpdated, ObjectCreated] * 2


def test_a_link_takes_properties_and_is_called_from_either_end(world):
    seat = {"name": "좌석", "type": "string"}
    world.when("CreateLinkType", name="carries", **{"from": "Flight", "to": "Gate"}, properties=[seat])
    edit = {
        "edit": "createLink",
        "type": "carries",
        "from": {"cel": "parameters.flight"},
        "to": "A1",
        "properties": {"좌석": {"cel": "parameters.seat"}},
    }
    parameters = {"flight": {"type": "reference", "target": "Flight"}, "seat": {"type": "string"}}
    wrong = {**edit, "properties": {"row": 1, "좌석": 2}}
    assert world.findings("CreateActionType", name="Carry", parameters=parameters, edits=[wrong]) == [
        ("PROPERTY_UNKNOWN", "/edits/0/properties/row"),
        ("VALUE_TYPE", "/edits/0/properties/좌석"),
    ]
    world.when("CreateActionType", name="Carry", parameters=parameters, edits=[edit])
    world.when("ApplyAction", action="Carry", parameters={"flight": "KE1", "seat": "12A"})
    assert world.get("link/carries/KE1~A1")["properties"] == {"좌석": "12A"}
    deletes = {**edit, "edit": "deleteLink"}
    assert world.findings("CreateActionType", name="Drop", parameters=parameters, edits=[deletes]) == [
        ("ACTION_EDIT", "/edits/0/properties")
    ]


def test_an_object_of_a_type_below_may_be_given(world):
    charter = {"name": "charterer", "type": "string"}
    world.when("CreateObjectType", name="Charter", parents=["Flight"], properties=[charter])
    world.when("CreateObject", type="Charter", properties={"id": "전세1", "charterer": "김하나"})
    entry, updated, created = world.when("ApplyAction", **cancel("전세1"))
    assert entry.edited == ["object/Charter/전세1", "object/Note/전세1-안개"]
    assert updated.slug == "Charter"
    assert created.properties["flight"] == "전세1"


def test_a_deletion_that_takes_links_along_sees_those_that_the_action_made(world):
    world.when("CreateLinkType", name="waitsAt", **{"from": "Flight", "to": "Gate"}, onDelete="unlink")
    link = {"edit": "createLink", "type": "waitsAt", "from": {"cel": "parameters.flight"}, "to": "김포 3"}
    gone = [link, {"edit": "deleteLink", "type": "departsFrom", "from": link["from"], "to": "A1"}]
    gone.append({"edit": "deleteObject", "object": "flight"})
    parameters = {"flight": {"type": "reference", "target": "Flight", "required": True}}
    world.when("CreateActionType", name="Scrap", parameters=parameters, edits=gone)
    events = world.when("ApplyAction", action="Scrap", parameters={"flight": "KE1"})
    assert [type(each).__name__ for each in events[1:]] == [
        "LinkCreated",
        "LinkDeleted",
        "LinkDeleted",
        "ObjectDeleted",
    ]
    assert world.get("link/waitsAt/KE1~김포 3")["deleted"]


def test_what_is_personal_stays_so_when_another_type_takes_the_name(world):
    phone = {"name": "전화", "type": "string", "marking": "encrypt"}
    world.when("CreateObjectType", name="Passenger", primaryKey=["id"], properties=[*GATE["properties"], phone])
    world.when("CreateObject", type="Passenger", properties={"id": "p1"})
    parameters = {"who": {"type": "reference", "target": "Passenger"}, "phone": {"type": "string"}}
    call = {"edit": "updateObject", "object": "who", "set": {"전화": {"cel": "parameters.phone"}}}
    world.when("CreateActionType", name="Call", parameters=parameters, edits=[call])
    world.when("RenameObjectType", type="Passenger", name="Guest")
    world.when("CreateObjectType", name="Passenger", primaryKey=["id"], properties=GATE["properties"])
    entry, updated = world.when("ApplyAction", action="Call", parameters={"who": "p1", "phone": "010-1234-5678"})
    assert entry.parameters["who"] == "p1"
    assert "010-1234-5678" not in f"{entry} {updated}"


def test_too_many_edits_are_refused_before_any_is_looked_at(world):
    lists = {name: {"type": "integer", "array": True} for name in ("a", "b")}
    note = {
        "edit": "upsertObject",
        "type": "Gate",
        "properties": {"id": {"cel": "string(parameters.x + parameters.y)"}},
    }
    inner = {"edit": "forEach", "parameter": "b", "as": "y", "edits": [note]}
    outer = {"edit": "forEach", "parameter": "a", "as": "x", "edits": [inner]}
    world.when("CreateActionType", name="Cross", parameters=lists, edits=[outer])
    many = {"a": list(range(200)), "b": list(range(200))}
    assert world.findings("ApplyAction", action="Cross", parameters=many) == [("COMMIT_TOO_LARGE", "")]
    half = {"a": many["a"], "b": many["b"][:90]}
    assert world.findings("ApplyActionBatch", action="Cross", submissions=[half] * 2) == [("COMMIT_TOO_LARGE", "")]
    few = {"a": [1, 2], "b": [10, 20]}
    assert len(world.when("ApplyAction", action="Cross", parameters=few)) == 5
