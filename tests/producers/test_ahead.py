"""Long commands are decided beside the commits: what came in between is looked at, and nobody overtakes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from events.names import command_subject
from producers.again import FEW
from producers.ahead import Journal
from producers.committer import Committer
from producers.draft import AT_ONCE
from producers.outbox import Ask, HeadWrite, OutboxUnavailable, Planned, Planning, Row, Told, Work, Writes
from producers.receive import address, receive
from security import chain
from tests.producers.desk import MAIN, PLANE, Desk, codes, plane
from tests.producers.states import entities

DEV, STAGING = "dev/main/gates", "stg/main/gates"


class Outbox(MemoryOutbox):
    """Lets something happen when a plan is made and not lined up yet."""

    def __init__(self) -> None:
        super().__init__("main")
        self.plans = 0
        self.ready: list[Row] = []  # before a commit was whole
        self.between: Callable[[], Awaitable[object]] | None = None

    async def commit(self, work: Work) -> Writes:
        return await super().commit(lambda head: self._noting(work(head)))

    def _noting(self, work: Generator[Ask, Told, Writes]) -> Generator[Ask, Told, Writes]:
        told = Told()
        try:
            ask = next(work)
            while True:
                self.ready += () if ask.ready is None else ask.ready.rows
                told = yield ask
                ask = work.send(told)
        except StopIteration as ended:
            writes: Writes = ended.value
            return writes

    async def plan(self, work: Planning[Planned]) -> Planned:
        planned = await super().plan(work)
        self.plans += 1
        if self.between is not None:
            await self.between()
        return planned


class Office:
    """A committer at work; commands of several principals."""

    running: asyncio.Task[None]

    def __init__(self, outbox: Outbox, desk: Desk) -> None:
        self.outbox, self.desk = outbox, desk
        self.committer = Committer(outbox, desk.planner, lambda: desk.now, lambda _: None)

    def sent(
        self, type_: str, /, on: str = MAIN, by: str = "ann", named: str | None = None, dry: bool = False, **data: Any
    ) -> asyncio.Future[bytes]:
        body = {"id": named or self.desk.new_id(), "type": type_, "branch": on, "dryRun": dry, "data": data}
        return self.committer.enqueue(
            receive(address(command_subject("main", by, on, type_)), json.dumps(body).encode())
        )

    async def send(self, type_: str, /, on: str = MAIN, by: str = "ann", **data: Any) -> dict[str, Any]:
        outcome: dict[str, Any] = json.loads(await self.sent(type_, on, by, **data))
        return outcome

    async def seats(self, on: str = MAIN) -> dict[str, int]:
        objects = await entities(self.outbox, on)
        return {key[-3:]: each["properties"]["seats"] for key, each in objects.items() if key.startswith("object/")}

    async def stored(self, tail: str) -> dict[str, Any]:
        """The properties of a plane."""
        return await self.desk.stored(f"object/Plane/{tail}")


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    outbox = Outbox()
    desk = await Desk(outbox).open()
    await desk.send("CreateObjectType", **PLANE)
    for tail in ("HL1", "HL2"):
        await desk.send("CreateObject", **plane(tail, seats=1))
    await desk.send("CreateBranch", name=DEV)
    office = Office(outbox, desk)
    async with asyncio.TaskGroup() as tasks:
        office.running = tasks.create_task(office.committer.run())
        await office.send("UpdateObject", DEV, **seats("HL1", 10))
        yield office
        office.running.cancel()


def seats(tail: str, number: int) -> dict[str, Any]:
    return {"type": "Plane", "key": tail, "patch": {"seats": number}}


async def test_what_others_write_meanwhile_elsewhere_changes_nothing(office: Office) -> None:
    office.outbox.between = lambda: office.send("UpdateObject", by="bob", **seats("HL2", 20))
    outcome = await office.send("MergeBranch", source=DEV)
    assert (outcome["status"], office.outbox.plans) == ("accepted", 1)
    assert await office.seats() == {"HL1": 10, "HL2": 20}


async def test_what_others_write_meanwhile_there_is_seen(office: Office) -> None:
    numbers = iter(range(11, 99))
    office.outbox.between = lambda: office.send("UpdateObject", by="bob", **seats("HL1", next(numbers)))
    outcome = await office.send("MergeBranch", source=DEV)
    assert (codes(outcome), office.outbox.plans) == (["MERGE_CONFLICT_FIELD"], 2)  # that of a moment is an answer
    assert await office.seats() == {"HL1": 12, "HL2": 1}


async def test_what_others_write_all_the_time_there_is_taken_along(office: Office) -> None:
    numbers = iter(range(99))

    async def between() -> None:
        number = next(numbers)
        await office.send("CreateObject", by="bob", **plane(f"HL{number + 10}"))
        await office.send("UpdateObject", by="bob", type="Plane", key="HL1", patch={"serial": f"일련{number}"})

    office.outbox.between = between
    outcome = await office.send("MergeBranch", source=DEV)
    assert (outcome["status"], office.outbox.plans) == ("accepted", 1)
    counts = await office.outbox.heads_after(MAIN, "count/object/Plane", 0, 10)
    assert [json.loads(each.state or b"") for each in counts if each.key == "count/object/Plane"][-1] == {"n": 3}
    assert await office.stored("HL1") == {"tail": "HL1", "seats": 10, "serial": "일련0"}


async def test_a_changed_schema_is_asked_of_what_others_write_meanwhile(office: Office) -> None:
    gate = {"name": "탑승구", "type": "string"}
    await office.send("AddProperty", DEV, type="Plane", property=gate)
    await office.send("UpdateObject", DEV, type="Plane", key="HL1", patch={"탑승구": "가"})
    numbers = iter(range(99))
    office.outbox.between = lambda: office.send("UpdateObject", by="bob", **seats("HL2", next(numbers)))
    outcome = await office.send("MergeBranch", source=DEV)
    assert (outcome["status"], office.outbox.plans) == ("accepted", 1)
    assert await office.stored("HL1") == {"tail": "HL1", "seats": 10, "탑승구": "가"}


async def test_what_others_write_that_does_not_fit_the_merged_schema_is_a_conflict(office: Office) -> None:
    strict, key = "dev/main/strict", {"name": "id", "type": "string"}
    await office.send("CreateObjectType", name="Gate", primaryKey=["id"], properties=[key])
    await office.send("CreateBranch", name=strict)
    floor = {"name": "층", "type": "integer", "required": True}
    assert (await office.send("AddProperty", strict, type="Gate", property=floor))["status"] == "accepted"
    gate = {"type": "Gate", "properties": {"id": "가1"}}
    office.outbox.between = lambda: office.send("CreateObject", by="bob", **gate)
    assert codes(await office.send("MergeBranch", source=strict)) == ["MERGE_CONFLICT_SCHEMA_DATA"]
    assert office.outbox.plans == 2


@pytest.mark.parametrize(
    ("closing", "closed", "found"),
    [
        ("ArchiveBranch", STAGING, ["BRANCH_ARCHIVED"]),
        ("DeleteBranch", STAGING, ["BRANCH_DELETED"]),
        ("ProtectBranch", STAGING, ["RULE_PROTECTED"]),
        ("DeleteBranch", DEV, ["BRANCH_DELETED"]),
        ("ArchiveBranch", DEV, []),  # it is only read
    ],
)
async def test_a_branch_that_is_closed_meanwhile_is_closed(
    office: Office, closing: str, closed: str, found: list[str]
) -> None:
    await office.send("CreateBranch", name=STAGING)
    office.outbox.between = lambda: office.send(closing, by="bob", name=closed)
    assert codes(await office.send("MergeBranch", STAGING, source=DEV)) == found
    stored = await office.outbox.heads_after(STAGING, "object/Plane/HL1", 0, 1)
    assert [write.branch for write in stored] == ([] if found else [STAGING])


async def test_of_two_who_merge_the_same_the_second_finds_nothing_left(office: Office) -> None:
    outcomes = await asyncio.gather(*(office.send("MergeBranch", by=by, source=DEV) for by in ("ann", "bob")))
    assert [outcome["status"] for outcome in outcomes] == ["accepted", "unchanged"]


async def test_of_a_large_merge_rows_are_ready_before_it_is_whole_and_of_a_dry_run_none(office: Office) -> None:
    created = [{"type": "CreateObject", "data": plane(f"N{n}", seats=n)} for n in range(AT_ONCE)]
    assert (await office.send("Commit", DEV, commands=created))["status"] == "accepted"
    tried = await office.sent("MergeBranch", named="tried", dry=True, source=DEV)
    assert (json.loads(tried)["wouldBe"], office.outbox.ready) == (AT_ONCE + 2, [])
    merged = await office.send("MergeBranch", source=DEV)
    stored = await office.outbox.after(merged["position"] - AT_ONCE - 2, 2 * AT_ONCE, 1 << 30)
    assert office.outbox.ready == stored[:AT_ONCE]
    every = [row.body for row in await office.outbox.after(0, 1 << 20, 1 << 30)]
    assert chain.verify(every, 0, chain.genesis("main")) == (await office.outbox.head()).hash


async def test_where_much_was_touched_it_is_looked_at_beside_once_more(office: Office) -> None:
    tails = [f"HL{number}" for number in range(100, 100 + FEW + 1)]
    many = {tail: {"type": "CreateObject", "data": plane(tail)} for tail in tails}
    await office.send("Commit", commands=list(many.values()))
    much = "dev/main/much"
    await office.send("CreateBranch", name=much)
    await office.send("Commit", much, commands=[{"type": "UpdateObject", "data": seats(tail, 7)} for tail in tails])

    async def between() -> None:
        number = office.outbox.plans
        changes = [
            {"type": "UpdateObject", "data": {"type": "Plane", "key": tail, "patch": {"serial": f"{tail}-{number}"}}}
            for tail in tails[: FEW + 1 if number == 1 else 1]
        ]
        await office.send("Commit", by="bob", commands=changes)

    office.outbox.between = between
    outcome = await office.send("MergeBranch", source=much)
    assert (outcome["status"], office.outbox.plans) == ("accepted", 2)
    assert await office.stored(tails[0]) == {"tail": tails[0], "seats": 7, "serial": f"{tails[0]}-2"}
    assert await office.stored(tails[-1]) == {"tail": tails[-1], "seats": 7, "serial": f"{tails[-1]}-1"}


async def test_a_branch_that_wrote_meanwhile_keeps_what_it_wrote(office: Office) -> None:
    """Without that it would only begin at another position of its parent."""
    clean = "dev/main/clean"
    await office.send("CreateBranch", name=clean)
    await office.send("UpdateObject", **seats("HL2", 20))
    numbers = iter((77,))

    async def between() -> None:
        for number in numbers:
            await office.send("UpdateObject", clean, by="bob", **seats("HL1", number))

    office.outbox.between = between
    assert (await office.send("MergeBranch", clean, source=MAIN))["status"] == "accepted"
    assert await office.seats(clean) == {"HL1": 77, "HL2": 20}


async def test_a_conflict_that_is_gone_is_none(office: Office) -> None:
    await office.send("UpdateObject", **seats("HL1", 11))
    office.outbox.between = lambda: office.send("UpdateObject", by="bob", **seats("HL1", 10))
    assert (await office.send("MergeBranch", source=DEV))["status"] == "accepted"


async def test_a_rebase_takes_what_its_branch_wrote_meanwhile_along(office: Office) -> None:
    await office.send("UpdateObject", **seats("HL2", 20))

    async def between() -> None:
        await office.send("UpdateObject", DEV, by="bob", **seats("HL1", 11))
        await office.send("CreateObject", DEV, by="bob", **plane("HL3", seats=3))

    office.outbox.between = between
    assert (await office.send("RebaseBranch", DEV))["status"] == "accepted"
    assert (await office.seats(DEV), office.outbox.plans) == ({"HL1": 11, "HL2": 20, "HL3": 3}, 1)
    counts = await office.outbox.heads_after(DEV, "count/object/Plane", 0, 10)
    mine = [each for each in counts if (each.branch, each.key) == (DEV, "count/object/Plane")]
    assert json.loads(mine[-1].state or b"") == {"n": 3}


async def test_a_value_that_is_free_only_by_the_rebase_is_seen_of_the_whole(office: Office) -> None:
    serial = {"type": "Plane", "key": "HL2", "patch": {"serial": "가"}}
    await office.send("UpdateObject", **serial)
    await office.send("RebaseBranch", DEV)
    await office.send("UpdateObject", DEV, **serial | {"patch": {"serial": "나"}})
    await office.send("UpdateObject", **seats("HL1", 2) | {"key": "HL2"})
    plans, tails = office.outbox.plans, iter(("HL3",))

    async def between() -> None:
        for tail in tails:
            await office.send("CreateObject", DEV, by="bob", **plane(tail, serial="가"))

    office.outbox.between = between
    assert (await office.send("RebaseBranch", DEV))["status"] == "accepted"
    assert office.outbox.plans == plans + 2
    assert codes(await office.send("CreateObject", DEV, **plane("HL4", serial="가"))) == ["VALUE_NOT_UNIQUE"]


async def test_a_reset_takes_back_what_its_branch_wrote_meanwhile(office: Office) -> None:
    to = (await office.send("UpdateObject", DEV, **seats("HL2", 20)))["position"]
    await office.send("UpdateObject", DEV, **seats("HL1", 11))

    async def between() -> None:
        await office.send("UpdateObject", DEV, by="bob", **seats("HL2", 21))
        await office.send("CreateObject", DEV, by="bob", **plane("HL3", seats=3))

    office.outbox.between = between
    assert (await office.send("ResetBranch", DEV, to=to))["status"] == "accepted"
    assert (await office.seats(DEV), office.outbox.plans) == ({"HL1": 10, "HL2": 20}, 1)


async def test_a_rebase_lets_others_write_elsewhere_meanwhile(office: Office) -> None:
    await office.send("UpdateObject", **seats("HL2", 20))
    office.outbox.between = lambda: office.send("UpdateObject", by="bob", **seats("HL2", 21))
    assert (await office.send("RebaseBranch", DEV))["status"] == "accepted"
    assert (await office.seats(DEV), office.outbox.plans) == ({"HL1": 10, "HL2": 20}, 1)
    assert (await office.send("UpdateObject", DEV, **seats("HL1", 12)))["status"] == "accepted"
    assert await office.seats(DEV) == {"HL1": 12, "HL2": 20}


async def test_nobody_overtakes_on_the_same_branch(office: Office) -> None:
    merge = office.sent("MergeBranch", source=DEV)
    late = office.sent("UpdateObject", **seats("HL1", 99))
    other = office.sent("UpdateObject", by="bob", **seats("HL2", 20))
    positions = [json.loads(await each)["position"] for each in (merge, late, other)]
    assert positions[2] < positions[0] < positions[1]
    assert await office.seats() == {"HL1": 99, "HL2": 20}


async def test_who_asks_again_while_it_is_decided_hears_the_same_and_nothing_is_decided_twice(office: Office) -> None:
    again: list[asyncio.Future[bytes]] = []

    async def between() -> None:
        office.outbox.between = None
        again.extend(office.sent("MergeBranch", source=DEV, named="m-1") for _ in range(3))

    office.outbox.between = between
    first = await office.sent("MergeBranch", source=DEV, named="m-1")
    assert [await each for each in again] == [first] * 3
    assert office.outbox.plans == 1


async def test_whoever_waits_is_told_when_the_committer_stops(office: Office) -> None:
    planned, never = asyncio.Event(), asyncio.Event()

    async def between() -> None:
        planned.set()
        await never.wait()

    office.outbox.between = between
    waiting = office.sent("MergeBranch", source=DEV), office.sent("UpdateObject", **seats("HL1", 99))
    await planned.wait()
    office.running.cancel()
    for each in waiting:
        with pytest.raises(OutboxUnavailable, match="stopped"):
            await each
    assert await office.seats() == {"HL1": 1, "HL2": 1}


async def test_checks_say_what_they_found_however_much_others_write(office: Office) -> None:
    await office.send("OpenProposal", DEV, source=DEV, title="좌석")
    numbers = iter(range(11, 99))
    office.outbox.between = lambda: office.send("UpdateObject", by="bob", **seats("HL1", next(numbers)))
    outcome = await office.send("RunChecks", proposal=1)
    assert (outcome["status"], office.outbox.plans) == ("accepted", 2)  # once more: the first may have come too early
    heads = await office.outbox.heads_after("", "proposal/1", 0, 10)
    checks = [json.loads(each.state or b"") for each in heads if each.key == "proposal/1"][-1]["checks"]
    assert (checks["open"], checks["source"], checks["target"]) == (1, outcome["position"] - 2, outcome["position"] - 2)


async def test_answers_of_a_proposal_are_for_what_was_there(office: Office) -> None:
    await office.send("UpdateObject", **seats("HL1", 11))
    await office.send("OpenProposal", DEV, source=DEV, title="좌석")
    answer = {"key": "object/Plane/HL1", "path": "/properties/seats", "choice": "theirs"}
    assert (await office.send("ResolveConflict", proposal=1, **answer))["status"] == "accepted"
    office.outbox.between = lambda: office.send("CreateObject", by="bob", **plane(f"HL{office.outbox.plans + 2}"))
    assert codes(await office.send("MergeProposal", proposal=1)) == ["MERGE_CONFLICT_FIELD"]


def test_a_plan_looks_at_what_was_written_up_to_its_own_position():
    journal = Journal()
    journal.kept = True
    journal.begin(4, known=True)
    writes = [HeadWrite(MAIN, f"object/Plane/N{since}", since, None) for since in (5, 6, 7)]
    journal.add(writes[:2])
    journal.add([writes[2]._replace(since=1)], after=6)
    assert [each.key[-2:] for each in journal.behind(5) or ()] == ["N6", "N7"]
    assert [each.key[-2:] for each in journal.behind(4, 6) or ()] == ["N5", "N6"]
    assert journal.behind(3) is None
