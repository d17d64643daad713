"""A commit's id can be computed again from the log: its parents, its author, its time, its message and its events."""

import pytest

from adapters.memory_outbox import MemoryOutbox
from producers.commit_ids import CommitIds
from tests.producers.desk import PLANE, Desk, asked, plane

DEV, NEXT = "dev/flights/gates", "dev/flights/next"


@pytest.fixture
async def desk():
    return await Desk(MemoryOutbox("main")).open()


async def wrong(desk: Desk):
    ids = CommitIds()
    return [(row.position, ids.see(row.position, row.body)) for row in await desk.outbox.after(0, 1_000)]


async def test_every_commit_of_every_branch_is_what_its_id_says(desk):
    said = {"message": "게이트 모델\n90 %"}
    await desk.group({**asked("CreateObjectType", **PLANE), **said}, asked("CreateBranch", name=DEV))
    await desk.group(
        {**asked("CreateObject", DEV, **plane("N1")), **said},
        asked("CreateBranch", name=NEXT, **{"from": DEV}),
        asked("CreateObject", NEXT, **plane("N2")),
        asked("CreateObject", **plane("N3")),
        asked("CreateBranch", name="dev/flights/old", at=2),
        asked("CreateObject", "dev/flights/old", **plane("N4")),
    )
    parts = [{"type": "CreateObject", "data": plane(f"N{n}")} for n in (5, 6, 7)]
    await desk.group({**asked("Commit", commands=parts), **said}, asked("TagCommit", name="v1"))
    desk.restart()
    await desk.group(asked("CreateObject", DEV, **plane("N9")), asked("CreateObject", **plane("N9")))
    assert [expected for _, expected in await wrong(desk)] == [None] * 15


async def test_a_commit_that_moves_or_merges_a_branch_follows_what_it_takes_in(desk):
    await desk.group(asked("CreateObjectType", **PLANE), asked("CreateBranch", name=DEV))
    await desk.group(asked("CreateObject", DEV, **plane("N1")), asked("CreateObject", **plane("N2")))
    moved = await desk.group(asked("RebaseBranch", DEV), {**asked("MergeBranch", source=DEV), "message": "착륙"})
    desk.restart()
    after = await desk.group(asked("CreateObject", **plane("N3")), asked("CreateObject", DEV, **plane("N3")))
    assert [outcome["status"] for outcome in (*moved, *after)] == ["accepted"] * 4, moved
    found = await wrong(desk)
    assert {expected for _, expected in found} == {None}


async def test_another_message_makes_another_commit(desk):
    await desk.group({**asked("CreateObjectType", **PLANE), "message": "why"})
    await desk.group(asked("CreateObject", **plane("N1")))
    first, second, third = [row.body for row in await desk.outbox.after(0, 9)]
    ids = CommitIds()
    assert ids.see(1, first) is None
    assert ids.see(2, second.replace(b'"commitmessage":"why"', b'"commitmessage":"not"')) is not None
    assert ids.see(3, third) is None


async def test_behind_a_gap_nothing_is_said(desk):
    await desk.send("CreateObjectType", **PLANE)
    ids = CommitIds()
    ids.stop()
    assert ids.see(2, b"anything") is None
