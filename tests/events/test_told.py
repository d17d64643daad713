"""What an action or a rule says of an object with encrypted values is kept in plain: it does not repeat them."""

import pytest

from events.objects.sealing import SEALED
from tests.events.test_personal import CUSTOMER, KIM, opened
from tests.events.world import World

CUSTOMERS = {"type": "reference", "target": "Customer"}
CALL = {
    "name": "Call",
    "parameters": {"customer": {**CUSTOMERS, "required": True}, "name": {"type": "string"}, "why": {"type": "string"}},
    "criteria": [{"cel": "objects.customer.tier != 'none'", "message": {"cel": "objects.customer.tier"}}],
    "edits": [
        {"edit": "updateObject", "object": "customer", "set": {"이름": {"cel": "parameters.name + '님'"}, "tier": "silver"}}
    ],
    "sideEffects": [{"kind": "notify", "name": "desk", "payload": {"why": {"cel": "parameters.why"}}}],
}  # fmt: skip


@pytest.fixture
def world() -> World:
    world = World()
    world.when("CreateObjectType", **CUSTOMER)
    world.when("CreateObject", type="Customer", properties=KIM)
    return world


def test_the_entry_of_an_action_does_not_repeat_what_it_encrypts(world):
    world.when("CreateActionType", **CALL)
    given = {"customer": "7", "name": "김영희", "why": "불만"}
    entry, *_ = world.when("ApplyAction", action="Call", parameters=given)
    assert entry.parameters == {"customer": "7", "name": SEALED, "why": "불만"}
    assert opened(world)["이름"] == "김영희님"


def test_an_action_sees_encrypted_values_as_they_are(world):
    check = {"cel": "objects.customer.email == 'kim@test.example'", "message": "누구세요"}
    world.when("CreateActionType", **CALL | {"criteria": [check]})
    asked = {"action": "Call", "parameters": {"customer": "7", "name": "이"}}
    assert len(world.when("ApplyAction", **asked)) == 2
    world.when("UpdateObject", type="Customer", key="7", patch={"email": "lee@test.example"})
    assert world.findings("ApplyAction", **asked) == [("ACTION_CRITERIA", "")]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"criteria": [{"cel": "true", "message": {"cel": "parameters.name"}}]}, "/criteria/0/message"),
        ({"criteria": [{"cel": "true", "message": {"cel": "objects.customer.email"}}]}, "/criteria/0/message"),
        ({"sideEffects": [{"kind": "notify", "name": "desk", "payload": {"who": {"cel": "objects.customer['이름']"}}}]},
         "/sideEffects/0/payload/who"),
    ],
)  # fmt: skip
def test_what_an_action_tells_does_not_name_what_is_encrypted(world, said, path):
    assert world.findings("CreateActionType", **CALL | said) == [("ACTION_PERSONAL", path)]


def test_items_of_a_list_are_personal_as_the_list_is(world):
    each = {
        "edit": "forEach", "parameter": "names", "as": "one",
        "edits": [{"edit": "updateObject", "object": "customer", "set": {"이름": {"cel": "parameters.one"}}}],
    }  # fmt: skip
    parameters = {"customer": {**CUSTOMERS, "required": True}, "names": {"type": "string", "array": True}}
    world.when("CreateActionType", name="Name", parameters=parameters, edits=[each])
    given = {"customer": "7", "names": ["김영희", "김민수"]}
    entry, *_ = world.when("ApplyAction", action="Name", parameters=given)
    assert entry.parameters == {"customer": "7", "names": SEALED}
