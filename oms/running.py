"""Puts the parts together and runs them: `oms up`, a demo and the tests all start here.

server ─► streams ─► relay.check ─► genesis ─► committer + relay + door ─► projectors ─► ready
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

from adapters import system_clock as clock
from adapters.nats_checks import check_log, check_servers, refuse_open_server
from adapters.nats_commands import command_door
from adapters.nats_connection import connection
from adapters.nats_log import nats_log
from adapters.nats_reader import NatsReader
from adapters.nats_server import ANY_PORT, Endpoint, nats_server
from adapters.nats_streams import ensure_streams
from adapters.repair_files import refuse_while_repairing
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_refusals import RefusedCommands, SqliteRefusals
from adapters.view_files import ViewMissing, live_path
from events import catalog
from events.reserved import RUNNING_MIGRATIONS
from gateways.commands import CommandDoor
from gateways.previews import PreviewDoor
from oms.keys import key_store
from oms.reading import read_door
from oms.roles import roles
from oms.settings import Settings
from oms.signing import signers
from oms.views import READ_MODELS, Elsewhere, track
from producers.command import Limits
from producers.committer import Committer
from producers.decide import Planner
from producers.erase import erase
from producers.genesis import genesis
from producers.keys import KeyRing
from producers.log import LogUnavailable
from producers.outbox import OutboxUnavailable, Writes
from producers.relay import Relay
from projectors.projector import ViewUnavailable
from projectors.runner import Runner
from workers import migrations, refusals
from workers.queue import QueueWorker

REFUSALS_SECONDS: Final = 1.0  # between two looks for refused commands
WATCH_SECONDS: Final = 1.0  # between two looks at the relay
Alarm = Callable[[str, BaseException], None]


@dataclass(slots=True)
class Running:
    """What runs in this process; `None` for a role that another process has."""

    settings: Settings
    endpoint: Endpoint
    outbox: SqliteOutbox | None = None
    relay: Relay | None = None
    door: CommandDoor | None = None
    runner: Runner | None = None
    drifts: list[Any] = field(default_factory=list)
    _elsewhere: dict[str, Elsewhere] = field(init=False)

    def __post_init__(self) -> None:
        self._elsewhere = {name: Elsewhere(self.settings.folder, name) for name in READ_MODELS}

    async def relayed(self, position: int) -> None:
        """Returns once the log holds `position`."""
        if self.relay is None:
            msg = "the relay runs in another process; wait for a view instead"
            raise LookupError(msg)
        await self.relay.progress.reached(position)

    async def projected(self, view: str, position: int) -> None:
        """Returns once the view has `position`, here or in another process. Raises `LookupError` for what is no view."""
        if view not in READ_MODELS:
            msg = f"there is no view {view!r}; there are {', '.join(READ_MODELS)}"
            raise LookupError(msg)
        if self.runner is not None:
            await self.runner.projected(view, position)
        else:
            await self._elsewhere[view].reached(position)


@asynccontextmanager
async def running(settings: Settings, alarm: Alarm) -> AsyncIterator[Running]:
    """Everything that `settings.roles` names runs inside the block. The doors open last and close first."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(roles(settings.folder, settings.roles))
        refuse_while_repairing(settings.folder / "repair")
        loops: list[Coroutine[Any, Any, None]] = []
        stack.callback(_close_all, loops)
        here = Running(settings, await _endpoint(settings, stack, loops))
        if "committer" in settings.roles or "relay" in settings.roles:
            here.outbox = SqliteOutbox(settings.folder / "outbox.db", settings.ontology)
            stack.callback(here.outbox.close)
            await _prepare_relay(here, here.outbox, stack)
            await _prepare_committer(here, here.outbox, stack, loops)
        if here.relay is not None and "relay" in settings.roles:
            loops += [here.relay.run(), _watch(here.relay, alarm)]
        if "projectors" in settings.roles:
            await _prepare_projectors(here, alarm, stack, loops)
        if here.runner is not None and (settings.folder / "outbox.db").exists():
            refused = RefusedCommands(settings.folder / "outbox.db")
            stack.push_async_callback(refused.close)
            loops.append(_refusals(settings, refused, alarm))
        await stack.enter_async_context(_looping(loops))
        if here.door is not None:
            await stack.enter_async_context(command_door(here.endpoint, settings.ontology, here.door.take))
        if here.door is not None and "queue" in settings.roles:
            await stack.enter_async_context(_queue(here.endpoint, settings.ontology, here.door))
        yield here


async def _endpoint(settings: Settings, stack: AsyncExitStack, loops: list[Coroutine[Any, Any, None]]) -> Endpoint:
    if settings.nats_url:
        return Endpoint.at(settings.nats_url, Path(settings.nats_credentials) if settings.nats_credentials else None)
    folder = settings.folder / "nats"
    if "server" not in settings.roles:
        return Endpoint.of(folder)
    port = settings.nats_port or ANY_PORT
    server = await stack.enter_async_context(nats_server(folder, port, [settings.ontology]))
    loops.append(server.keep())
    return server.endpoint


