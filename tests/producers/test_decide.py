"""Groups of commands: what is accepted, what spoils only itself, what is answered again, what a branch sees."""

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from events.wire.envelope import decode
from producers.command import Limits
from security import chain
from tests.producers.desk import MAIN, PLANE, START, Desk, asked, codes, plane

DEV = "dev/main/gate"


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


async def events(outbox):
    return [decode(row.body) for row in await outbox.after(0, 10_000)]


async def test_the_log_begins_with_its_default_branch(outbox):
    await Desk(outbox).open()
    (first,) = await events(outbox)
    assert (first.position, first.type, first.subject) == (1, "io.oms.branch.created.v1", f"branch/{MAIN}")
    assert first.prevhash == chain.genesis("main")
    await Desk(outbox).open()
    assert len(await events(outbox)) == 1


async def test_a_group_is_one_whole_chain_with_rising_positions_and_times(desk, outbox):
    outcomes = await desk.group(*[asked("CreateObject", **plane(f"N{i}")) for i in range(5)])
    assert [o["position"] for o in outcomes] == [3, 4, 5, 6, 7]
    rows = await outbox.after(0, 100)
    chain.verify([row.body for row in rows], 0, chain.genesis("main"))
    times = [event.time for event in await events(outbox)]
    assert times == sorted(set(times))


async def test_a_refused_command_spoils_only_itself(desk, outbox):
    outcomes = await desk.group(
        asked("CreateObject", **plane("N1")), asked("CreateObject", **plane("")), asked("CreateObject", **plane("N2"))
    )
    assert [o["status"] for o in outcomes] == ["accepted", "rejected", "accepted"]
    ((_, refusal),) = await outbox.refusals(0, 10)
    assert (refusal.type, refusal.principal, refusal.branch) == ("CreateObject", "local", MAIN)


async def test_commands_of_a_group_see_those_before_them(desk):
    outcomes = await desk.group(
        asked("CreateObject", **plane("N1", serial="s")),
        asked("CreateObject", **plane("N2", serial="s")),
        asked("UpdateObject", type="Plane", key="N1", patch={"serial": None}),
        asked("CreateObject", **plane("N3", serial="s")),
    )
    assert [o["status"] for o in outcomes] == ["accepted", "rejected", "accepted", "accepted"]
    assert codes(outcomes[1]) == ["VALUE_NOT_UNIQUE"]


async def test_a_commit_is_all_or_none_and_names_every_fault(desk, outbox):
    parts = [
        {"type": "CreateObject", "data": plane("N1")},
        {"type": "DeleteObject", "data": {"type": "Plane", "key": "X"}},
    ]
    parts.append({"type": "CreateObject", "data": plane("N2", seats="many")})
    outcome = await desk.send("Commit", commands=parts)
    assert outcome["status"] == "rejected"
    found = [(f["code"], f["path"]) for f in outcome["findings"]]
    assert found == [
        ("OBJECT_UNKNOWN", "/data/commands/1/data/key"),
        ("VALUE_TYPE", "/data/commands/2/data/properties/seats"),
    ]
    assert (await outbox.head()).position == 2


async def test_the_events_of_a_commit_say_so_and_share_its_id(desk, outbox):
    outcome = await desk.send("Commit", commands=[{"type": "CreateObject", "data": plane(f"N{i}")} for i in range(3)])
    mine = (await events(outbox))[-3:]
    assert outcome["events"] == [event.id for event in mine]
    assert [(e.commitindex, e.commitsize) for e in mine] == [(0, 3), (1, 3), (2, 3)]
    assert len({e.commitid for e in mine}) == 1
    parts = [(e.type, e.subject, chain.body_hash(bytes(e.data))) for e in mine]
    parent = (await events(outbox))[-4].commitid
    assert mine[0].commitid == chain.commit_id([parent], mine[0].author, mine[0].time, "", parts)


async def test_each_command_of_a_commit_may_have_a_valid_time_of_its_own(desk, outbox):
    """Rows of a file that were true since another day each, a correction among them, travel as one commit."""
    since = [None, "2013-01-02T09:00:00+09:00", "2013-01-01T00:00:00Z", "2013-01-02T00:00:00.000000Z"]
    parts = [{"type": "CreateObject", "data": plane(f"N{i}")} for i in range(4)]
    timed = [part if at is None else {**part, "effective": at} for part, at in zip(parts, since, strict=True)]
    (outcome,) = await desk.group({"type": "Commit", "effective": "2020-05-05T00:00:00Z", "data": {"commands": timed}})
    assert outcome["status"] == "accepted"
    told = [event.effectivetime for event in (await events(outbox))[-4:]]
    second, first = "2013-01-02T00:00:00.000000Z", "2013-01-01T00:00:00.000000Z"
    assert told == ["2020-05-05T00:00:00.000000Z", second, first, second]


async def test_a_valid_time_that_is_none_is_refused_where_it_stands(desk):
    parts = [{"type": "CreateObject", "data": plane("N1"), "effective": "어제"}]
    (outcome,) = await desk.group({"type": "Commit", "data": {"commands": parts}})
    assert [(f["code"], f["path"]) for f in outcome["findings"]] == [("TIME_FORMAT", "/data/commands/0/effective")]


