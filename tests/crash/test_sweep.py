"""Die before or after every call of every port, restart, go on: the outcome is as if nothing had happened.

command ─► outbox.commit ─► relay: outbox.after, log.append, log.last, outbox.row … ─► view.fold
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from adapters.memory_feed import MemoryFeed
from adapters.memory_log import MemoryLog
from adapters.memory_outbox import MemoryOutbox
from adapters.memory_view import memory_versions
from events import catalog
from events.envelope import decode
from producers.log import Doubt
from producers.relay import Relay
from projectors.lane import Lane
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import versions
from security import chain
from tests.producers.desk import PLANE, Desk, asked, plane


class Died(BaseException):
    """The process is gone; nothing between here and its end may catch it."""


class Mortal:
    """A port whose owner dies at the n-th call, before or after its effect. `calls` are counted over all ports."""

    def __init__(self, port: Any, fate: "Fate") -> None:
        self._port, self._fate = port, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            self._fate.before()
            result = await found(*arguments, **named)
            self._fate.after()
            return result

        return call


class Fate:
    def __init__(self, die_at: int, *, before: bool) -> None:
        self.die_at, self.first, self.calls = die_at, before, 0

    def before(self) -> None:
        self.calls += 1
        if self.first and self.calls == self.die_at:
            raise Died

    def after(self) -> None:
        if not self.first and self.calls == self.die_at:
            raise Died


STORY = [
    [asked("CreateObjectType", **PLANE)],
    [asked("CreateObject", **plane("N1", serial="a")), asked("CreateObject", **plane("N2"))],
    [asked("Commit", commands=[{"type": "CreateObject", "data": plane(f"M{i}")} for i in range(6)])],
    [asked("CreateBranch", name="dev/main/gate"), asked("UpdateObject", type="Plane", key="N1", patch={"seats": 3})],
    [asked("DeleteObject", on="dev/main/gate", type="Plane", key="N1"), asked("CreateObject", **plane("N1"))],
]


class World:
    """What outlives a process: the stores. And what the client remembers: the commands it still wants answered."""

    def __init__(self) -> None:
        self.outbox, self.log, self.view = MemoryOutbox("main"), MemoryLog(), memory_versions("main")
        groups = [[{"id": f"{g}.{i}", **c} for i, c in enumerate(group)] for g, group in enumerate(STORY)]
        self.wanted = groups
        self.outcomes: dict[str, dict[str, Any]] = {}

    async def process(self, fate: Fate) -> None:
        """One life: all that is still wanted is sent, relayed and projected."""
        outbox, log, view = Mortal(self.outbox, fate), Mortal(self.log, fate), Mortal(self.view, fate)
        desk = await Desk(outbox).open()
        relay = Relay(outbox, log, asyncio.Event())
        await relay.check()
        while self.wanted:
            outcomes = await desk.group(*self.wanted[0])
            self.outcomes.update({outcome["command"]: outcome for outcome in outcomes})
            self.wanted.pop(0)
            await relayed(relay)
            await self.projected(view)
        await relayed(relay)
        await self.projected(view)

    async def projected(self, view: Any) -> None:
        track = Track(versions(catalog.evolve), view, await view.checkpoint())
        await track.open()
        messages = [Fetched(row.position, row.subject, row.body) for row in self.log.rows]
        lane = Lane(MemoryFeed(messages, 4), catalog.payload, [track], 4)
        await lane.read(len(messages))
        for _, error in lane.failed:
            raise error


async def relayed(relay: Relay) -> None:
    while True:
        told = await relay.step()
        if not isinstance(told, Doubt):
            return
        await relay.check()


async def lived(fate: Fate) -> World:
    world = World()
    try:
        await world.process(fate)
    except BaseExceptionGroup as group:
        if group.subgroup(Died) is None:
            raise
    except Died:
        pass
    await world.process(Fate(0, before=True))
    return world


def told(world: World) -> Iterator[tuple[Any, ...]]:
    for command, outcome in sorted(world.outcomes.items()):
        yield command, outcome["status"], outcome["position"], len(outcome["events"])


async def test_every_death_heals() -> None:
    calm = Fate(0, before=True)
    undisturbed = World()
    await undisturbed.process(calm)
    assert calm.calls > 30
    for die_at in range(1, calm.calls + 1):
        for before in (True, False):
            world = await lived(Fate(die_at, before=before))
            where = f"died {'before' if before else 'after'} call {die_at}"
            assert list(told(world)) == list(told(undisturbed)), where
            rows = await world.outbox.after(0, 1_000)
            assert world.log.rows == rows, where
            chain.verify([row.body for row in rows], 0, chain.genesis("main"))
            assert [decode(row.body).causationid for row in rows] == [
                decode(row.body).causationid for row in undisturbed.log.rows
            ], where
            assert (await world.view.checkpoint()).position == len(rows), where
