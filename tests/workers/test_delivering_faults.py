"""A fault of our own concerns one event at one endpoint: it is parked, others go on, and it may be given up."""

import pytest

from events.subscriptions.letters import DISCARDED, Due
from events.subscriptions.outgoing import Failed
from tests.workers.test_delivering import OK, World, objects, settled

OURS = Failed("internal_error", "KeyError: '편'", 0.01)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "deliveries.db")


class Defect(frozenset):
    """Types of which nobody can tell whether an event is about one of them."""

    def __contains__(self, class_):
        raise KeyError(class_)


def slug_of(world):
    import json

    written = next(each.body for each in world.story.messages if b"io.oms.object.created" in each.body)
    return json.loads(written)["data"]["slug"]


async def parked(world, deliveries):
    return [(each.subscription, each.position, each.kind) for each in await deliveries.unsent()]


async def until_parked(world, deliveries, expected):
    while await parked(world, deliveries) != expected:
        await world.passes()


@pytest.mark.parametrize("more", [{}, {"mode": "batch", "batch": {"events": 5, "bytes": 9_999, "milliseconds": 0}}])
async def test_a_defect_in_filters_parks_for_that_endpoint_and_is_asked_again(world, more):
    world.wrote()
    slug = slug_of(world)
    for name in ("a", "b"):
        world.subscribed(name, types=["io.oms.object.*"], **more)
    world.classes["a"] = Defect({slug})
    async with world.carried() as deliveries:
        first, last = world.wrote(1), world.wrote(1)
        await settled(world, deliveries, "b", last)
        await until_parked(world, deliveries, [("id-a", first, "not_judged"), ("id-a", last, "not_judged")])
        assert world.positions("a") == []
        world.classes["a"] = frozenset({slug})
        world.changed("a", "updated", description="mended")
        after = world.wrote(1)
        await settled(world, deliveries, "a", after)
        assert world.positions("a") == [after]
        world.clock.advance(10)
        await until_parked(world, deliveries, [])
        assert sorted(world.positions("a")) == [first, last, after]
    assert sorted(world.positions("b")) == objects(world, "b")


async def test_what_is_not_wanted_after_all_is_not_sent(world):
    world.wrote()
    slug = slug_of(world)
    world.subscribed("a", types=["io.oms.object.*"])
    world.classes["a"] = Defect({slug})
    async with world.carried() as deliveries:
        first = world.wrote(1)
        await until_parked(world, deliveries, [("id-a", first, "not_judged")])
        world.classes["a"] = frozenset({"another"})
        world.changed("a", "updated", description="mended")
        world.clock.advance(10)
        await until_parked(world, deliveries, [])
    assert world.arrived == []


async def test_what_is_given_up_does_not_come_again(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = OURS
    async with world.carried() as deliveries:
        last = world.wrote()
        await until_parked(world, deliveries, [("id-a", last, "internal_error")])
        seen = len(world.arrived)
        await world.timer.at(Due("id-a", last, DISCARDED), world.clock())
        assert await deliveries.discard([("id-a", last)], "kim@oms", "why", 1) == 1
        await world.until(lambda: not world.timer.waiting)
        world.answers["a"] = OK
        world.clock.advance(100_000)
        after = world.wrote()
        await settled(world, deliveries, "a", after)
        assert world.positions("a")[seen:] == [after]
        assert await parked(world, deliveries) == []


@pytest.mark.parametrize("more", [{}, {"mode": "batch", "batch": {"events": 5, "bytes": 9_999, "milliseconds": 0}}])
async def test_in_strict_order_the_next_one_follows_what_is_given_up(world, more):
    world.subscribed("a", types=["io.oms.object.*"], ordered=True, **more)

    async def answer(letter):
        return OURS if bad in {each.position for each in letter.events} else OK

    world.answers["a"] = answer
    bad = world.wrote()
    async with world.carried() as deliveries:
        await until_parked(world, deliveries, [("id-a", bad, "internal_error")])
        last = world.wrote(2)
        await world.timer.at(Due("id-a", bad, DISCARDED), world.clock())
        await deliveries.discard([("id-a", bad)], "kim@oms", "why", 1)
        await settled(world, deliveries, "a", last)
        assert [each for each in world.positions("a") if each != bad] == [last - 1, last]
        assert await parked(world, deliveries) == []
