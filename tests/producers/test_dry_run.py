"""A dry run: decided in full against what is there, told with its events or its findings, and forgotten."""

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from events.findings import Outcome
from producers.command import Limits
from tests.producers.desk import PLANE, Desk, asked, codes, plane


@pytest.fixture(params=["memory", "sqlite"])
def outbox(request, tmp_path):
    if request.param == "memory":
        yield MemoryOutbox("main")
    else:
        outbox = SqliteOutbox(tmp_path / "outbox.db", "main")
        yield outbox
        outbox.close()


@pytest.fixture
async def desk(outbox):
    desk = await Desk(outbox).open()
    await desk.send("CreateObjectType", **PLANE)
    return desk


def dry(type_, **data):
    return {**asked(type_, **data), "dryRun": True}


async def test_it_tells_the_events_and_writes_nothing(desk, outbox):
    (told,) = await desk.group(dry("CreateObject", **plane("N1", seats=4)))
    assert (told["status"], told["position"], told["events"], told["wouldBe"]) == ("accepted", 2, [], 1)
    (would,) = told["would"]
    assert (would["type"], would["subject"]) == ("io.oms.object.created.v1", "object/Plane/N1")
    assert would["data"]["properties"] == {"tail": "N1", "seats": 4}
    Outcome.model_validate(told, by_alias=True, by_name=False)
    assert (await outbox.head()).position == 2
    assert (await desk.send("CreateObject", **plane("N1")))["status"] == "accepted"
    (again,) = await desk.group(dry("CreateObject", **plane("N1")))
    assert (again["status"], again["would"]) == ("unchanged", [])


async def test_it_tells_every_finding_and_none_is_recorded(desk, outbox):
    wrong = {"type": "CreateObject", "data": plane("", seats="many")}
    (told,) = await desk.group(dry("Commit", commands=[wrong, {"type": "CreateObject", "data": plane("N1", x=1)}]))
    assert (told["status"], told["would"]) == ("rejected", [])
    assert {"VALUE_TYPE", "PROPERTY_UNKNOWN"} <= set(codes(told))
    (unreadable,) = await desk.group(dry("CreateObject", type="Plane"))
    assert codes(unreadable) == ["COMMAND_SHAPE"]
    assert await outbox.refusals(0, 10) == []


async def test_its_id_is_not_remembered(desk):
    command = asked("CreateObject", **plane("N1"))
    (first,) = await desk.group({"id": "one", **command, "dryRun": True})
    (second,) = await desk.group({"id": "one", **command})
    assert (first["status"], second["status"]) == ("accepted", "accepted")
    (third,) = await desk.group({"id": "one", **command, "dryRun": True})
    assert third["status"] == "unchanged"


async def test_it_sees_what_its_group_wrote_and_leaves_nothing_to_it(desk):
    outcomes = await desk.group(
        asked("CreateObject", **plane("N1", serial="s")),
        dry("CreateObject", **plane("N2", serial="s")),
        dry("CreateObject", **plane("N3", serial="t")),
        asked("CreateObject", **plane("N4", serial="t")),
    )
    assert [o["status"] for o in outcomes] == ["accepted", "rejected", "accepted", "accepted"]
    assert outcomes[2]["position"] == 3


async def test_a_commit_is_told_as_a_whole_as_far_as_it_fits(outbox):
    desk = await Desk(outbox, Limits(commit_events=1_000)).open()
    await desk.send("CreateObjectType", **PLANE)
    parts = [{"type": "CreateObject", "data": plane(f"N{n}" + "나" * 100)} for n in range(1_000)]
    (told,) = await desk.group(dry("Commit", commands=parts))
    assert told["wouldBe"] == 1_000
    assert 100 < len(told["would"]) < 1_000
    (wide,) = await desk.group(dry("Commit", commands=[*parts, {"type": "CreateObject", "data": plane("N")}]))
    assert codes(wide) == ["COMMIT_TOO_LARGE"]
