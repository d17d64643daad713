"""The policy of a branch says what becomes of personal data that no marking speaks of."""

from typing import get_args

from events.policy import PII_POLICY, UNLESS_SAID, PiiKind, PiiPolicySet, verdicts
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
