"""The rules of a branch at a moment, and which objects would not pass one."""

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from queries.cuts import Cut, cut
from queries.moments import moment
from queries.rules import checked, rule, rules
from tests.queries.histories import MAIN, Event, History, made, object_type

NOW = 2**62


def a_rule(name: str, expression: str, **said: object) -> Event:
    state = {
        "rid": f"ri.{name}", "slug": name, "name": name, "on": "Flight", "changes": ["create", "update"],
        "expression": expression, "severity": "reject", "names": {}, "uses": [], "status": "active", **said,
    }  # fmt: skip
    return Key(f"rule/ri.{name}"), "created", state


def text(name: str) -> dict[str, object]:
    unsaid = dict.fromkeys(("default", "values", "target"))
    return {"field": name, "name": name, "type": "string", "required": False, "unique": False, "array": False, **unsaid}


def flights() -> History:
    told = History()
    told.commit(MAIN, [object_type("Flight", [text("id"), text("gate")])])
    told.commit(
        MAIN, [made("Flight", f"UA-{at}", id=f"UA-{at}", **({"gate": "A1"} if at % 2 else {})) for at in range(50)]
    )
    told.commit(
        MAIN,
        [a_rule("Gated", "has(new.gate)"), a_rule("끝", "true", disabled=True), a_rule("Gone", "true", deleted=True)],
    )
    return told


def at(told: History, asked: str = "now") -> Cut:
    return cut(told.into(MemoryVersions()), MAIN, moment(asked), now=NOW)


def test_the_rules_that_are_there():
    assert [(each.json()["name"], each.json()["enabled"]) for each in rules(at(flights()))] == [
        ("Gated", True),
        ("끝", False),
    ]
    assert rules(at(flights(), "3")) == []


@pytest.mark.parametrize("named", ["Gated", "ri.Gated"])
def test_objects_that_would_not_pass_are_counted_and_some_are_told(named):
    told = at(flights())
    found = checked(told, rule(told, named), "ada@test", NOW // 10**7)
    assert (found.asked, found.failed, len(found.samples)) == (50, 25, 20)
    assert "rule Gated of Flight UA-0" in found.samples[0]
    assert checked(told, rule(told, "끝"), "ada@test", NOW // 10**7) == (50, 0, [])


def test_a_rule_that_is_not_asked_of_changes_is_asked_as_if_objects_came():
    history = flights()
    history.commit(MAIN, [a_rule("New", "old == {}", changes=["create"])])
    told = at(history)
    assert checked(told, rule(told, "New"), "ada@test", NOW // 10**7).failed == 0


def test_a_rule_that_is_not_there():
    with pytest.raises(Refused, match="there is no rule 'Gone'"):
        rule(at(flights()), "Gone")
