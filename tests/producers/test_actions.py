"""Actions at the planner: one commit each, refusals on record, batches read in rounds and not one by one."""

import msgspec
import pytest

from adapters.memory_outbox import MemoryOutbox
from events.wire.envelope import decode
from tests.events.actions import CANCEL, FLIGHT, GATE, NOTE
from tests.producers.desk import Desk, asked, codes

FLIGHTS = 300


class Noting(MemoryOutbox):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__("main")
        self.asks = []

    async def commit(self, work):
        return await super().commit(lambda head: self.noted(work(head)))

    def noted(self, asking):
        told = None
        while True:
            try:
                ask = asking.send(told)
            except StopIteration as end:
                return end.value
            self.asks.append(ask)
            told = yield ask


@pytest.fixture
async def desk() -> Desk:
    desk = await Desk(Noting()).open()
    for type_ in (FLIGHT, GATE, NOTE):
        assert codes(await desk.send("CreateObjectType", **type_)) == []
    assert codes(await desk.send("CreateActionType", **CANCEL)) == []
    created = [
        {"type": "CreateObject", "data": {"type": "Flight", "properties": {"id": f"편{n}"}}} for n in range(FLIGHTS)
    ]
    assert codes(await desk.send("Commit", commands=created)) == []
    return desk


def submission(n: int, reason: str = "안개"):
    return {"flight": f"편{n}", "reason": reason}


async def test_an_action_is_one_commit(desk):
    outcome = await desk.send("ApplyAction", action="CancelFlight", parameters=submission(0))
    assert outcome["status"] == "accepted"
    assert len(outcome["events"]) == 3
    rows = [decode(row.body) for row in await desk.outbox.after(outcome["position"] - 3, 10)]
    assert [row.type for row in rows] == [
        "io.oms.action.applied.v1",
        "io.oms.object.updated.v1",
        "io.oms.object.created.v1",
    ]
    assert {row.commitid for row in rows} == {rows[0].commitid}
    assert rows[0].subject.startswith("action/")


async def test_what_is_refused_is_on_record(desk):
    refused = await desk.send("ApplyAction", action="CancelFlight", parameters={})
    assert (refused["status"], codes(refused)) == ("rejected", ["ACTION_PARAMETER", "ACTION_PARAMETER"])
    assert [finding["path"] for finding in refused["findings"]] == [
        "/data/parameters/flight",
        "/data/parameters/reason",
    ]
    ((_, refusal),) = await desk.outbox.refusals(0, 10)
    assert (refusal.type, b"ACTION_PARAMETER" in refusal.findings) == ("ApplyAction", True)


async def test_the_same_command_is_answered_the_same(desk):
    command = {**asked("ApplyAction", action="CancelFlight", parameters=submission(1)), "id": "한번"}
    first, second = await desk.group(command, command)
    assert first == second


async def test_parts_of_a_commit_see_what_actions_before_them_did(desk):
    parts = [
        {"type": "ApplyAction", "data": {"action": "CancelFlight", "parameters": submission(2)}},
        {"type": "DeleteObject", "data": {"type": "Note", "key": "편2-안개"}},
    ]
    assert (await desk.send("Commit", commands=parts))["status"] == "accepted"


async def test_a_batch_asks_for_what_it_lacks_all_at_once(desk):
    desk.restart()
    desk.outbox.asks.clear()
    submissions = [submission(n) for n in range(FLIGHTS)]
    outcome = await desk.send("ApplyActionBatch", action="CancelFlight", submissions=submissions)
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 3 * FLIGHTS)
    assert len(desk.outbox.asks) < 20


async def test_a_preview_tells_all_and_writes_nothing(desk):
    command = {**asked("ApplyAction", action="CancelFlight", parameters=submission(3)), "dryRun": True}
    head = await desk.outbox.head()
    (told,) = await desk.group(command)
    named = await desk.send("PreviewAction", action="CancelFlight", parameters=submission(3))
    assert [each["type"] for each in named["would"]] == [each["type"] for each in told["would"]]
    (inside,) = await desk.group(asked("Commit", commands=[{"type": "PreviewAction", "data": command["data"]}]))
    assert codes(inside) == ["COMMAND_TYPE_UNKNOWN"]
    assert (told["status"], told["events"], len(told["would"])) == ("accepted", [], 3)
    assert await desk.outbox.head() == head
    done = await desk.send("ApplyAction", action="CancelFlight", parameters=submission(3))
    rows = [decode(row.body) for row in await desk.outbox.after(head.position, 10)]
    assert [each["type"] for each in told["would"]] == [row.type for row in rows]
    assert [each["data"] for each in told["would"][1:]] == [msgspec.json.decode(row.data) for row in rows[1:]]
    assert done["status"] == "accepted"


async def test_a_merge_carries_over_what_an_action_did_and_its_type_but_not_the_entry(desk):
    dev, edits = "dev/main/gates", CANCEL["edits"][:1]
    assert codes(await desk.send("CreateBranch", name=dev)) == []
    assert codes(await desk.send("ApplyAction", dev, action="CancelFlight", parameters=submission(4))) == []
    second = {"action": "CancelFlight", "parameters": CANCEL["parameters"], "edits": edits}
    assert codes(await desk.send("PublishActionTypeVersion", dev, **second)) == []
    before = (await desk.outbox.head()).position
    assert codes(await desk.send("MergeBranch", source=dev)) == []
    rows = [decode(row.body) for row in await desk.outbox.after(before, 10)]
    assert {row.type.removeprefix("io.oms.") for row in rows} == {
        "branch.merged.v1",
        "actionType.merged.v1",
        "object.created.v1",
        "object.updated.v1",
    }
    applied = await desk.send("ApplyAction", action="CancelFlight", parameters=submission(5))
    (entry, *_) = await desk.outbox.after(applied["position"] - len(applied["events"]), 10)
    assert msgspec.json.decode(decode(entry.body).data)["version"] == 2
