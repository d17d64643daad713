"""OMS in memory, put together as `oms up` does, and stores and clients that outlive its processes."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from adapters.memory_feed import MemoryFeed
from adapters.memory_keys import MemoryKeys
from adapters.memory_log import MemoryLog
from adapters.memory_outbox import MemoryOutbox
from adapters.memory_view import MemoryView, memory_versions
from documents.sections import encoded
from events import catalog
from events.names import command_subject
from producers.adopt import LOCAL, adopt
from producers.committer import Committer
from producers.decide import Planner
from producers.erase import erase
from producers.genesis import genesis
from producers.keys import KeyRing
from producers.log import Doubt
from producers.outbox import Outbox, Row
from producers.receive import address, receive
from producers.relay import Relay
from projectors.lane import Lane
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import Version, versions
from security.wrapped import KEY_BYTES, Wraps
from tests.crash.mortal import Fate, Mortal
from tests.crash.stories import AHEAD, DRY, MEANWHILE, Command, Steps
from tests.producers.desk import MAIN, START


class Planning(Mortal):
    """An outbox that lets something happen whenever a plan was made and is not lined up yet."""

    def __init__(self, port: Any, fate: Fate) -> None:
        super().__init__(port, fate)
        self.between: Any = None

    async def plan(self, work: Any) -> Any:
        planned = await super().__getattr__("plan")(work)
        await self.between()
        return planned


class World:
    """The stores, and what the clients remember: what they still want answered."""

    def __init__(self, story: Steps, outbox: Outbox | None = None) -> None:
        self.outbox, self.log, self.view = outbox or MemoryOutbox("main"), MemoryLog(), memory_versions("main")
        self.keys = MemoryKeys()
        self.wanted = [[_named(each, n, i) for i, each in enumerate(step)] for n, step in enumerate(story)]
        self.outcomes: dict[str, dict[str, Any]] = {}
        self._ids, self._chances = count(1), count(1)

    def new_id(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._ids):012x}"

    def chance(self, size: int) -> bytes:
        return next(self._chances).to_bytes(size, "big")

    async def process(self, fate: Fate) -> bool:
        """One life: all that is still wanted is sent, relayed and projected. Whether it came to its end."""
        return await fate.lived(self._live(fate))

    async def _live(self, fate: Fate) -> None:
        outbox, keys = Planning(self.outbox, fate), Mortal(self.keys, fate)
        relay = Relay(outbox, Mortal(self.log, fate), asyncio.Event())
        await relay.check()
        await outbox.commit(genesis("main", MAIN, START))
        await erase(outbox, keys)
        self.wraps = Wraps(self.chance(KEY_BYTES))
        planner = Planner("main", self.new_id, ring=KeyRing(keys, self.chance), wraps=self.wraps)
        committer = Committer(outbox, planner, lambda: START, lambda _: None)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(committer.run())
            await asyncio.sleep(0)  # it runs
            while self.wanted:
                await self._step(committer, outbox)
                self.wanted.pop(0)
                await self._told(relay, fate)
            running.cancel()
        await self._told(relay, fate)

    async def _step(self, committer: Committer, outbox: Planning) -> None:
        step = self.wanted[0]

        async def between() -> None:
            others = [each for each in step if each.get("when") == MEANWHILE]
            await asyncio.gather(*[self._sent(committer, outbox, each) for each in others])

        outbox.between = between
        await asyncio.gather(*[self._sent(committer, outbox, each) for each in step if "when" not in each])

    async def _sent(self, committer: Committer, uploads: Planning, command: Command) -> None:
        principal = "bob" if "when" in command else LOCAL
        if AHEAD in command:
            sections, wraps = command[AHEAD], self.wraps
            lacking = await uploads.lacking(principal, {name: wraps.hidden(name) for name in sections})
            wrapped = {wraps.hidden(name): wraps.wrapped(name, encoded(sections[name])) for name in lacking}
            await uploads.upload(principal, wrapped, START, 10**9)
        body = json.dumps({name: value for name, value in command.items() if name not in ("when", AHEAD)}).encode()
        subject = command_subject("main", principal, command["branch"], command["type"])
        outcome = json.loads(await committer.enqueue(receive(address(subject), body)))
        before = self.outcomes.setdefault(command["id"], outcome)
        assert before == outcome or "dryRun" in command, "what was acknowledged is answered the same again"

    async def _told(self, relay: Relay, fate: Fate) -> None:
        while isinstance(await relay.step(), Doubt):
            await relay.check()
        await projected(self.log.rows, Mortal(self.view, fate))


def _named(command: Command, *numbers: int) -> Command:
    start = f"{DRY}-" if "dryRun" in command else ""
    return {**command, "id": start + ".".join(map(str, numbers))}


async def projected(rows: list[Row], view: Any) -> None:
    track = Track(versions(catalog.evolve), view, await view.checkpoint())
    await track.open()
    messages = [Fetched(row.position, row.subject, row.body) for row in rows]
    lane = Lane(MemoryFeed(messages, 4), catalog.payload, [track], 4)
    await lane.read(len(messages))
    for _, error in lane.failed:
        raise error


async def replayed_view(rows: list[Row]) -> MemoryView[Version]:
    view = memory_versions("main")
    await projected(rows, view)
    return view


async def replayed_heads(rows: list[Row]) -> Outbox:
    """What the log alone makes."""

    class Log:
        name = "log"

        async def read(self, after: int, until: int) -> AsyncIterator[list[Row]]:
            yield rows[after:until]

    outbox = MemoryOutbox("main")
    await adopt(outbox, Log(), len(rows), catalog.fold, catalog.payload, lambda *_: None)
    return outbox
