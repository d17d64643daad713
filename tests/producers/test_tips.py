"""Where a branch may begin or be moved to, and what a commit follows."""

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import PLANE, Desk, asked, codes, plane

DEV = "dev/flights/gates"


@pytest.fixture
async def desk():
    desk = await Desk(MemoryOutbox("main")).open()
    parts = [{"type": "CreateObject", "data": plane(f"N{n}")} for n in (1, 2, 3)]
    await desk.group(
        asked("CreateObjectType", **PLANE), asked("CreateBranch", name=DEV), asked("Commit", commands=parts)
    )
    return desk


async def test_a_branch_begins_and_is_moved_to_the_end_of_a_commit(desk):
    assert codes(await desk.send("CreateBranch", name="dev/a/b", at=5)) == ["BRANCH_BASE_INSIDE"]
    assert codes(await desk.send("RebaseBranch", on=DEV, onto=5)) == ["BRANCH_BASE_INSIDE"]
    assert codes(await desk.send("RebaseBranch", on=DEV, onto=6)) == []


async def test_a_rebase_begins_its_commit(desk):
    parts = [{"type": "CreateObject", "data": plane("N9")}, {"type": "RebaseBranch", "data": {}}]
    assert codes(await desk.send("Commit", on=DEV, commands=parts)) == ["BRANCH_REBASE_FIRST"]
    after = await desk.send("Commit", on=DEV, commands=parts[::-1])
    assert (after["status"], len(after["events"])) == ("accepted", 2)
    assert (await desk.send("UpdateObject", on=DEV, type="Plane", key="N3", patch={"seats": 9}))["status"] == "accepted"


async def test_what_a_group_wrote_is_followed_within_it(desk):
    outcomes = await desk.group(
        asked("CreateObject", DEV, **plane("N4")),
        asked("RebaseBranch", DEV),
        asked("CreateBranch", name="dev/a/b", **{"from": DEV}),
        asked("UpdateObject", "dev/a/b", type="Plane", key="N4", patch={"seats": 4}),
        asked("UpdateObject", DEV, type="Plane", key="N2", patch={"seats": 2}),
    )
    assert [outcome["status"] for outcome in outcomes] == ["accepted"] * 5, outcomes
