"""Tags: a name for a commit, for ever."""

import pytest

from adapters.memory_outbox import MemoryOutbox
from events.wire.envelope import decode
from tests.producers.desk import MAIN, PLANE, Desk, asked, codes, plane

DEV = "dev/flights/gates"


@pytest.fixture
async def desk():
    return await Desk(MemoryOutbox("main")).open()


async def tagged(desk: Desk):
    """What the newest event says."""
    head = await desk.outbox.head()
    return decode((await desk.outbox.row(head.position)).body)


async def test_a_tag_names_the_newest_commit_of_its_branch(desk):
    await desk.send("CreateObjectType", **PLANE)
    created = await desk.send("CreateObject", **plane("N1"))
    await desk.send("CreateBranch", name=DEV)
    await desk.send("CreateObject", on=DEV, **plane("N2"))
    commit = decode((await desk.outbox.row(created["position"])).body).commitid
    assert (await desk.send("TagCommit", name="첫-버전", at=created["position"]))["status"] == "accepted"
    data = (await tagged(desk)).data
    assert bytes(data).decode() == (
        f'{{"name":"첫-버전","branch":"{MAIN}","position":{created["position"]},"commit":"{commit}"}}'
    )


async def test_a_branch_without_commits_has_those_it_came_from(desk):
    await desk.send("CreateObjectType", **PLANE)
    await desk.send("CreateBranch", name=DEV, at=2)
    await desk.send("CreateObject", **plane("N1"))
    await desk.send("TagCommit", on=DEV, name="v1")
    assert b'"position":2,' in bytes((await tagged(desk)).data)


async def test_a_commit_is_tagged_by_its_id_whatever_branch_wrote_it(desk):
    await desk.send("CreateObjectType", **PLANE)
    await desk.send("CreateBranch", name=DEV)
    await desk.send("CreateObject", on=DEV, **plane("N2"))
    identity = (await tagged(desk)).commitid
    await desk.send("TagCommit", name="v1", commit=identity)
    assert f'"branch":"{DEV}","position":4,"commit":"{identity}"'.encode() in bytes((await tagged(desk)).data)
    assert codes(await desk.send("TagCommit", name="v2", commit="0" * 64)) == ["COMMIT_UNKNOWN"]


async def test_a_tag_is_never_moved(desk):
    await desk.send("TagCommit", name="v1")
    assert (await desk.send("TagCommit", name="v1", at=1))["status"] == "unchanged"
    assert codes(await desk.send("TagCommit", name="v1")) == ["TAG_EXISTS"]


async def test_a_commit_of_the_same_group_can_be_tagged(desk):
    await desk.group(
        asked("CreateObjectType", **PLANE), asked("CreateObject", **plane("N1")), asked("TagCommit", name="v1")
    )
    assert b'"position":3,' in bytes((await tagged(desk)).data)


@pytest.mark.parametrize("name", ["", "-v1", "a b", "a/b", "v@1", "a" * 101, "\u1112\u1161\u11ab"])
async def test_what_is_no_name(desk, name):
    assert codes(await desk.send("TagCommit", name=name)) == ["TAG_NAME"]


async def test_what_cannot_be_tagged(desk):
    assert codes(await desk.send("TagCommit", name="v1", at=9)) == ["BRANCH_POSITION"]
    assert codes(await desk.send("TagCommit", name="v1", at=1, commit="0" * 64)) == ["COMMAND_SHAPE"]
    assert codes(await desk.send("TagCommit", name="v1", commit="1234567")) == ["COMMAND_SHAPE"]
