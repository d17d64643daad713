"""Several events in one request: what has come meanwhile, within limits, and what was one batch stays one."""

import asyncio

import pytest

from events.subscriptions.letters import Letter
from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.retrying import SCHEDULE
from oms.outgoing import identity
from tests.workers.test_delivering import DEADLINE, OK, World, noted, objects, settled
from workers.delivering.pile import Limits, Pile

BATCH = {"mode": "batch", "batch": {"events": 4, "bytes": 256_000, "milliseconds": 0}}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "deliveries.db")


def subscribed(world, **more):
    world.subscribed("a", types=["io.oms.object.*"], **{**BATCH, "concurrency": 1, **more})


def letter(position, size=10, **more):
    return Letter(position, f"e{position}", b"x" * size, **more)


def taken(pile):
    while pile:
        yield [each.position for each in pile.take(0.0).events]


def test_a_pile_is_taken_in_order_within_its_limits():
    pile = Pile(Limits(3, 100, 0.0))
    for each in (letter(1), letter(2), letter(3), letter(4), letter(5, 95), letter(6), letter(7, 500), letter(8)):
        pile.add(each)
    assert list(taken(pile)) == [[1, 2, 3], [4], [5], [6], [7], [8]]


def test_what_was_one_request_stays_one():
    pile = Pile(Limits(3, 100, 0.0))
    for each in (letter(4), letter(5)):
        pile.add(each)
    pile.put_back(letter(2, attempt=2, others=(letter(3),)))
    pile.put_back(letter(1, attempt=2))
    assert list(taken(pile)) == [[1], [2, 3], [4, 5]]


async def test_what_comes_while_a_request_is_under_way_goes_together(world):
    gate = asyncio.Event()

    async def answer(_letter):
        await gate.wait()
        return OK

    subscribed(world)
    world.answers["a"] = answer
    async with world.carried() as deliveries:
        first = world.wrote()
        await world.until(lambda: world.sending == 1)
        last = world.wrote(6)
        await settled(world, deliveries, "a", first - 1)
        await asyncio.sleep(0)
        gate.set()
        await settled(world, deliveries, "a", last)
    assert [each for request in world.requests for each in request] == objects(world, "a")
    assert max(map(len, world.requests)) == 4
    tries = [each for request in world.requests for each in request]
    assert len(tries) == len(set(tries))


async def test_it_waits_for_more_as_long_as_it_may(world):
    subscribed(world, batch={"events": 50, "bytes": 256_000, "milliseconds": 500})
    async with world.carried() as deliveries:
        last = world.wrote(5)
        await settled(world, deliveries, "a", last)
    assert world.requests == [objects(world, "a")]


async def test_a_batch_that_failed_comes_again_as_it_was_also_in_another_life(world):
    subscribed(world, batch={**BATCH["batch"], "milliseconds": 500})
    world.answers["a"] = Answered(500, {}, b"", 0.01)
    last = world.wrote(3)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
    world.answers["a"] = OK
    async with world.carried() as deliveries:
        world.clock.advance(SCHEDULE[0])
        world.timer.tick()
        await world.until(lambda: len(world.requests) == 2)
        await world.until(lambda: not world.timer.waiting)
        assert await deliveries.undelivered("id-a", 0, 0) in ([], objects(world, "a"))
    assert world.requests[0] == world.requests[1] == objects(world, "a")


async def test_a_batch_that_a_fault_of_our_own_keeps_comes_apart_and_one_event_holds_up_no_other(world):
    subscribed(world, batch={**BATCH["batch"], "milliseconds": 500})
    bad = world.wrote(3)

    async def answer(letter):
        return Failed("internal_error", "", 0.0) if bad in {each.position for each in letter.events} else OK

    world.answers["a"] = answer
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", bad)
        async with asyncio.timeout(DEADLINE):
            while [each.position for each in await deliveries.unsent()] != [bad]:
                await world.passes()
    apart = [[each] for each in objects(world, "a")]
    assert world.requests[0] == objects(world, "a")
    assert [each for each in apart if each in world.requests[1:]] == apart


async def test_in_strict_order_a_batch_stays_one_until_it_arrives_also_in_another_life(world):
    subscribed(world, ordered=True, batch={**BATCH["batch"], "milliseconds": 500})
    world.answers["a"] = Answered(500, {}, b"", 0.01)
    failing = world.wrote(3)
    async with world.carried() as deliveries:
        await noted(world, deliveries, "a", lambda standing: standing.batch)
        world.wrote(2)
    world.answers["a"] = OK
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", world.wrote())
    batch = [each for each in objects(world, "a") if each <= failing]
    assert [request for request in world.requests if set(request) & set(batch)] == [batch] * (
        world.requests.count(batch)
    )
    assert list(dict.fromkeys(each for request in world.requests for each in request)) == objects(world, "a")


async def test_other_terms_take_a_batch_apart(world):
    subscribed(world, batch={**BATCH["batch"], "milliseconds": 500})
    world.answers["a"] = Answered(500, {}, b"", 0.01)
    last = world.wrote(3)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        world.answers["a"] = OK
        config = {**world.states["a"]["config"], "mode": "structured"}
        world.changed("a", "updated", config={name: each for name, each in config.items() if name != "batch"})
        await settled(world, deliveries, "a", world.wrote())
        world.clock.advance(SCHEDULE[0])
        world.timer.tick()
        await world.until(
            lambda: sorted(each for [each, *more] in world.requests[1:] if not more) == objects(world, "a")
        )


async def test_of_a_batch_that_is_not_wanted_any_more_nothing_is_sent(world):
    subscribed(world, ordered=True, batch={**BATCH["batch"], "milliseconds": 500})
    world.answers["a"] = Answered(500, {}, b"", 0.01)
    world.wrote(3)
    async with world.carried() as deliveries:
        await noted(world, deliveries, "a", lambda standing: standing.batch)
    world.changed("a", "updated", filters=[{"exact": {"subject": "object/none"}}])
    before = len(world.requests)
    async with world.carried() as deliveries:
        last = world.wrote(2)
        await settled(world, deliveries, "a", last)
        await noted(world, deliveries, "a", lambda standing: not standing.batch)
    assert len(world.requests) == before


def test_a_batch_has_an_id_of_its_own_that_stays():
    assert identity("s", "a") != identity("s", "a", "b") == identity("s", "a", "b") != identity("s", "b", "a")
