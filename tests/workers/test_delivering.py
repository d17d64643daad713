"""Events reach those who subscribed: in order where that is asked for, again where they failed, and nobody waits for another."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_timer import MemoryTimer
from adapters.sqlite_deliveries import SqliteDeliveries
from events.subscriptions.index import Selection
from events.subscriptions.letters import Due
from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.retrying import DISABLE_ATTEMPTS, DISABLE_SECONDS, SCHEDULE
from events.subscriptions.subscription_words import (
    DisableSubscription,
    ReportSubscriptionEventsFailing,
    ReportSubscriptionEventsRecovered,
    ReportSubscriptionExhausted,
    ReportSubscriptionFailing,
)
from events.wire.instants import to_text
from tests.projectors.story import Story
from workers.delivering.courier import Courier, Selected
from workers.delivering.expunging import UNDER_WAY_SECONDS
from workers.delivering.pile import ROOM
from workers.delivering.sent import Sent

DEADLINE = 30
OK = Answered(204, {}, b"", 0.01)
CONFIG = {"mode": "structured", "ordered": False, "signing": "v1", "timeout": 20, "rate": None, "concurrency": 3}


class Clock:
    """Stands until somebody moves it; whoever rests then goes on."""

    def __init__(self):
        self.now, self._resting = 1_000_000.0, []

    def __call__(self):
        return self.now

    async def rest(self, seconds):
        if seconds > 0:
            woken = asyncio.get_running_loop().create_future()
            self._resting.append((self.now + seconds, woken))
            await woken

    def advance(self, seconds):
        self.now += seconds
        due = [woken for at, woken in self._resting if at <= self.now]
        self._resting = [each for each in self._resting if each[0] > self.now]
        for woken in due:
            if not woken.done():
                woken.set_result(None)


class World:
    """A log that grows, subscriptions, endpoints that answer as they are told, and what became of it."""

    def __init__(self, path):
        self.story, self.feed, self.clock = Story(), MemoryFeed(), Clock()
        self.path, self.timer = path, MemoryTimer(self.clock)
        self.states, self.since, self.arrived, self.disabled, self.reported, self.alarms = {}, {}, [], [], [], []
        self.requests = []  # positions
        self.sending = 0  # requests that began
        self.answers = {}  # by name: what answers a letter
        self.classes = {}  # by name: the types that it selects
        self.former = {}  # by name: ids that had it before
        self._changed = asyncio.Event()
        self._told()

    def subscribed(self, name, **more):
        config = {
            **CONFIG,
            **{
                key: more.pop(key)
                for key in list(more)
                if key in CONFIG or key in ("batch", "schedule", "retries", "delay", "deliverat", "breaker")
            },
        }
        self.states[name] = {
            "id": f"id-{name}",
            "name": name,
            "status": "active",
            "config": config,
            "secrets": [],
            **more,
        }
        self._say(name, "registered")
        self.since[name] = self.story.position

    def changed(self, name, change, **more):
        self.states[name] = {**self.states[name], **more}
        self._say(name, change)

    def _say(self, name, change):
        self.story.commit((f"subscription.{change}", f"subscription/{name}", {"name": name}))
        self._told()

    def wrote(self, count=1, kind="k"):
        for number in range(count):
            self.story.created(f"{kind}{self.story.position}", n=number)
        self._told()
        return self.story.position

    def _told(self):
        self.feed.append(self.story.messages[len(self.feed.messages) :])

    async def selected(self, position):
        return [
            Selected(Selection(state, self.classes.get(name)), self.since[name], self.former.get(name, ()))
            for name, state in self.states.items()
        ]

    async def send(self, state, letter):
        answer = self.answers.get(state["name"], OK)
        self.sending += 1
        self._changed.set()
        ended = await answer(letter) if callable(answer) else answer
        self.arrived += [(state["name"], each.position, each.attempt) for each in letter.events]
        self.requests.append([each.position for each in letter.events])
        self._changed.set()
        return Sent(ended, {"webhook-id": f"{state['name']}-{letter.position}"}, ["whs-1"])

    async def say(self, command):
        if isinstance(command, DisableSubscription):
            self.disabled.append((command.name, command.reason))
            self.changed(command.name, "disabled", status="disabled")
        else:
            self.reported.append(command)
            told = type(command).__name__.removeprefix("ReportSubscription")
            self.changed(command.name, told[0].lower() + told[1:], reported={})
        self._changed.set()

    def positions(self, name):
        return [position for of, position, _ in self.arrived if of == name]

    async def passes(self):
        """A moment, in which what was tried is written down, and what is due comes."""
        self.clock.advance(0.3)
        self.timer.tick()
        await asyncio.sleep(0)

    async def until(self, holds, step=0.3):
        async with asyncio.timeout(DEADLINE):
            while not holds():
                self._changed.clear()
                self.clock.advance(step)  # so that notes are written, and rests end
                try:
                    async with asyncio.timeout(0.01):
                        await self._changed.wait()
                except TimeoutError:
                    pass

    @asynccontextmanager
    async def carried(self, **options):
        """A courier runs inside the block; another one is another life."""
        deliveries = SqliteDeliveries(self.path)
        self.timer.rewind()
        courier = Courier(
            self.feed, self, deliveries, self.timer, self, self.send, self.clock,
            lambda what, error: self.alarms.append((what, error)), self.clock.rest, lambda: 0.5, **options,
        )  # fmt: skip
        task = asyncio.create_task(courier.run())
        try:
            yield deliveries
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await deliveries.close()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "deliveries.db")


def objects(world, name):
    """Positions behind the registration that are events of objects."""
    return [m.position for m in world.story.messages if m.position > world.since[name] and b"io.oms.object." in m.body]


async def noted(world, deliveries, name, holds):
    async with asyncio.timeout(DEADLINE):
        while (found := (await deliveries.standings()).get(f"id-{name}")) is None or not holds(found):
            world.clock.advance(0.3)
            await asyncio.sleep(0)


async def settled(world, deliveries, name, position):
    await noted(world, deliveries, name, lambda standing: standing.position >= position)


async def test_what_is_wanted_arrives_from_the_registration_on(world):
    world.wrote(3)
    world.subscribed("a", types=["io.oms.object.*"])
    last = world.wrote(5)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
    assert sorted(world.positions("a")) == objects(world, "a")


async def test_another_life_goes_on_where_the_first_one_was(world):
    world.subscribed("a", types=["io.oms.object.*"])
    for _ in range(3):
        last = world.wrote(4)
        async with world.carried() as deliveries:
            await settled(world, deliveries, "a", last)
    assert sorted(world.positions("a")) == objects(world, "a")


def once(said):
    """An answer that waits for it."""

    async def answer(_letter):
        await said.wait()
        return OK

    return answer


async def test_another_life_sends_nothing_twice_because_somebody_else_is_behind(world):
    world.subscribed("behind", types=["io.oms.object.*"])
    world.subscribed("well", types=["io.oms.object.*"])
    world.subscribed("strict", types=["io.oms.object.*"], ordered=True)
    world.answers["behind"] = once(asyncio.Event())
    last = world.wrote(5)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "well", last)
        await settled(world, deliveries, "strict", last)
    world.answers["behind"] = OK
    last = world.wrote(3)
    async with world.carried() as deliveries:
        for name in ("behind", "well", "strict"):
            await settled(world, deliveries, name, last)
    assert sorted(world.positions("well")) == objects(world, "well")
    assert world.positions("strict") == objects(world, "strict")
    assert sorted(set(world.positions("behind"))) == objects(world, "behind")


async def test_nothing_from_before_its_registration_goes_out_because_somebody_else_is_behind(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.wrote(4)
    world.subscribed("b", types=["io.oms.object.*"])
    last = world.wrote(2)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        await settled(world, deliveries, "b", last)
    assert sorted(world.positions("a")) == objects(world, "a")
    assert sorted(world.positions("b")) == objects(world, "b")


async def test_what_failed_comes_again_at_its_time_also_in_another_life(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = Answered(500, {}, b"no", 0.01)
    last = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
    world.answers["a"] = OK
    async with world.carried() as deliveries:
        world.clock.advance(SCHEDULE[0])
        world.timer.tick()
        await world.until(lambda: len(world.arrived) == 2)
        await settled(world, deliveries, "a", last)
        await world.until(lambda: not world.timer.waiting)
        world.clock.advance(1)
    assert world.arrived == [("a", last, 1), ("a", last, 2)]


async def test_a_dead_endpoint_delays_nobody(world):
    never = asyncio.Event()
    world.subscribed("dead", types=["io.oms.object.*"])
    world.subscribed("well", types=["io.oms.object.*"])
    world.answers["dead"] = once(never)
    async with world.carried() as deliveries:
        last = world.wrote(ROOM + 50)
        await settled(world, deliveries, "well", last)
        assert sorted(world.positions("well")) == objects(world, "well")
        never.set()
        await settled(world, deliveries, "dead", last)
    assert sorted(world.positions("dead")) == objects(world, "dead")


async def test_in_strict_order_nothing_overtakes_what_failed(world):
    failing = [Answered(500, {}, b"", 0.01), Failed("timeout", "", 20.0), OK]

    async def answer(letter):
        return failing.pop(0) if letter.position == third and failing else OK

    world.subscribed("a", types=["io.oms.object.*"], ordered=True)
    world.answers["a"] = answer
    third = world.wrote(3)
    last = world.wrote(3)
    async with world.carried() as deliveries:
        await world.until(lambda: world.arrived[-1:] == [("a", third, 1)])
        world.clock.advance(SCHEDULE[0])
        await world.until(lambda: world.arrived[-1:] == [("a", third, 2)])
        world.clock.advance(SCHEDULE[1])
        await settled(world, deliveries, "a", last)
    once = list(dict.fromkeys(world.positions("a")))
    assert once == objects(world, "a")
    assert world.positions("a") == sorted(world.positions("a"))
    assert ("a", third, 3) in world.arrived


async def test_in_strict_order_what_is_asked_for_again_is_tried_now(world):
    world.subscribed("a", types=["io.oms.object.*"], ordered=True)
    world.answers["a"] = Failed("internal_error", "KeyError: 1", 0.0)
    first, last = world.wrote(), world.wrote()
    async with world.carried() as deliveries:
        await world.until(lambda: world.arrived)
        world.answers["a"] = OK
        await world.timer.at(Due("id-a", first, 1), world.clock())
        await settled(world, deliveries, "a", last)
    assert world.arrived == [("a", first, 1), ("a", first, 2), ("a", last, 1)]
    assert world.clock() < 1_000_000 + SCHEDULE[0]


async def test_what_is_never_wanted_is_left_out_also_in_strict_order(world):
    async def answer(letter):
        return Answered(400, {"webhook-delivery": "abort-message"}, b"", 0.01) if letter.position == second else OK

    world.subscribed("a", types=["io.oms.object.*"], ordered=True)
    world.answers["a"] = answer
    second = world.wrote(2)
    last = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        left = await deliveries.undelivered("id-a", 0, 0)
        standing = (await deliveries.standings())["id-a"]
    assert world.positions("a") == objects(world, "a")
    assert (left, standing.failing, world.disabled, world.timer.waiting) == ([second], None, [], {})


async def test_410_ends_it_within_one_try(world):
    world.subscribed("a", types=["io.oms.object.*"], concurrency=1)
    world.answers["a"] = Answered(410, {}, b"", 0.01)
    world.wrote(3)
    async with world.carried():
        await world.until(lambda: world.disabled)
    assert world.disabled == [("a", "the endpoint answered 410 Gone")]
    assert len(world.arrived) == 1


async def test_an_overloaded_endpoint_is_left_alone_as_long_as_it_says(world):
    async def answer(letter):
        return Answered(429, {"retry-after": "120"}, b"", 0.01) if letter.position == first else OK

    world.subscribed("a", types=["io.oms.object.*"], concurrency=1)
    world.answers["a"] = answer
    first = world.wrote()
    async with world.carried() as deliveries:
        await world.until(lambda: len(world.arrived) == 1)
        begun, last = world.clock.now, world.wrote(2)
        await settled(world, deliveries, "a", last)
    assert world.clock.now - begun >= 119


async def test_who_fails_long_and_often_is_warned_and_then_disabled(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = Failed("connection_refused", "", 0.01)
    async with world.carried():
        for number in range(1, DISABLE_ATTEMPTS + 1):
            world.wrote()
            await world.until(lambda number=number: len(world.arrived) >= number or world.disabled, 30)
            world.clock.advance(DISABLE_SECONDS / (DISABLE_ATTEMPTS - 1))
        await world.until(lambda: world.disabled)
    percents = [each.percent for each in world.reported if isinstance(each, ReportSubscriptionFailing)]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert len(world.disabled) == 1


async def test_nobody_is_given_up_or_disabled_for_a_fault_of_our_own(world):
    world.subscribed("a", types=["io.oms.object.*"], schedule=[1])
    world.answers["a"] = Failed("not_signed", "", 0.0)
    async with world.carried() as deliveries:
        last = world.wrote(3)
        await world.until(lambda: len(world.arrived) >= 2 * DISABLE_ATTEMPTS, DISABLE_SECONDS / DISABLE_ATTEMPTS)
        assert {each.position for each in await deliveries.unsent()} <= {*objects(world, "a")} != set()
        del world.answers["a"]
        async with asyncio.timeout(DEADLINE):
            while await deliveries.unsent():
                await world.passes()
        await settled(world, deliveries, "a", last)
    assert {*world.positions("a")[2 * DISABLE_ATTEMPTS :]} >= {*objects(world, "a")}
    assert (world.disabled, world.reported) == ([], [])


async def test_paused_it_waits_and_resumed_it_misses_nothing(world):
    world.subscribed("a", types=["io.oms.object.*"])
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", world.wrote(2))
        world.changed("a", "paused", status="paused")
        world.wrote(3)
        world.changed("a", "resumed", status="active")
        await settled(world, deliveries, "a", world.wrote(2))
    assert sorted(world.positions("a")) == objects(world, "a")


async def test_who_registers_while_it_runs_is_carried_to_from_then_on(world):
    world.subscribed("a", types=["io.oms.object.*"])
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", world.wrote(2))
        world.subscribed("b", types=["io.oms.object.*"])
        await settled(world, deliveries, "b", world.wrote(2))
    assert sorted(world.positions("b")) == objects(world, "b")
    assert len(objects(world, "b")) == 2


async def test_a_stretch_is_replayed_once(world):
    world.subscribed("a", types=["io.oms.object.*"])
    async with world.carried() as deliveries:
        first = world.wrote()
        await settled(world, deliveries, "a", world.wrote(3))
        until = world.story.position - 1
        world.changed("a", "replayed", replay={"number": 1, "after": first, "until": until, "reason": None})
        await settled(world, deliveries, "a", world.wrote())
        await world.until(lambda: len(world.arrived) == 7)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", world.wrote())
    again = [position for position in objects(world, "a") if first < position <= until]
    assert sorted(world.positions("a")) == sorted([*objects(world, "a"), *again])


async def test_every_try_is_remembered(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = Failed("dns_error", "no such host: intern.example", 0.2)
    last = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        [(_, tried)] = await deliveries.last("id-a", 9)
    assert (tried.position, tried.attempt, tried.kind, tried.status, tried.secrets) == (
        last,
        1,
        "dns_error",
        None,
        ["whs-1"],
    )
    assert tried.next is not None
    assert tried.next > tried.time


async def test_a_store_that_is_away_loses_nothing(world):
    world.subscribed("a", types=["io.oms.object.*"])
    real, refusals = world.timer.at, [ConnectionError("away"), ConnectionError("away")]

    async def at(due, time):
        if refusals:
            raise refusals.pop()
        await real(due, time)

    world.timer.at = at
    world.answers["a"] = Answered(500, {}, b"", 0.01)
    last = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
    assert list(world.timer.waiting) == [("id-a", str(last))]
    assert [str(error) for _, error in world.alarms] == ["away"]


async def test_what_was_answered_is_expunged_also_of_what_was_under_way(world):
    begun, answered, last = asyncio.Event(), asyncio.Event(), None

    async def slowly(letter):
        if letter.position == last:
            begun.set()
            await answered.wait()
        return Answered(200, {"x-a": "b"}, b"geheim", 0.01)

    async def answers(deliveries):
        return {each.position: each.answer for _, each in await deliveries.last("id-a", 9)}

    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = slowly
    first = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", first)
        last = world.wrote()
        async with asyncio.timeout(DEADLINE):
            await begun.wait()
        world.clock.advance(1)
        expunged = {"number": 1, "before": to_text(round(world.clock.now * 1e6))}
        world.changed("a", "triesExpunged", expunged=expunged)
        async with asyncio.timeout(DEADLINE):
            while (await answers(deliveries))[first]:
                world.clock.advance(0.1)
                await asyncio.sleep(0)
        answered.set()
        await settled(world, deliveries, "a", last)
        assert await answers(deliveries) == {first: b"", last: b"geheim"}
    async with world.carried() as deliveries:
        world.clock.advance(UNDER_WAY_SECONDS)
        await noted(world, deliveries, "a", lambda standing: standing.expunged == 1)
        assert await answers(deliveries) == {first: b"", last: b""}


async def test_tries_of_who_is_deleted_are_expunged_and_of_all_that_had_the_name(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = Answered(200, {}, b"geheim", 0.01)
    last = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        former = (await deliveries.last("id-a", 9))[0][1]._replace(subscription="id-before")
        await deliveries.note([former], {})
        world.former["a"] = ("id-before",)
        world.clock.advance(1)
        expunged = {"number": 1, "before": to_text(round(world.clock.now * 1e6))}
        world.changed("a", "triesExpunged", expunged=expunged, deleted=True, status="deleted")
        for identity in ("id-a", "id-before"):
            async with asyncio.timeout(DEADLINE):
                while any(each.answer for _, each in await deliveries.last(identity, 9)):
                    await world.passes()
    async with world.carried() as deliveries:
        async with asyncio.timeout(DEADLINE):
            while (await deliveries.standings())["id-a"].expunged != 1:
                world.clock.advance(UNDER_WAY_SECONDS)
                await asyncio.sleep(0)
        world.wrote()
        await world.passes()
    assert world.positions("a") == [last]


async def test_no_more_is_sent_than_is_written_down(world):
    """So a store that is slow fills no memory, and little is sent twice after a kill."""
    world.subscribed("a", types=["io.oms.object.*"])
    last = world.wrote(60)
    noted_together = []
    async with world.carried(unnoted=5) as deliveries:
        real = deliveries.note

        async def note(tries, standings, *more):
            noted_together.append(len(tries))
            await real(tries, standings, *more)

        deliveries.note = note
        await settled(world, deliveries, "a", last)
    assert len(world.arrived) == 60
    assert max(noted_together) < 5 + CONFIG["concurrency"]


async def test_a_replay_that_is_cut_short_goes_on_and_sends_nothing_twice(world):
    gate, flying = asyncio.Event(), []

    async def answer(letter):
        if letter.trigger == "replay" and len(flying) < 4:
            flying.append(letter.position)
            await gate.wait()
        return OK

    world.subscribed("a", types=["io.oms.object.*"], concurrency=2)
    world.answers["a"] = answer
    async with world.carried() as deliveries:
        until = world.wrote(12)
        await settled(world, deliveries, "a", until)
        first = len(world.arrived)
        world.changed("a", "replayed", replay={"number": 1, "after": 0, "until": until, "reason": None, "rate": 50})
        await world.until(lambda: len(flying) == 2)
        world.changed("a", "paused", status="paused")  # while two are under way
        await settled(world, deliveries, "a", until)
        gate.set()
        await world.until(lambda: len(world.arrived) == first + 2)
        world.changed("a", "resumed", status="active")
        await noted(world, deliveries, "a", lambda standing: standing.replay_at >= world.positions("a")[first] + 5)
        before = len(world.arrived)
    async with world.carried() as deliveries:  # and another life
        await noted(world, deliveries, "a", lambda standing: standing.replayed == 1)
    again = sorted(world.positions("a")[first:])
    assert before < len(world.arrived)
    assert sorted(set(again)) == objects(world, "a")
    assert len(again) - len(set(again)) <= 2  # what was under way, and not noted, when that life was ended


async def test_other_terms_send_nothing_twice_that_is_under_way(world):
    gate = asyncio.Event()

    async def answer(_letter):
        await gate.wait()
        return OK

    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = answer
    last = world.wrote(3)
    async with world.carried() as deliveries:
        await world.until(lambda: world.sending == 3)
        world.changed("a", "updated", description="otherwise")
        await settled(world, deliveries, "a", world.since["a"])
        gate.set()
        await settled(world, deliveries, "a", last)
    assert sorted(world.positions("a")) == objects(world, "a")


async def test_a_failing_endpoint_is_reported_on_and_so_is_its_end(world):
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = Answered(500, {}, b"", 0.01)
    async with world.carried() as deliveries:
        for number in range(DISABLE_ATTEMPTS // 2 + 1):
            world.wrote()
            await world.until(lambda number=number: len(world.arrived) > number)
            world.clock.advance(DISABLE_SECONDS / DISABLE_ATTEMPTS)
        await world.until(lambda: world.reported)
        world.answers["a"] = OK
        await settled(world, deliveries, "a", world.wrote())
        await world.until(lambda: len(world.reported) == 2)
    failing, recovered = world.reported
    assert (failing.percent, failing.name, recovered.name) == (50, "a", "a")
    assert recovered.attempts >= failing.attempts


async def test_last_tries_are_told_together_and_not_those_of_reports(world):
    world.subscribed("ops", types=["io.oms.subscription.exhausted.v1"])
    world.subscribed("a", types=["io.oms.object.*"], concurrency=1)
    world.answers["a"] = world.answers["ops"] = Answered(400, {}, b"", 0.01)
    async with world.carried() as deliveries:
        last = world.wrote(3)
        await settled(world, deliveries, "a", last)
        while not (found := [each for each in world.reported if isinstance(each, ReportSubscriptionExhausted)]):
            due = min((at for at, _ in world.timer.waiting.values()), default=0)
            world.clock.advance(max(due - world.clock.now, 0) + 0.3)
            world.timer.tick()
            await asyncio.sleep(0)
        (report,) = found
        await world.until(lambda: ("ops", world.story.position, 1) in world.arrived)
    assert (report.name, report.result) == ("a", "status_400")
    assert (report.events, report.first, report.last) == (3, last - 2, last)


async def test_a_fourth_try_that_failed_is_told_and_so_is_the_arrival_behind_it(world):
    async def answer(letter):
        return OK if letter.attempt > 5 or letter.position == last else Answered(500, {}, b"", 0.01)

    def told(kind):
        return [each for each in world.reported if isinstance(each, kind)]

    world.subscribed("ops", types=["io.oms.subscription.*"])
    world.subscribed("a", types=["io.oms.object.*"])
    world.answers["a"] = answer
    last = world.wrote(3)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        while not told(ReportSubscriptionEventsRecovered):
            due = min((at for at, _ in world.timer.waiting.values()), default=0)
            world.clock.advance(max(due - world.clock.now, 0) + 0.3)
            world.timer.tick()
            await asyncio.sleep(0)
        await world.until(lambda: ("ops", world.story.position, 1) in world.arrived)
    (failing,), (recovered,) = told(ReportSubscriptionEventsFailing), told(ReportSubscriptionEventsRecovered)
    assert (failing.name, failing.result) == ("a", "status_500")
    assert (failing.events, failing.first, failing.last) == (2, last - 2, last - 1)
    assert (recovered.events, recovered.first, recovered.last) == (2, last - 2, last - 1)
    assert told(ReportSubscriptionExhausted) == []


async def test_a_subscription_may_have_a_schedule_of_its_own(world):
    world.subscribed("a", types=["io.oms.object.*"], schedule=[1_000])
    world.answers["a"] = Answered(400, {}, b"", 0.01)
    last = world.wrote()
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
        (at, due) = world.timer.waiting["id-a", str(last)]
        assert (due.attempt, round(at - world.clock.now, -2)) == (2, 1_000)
        world.clock.advance(1_001)
        world.timer.tick()
        await world.until(lambda: len(world.arrived) == 2)
        await noted(world, deliveries, "a", lambda standing: standing.failing.attempts == 2)
        assert await deliveries.undelivered("id-a", 0, 0) == [last]
    assert not world.timer.waiting
