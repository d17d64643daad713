"""Action types: versions that never change, and everything that they name is there."""

from typing import Any

import pytest

from events.actions.action_type import (
    ActionTypeCreated,
    ActionTypeDisabled,
    ActionTypeEnabled,
    ActionTypeVersionPublished,
)
from tests.events.actions import CANCEL, FREE_GATE, flights
from tests.events.world import World


@pytest.fixture
def world() -> World:
    return flights()


def published(**more: Any) -> dict[str, Any]:
    said = {name: CANCEL[name] for name in ("parameters", "criteria", "edits", "sideEffects")}
    return {"action": "CancelFlight", **said, **more}


def test_an_action_type_keeps_what_it_names_by_what_never_changes(world):
    (created,) = world.when("CreateActionType", **CANCEL)
    assert isinstance(created, ActionTypeCreated)
    flight, gate, note = (world.get(f"name/objectType/{name}")["rid"] for name in ("Flight", "Gate", "Note"))
    assert created.uses == sorted(f"objectType/{rid}" for rid in (flight, gate, note))
    world.when("RenameObjectType", type="Note", name="Memo")
    state = world.get(f"actionType/{created.rid}")
    assert state["versions"]["1"]["edits"][1]["type"] == note
    assert state["versions"]["1"]["edits"][0]["set"]["tail"] is None
    assert (state["latest"], state["enabled"], state["uses"]) == (1, True, created.uses)
    assert world.get("name/actionType/CancelFlight")["rid"] == created.rid
    assert len(world.when("ApplyAction", action="CancelFlight", parameters={"flight": "KE1", "reason": "안개"})) == 3


def test_the_same_again_is_nothing_new(world):
    world.when("CreateActionType", **CANCEL)
    assert world.when("CreateActionType", **CANCEL) == []
    assert world.when("PublishActionTypeVersion", **published()) == []
    other = {**CANCEL, "edits": CANCEL["edits"][:1]}
    assert world.findings("CreateActionType", **other) == [("TYPE_NAME_TAKEN", "/name")]


def test_the_newest_version_is_applied_unless_another_is_named(world):
    world.when("CreateActionType", **CANCEL)
    (second,) = world.when("PublishActionTypeVersion", **published(edits=CANCEL["edits"][:1]))
    assert isinstance(second, ActionTypeVersionPublished)
    assert second.number == 2
    asked = {"action": "CancelFlight", "parameters": {"flight": "KE1", "reason": "안개"}}
    assert [world.when("ApplyAction", **asked, version=1)[0].version] == [1]
    asked["parameters"]["flight"] = "제주2"
    assert [world.when("ApplyAction", **asked)[0].version] == [2]
    assert world.findings("PublishActionTypeVersion", **published(action="없음")) == [("TYPE_UNKNOWN", "/action")]


def test_it_is_disabled_and_enabled(world):
    world.when("CreateActionType", **CANCEL)
    assert world.when("EnableActionType", action="CancelFlight") == []
    assert [type(e) for e in world.when("DisableActionType", action="CancelFlight")] == [ActionTypeDisabled]
    assert world.when("DisableActionType", action="CancelFlight") == []
    assert [type(e) for e in world.when("EnableActionType", action="CancelFlight")] == [ActionTypeEnabled]


FLIGHT = {"flight": {"type": "reference", "target": "Flight"}, "말": {"type": "string"}}
MANY = {"flights": {"type": "reference", "target": "Flight", "array": True}, **FLIGHT}
SET = {"edit": "updateObject", "object": "flight", "set": {"seats": 1}}


