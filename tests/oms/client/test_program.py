"""The client against the whole program: decided, queued, remembered, projected, read."""

import asyncio
import sys

import pytest

from oms.client import Refused, Unavailable
from oms.shelves import READ_MODELS
from oms.waits import VIEWS


async def test_a_command_is_decided_once_however_often_it_is_sent(oms):
    data = {"type": "Airline", "properties": {"carrier": "UA"}}
    first = await oms.send("CreateObject", data, id="c1")
    assert (first.status, len(first.events)) == ("accepted", 1)
    assert await oms.send("CreateObject", data, id="c1") == first
    other = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "DL"}}, id="c1")
    assert [finding.code for finding in other.findings] == ["COMMAND_ID_REUSED"]


async def test_an_outcome_is_asked_for_again(oms):
    sent = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, id="c1")
    assert await oms.outcome("c1") == sent
    assert await oms.outcome("never sent") is None


@pytest.mark.parametrize("wait", ["outbox", "log", "projected:versions", "projected:audit"])
async def test_an_outcome_waits_for_as_far_as_asked(oms, wait):
    outcome = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, wait=wait)
    assert (outcome.status, outcome.findings) == ("accepted", ())
    if wait != "outbox":
        assert await oms.last() == outcome.position


@pytest.mark.parametrize("wait", ["nope", "", "projected", "projected:", "projected:항공", "log ", "Outbox"])
async def test_what_cannot_be_waited_for_is_refused_and_nothing_is_sent(oms, wait):
    last = await oms.last()
    outcome = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, id="c", wait=wait)
    assert (outcome.status, [finding.code for finding in outcome.findings]) == ("rejected", ["WAIT_UNKNOWN"])
    assert f"cannot wait for {wait!r}; there are outbox, log, projected:versions, " in outcome.findings[0].text
    assert (await oms.last(), await oms.outcome("c")) == (last, None)


async def test_what_this_program_does_not_have_is_refused_before_it_decides(oms):
    last = await oms.last()
    outcome = await oms.send(
        "CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}, id="c", wait="projected:graph"
    )
    assert (outcome.status, [finding.code for finding in outcome.findings]) == ("rejected", ["WAIT_UNKNOWN"])
    assert outcome.findings[0].text.endswith("outbox, log, projected:versions, projected:audit, projected:similar")
    assert (await oms.last(), await oms.outcome("c")) == (last, None)


def test_every_view_can_be_waited_for():
    assert {*VIEWS} == {*READ_MODELS, "graph", "similar"}


async def test_a_queued_command_is_decided_later_and_in_order(oms):
    ids = [await oms.queue("UpsertObject", {"type": "Airline", "properties": {"carrier": str(n)}}) for n in range(5)]
    outcomes = [await oms.wait(one) for one in ids]
    assert [outcome.status for outcome in outcomes] == ["accepted"] * 5
    assert [outcome.position for outcome in outcomes] == sorted(outcome.position for outcome in outcomes)
    assert await oms.outcome(ids[0]) == outcomes[0]


async def test_what_cannot_be_queued_is_refused(oms):
    with pytest.raises(Refused, match="BRANCH_NAME"):
        await oms.queue("CreateObject", {}, branch="main")
    with pytest.raises(Unavailable, match=r"command zz is not decided within 0\.3 s"):
        await oms.wait("zz", deadline=0.3)


async def test_a_commit_is_all_or_none(oms, objects):
    def create(carrier, **more):
        return {"type": "CreateObject", "data": {"type": "Airline", "properties": {"carrier": carrier, **more}}}

    refused = await oms.commit([create("UA"), create("DL", nme="Delta")])
    assert [finding.path for finding in refused.findings] == ["/data/commands/1/data/properties/nme"]
    assert await objects("Airline") == {}
    taken = await oms.commit([create("UA"), create("DL")], wait="log", message="two at once")
    assert len(taken.events) == 2
    assert sorted(await objects("Airline")) == ["DL", "UA"]


async def test_hundreds_at_once_are_each_in_the_log_once(oms):
    def data(n):
        return {"type": "Airline", "properties": {"carrier": f"C{n}"}}

    outcomes = await asyncio.gather(*(oms.send("CreateObject", data(n), wait="log") for n in range(300)))
    positions = [outcome.position for outcome in outcomes]
    assert positions == sorted(set(positions))
    read = [event.position async for event in oms.subscribe(until=sys.maxsize)]
    assert read == list(range(1, positions[-1] + 1))
