"""One term of the write side: as long as nobody else writes.

relay.check ─► genesis ─► committer + relay ─► doors        the doors open last and close first
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from secrets import token_bytes
from typing import Final

from adapters import system_clock as clock
from adapters.nats_commands import command_door
from adapters.nats_log import nats_log
from adapters.nats_server import Endpoint
from adapters.postgres_leases import PostgresLeases
from adapters.postgres_wake import listen
from events.reserved import RUNNING_MIGRATIONS
from gateways.commands import CommandDoor
from gateways.previews import PreviewDoor
from gateways.schedules import RunsDoor
from gateways.similar import SimilarDoor
from gateways.uploads import UploadDoor
from oms.archiving import audit_trimmed, trimmed
from oms.hourly import HOUR, days_ago, hourly
from oms.keys import key_store
from oms.process import Alarm, Loop, Running, close_all, looping
from oms.reading import read_door
from oms.run_history import last_runs
from oms.signing import signers
from producers.command import Limits
from producers.committer import Committer
from producers.decide import Planner
from producers.erase import erase
from producers.genesis import genesis
from producers.keys import KeyRing
from producers.lease import lead
from producers.log import LogUnavailable
from producers.outbox import Outbox, OutboxUnavailable, Writes
from producers.relay import Relay
from producers.uploads import Store
from security.wrapped import KEY_BYTES, Wraps
from workers import migrations
from workers.queue import QueueWorker

WATCH_SECONDS: Final = 1.0  # between two looks at the relay, and before what refused for a while is tried again


@asynccontextmanager
async def term(here: Running, outbox: Store, alarm: Alarm, leases: PostgresLeases | None = None) -> AsyncIterator[None]:
    """As long as nobody else writes. `leases`: the relay too has one of its own, which a process without a committer may hold."""
    settings, loops = here.settings, list[Loop]()
    async with AsyncExitStack() as stack:
        stack.callback(_leave, here)
        stack.callback(close_all, loops)
        here.outbox = outbox
        wake = asyncio.Event()
        here.relay = await _relay(here.endpoint, outbox, wake, stack)
        if "committer" in settings.roles:
            here.door = await _committer(here, outbox, here.relay, alarm, stack, loops)
        if "relay" in settings.roles:
            loops += [_relaying(here.relay, leases), _watch(here.relay, alarm)]
            if here.door is None and settings.postgres_url:
                loops.append(listen(settings.postgres_url, settings.ontology, wake.set))
        await stack.enter_async_context(looping(loops))
        if here.door is not None:
            await stack.enter_async_context(command_door(here.endpoint, settings.ontology, here.door.take))
        if here.door is not None and "queue" in settings.roles:
            await stack.enter_async_context(_queue(here.endpoint, settings.ontology, here.door))
        yield


def _leave(here: Running) -> None:
    here.outbox = here.relay = here.door = None


async def _relay(endpoint: Endpoint, outbox: Outbox, wake: asyncio.Event, stack: AsyncExitStack) -> Relay:
    """Nothing is accepted before the log's end was compared with the outbox: else it could hand out positions twice."""
    log = await stack.enter_async_context(nats_log(endpoint, outbox.ontology))
    relay = Relay(outbox, log, wake)
    await relay.check()
    return relay


async def _committer(
    here: Running, outbox: Store, relay: Relay, alarm: Alarm, stack: AsyncExitStack, loops: list[Loop]
) -> CommandDoor:
    settings = here.settings
    await outbox.commit(genesis(settings.ontology, settings.branch, clock.now()))
    keys = key_store(settings)
    stack.callback(keys.close)
    await erase(outbox, keys)

    begun = asyncio.Event()  # a migration began or ended

    def committed(writes: Writes) -> None:
        if "relay" in settings.roles:
            relay.told(writes.rows, more=committer.more)
        if any(write.key == RUNNING_MIGRATIONS for write in writes.heads):
            begun.set()

    limits = Limits(clock_ahead=int(settings.max_clock_skew * 1e6))
    wraps = Wraps(token_bytes(KEY_BYTES))
    await outbox.throw_away(clock.now() + 1)  # what waits since before is wrapped under a key that is gone
    planner = Planner(settings.ontology, clock.new_id, limits, KeyRing(keys, token_bytes), wraps)
    committer = Committer(outbox, planner, clock.now, committed, settings.group_limit)
    questions = read_door(settings, here.shelves, here.recorder.read).questions | PreviewDoor(outbox).questions
    questions |= RunsDoor(last_runs(settings, here.shelves)).questions
    questions |= SimilarDoor(here.embedding.find).questions
    questions |= UploadDoor(outbox, wraps, clock.now, settings.upload_bytes).questions
    door = CommandDoor(committer, here, questions, signers(settings))
    loops += [
        committer.run(),
        hourly(lambda: outbox.forget(days_ago(settings.remember))),
        hourly(lambda: outbox.throw_away(days_ago(settings.upload_hours / 24))),
        _migrate(outbox, door, begun),
    ]
    loops += [_trim(here, outbox, alarm)] if settings.outbox_rows or settings.audit_days else []
    return door


async def _relaying(relay: Relay, leases: PostgresLeases | None) -> None:
    if leases is None:
        await relay.run()
    else:
        await lead(leases, "relay", lambda _: relay.run())


@asynccontextmanager
async def _queue(endpoint: Endpoint, ontology: str, door: CommandDoor) -> AsyncIterator[None]:
    from adapters.faststream_queue import command_queue  # takes a second to import

    async with command_queue(endpoint, ontology) as queue:
        worker = QueueWorker(queue, door.decide)

        async def work() -> None:
            while True:
                await worker.step()

        async with looping([work()]):
            yield


async def _migrate(outbox: Outbox, door: CommandDoor, begun: asyncio.Event) -> None:
    """As long as a migration runs; a store that refuses for a while is tried again."""
    while True:
        begun.clear()
        try:
            if not await migrations.step(outbox, door.decide, clock.new_id):
                await begun.wait()
        except OutboxUnavailable:
            await asyncio.sleep(WATCH_SECONDS)


async def _watch(relay: Relay, alarm: Alarm) -> None:
    """Say why the relay cannot go on, once until it can."""
    said: str | None = None
    while True:
        if relay.trouble != said and relay.trouble is not None:
            alarm("relay", LogUnavailable(relay.trouble))
        said = relay.trouble
        await asyncio.sleep(WATCH_SECONDS)


async def _trim(here: Running, outbox: Outbox, alarm: Alarm) -> None:
    """At the start and once an hour let rows leave that segments hold. What keeps them here is told, and harms nothing."""
    while True:
        for let_go in (
            partial(trimmed, here.settings, here.endpoint, outbox),
            partial(audit_trimmed, here.settings, here.endpoint, here.shelves),
        ):
            try:
                await let_go()
            except Exception as error:  # noqa: BLE001  whatever it was, the rows stay and commits go on
                alarm("archive", error)
        await asyncio.sleep(HOUR)
