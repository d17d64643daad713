"""A door with a running committer behind it."""

import asyncio
from contextlib import asynccontextmanager

from adapters import system_clock
from gateways.commands import CommandDoor
from producers.committer import Committer
from producers.decide import Planner
from producers.genesis import genesis
from tests.events.world import ring_in_memory

BRANCH = "prod/main/main"


class NoWaits:
    def targets(self):
        return ["log", "projected:versions"]

    async def relayed(self, position):
        await asyncio.Event().wait()

    async def projected(self, view, position):
        raise LookupError(f"no view {view!r}")


@asynccontextmanager
async def deciding(outbox, clock=system_clock.now):
    """A door over an outbox, its committer running."""
    await outbox.commit(genesis("main", BRANCH, clock()))
    committer = Committer(outbox, Planner("main", system_clock.new_id, ring=ring_in_memory()), clock, lambda _: None)
    running = asyncio.create_task(committer.run())
    try:
        yield CommandDoor(committer, NoWaits())
    finally:
        running.cancel()
        await asyncio.wait([running])
