"""The door: one command in, one outcome out, whatever the command."""

import asyncio
import json

import pytest

from adapters.memory_outbox import MemoryOutbox
from producers.outbox import OutboxUnavailable
from tests.gateways.doors import BRANCH, deciding

AIRLINE = {"name": "Airline", "primaryKey": ["carrier"], "properties": [{"name": "carrier", "type": "string"}]}
SUBJECT = f"oms.cmd.main.local.{BRANCH.replace('/', '.')}.CreateObjectType"


def codes(outcome):
    return [finding["code"] for finding in outcome["findings"]]


async def test_a_command_is_decided_and_its_outcome_asked_again(send):
    decided = await send("CreateObjectType", AIRLINE)
    assert (decided["status"], decided["position"]) == ("accepted", 2)
    assert await send("Outcome", {"id": "c1"}, id="q1") == decided


async def test_the_outcome_of_a_refused_command_is_remembered_too(send):
    refused = await send("CreateObject", {"type": "Ghost", "properties": {}})
    assert codes(refused) == ["TYPE_UNKNOWN"]
    assert await send("Outcome", {"id": "c1"}, id="q1") == refused


async def test_nobody_learns_the_outcome_of_another_principal(send):
    await send("CreateObjectType", AIRLINE, principal="alice")
    outcome = await send("Outcome", {"id": "c1"}, id="q1", principal="bob")
    assert (outcome["command"], outcome["status"], codes(outcome)) == ("c1", "rejected", ["COMMAND_NOT_FOUND"])


@pytest.mark.parametrize("data", [{}, {"id": ""}, {"id": 7}, {"id": "c1", "more": 1}])
async def test_a_question_without_an_id_is_refused(send, data):
    assert set(codes(await send("Outcome", data, id="q1"))) == {"COMMAND_SHAPE"}


async def test_a_question_is_not_for_the_queue(door):
    body = json.dumps({"id": "q", "type": "Outcome", "branch": BRANCH, "data": {"id": "c1"}}).encode()
    outcome = json.loads(await door.decide("oms.queue.main.local.prod.main.main.Outcome", body))
    assert codes(outcome) == ["COMMAND_TYPE_UNKNOWN"]


async def test_a_refused_command_is_repeated_under_its_id_and_no_other(send):
    first = await send("CreateObject", {"type": "Ghost"})
    assert await send("CreateObject", {"type": "Ghost"}) == first
    assert codes(await send("CreateObjectType", AIRLINE)) == ["COMMAND_ID_REUSED"]


@pytest.mark.parametrize(
    "subject",
    ["oms.cmd.main.local.short", "oms.cmd.main", "oms.cmd.main.%FF.a.b.c.D", SUBJECT + ".more.tokens", "oms"],
)
async def test_no_subject_is_too_odd_to_be_answered(door, subject):
    body = json.dumps({"id": "c1", "type": "CreateObjectType", "branch": BRANCH, "data": AIRLINE}).encode()
    outcome = json.loads(await door.answer(subject, {}, body))
    assert outcome["status"] == "rejected"
    assert set(codes(outcome)) == {"COMMAND_SUBJECT"}


class Broken(MemoryOutbox):
    """Loses groups as long as `full`."""

    full = True

    async def commit(self, work):
        if self.full and (await self.head()).position:
            await asyncio.sleep(0)  # somebody else arrives
            raise OutboxUnavailable("the disk is full", "make room")
        return await super().commit(work)


async def test_nobody_overtakes_a_command_that_was_lost():
    outbox = Broken("main")
    async with deciding(outbox) as door:
        door.committer.group_parts = 1
        bodies = [
            json.dumps({"id": f"c{n}", "type": "CreateObjectType", "branch": BRANCH, "data": AIRLINE}).encode()
            for n in range(3)
        ]
        lost = await asyncio.gather(*(door.decide(SUBJECT, body) for body in bodies), return_exceptions=True)
        assert [type(each) for each in lost] == [OutboxUnavailable] * 3
        outcome = json.loads(await door.answer(SUBJECT, {}, bodies[0]))
        assert codes(outcome) == ["UNAVAILABLE_OUTBOX"]
        outbox.full = False
        assert json.loads(await door.answer(SUBJECT, {}, bodies[0]))["status"] == "accepted"


async def test_a_fault_in_one_decision_spoils_only_that_command(door, send):
    await send("CreateObjectType", AIRLINE)
    planner = door.committer.planner
    planner.decider.new_id = None  # so that whatever needs an id fails
    outcomes = await asyncio.gather(
        send("CreateObjectType", {**AIRLINE, "name": "Plane"}, id="c2"),
        send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, id="c3"),
    )
    assert [outcome["status"] for outcome in outcomes] == ["rejected", "accepted"]
    assert codes(outcomes[0]) == ["COMMAND_FAILED"]
    assert "TypeError" in outcomes[0]["findings"][0]["text"]
    assert codes(await send("Outcome", {"id": "c2"}, id="q")) == ["COMMAND_NOT_FOUND"]


async def test_a_clock_that_jumped_back_refuses_until_it_is_set_right():
    clock = [1_400_000_000_000_000]
    async with deciding(MemoryOutbox("main"), lambda: clock[0]) as door:
        body = json.dumps({"id": "c1", "type": "CreateObjectType", "branch": BRANCH, "data": AIRLINE}).encode()
        clock[0] -= 301_000_000
        outcome = json.loads(await door.answer(SUBJECT, {}, body))
        assert codes(outcome) == ["TIME_CLOCK_BEHIND"]
        clock[0] += 300_000_000
        assert json.loads(await door.answer(SUBJECT, {}, body))["status"] == "accepted"
