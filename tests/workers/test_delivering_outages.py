"""An endpoint that was away: asked now and then, and made up for at its own pace, while nobody else waits."""

import asyncio

from events.subscriptions.letters import Due
from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.retrying import LONGEST_REST, OFTEN, SCHEDULE
from tests.workers.test_delivering import DEADLINE, OK, World, objects, settled, world
from workers.delivering.repeats import REPEATS

__all__ = ["world"]
DAY = 86_400
TURNS = 30  # of the event loop, in which whatever can go on has gone on
AWAY = Failed("connection_refused", "", 0.01)


async def passes(world: World, seconds, step):
    for _ in range(round(seconds / step)):
        world.clock.advance(step)
        world.timer.tick()
        for _ in range(TURNS):
            await asyncio.sleep(0)


async def until(world, holds):
    async with asyncio.timeout(DEADLINE):
        while not holds():
            await passes(world, 1, 1)


def telling(world, name, times, answer=OK):
    async def answers(_letter):
        times.append(world.clock.now)
        return answer

    world.answers[name] = answers


async def test_a_day_away_is_made_up_for_at_the_rate_of_the_endpoint(world):
    rate, tried, times = 2, [], []
    world.subscribed("a", types=["io.oms.object.*"], rate=rate, concurrency=10)
    telling(world, "a", tried, AWAY)
    async with world.carried() as deliveries:
        last = world.wrote(800)
        await passes(world, DAY, LONGEST_REST / 2)
        assert len(tried) < DAY / LONGEST_REST * 1.1 + 100
        failed, world.arrived = {position for _, position, _ in world.arrived}, []
        telling(world, "a", times)
        await passes(world, 800 / rate * 1.1, 1 / rate)
        assert {position for _, position, _ in world.arrived} >= set(objects(world, "a")) - failed
        await settled(world, deliveries, "a", last)
        made_up = list(times)
        await passes(world, SCHEDULE[-1] * 1.3, 60)
    assert sorted(world.positions("a")) == objects(world, "a")
    assert min(late - early for early, late in zip(made_up, made_up[rate:], strict=False)) >= 1 - 1e-6


async def test_another_life_does_not_lose_what_waits(world):
    world.subscribed("a", types=["io.oms.object.*"], concurrency=5)
    world.answers["a"] = AWAY
    last = world.wrote(3 * OFTEN)
    for _ in range(3):
        async with world.carried():
            await passes(world, 600, 20)
    world.answers["a"], world.arrived = OK, []
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        await passes(world, 3 * DAY, 600)
    assert set(world.positions("a")) == set(objects(world, "a"))
    assert not world.timer.waiting


async def test_letters_that_come_again_to_one_do_not_keep_those_of_another(world):
    never = asyncio.Event()

    async def takes(letter):
        delivered.add(letter.position)
        return OK

    async def hangs(letter):
        if letter.attempt > 1:
            await never.wait()
        return Answered(500, {}, b"", 0.01)

    world.wrote(REPEATS * 3)
    delivered = set()
    for name in ("slow", "well"):
        world.subscribed(name, types=["io.oms.object.*"], concurrency=2)
    world.answers["slow"] = hangs
    world.answers["well"] = Answered(503, {}, b"", 0.01)
    async with world.carried() as deliveries:
        world.wrote(OFTEN // 2)
        await until(world, lambda: len(world.arrived) >= OFTEN)
        for position in range(2, REPEATS * 3):
            await world.timer.at(Due("id-slow", position, 2), 0)
        world.answers["well"] = takes
        await until(world, lambda: set(objects(world, "well")) <= delivered)
        assert any(
            time > world.clock.now for time, due in world.timer.waiting.values() if due.subscription == "id-slow"
        )
        never.set()
        await settled(world, deliveries, "slow", world.story.position)


async def test_what_was_due_when_it_was_paused_is_not_sent_meanwhile(world):
    world.subscribed("a", types=["io.oms.object.*"], concurrency=1)
    world.answers["a"] = Answered(429, {"retry-after": "120"}, b"", 0.01)
    world.wrote(2)
    async with world.carried() as deliveries:
        await world.until(lambda: len(world.arrived) == 1)
        world.answers["a"] = OK
        world.changed("a", "paused", status="paused")
        await passes(world, 600, 10)
        assert len(world.arrived) == 1
        world.changed("a", "resumed", status="active")
        await settled(world, deliveries, "a", world.story.position)
        await passes(world, 600, 10)
    assert sorted(world.positions("a"))[1:] == objects(world, "a")
