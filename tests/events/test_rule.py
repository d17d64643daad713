"""Rules: what may be said, that saying it again changes nothing, and which rules are in force."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.decider import Payload
from events.findings import Refused
from events.reserved import RULES
from events.rules.rule_words import RuleCreated, RuleDisabled, RuleEnabled, RuleUpdated
from tests.events.world import World

GATE = {
    "name": "Gate",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "상태", "type": "string"},
        {"name": "size", "type": "integer"},
    ],
}
RULE = {"name": "Sized", "type": "Gate", "expression": "new.size > 0", "message": "{key} ({new.상태}): {change}"}


@pytest.fixture
def world() -> World:
    world = World()
    world.when("CreateObjectType", **GATE)
    return world


def created(events: list[Payload]) -> RuleCreated:
    (event,) = events
    assert isinstance(event, RuleCreated)
    return event


def in_force(world: World) -> dict[str, int]:
    return {on: len(keys) for on, keys in (world.get(RULES) or {}).items()}


def test_a_rule_is_stored_with_the_fields_of_what_it_names(world):
    event = created(world.when("CreateRule", **RULE))
    assert event.terms.on == "Gate"
    assert event.terms.changes == ["create", "update", "delete", "restore"]
    assert event.terms.names == {"size": "size", "상태": "상태"}
    assert event.terms.severity == "reject"
    assert in_force(world) == {"Gate": 1}
    assert world.get(f"rule/{event.rid}")["name"] == "Sized"
    assert world.when("CreateRule", **RULE) == []


def test_a_rule_of_all_types_names_what_any_of_them_may_have(world):
    world.when("CreateRule", name="Anything", type="*", expression="!has(new.note) || size(new.note) < 100")
    assert in_force(world) == {"*": 1}


@pytest.mark.parametrize(
    ("said", "findings"),
    [
        ({"expression": "new.size >"}, [("RULE_EXPRESSION", "/expression")]),
        ({"expression": "nobody.size > 0"}, [("RULE_EXPRESSION", "/expression")]),
        ({"expression": "new.gate > 0 && old['문'] == 1"}, [("PROPERTY_UNKNOWN", "/expression")] * 2),
        ({"type": "Tor"}, [("TYPE_UNKNOWN", "/type")]),
        ({"changes": []}, [("RULE_CHANGES", "/changes")]),
        ({"changes": ["create", "create"]}, [("RULE_CHANGES", "/changes")]),
        ({"message": "{who} {new} {key.size}"}, [("RULE_MESSAGE", "/message")] * 3),
        ({"message": "{new.gate}"}, [("PROPERTY_UNKNOWN", "/message")]),
        ({"name": "no name"}, [("TYPE_NAME", "/name")]),
        ({"expression": "1 +", "changes": []}, [("RULE_CHANGES", "/changes"), ("RULE_EXPRESSION", "/expression")]),
    ],
)
def test_what_no_rule_can_say_is_refused(world, said, findings):
    assert world.findings("CreateRule", **{**RULE, **said}) == findings


def test_a_rule_is_said_otherwise_and_what_is_not_given_stays(world):
    world.when("CreateRule", **RULE)
    (event,) = world.when("UpdateRule", rule="Sized", severity="warn", changes=["update"])
    assert isinstance(event, RuleUpdated)
    assert (event.terms.severity, event.terms.changes, event.terms.expression) == ("warn", ["update"], "new.size > 0")
    assert world.when("UpdateRule", rule="Sized", severity="warn") == []
    (event,) = world.when("UpdateRule", rule="Sized", message=None)
    assert event.terms.message is None
    assert world.findings("UpdateRule", rule="Sized", expression="new.gate") == [("PROPERTY_UNKNOWN", "/expression")]


def test_only_what_is_neither_disabled_nor_deleted_is_in_force(world):
    world.when("CreateRule", **RULE)
    assert [type(event) for event in world.when("DisableRule", rule="Sized")] == [RuleDisabled]
    assert in_force(world) == {}
    assert world.when("DisableRule", rule="Sized") == []
    assert [type(event) for event in world.when("EnableRule", rule="Sized")] == [RuleEnabled]
    assert world.when("EnableRule", rule="Sized") == []
    world.when("DeleteRule", rule="Sized")
    assert in_force(world) == {}
    assert world.findings("EnableRule", rule="ri.oms.rule.none") == [("TYPE_UNKNOWN", "/rule")]
    world.when("RestoreRule", rule="Sized")
    assert in_force(world) == {"Gate": 1}


def test_a_rule_keeps_to_the_property_it_was_written_for(world):
    world.when("CreateRule", **RULE)
    world.when("RenameRule", rule="Sized", name="크기")
    assert world.when("UpdateRule", rule="크기", severity="reject") == []


steps = st.lists(
    st.tuples(
        st.sampled_from(["CreateRule", "DisableRule", "EnableRule", "DeleteRule", "RestoreRule", "UpdateRule"]),
        st.sampled_from(["One", "둘"]),
        st.sampled_from(["Gate", "*"]),
    ),
    max_size=20,
)


@given(steps)
def test_what_is_in_force_is_what_the_rules_say_and_repeating_changes_nothing(history):
    world = World()
    world.when("CreateObjectType", **GATE)
    for command, name, of in history:
        data = {"name": name, "type": of, "expression": "true"} if command == "CreateRule" else {"rule": name}
        with suppress(Refused):
            world.when(command, **data)
            assert world.when(command, **data) == []
    rules = {key: head.state for key, head in world.stored.items() if key.startswith("rule/") and head.state}
    asked: dict[str, list[str]] = {}
    for key, state in sorted(rules.items()):
        if not state.get("disabled") and not state.get("deleted"):
            asked.setdefault(state["on"], []).append(key)
    assert (world.get(RULES) or {}) == asked
