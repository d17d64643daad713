"""The policy of a branch says what becomes of personal data that no marking speaks of."""

from typing import get_args

import pytest

from events.rules.policy import PII_POLICY, UNLESS_SAID, PiiKind, PiiPolicySet, verdicts
from security.pii import Kind
from tests.events.world import World


def test_every_kind_that_is_found_has_a_verdict():
    assert set(UNLESS_SAID) == set(get_args(PiiKind)) == set(get_args(Kind))


def test_what_is_not_said_stays():
    world = World()
    (event,) = world.when("SetPiiPolicy", kinds={"email": "allow"})
    assert isinstance(event, PiiPolicySet)
    assert event.kinds == {**UNLESS_SAID, "email": "allow"}
    world.when("SetPiiPolicy", kinds={"card": "warn"})
    assert verdicts(world.get(PII_POLICY)) == {**UNLESS_SAID, "email": "allow", "card": "warn"}
    assert world.when("SetPiiPolicy", kinds={"card": "warn", "email": "allow"}) == []


def test_a_kind_or_a_verdict_that_is_none_is_refused():
    world = World()
    assert world.findings("SetPiiPolicy", kinds={})[0][0] == "COMMAND_SHAPE"
    assert world.findings("SetPiiPolicy", kinds={"shoe": "warn"})[0][0] == "COMMAND_SHAPE"
    assert world.findings("SetPiiPolicy", kinds={"card": "burn"})[0][0] == "COMMAND_SHAPE"


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"type": "integer", "marking": "redact"}, [("PROPERTY_MARKING", "/properties/1/marking")]),
        ({"type": "date", "marking": "reject"}, [("PROPERTY_MARKING", "/properties/1/marking")]),
        ({"type": "string", "unique": True, "marking": "redact"}, [("PROPERTY_MARKING", "/properties/1/marking")]),
        ({"type": "string", "unique": True, "marking": "reject"}, []),
        ({"type": "date", "marking": "mark"}, []),
        ({"type": "json", "marking": "redact"}, []),
    ],
)
def test_what_is_masked_is_a_text_and_not_unique(declared, found):
    properties = [{"name": "id", "type": "string"}, {"name": "생일", **declared}]
    said = {"name": "Person", "primaryKey": ["id"], "properties": properties}
    if found:
        assert World().findings("CreateObjectType", **said) == found
    else:
        assert World().when("CreateObjectType", **said)


def test_a_key_is_not_masked():
    properties = [{"name": "id", "type": "string", "marking": "redact"}]
    found = World().findings("CreateObjectType", name="Person", primaryKey=["id"], properties=properties)
    assert found == [("TYPE_KEY", "/primaryKey/0")]
