"""Events that wait for their time, endpoints that are left alone while too much fails, and what never arrived."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.pacing import Spared, spared
from events.wire.instants import to_text
from tests.projectors.story import START
from tests.workers.test_delivering import DEADLINE, OK, World, noted, objects, settled
from workers.delivering.pace import SLOTS, Breaker

FAILS = Answered(500, {}, b"", 0.01)
BREAKER = {"percent": 70, "tries": 10, "seconds": 300, "rest": 30}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "deliveries.db")


async def turns():
    """Everybody goes as far as they can without time."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "more", [{}, {"ordered": True}, {"mode": "batch", "batch": {"events": 3, "bytes": 9_999, "milliseconds": 0}}]
)
async def test_an_event_goes_when_it_is_as_old_as_is_said(world, more):
    world.clock.now = START / 1e6
    world.subscribed("a", types=["io.oms.object.*"], delay=600, **more)
    world.subscribed("b", types=["io.oms.object.*"])
    early = world.wrote(2)
    world.story.time += 100_000_000
    late = world.wrote(2)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "b", late)
        assert world.positions("a") == []
        world.clock.now = START / 1e6
        world.clock.advance(601)
        await settled(world, deliveries, "a", early)
        assert world.positions("a") == [early - 1, early]
    async with world.carried() as deliveries:  # another life knows what waits
        world.clock.advance(100)
        await settled(world, deliveries, "a", late)
    assert world.positions("a") == objects(world, "a")


async def test_an_event_goes_when_it_says_itself_and_once(world):
    world.clock.now = START / 1e6
    said = to_text(START + 5_000_000_000)
    world.subscribed("a", types=["io.oms.object.*"], deliverat="data.properties.at")
    last = [world.story.created("k1", at=said), world.story.created("k2", at="morgen"), world.story.created("k3")][-1]
    world.wrote(0)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        assert (await deliveries.waiting(0))["id-a"].deferred == 1
    assert sorted(world.positions("a")) == [last - 1, last]
    async with world.carried() as deliveries:  # another life knows what waits, and the log need not be read for it
        world.clock.now = START / 1e6 + 4_000
        world.timer.tick()
        await turns()
        assert len(world.arrived) == 2
        world.clock.now = START / 1e6 + 5_001
        world.timer.tick()
        await world.until(lambda: world.positions("a")[2:] == [last - 2])
        await world.until(lambda: not world.timer.waiting)
        async with asyncio.timeout(DEADLINE):
            while await deliveries.waiting(0):
                await world.passes()


async def test_what_is_sent_again_goes_while_others_wait(world):
    world.clock.now = START / 1e6
    world.subscribed("a", types=["io.oms.object.*"], delay=1)
    first = world.wrote()
    async with world.carried() as deliveries:
        world.clock.advance(5)
        await settled(world, deliveries, "a", first)
        world.changed("a", "updated", config={**world.states["a"]["config"], "delay": 9_999})
        last = world.wrote()
        world.changed("a", "replayed", replay={"number": 1, "after": first - 1, "until": last, "reason": None})
        await world.until(lambda: world.positions("a") == [first, first, last])


async def test_each_type_of_events_is_tried_again_by_its_own_schedule(world):
    retries = [
        {"types": ["io.oms.subscription.*"], "schedule": []},
        {"types": ["io.oms.object.created.v1"], "schedule": [900]},
    ]
    world.subscribed("a", types=["io.oms.object.*", "io.oms.subscription.*"], retries=retries, schedule=[5])
    world.answers["a"] = FAILS
    async with world.carried() as deliveries:
        world.subscribed("b", types=["io.oms.branch.*"])
        told = world.story.position
        created = world.wrote()
        world.story.commit(("object.deleted", "object/k", {}))
        last = world.wrote(0)
        await settled(world, deliveries, "a", last)
        tried = {each.position: each for _, each in await deliveries.last("id-a", 9) if each.attempt == 1}
    waits = {at: each.next and (each.next - each.time) / 1e6 for at, each in tried.items()}
    assert waits == {told: None, created: pytest.approx(900, rel=0.21), last: pytest.approx(5, rel=0.21)}


