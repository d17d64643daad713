"""Nothing is sent before an endpoint consents; what happens meanwhile waits, and is sent then."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.sqlite_deliveries import SqliteDeliveries
from events.subscriptions.consent import AGAIN, digest_of
from events.subscriptions.outgoing import Answered, Failed
from tests.workers.test_delivering import World, objects, settled
from workers.delivering.courier import Courier
from workers.delivering.handshakes import Handshakes

YES = Answered(200, {"webhook-allowed-origin": "oms", "webhook-allowed-rate": "*"}, b"", 0.1)
NO = Answered(405, {}, b"", 0.1)
SINK = {"sink": "https://example.com/", "types": ["io.oms.object.*"], "handshake": True}


class Asked(World):
    """And endpoints that are asked first."""

    def __init__(self, path):
        super().__init__(path)
        self.asked, self.consents, self.callback = [], {}, ""

    def subscribed(self, name, *, handshake=False, **more):
        super().subscribed(name, **more)
        if handshake:
            self.states[name]["config"]["handshake"] = True

    async def ask(self, state, request):
        self.asked.append((state["name"], request))
        self._changed.set()
        return self.consents.get(state["name"], YES)

    @asynccontextmanager
    async def carried(self):
        deliveries = SqliteDeliveries(self.path)

        def alarm(what, error):
            self.alarms.append((what, str(error)))

        asking = Handshakes(
            self, deliveries, self.ask, "oms", self.callback, lambda state: f"token-{state['name']}",
            self.clock, lambda: 0.5, alarm, self.clock.rest,
        )  # fmt: skip
        courier = Courier(
            self.feed, asking, deliveries, self.timer, self, self.send, self.clock, alarm, self.clock.rest, lambda: 0.5
        )
        tasks = [asyncio.create_task(courier.run()), asyncio.create_task(asking.run(courier.look_again))]
        try:
            yield deliveries
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await deliveries.close()


@pytest.fixture
def world(tmp_path):
    return Asked(tmp_path / "deliveries.db")


async def test_who_consents_gets_everything_since_the_registration(world):
    world.subscribed("a", **SINK)
    last = world.wrote(3)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", last)
    assert sorted(world.positions("a")) == objects(world, "a")
    assert [name for name, _ in world.asked] == ["a"]
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", world.wrote())
    assert len(world.asked) == 1  # it was remembered


async def test_who_does_not_consent_gets_nothing_and_delays_nobody(world):
    world.subscribed("a", **SINK)
    world.subscribed("b", types=["io.oms.object.*"])
    world.consents["a"] = NO
    async with world.carried() as deliveries:
        await settled(world, deliveries, "b", world.wrote(2))
        await world.until(lambda: len(world.asked) == 1)
        world.clock.advance(AGAIN[0])
        await world.until(lambda: len(world.asked) == 2)
        assert world.positions("a") == []
        assert (await deliveries.standings())["id-a"].position == world.since["a"]
        assert [what for what, _ in world.alarms] == ["webhook a"]
        world.consents["a"] = YES
        world.clock.advance(AGAIN[1])
        await settled(world, deliveries, "a", world.wrote())
    assert sorted(world.positions("a")) == objects(world, "a")


async def test_a_callback_consents_whenever_it_comes(world):
    world.callback = "https://oms.example/consent/"
    world.subscribed("a", **SINK)
    world.consents["a"] = Failed("timeout", "", 20.0)
    last = world.wrote(2)
    async with world.carried() as deliveries:
        await world.until(lambda: world.asked)
        assert world.asked[0][1].headers["webhook-request-callback"] == "https://oms.example/consent/token-a"
        while not await deliveries.grant(digest_of("token-a"), 60, 5):
            pass  # the question's answer is kept a moment later
        begun = world.clock.now
        await settled(world, deliveries, "a", last)
    assert sorted(world.positions("a")) == objects(world, "a")
    assert world.clock.now - begun >= 1  # a request a second at most


async def test_another_sink_is_asked_anew_and_nothing_goes_there_before(world):
    world.subscribed("a", **SINK)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "a", world.wrote())
        before = len(world.arrived)
        world.consents["a"] = NO
        world.changed("a", "updated", sink="https://example.com/other")
        world.wrote()
        await world.until(lambda: len(world.asked) == 2)
        assert world.asked[1][1].url == "https://example.com/other"
        assert len(world.arrived) == before


async def test_paused_it_is_not_asked(world):
    world.subscribed("a", **SINK, status="paused")
    world.subscribed("b", **SINK)
    async with world.carried() as deliveries:
        await settled(world, deliveries, "b", world.wrote())
    assert [name for name, _ in world.asked] == ["b"]