async def _prepare_relay(here: Running, outbox: SqliteOutbox, stack: AsyncExitStack) -> None:
    """Nothing is accepted before the log's end was compared with the outbox: else it could hand out positions twice."""
    settings, endpoint = here.settings, here.endpoint
    async with connection(endpoint, "admin") as admin:
        here.drifts = await ensure_streams(admin, settings.ontology, settings.nats_replicas)
        await check_log(admin, settings.ontology)
    if "system" in endpoint.logins:
        async with connection(endpoint, "system") as system:
            await check_servers(system, settings.ontology)
    await refuse_open_server(endpoint, settings.ontology)
    log = await stack.enter_async_context(nats_log(endpoint, settings.ontology))
    here.relay = Relay(outbox, log, asyncio.Event())
    await here.relay.check()


async def _prepare_committer(
    here: Running, outbox: SqliteOutbox, stack: AsyncExitStack, loops: list[Coroutine[Any, Any, None]]
) -> None:
    settings = here.settings
    if "committer" not in settings.roles:
        return
    await outbox.commit(genesis(settings.ontology, settings.branch, clock.now()))
    keys = key_store(settings)
    stack.callback(keys.close)
    await erase(outbox, keys)

    begun = asyncio.Event()  # a migration began or ended

    def committed(writes: Writes) -> None:
        if here.relay is not None and "relay" in settings.roles:
            here.relay.told(writes.rows, more=committer.more)
        if any(write.key == RUNNING_MIGRATIONS for write in writes.heads):
            begun.set()

    limits = Limits(clock_ahead=int(settings.max_clock_skew * 1e6))
    committer = Committer(
        outbox, Planner(settings.ontology, clock.new_id, limits, KeyRing(keys, token_bytes)), clock.now, committed
    )
    questions = read_door(settings).questions | PreviewDoor(outbox).questions
    here.door = CommandDoor(committer, here, questions, signers(settings))
    loops += [committer.run(), _forget(outbox, settings.remember), _migrate(outbox, here.door, begun)]


async def _prepare_projectors(
    here: Running, alarm: Alarm, stack: AsyncExitStack, loops: list[Coroutine[Any, Any, None]]
) -> None:
    settings = here.settings
    feed = NatsReader(here.endpoint, settings.ontology)
    tracks = []
    for name in READ_MODELS:
        tracked, anew = await stack.enter_async_context(track(settings.folder, settings.ontology, name, feed, alarm))
        tracks.append(tracked)
        loops += [anew] if anew else []
    here.runner = Runner(feed, tracks, catalog.proven, clock.now, alarm)
    loops.append(here.runner.run())


@asynccontextmanager
async def _queue(endpoint: Endpoint, ontology: str, door: CommandDoor) -> AsyncIterator[None]:
    from adapters.faststream_queue import command_queue  # takes a second to import

    async with command_queue(endpoint, ontology) as queue:
        worker = QueueWorker(queue, door.decide)

        async def work() -> None:
            while True:
                await worker.step()

        async with _looping([work()]):
            yield


async def _migrate(outbox: SqliteOutbox, door: CommandDoor, begun: asyncio.Event) -> None:
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


async def _refusals(settings: Settings, refused: RefusedCommands, alarm: Alarm) -> None:
    """Into the live build of the audit, which a rebuild may exchange; a store that refuses for a while is tried again."""
    said = ""
    while True:
        try:
            await _register(settings, refused)
            said = ""
        except (ViewUnavailable, ViewMissing, sqlite3.OperationalError) as passing:
            if str(passing) != said:
                alarm("refusals", passing)
            said = str(passing)
            await asyncio.sleep(REFUSALS_SECONDS)


async def _register(settings: Settings, refused: RefusedCommands) -> None:
    """As long as this build of the audit is live."""
    path = live_path(settings.folder, "audit")
    register = SqliteRefusals(path)
    try:
        while live_path(settings.folder, "audit") == path:
            if not await refusals.step(refused, register):
                await asyncio.sleep(REFUSALS_SECONDS)
    finally:
        await register.close()


async def _forget(outbox: SqliteOutbox, days: float) -> None:
    """Once an hour drop the commands that are remembered long enough."""
    while True:
        await asyncio.sleep(3_600)
        await outbox.forget(clock.now() - int(days * 86_400e6))


def _close_all(loops: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Those that a refused start left unawaited."""
    for loop in loops:
        loop.close()


@asynccontextmanager
async def _looping(loops: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """They run as long as the block does. One that fails ends the block, with its error."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(loop) for loop in loops]
        yield
        for task in running:
            task.cancel()