async def test_who_names_no_schedule_has_the_operators(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.subscribed("b", types=["io.oms.object.*"], schedule=[5])
    world.answers = {"a": FAILS, "b": FAILS}
    async with world.carried(schedule=[]) as deliveries:
        last = world.wrote()
        for name in ("a", "b"):
            await settled(world, deliveries, name, last)
        (_, own), (_, other) = [(await deliveries.last(f"id-{name}", 9))[-1] for name in ("a", "b")]
    assert (own.next, other.next is None) == (None, False)


async def test_an_endpoint_of_which_too_much_fails_is_left_alone_and_then_asked(world):
    world.subscribed("a", types=["io.oms.object.*"], breaker=BREAKER, concurrency=1, schedule=[])
    world.answers["a"] = FAILS
    async with world.carried() as deliveries:
        last = world.wrote(40)
        await world.until(lambda: len(world.arrived) == 10, 0)
        await turns()
        world.clock.advance(BREAKER["rest"] - 1)
        await turns()
        assert len(world.arrived) == 10
        world.clock.advance(1)
        await world.until(lambda: len(world.arrived) == 11, 0)
        await turns()
        world.answers["a"] = OK
        world.clock.advance(BREAKER["rest"])
        await settled(world, deliveries, "a", last)
    assert set(world.positions("a")) == set(objects(world, "a"))


async def test_another_life_spares_an_endpoint_as_the_first_one_did_and_other_terms_begin_anew(world):
    world.subscribed("a", types=["io.oms.object.*"], breaker=BREAKER, concurrency=1, schedule=[])
    world.answers["a"] = FAILS
    async with world.carried() as deliveries:
        world.wrote(6)
        await world.until(lambda: len(world.arrived) == 6, 0)
        await noted(world, deliveries, "a", lambda standing: standing.paced is not None)
    async with world.carried() as deliveries:  # six of ten were heard of
        world.wrote(30)
        await world.until(lambda: len(world.arrived) == 10, 0)
        await noted(world, deliveries, "a", lambda standing: standing.paced is not None and standing.paced.open)
        paced = (await deliveries.standings())["id-a"].paced
    begun, state = world.clock.now, world.states["a"]
    assert spared(state, paced, begun).word.startswith("open ")
    assert spared(state, paced, begun + BREAKER["rest"]).word == "half-open"
    assert spared({**state, "sink": "https://another"}, paced, begun) == Spared("closed")
    async with world.carried():
        await turns()
        assert len(world.arrived) == 10
        world.changed("a", "updated", sink="https://another")
        world.answers["a"] = OK
        await world.until(lambda: len(world.arrived) > 30, 0)


async def test_what_never_arrived_is_carried_out_and_nothing_else(world):
    before = world.wrote(3)
    world.subscribed("a", types=["io.oms.object.*"], schedule=[86_400])
    failing = world.wrote()
    world.answers["a"] = FAILS
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", failing)
        world.answers["a"] = OK
        last = world.wrote(2)
        await settled(world, deliveries, "a", last)
        seen = len(world.arrived)
        replay = {"number": 1, "after": 0, "until": last, "reason": None, "missing": True}
        world.changed("a", "replayed", replay=replay)
        async with asyncio.timeout(DEADLINE):
            while (await deliveries.standings())["id-a"].replayed < 1:
                world.clock.advance(0.3)
                await asyncio.sleep(0)
    assert sorted(position for _, position, _ in world.arrived[seen:]) == [before - 2, before - 1, before]


@given(st.lists(st.tuples(st.floats(0, 60), st.booleans()), max_size=60))
def test_a_breaker_opens_at_its_share_and_one_that_arrives_closes_it(heard):
    breaker, now, seen = Breaker(BREAKER), 0.0, []
    slot = BREAKER["seconds"] / SLOTS
    for later, fails in heard:
        now += later
        was = breaker.open
        rest = breaker.heard(FAILS if fails else OK, now)
        assert rest == (BREAKER["rest"] if breaker.open else 0)
        if was:
            assert breaker.open is fails
            seen = []
            continue
        seen = [each for each in [*seen, (now, fails)] if each[0] // slot > now // slot - SLOTS]
        failed = sum(each for _, each in seen)
        assert breaker.open is (len(seen) >= 10 and failed >= 0.7 * len(seen) - 1e-9)
        if breaker.open:
            seen = []
        breaker = Breaker(BREAKER, breaker.heard_of, breaker.open)  # as after a restart


def test_a_fault_of_our_own_opens_no_breaker():
    breaker = Breaker({**BREAKER, "tries": 1, "percent": 1})
    assert breaker.heard(Failed("no_credential", "", 0.0), 0.0) == 0
    assert breaker.heard(Failed("timeout", "", 20.0), 0.0) == BREAKER["rest"]
