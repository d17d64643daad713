"""Schedules are kept: each time runs once, whatever dies in between; by a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.memory_rings import MemoryRings
from adapters.sqlite_runs import SqliteRuns
from events.schedules.planning import Known, version
from events.schedules.recovering import Stood, Trace, recovered
from events.wire.instants import from_text, to_text
from workers.scheduling.ports import Answer
from workers.scheduling.scheduler import Scheduler

SECOND = 1_000_000
BEGIN = from_text("2026-01-01T00:00:00Z")
DEADLINE = 30
ONE = "ri.oms.schedule.1"


def schedule(identity=ONE, seconds=60, misfire="once", **said):
    return {
        "id": identity, "name": f"s{identity[-1]}", "status": "active", "version": 1, "asked": 0, "author": "ada@test",
        "from": to_text(BEGIN), "zone": "UTC", "jitter": 0, "overlap": "queue",
        "every": {"seconds": seconds, "from": to_text(BEGIN)},
        "command": {"type": "UpsertObject", "branch": "prod/main/main", "data": {}},
        "misfire": {"policy": misfire, "grace": 5, "most": 100}, **said,
    }  # fmt: skip


class World:
    """A log of schedules, a clock, rings that outlive whoever hears them, and who takes commands."""

    def __init__(self, path):
        self.path, self.now, self.changes = path, BEGIN, []
        self.rings = MemoryRings(lambda: self.now)
        self.sent, self.effects = [], {}
        self.free = asyncio.Event()  # commands are answered
        self.free.set()
        self.alarms = []
        self.history, self.traces, self.kept = {}, [], 0
        self._moved = asyncio.Condition()

    async def say(self, state):
        self.changes.append(Known(state, (), version(state, ())))
        await self.tell()

    async def tell(self):
        async with self._moved:
            self._moved.notify_all()

    async def move(self, seconds):
        self.now += seconds * SECOND
        self.rings.tick()

    async def end(self):
        return len(self.changes)

    async def changed(self, after):
        async with self._moved:
            await self._moved.wait_for(lambda: len(self.changes) > after)
        return len(self.changes)

    async def known(self, after, until):
        found = {each.state["name"]: each for each in self.changes[after:until]}
        return [each for each in found.values() if after or not each.state.get("deleted")]

    async def recovered(self, found, until, now):
        return [
            recovered(each, self.history[each.state["id"]], self.traces, self.kept, now)
            for each in found
            if self.traces
        ]

    async def send(self, run):
        """Decided once, answered the same: as the committer does."""
        self.sent.append(run.id)
        answer = self.effects.setdefault(run.id, Answer("accepted", len(self.effects) + 1, ()))
        await self.tell()
        await self.free.wait()
        return answer

    async def until(self, holds):
        async with asyncio.timeout(DEADLINE), self._moved:
            await self._moved.wait_for(holds)

    async def ran(self, count):
        await self.until(lambda: len(self.effects) >= count)
        assert len(self.effects) == count


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path / "schedules.db")


class Port:
    """`dying` is called before and behind each call; who waits for something looks again behind it."""

    def __init__(self, inner, world, dying=lambda: None):
        self._inner, self._world, self._dying = inner, world, dying

    def __getattr__(self, name):
        called = getattr(self._inner, name)

        async def ported(*arguments):
            self._dying()
            told = await called(*arguments)
            self._dying()
            await self._world.tell()
            return told

        return ported


@asynccontextmanager
async def kept(world: World) -> AsyncIterator[tuple[Scheduler, SqliteRuns]]:
    runs = SqliteRuns(world.path)
    scheduler = Scheduler(
        world,
        world.rings,
        Port(runs, world),
        world.send,
        lambda: world.now,
        lambda *told: world.alarms.append(told),
        at_once,
    )
    task = asyncio.create_task(scheduler.run())
    try:
        yield scheduler, runs
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runs.close()
        world.rings.lose()


async def at_once(_seconds):
    await asyncio.sleep(0)


async def noted(world, scheduler, runs, count, identity=ONE):
    """`count` runs that are over."""
    await world.until(lambda: sum(scheduler.tally.by_status.values()) >= count)
    return [each for each in reversed(await runs.last(identity, 1_000)) if each.status != "running"]


async def test_each_time_runs_once_and_is_remembered(world):
    await world.say(schedule())
    async with kept(world) as (scheduler, runs):
        await world.until(lambda: world.rings.waiting)
        for count in (1, 2, 3):
            await world.move(60)
            await world.ran(count)
        found = await noted(world, scheduler, runs, 3)
    assert [(each.nominal - BEGIN) // SECOND for each in found] == [60, 120, 180]
    assert {(each.status, each.trigger) for each in found} == {("accepted", "time")}
    assert [each.position for each in found] == [1, 2, 3]
    assert world.alarms == []


async def test_what_changes_counts_from_then_on(world):
    async with kept(world) as (scheduler, _):
        await world.say(schedule())
        await world.until(lambda: world.rings.waiting)
        await world.say(schedule(version=2, status="paused"))
        await world.until(lambda: scheduler.standings[ONE].next is None)
        await world.move(600)
        await world.say(schedule(version=3, **{"from": to_text(world.now + 1)}))
        await world.until(lambda: world.rings.waiting)
        await world.move(61)
        await world.ran(1)
        await world.say(schedule(version=4, status="deleted", deleted=True))
        await world.until(lambda: scheduler.standings[ONE].next is None)
        await world.say(schedule("ri.oms.schedule.2", name="s1"))  # the name is given again
        await world.until(lambda: "ri.oms.schedule.2" in scheduler.standings)
        assert ONE not in scheduler.known


async def test_asked_it_runs_now(world):
    async with kept(world) as (scheduler, runs):
        await world.say(schedule(status="paused", asked=2))
        found = await noted(world, scheduler, runs, 2)
        await world.say(schedule(status="paused", asked=3))
        await world.ran(3)
    assert [each.trigger for each in found] == ["asked", "asked"]


@pytest.mark.parametrize(("misfire", "ran"), [("skip", 0), ("once", 1), ("all", 10)])
async def test_what_was_missed_while_nobody_was_there(world, misfire, ran):
    await world.say(schedule(misfire=misfire))
    async with kept(world):
        await world.until(lambda: world.rings.waiting)
    await world.move(10 * 60 + 30)
    async with kept(world) as (scheduler, runs):
        found = await noted(world, scheduler, runs, max(ran, 1) + (misfire == "once"))
    assert len(world.effects) == ran
    assert {each.trigger for each in found if each.status == "accepted"} <= {"late"}
    assert [each.status for each in found].count("missed") == (misfire != "all")


@pytest.mark.parametrize(("overlap", "sent", "skipped"), [("skip", [1], 2), ("queue", [1], 0), ("allow", [1, 2, 3], 0)])
async def test_while_the_run_before_is_not_answered(world, overlap, sent, skipped):
    await world.say(schedule(overlap=overlap))
    async with kept(world) as (scheduler, runs):
        await world.until(lambda: world.rings.waiting)
        world.free.clear()
        for minute in (1, 2, 3):
            await world.move(60)
            await world.until(lambda minute=minute: scheduler.standings[ONE].next == BEGIN + (minute + 1) * 60 * SECOND)
            await world.until(lambda: len(world.sent) >= min(len(sent), len(world.sent) or 1))
        await world.until(lambda: len(world.sent) == len(sent))
        world.free.set()
        found = await noted(world, scheduler, runs, 3)
        assert [each.status for each in found].count("skipped") == skipped
        assert len(world.effects) == 3 - skipped
        if overlap == "queue":
            assert world.sent == [each.id for each in found]


async def test_a_ring_before_its_time_waits(world):
    await world.say(schedule())
    rested = []

    async with kept(world) as (scheduler, _):
        await world.until(lambda: world.rings.waiting)

        async def rest(seconds):
            rested.append(seconds)
            world.now += round(seconds * SECOND)

        scheduler._rest = rest
        world.rings.ahead = 60 * SECOND
        world.rings.tick()
        await world.ran(1)
    assert rested[0] == 60.0


async def test_what_is_due_runs_though_the_server_rings_late_or_never(world):
    await world.say(schedule())
    world.now += 60 * SECOND - 10_000
    async with kept(world):
        await world.until(lambda: world.rings.waiting)
        world.now += 10_000  # and no server hears of it
        await world.ran(1)
        assert not world.rings.rung


@pytest.mark.parametrize(("most", "ran"), [(None, [4, 5]), (5, [5]), (3, [])])
async def test_who_lost_what_became_of_runs_runs_nothing_again(world, most, ran):
    """Three minutes ran, of which two had an effect; the fourth was missed."""
    state = schedule(**({} if most is None else {"maxRuns": most}))
    await world.say(state)
    world.history = {ONE: [Stood(BEGIN, state)]}
    world.traces = [
        Trace(f"{ONE}/{to_text(BEGIN + n * 60 * SECOND)}", 10 + n, BEGIN + n * 60 * SECOND + 1) for n in (1, 3)
    ]
    world.kept = BEGIN + 185 * SECOND
    await world.move(250)
    async with kept(world) as (scheduler, runs):
        await world.until(lambda: ONE in scheduler.standings)
        await world.move(55)
        await world.ran(len(ran))
        found = await noted(world, scheduler, runs, len(ran))
        assert scheduler.standings[ONE].runs == (4 if most is None else min(most, 5))
    minutes = [(each.nominal - BEGIN) // SECOND // 60 for each in found]
    assert minutes == [1, 3, *ran]
    assert [each.position for each in found[:2]] == [11, 13]
    assert list(world.effects) == [f"{ONE}/{to_text(BEGIN + n * 60 * SECOND)}" for n in ran]


class Dies(Exception):
    """The process is killed here."""


async def killed_after(world, calls):
    """Keeps schedules until the `calls`th time that a port is called, or answers; whether it came to that."""
    left, died = calls, asyncio.Event()

    def dying():
        nonlocal left
        left -= 1
        if left < 0:
            died.set()
            raise Dies

    async def send(run):
        dying()
        told = await world.send(run)
        dying()
        return told

    async def dead(_seconds):
        await asyncio.Event().wait()

    runs = SqliteRuns(world.path)
    scheduler = Scheduler(
        world, Port(world.rings, world, dying), Port(runs, world, dying), send, lambda: world.now, lambda *_: None, dead
    )
    task = asyncio.create_task(scheduler.run())
    done = asyncio.create_task(world.until(lambda: scheduler.tally.by_status["accepted"] == 2 and not world.rings.rung))
    dies = asyncio.create_task(died.wait())
    await asyncio.wait((dies, done), return_when=asyncio.FIRST_COMPLETED)
    for each in (task, done, dies):
        each.cancel()
    await asyncio.gather(task, done, dies, return_exceptions=True)
    await runs.close()
    world.rings.lose()
    return died.is_set()


async def test_killed_at_any_point_each_effect_is_there_once(tmp_path):
    """Two schedules, one of which is due twice: dies before or after the n-th call, for each n, and is started again."""
    calls = 0
    while True:
        world = World(tmp_path / f"{calls}.db")
        await world.say(schedule(misfire="all"))
        await world.say(schedule("ri.oms.schedule.2", seconds=3_600))
        async with kept(world):
            await world.until(lambda world=world: len(world.rings.waiting) == 2)
        await world.move(125)
        died = await killed_after(world, calls)
        async with kept(world) as (_, runs):
            await world.ran(2)
            await world.until(lambda world=world: not world.rings.rung)
            async with asyncio.timeout(DEADLINE):
                while await runs.unanswered():  # noqa: ASYNC110 it is noted behind the answer
                    await asyncio.sleep(0)
            found = [each.nominal for each in reversed(await runs.last(ONE, 10))]
        assert found == [BEGIN + 60 * SECOND, BEGIN + 120 * SECOND]
        if not died:
            break
        calls += 1
    assert calls > 10