@pytest.mark.parametrize(
    ("said", "findings"),
    [
        ({}, [("ACTION_EDIT", "/edits")]),
        ({"edits": [SET]}, [("ACTION_EDIT", "/edits/0/object")]),
        ({"parameters": {"_x": {"type": "string"}}}, [("PROPERTY_RESERVED", "/parameters/_x")]),
        (
            {"parameters": {"x": {"type": "enum"}, "y": {"type": "reference", "target": "Ship"}}},
            [("PROPERTY_VALUES", "/parameters/x/values"), ("TYPE_UNKNOWN", "/parameters/y/target")],
        ),
        ({"parameters": {"x": {"type": "integer", "default": "1"}}}, [("VALUE_TYPE", "/parameters/x/default")]),
        ({"criteria": [{"cel": "1 +", "message": "m"}]}, [("ACTION_EXPRESSION", "/criteria/0/cel")]),
        ({"criteria": [{"cel": "nobody == 1", "message": "m"}]}, [("ACTION_EXPRESSION", "/criteria/0/cel")]),
        ({"criteria": [{"cel": "true", "message": 5}]}, [("ACTION_CRITERION", "/criteria/0/message")]),
        (
            {"criteria": [{"cel": "parameters['말'] == parameters.nobody", "message": {"cel": "objects['말']"}}]},
            [("ACTION_EXPRESSION", "/criteria/0/cel"), ("ACTION_EXPRESSION", "/criteria/0/message/cel")],
        ),
        (
            {"criteria": [{"cel": "objects.flight.colour == objects.flight['사유']", "message": "m"}]},
            [("ACTION_EXPRESSION", "/criteria/0/cel")],
        ),
        (
            {"edits": [{**SET, "set": {"seats": "many", "colour": 1, "사유": {"cel": "parameters.x"}}}]},
            [
                ("VALUE_TYPE", "/edits/0/set/seats"),
                ("PROPERTY_UNKNOWN", "/edits/0/set/colour"),
                ("ACTION_EXPRESSION", "/edits/0/set/사유/cel"),
            ],
        ),
        (
            {"edits": [{"edit": "createObject", "type": "Note", "properties": {}}]},
            [("PROPERTY_REQUIRED", "/edits/0/properties/id"), ("PROPERTY_REQUIRED", "/edits/0/properties/flight")],
        ),
        (
            {"edits": [{"edit": "upsertObject", "type": "Note", "properties": {"text": "x"}}]},
            [("PROPERTY_REQUIRED", "/edits/0/properties/id")],
        ),
        ({"edits": [{"edit": "deleteObject", "object": "말"}]}, [("ACTION_EDIT", "/edits/0/object")]),
        ({"edits": [{"edit": "deleteObject", "object": "flights"}]}, [("ACTION_EDIT", "/edits/0/object")]),
        ({"edits": [{"edit": "createObject", "type": "Ship", "properties": {}}]}, [("TYPE_UNKNOWN", "/edits/0/type")]),
        (
            {"edits": [{"edit": "createLink", "type": "sails", "from": {"cel": "objects.말"}, "to": "A1"}]},
            [("TYPE_UNKNOWN", "/edits/0/type"), ("ACTION_EXPRESSION", "/edits/0/from/cel")],
        ),
        (
            {"edits": [{"edit": "forEach", "parameter": "flight", "as": "flights", "edits": [SET]}]},
            [("ACTION_EDIT", "/edits/0/as"), ("ACTION_EDIT", "/edits/0/parameter")],
        ),
        (
            {"edits": [{"edit": "forEach", "parameter": "flights", "as": "each", "edits": [{**SET, "object": "all"}]}]},
            [("ACTION_EDIT", "/edits/0/edits/0/object")],
        ),
        ({"edits": [SET] * 101}, [("ACTION_EDIT", "/edits")]),
        (
            {"sideEffects": [{"kind": "webhook", "name": "hook", "payload": {"n": {"cel": "parameters.x"}}}]},
            [("ACTION_EXPRESSION", "/sideEffects/0/payload/n/cel")],
        ),
    ],
)
def test_whatever_a_version_names_is_there(world, said, findings):
    parameters = {} if said == {"edits": [SET]} else MANY
    asked = {"name": "Do", "parameters": parameters, "edits": [] if not said else [SET], **said}
    if "parameters" in said:
        asked["parameters"] = {**MANY, **said["parameters"]}
    assert world.findings("CreateActionType", **asked) == findings


def test_a_version_means_what_its_names_meant(world):
    """A property that is renamed is still what the version calls it, in expressions and in edits."""
    world.when("CreateActionType", **FREE_GATE)
    world.when("CreateActionType", **CANCEL)
    world.when("RenameObjectType", type="Flight", name="Trip")
    world.when("CreateObjectType", name="Flight", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    done = world.when("ApplyAction", action="CancelFlight", parameters={"flight": "KE1", "reason": "안개"})
    assert done[0].edited[0] == "object/Flight/KE1"


def test_what_an_action_type_names_is_not_deleted_before_it(world):
    (created,) = world.when("CreateActionType", **CANCEL)
    (finding,) = world.refused("DeleteObjectType", {"type": "Note"})
    assert (finding.code, "CancelFlight" in finding.text) == ("TYPE_IN_USE", True)
    world.when("PublishActionTypeVersion", **published(edits=CANCEL["edits"][:1]))
    assert world.findings("DeleteObjectType", type="Note") == [("TYPE_IN_USE", "/type")]  # by version 1
    world.when("DeleteActionType", action="CancelFlight")
    assert len(world.when("DeleteObjectType", type="Note")) == 1
    assert world.get(f"actionType/{created.rid}")["deleted"]


def test_it_is_renamed_deleted_and_restored(world):
    asked = {"parameters": {"flight": "KE1", "reason": "안개"}}
    (created,) = world.when("CreateActionType", **CANCEL)
    world.when("RenameActionType", action="CancelFlight", name="결항")
    (entry, *_) = world.when("ApplyAction", action="결항", **asked)
    assert (entry.action, entry.slug) == (created.rid, "CancelFlight")
    world.when("DeleteActionType", action="결항")
    for name in ("결항", "CancelFlight", created.rid):
        assert world.findings("ApplyAction", action=name, **asked) == [("ACTION_UNKNOWN", "/action")]
    assert world.findings("EnableActionType", action=created.rid) == [("TYPE_DELETED", "/action")]
    world.when("RestoreActionType", action=created.rid)
    assert len(world.when("ApplyAction", action="결항", parameters={"flight": "제주2", "reason": "정비"})) == 3