async def test_a_command_sent_again_is_answered_the_same_and_decided_once(desk, outbox):
    command = {"id": "one", **asked("CreateObject", **plane("N1"))}
    first = await desk.group(command, command)
    desk.restart()
    assert await desk.group(command) == [first[0]] == [first[1]]
    assert (await outbox.head()).position == 3


async def test_an_id_is_not_given_to_another_command(desk):
    await desk.group({"id": "one", **asked("CreateObject", **plane("N1"))})
    (reused,) = await desk.group({"id": "one", **asked("CreateObject", **plane("N2"))})
    assert codes(reused) == ["COMMAND_ID_REUSED"]
    (others,) = await desk.group({"id": "one", **asked("CreateObject", **plane("N2"))}, principal="ann")
    assert others["status"] == "accepted"


async def test_a_repeated_change_is_unchanged(desk, outbox):
    await desk.send("CreateObject", **plane("N1"))
    again = await desk.send("CreateObject", **plane("N1"))
    assert (again["status"], again["position"], again["events"]) == ("unchanged", 3, [])


async def test_expected_is_the_position_that_last_changed_the_object(desk):
    update = asked("UpdateObject", type="Plane", key="N1", patch={"seats": 1})
    assert (await desk.group({**asked("CreateObject", **plane("N1")), "expected": 1}))[0]["status"] == "rejected"
    await desk.group({**asked("CreateObject", **plane("N1")), "expected": 0})
    (stale,) = await desk.group({**update, "expected": 2})
    assert codes(stale) == ["VERSION_CONFLICT"]
    assert "at version 3, not 2" in stale["findings"][0]["text"]
    assert (await desk.group({**update, "expected": 3}))[0]["status"] == "accepted"


async def test_a_branch_reads_its_parent_as_it_was_at_the_base(desk):
    await desk.send("CreateObject", **plane("N1", serial="s", seats=1))
    await desk.send("CreateBranch", name=DEV)
    await desk.send("UpdateObject", type="Plane", key="N1", patch={"serial": "t", "seats": 2})
    await desk.send("CreateObject", **plane("N2", serial="s"))
    desk.restart()
    taken = await desk.send("CreateObject", on=DEV, **plane("N3", serial="s"))
    assert codes(taken) == ["VALUE_NOT_UNIQUE"]
    free = await desk.send("CreateObject", on=DEV, **plane("N2", serial="t"))
    assert free["status"] == "accepted"
    same = await desk.send("UpdateObject", on=DEV, type="Plane", key="N1", patch={"seats": 1})
    assert same["status"] == "unchanged"


async def test_a_branch_forked_inside_a_group_sees_what_came_before_it(desk):
    outcomes = await desk.group(
        asked("CreateObject", **plane("N1")),
        asked("CreateBranch", name=DEV),
        asked("CreateObject", **plane("N2")),
        asked("DeleteObject", on=DEV, type="Plane", key="N1"),
        asked("DeleteObject", on=DEV, type="Plane", key="N2"),
    )
    assert [o["status"] for o in outcomes] == ["accepted"] * 4 + ["rejected"]
    assert codes(outcomes[4]) == ["OBJECT_UNKNOWN"]


async def test_an_event_that_could_not_be_published_is_refused_before_the_commit(outbox):
    desk = await Desk(outbox, Limits(event_bytes=1_500)).open()
    await desk.send("CreateObjectType", **{**PLANE, "properties": PLANE["properties"][:1]})
    outcome = await desk.send("CreateObject", **plane("N" * 900))
    assert codes(outcome) == ["EVENT_TOO_LARGE"]
    assert (await outbox.head()).position == 2


async def test_a_commit_with_too_many_events_is_refused(outbox):
    desk = await Desk(outbox, Limits(commit_events=2)).open()
    await desk.send("CreateObjectType", **PLANE)
    outcome = await desk.send("Commit", commands=[{"type": "CreateObject", "data": plane(f"N{i}")} for i in range(3)])
    assert codes(outcome) == ["COMMIT_TOO_LARGE"]


async def test_a_clock_that_was_ahead_stops_writing_and_is_not_remembered(desk):
    await desk.send("CreateObject", **plane("N1"))
    desk.now = START - 600_000_000
    command = {"id": "one", **asked("CreateObject", **plane("N2"))}
    (refused,) = await desk.group(command)
    assert codes(refused) == ["TIME_CLOCK_BEHIND"]
    desk.now = START
    assert (await desk.group(command))[0]["status"] == "accepted"


async def test_a_store_that_failed_leaves_the_planner_with_what_is_true(desk, outbox):
    class Lost(Exception):
        pass

    def failing(head):
        yield from desk.planner.work([], desk.now)(head)
        raise Lost

    with pytest.raises(Lost):
        await outbox.commit(failing)
    assert (await desk.send("CreateObject", **plane("N1")))["status"] == "accepted"


async def test_a_branch_begins_behind_a_whole_commit(desk):
    await desk.send("Commit", commands=[{"type": "CreateObject", "data": plane(f"N{i}")} for i in range(3)])
    inside = await desk.send("CreateBranch", name=DEV, at=4)
    assert codes(inside) == ["BRANCH_BASE_INSIDE"]
    assert "ends at 5" in inside["findings"][0]["text"]
    assert (await desk.send("CreateBranch", name=DEV, at=5))["status"] == "accepted"
