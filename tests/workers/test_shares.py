"""All endpoints together are sent so many events a second, and each that waits has its share."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.test_delivering import OK, Clock, World, objects, settled
from workers.delivering.shares import LATE, Shares

RATE = 100


class Crowd:
    """Endpoints that want as many turns as there are; `taken`: when, whose, and how many events."""

    def __init__(self, rate=RATE):
        self.clock, self.taken, self.tasks = Clock(), [], []
        self.shares = Shares(rate, self.clock, self.clock.rest, self.start)

    def start(self, work):
        self.tasks.append(asyncio.create_task(work))
        return self.tasks[-1]

    def wants(self, who, turns, events=1, at_once=1):
        async def take():
            for _ in range(turns):
                await self.shares.turn(who, events)
                self.taken.append((self.clock.now, who, events))

        return [self.start(take()) for _ in range(at_once)]

    async def passes(self, seconds, step=0.01):
        for _ in range(round(seconds / step)):
            await self.turns()
            self.clock.advance(step)
        await self.turns()

    async def turns(self):
        for _ in range(5):
            await asyncio.sleep(0)

    def events(self):
        found = Counter()
        for _, who, events in self.taken:
            found[who] += events
        return found

    def end(self):
        for task in self.tasks:
            task.cancel()


@pytest.fixture
async def crowd():
    found = Crowd()
    yield found
    found.end()


async def test_no_more_go_than_the_rate_and_no_fewer_while_somebody_waits(crowd):
    crowd.wants("a", 1_000)
    crowd.wants("b", 1_000)
    await crowd.passes(2)
    assert 2 * RATE <= len(crowd.taken) <= 2 * RATE + 1
    assert abs(crowd.events()["a"] - crowd.events()["b"]) <= 1


async def test_who_asks_with_many_requests_or_in_batches_has_no_greater_share(crowd):
    crowd.wants("many", 1_000, at_once=50)
    crowd.wants("batches", 1_000, events=20)
    crowd.wants("one", 1_000)
    await crowd.passes(6)
    found = crowd.events()
    assert max(found.values()) - min(found.values()) <= 20
    assert sum(found.values()) <= 6 * RATE + 20


async def test_what_one_leaves_the_others_have(crowd):
    crowd.wants("few", 5)
    crowd.wants("many", 1_000)
    await crowd.passes(1)
    assert crowd.events()["few"] == 5
    assert crowd.events()["many"] >= RATE - 5


async def test_who_comes_later_has_its_share_and_nothing_of_before(crowd):
    crowd.wants("early", 1_000)
    await crowd.passes(1)
    crowd.wants("late", 1_000, at_once=10)
    before = crowd.events()["early"]
    await crowd.passes(1)
    assert abs(crowd.events()["late"] - (crowd.events()["early"] - before)) <= 2


async def test_who_gives_up_takes_no_turn(crowd):
    gone = crowd.wants("gone", 1, at_once=30)
    await crowd.passes(0.1)
    for task in gone:
        task.cancel()
    had = len(crowd.taken)
    crowd.wants("here", 10)
    await crowd.passes(0.11)
    assert crowd.events()["here"] == 10
    assert len(crowd.taken) == had + 10


async def test_nothing_is_saved_up_while_nobody_waits_and_little_while_nobody_gives(crowd):
    crowd.wants("a", 1)
    await crowd.passes(0.1)
    crowd.clock.advance(60)
    crowd.wants("a", 1_000)
    await crowd.turns()
    assert len(crowd.taken) == 2
    crowd.clock.advance(60)  # as if this process had been stopped
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(crowd.taken) <= 2 + LATE * RATE + 2


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 8)), min_size=2, max_size=6), st.integers(10, 100))
@settings(max_examples=30)
def test_whoever_they_are_nobody_is_ahead_by_more_than_a_request_of_each(wanted, rate):
    async def run():
        crowd = Crowd(rate)
        for number, (events, at_once) in enumerate(wanted):
            crowd.wants(str(number), 1_000, events, at_once)
        await crowd.passes(500 / rate, 1 / rate)
        crowd.end()
        return crowd.events()

    found, largest = asyncio.run(run()), max(events for events, _ in wanted)
    shares = [found[str(number)] for number in range(len(wanted))]
    assert max(shares) - min(shares) <= 2 * largest
    assert 500 - largest <= sum(shares) <= 500 + largest


async def test_all_endpoints_together_keep_to_the_rate(tmp_path):
    world = World(tmp_path / "deliveries.db")
    world.subscribed("a", types=["io.oms.object.*"])
    world.subscribed("b", types=["io.oms.object.*"], ordered=True)
    begun, last = world.clock.now, world.wrote(20)
    when = []

    async def seen(_letter):
        when.append(world.clock.now)
        return OK

    world.answers = {"a": seen, "b": seen}
    async with world.carried(rate=10) as deliveries:
        for name in ("a", "b"):
            await settled(world, deliveries, name, last)
    assert all(sorted(world.positions(name)) == objects(world, name) for name in ("a", "b"))
    assert all(number <= 10 * (at - begun + LATE) + 1 for number, at in enumerate(sorted(when)))


async def test_an_endpoint_that_is_over_waits_for_no_turn(tmp_path):
    world = World(tmp_path / "deliveries.db")
    world.subscribed("a", types=["io.oms.object.*"])
    async with world.carried(rate=1):
        world.wrote(50)
        await world.until(lambda: len(world.arrived) >= 2)
        world.changed("a", "paused", status="paused")
        world.subscribed("b", types=["io.oms.object.*"])
        last = world.wrote()
        had = len(world.positions("a"))
        await world.until(lambda: last in world.positions("b"))
    assert len(world.positions("a")) <= had + world.states["a"]["config"]["concurrency"]
