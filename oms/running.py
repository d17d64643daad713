"""Puts the parts together and runs them: `oms up`, a demo and the tests all start here.

server ─► streams ─► relay.check ─► genesis ─► committer + relay + door ─► projectors ─► ready
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from adapters import system_clock as clock
from adapters.file_lease import FileLeases
from adapters.nats_commands import command_door
from adapters.nats_connection import connection
from adapters.nats_log import nats_log
from adapters.nats_reader import NatsReader
from adapters.nats_server import ANY_PORT, Endpoint, nats_server
from adapters.nats_streams import check_log, ensure_streams, refuse_open_server
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_versions import sqlite_versions
from adapters.view_files import live_version, make_live, view_path
from events import catalog
from gateways.commands import CommandDoor
from oms.settings import Settings
from producers.command import Limits
from producers.committer import Committer
from producers.decide import Planner
from producers.genesis import genesis
from producers.outbox import Writes
from producers.relay import Relay
from projectors.audit import audit
from projectors.projector import Projector, View
from projectors.runner import Runner
from projectors.track import Track
from projectors.versions import versions

Alarm = Callable[[str, BaseException], None]


class RoleTaken(Exception):
    """Another process has this role in this folder."""

    def __init__(self, folder: Path, role: str) -> None:
        self.folder, self.role = folder, role
        super().__init__(
            f"another `oms up` is the {role} of {folder}; end it first, or name another folder with --folder"
        )


@dataclass(slots=True)
class Running:
    """What runs in this process; `None` for a role that another process has."""

    settings: Settings
    endpoint: Endpoint
    outbox: SqliteOutbox | None = None
    committer: Committer | None = None
    relay: Relay | None = None
    runner: Runner | None = None
    drifts: list[Any] = field(default_factory=list)

    async def relayed(self, position: int) -> None:
        """Returns once the log holds `position`."""
        if self.relay is None:
            msg = "the relay runs in another process; wait for a view instead"
            raise LookupError(msg)
        await self.relay.progress.reached(position)

    async def projected(self, view: str, position: int) -> None:
        """Returns once the view has `position`. Raises `LookupError` for a view that is not run here."""
        if self.runner is None or view not in {track.name for track in self.runner.tracks}:
            msg = f"no view {view!r} runs in this process"
            raise LookupError(msg)
        await self.runner.projected(view, position)


@asynccontextmanager
async def running(settings: Settings, alarm: Alarm) -> AsyncIterator[Running]:
    """Everything that `settings.roles` names runs inside the block; it ends in the order it began, backwards."""
    async with AsyncExitStack() as stack:
        await _take_roles(settings, stack)
        endpoint = await _endpoint(settings, stack)
        here = Running(settings, endpoint)
        if "committer" in settings.roles or "relay" in settings.roles:
            here.outbox = SqliteOutbox(settings.folder / "outbox.db", settings.ontology)
            stack.callback(here.outbox.close)
        wake = asyncio.Event()
        tasks = await stack.enter_async_context(_ending_task_group())
        if "relay" in settings.roles:
            await _start_relay(here, wake, stack, tasks)
        if "committer" in settings.roles:
            await _start_committer(here, wake, stack, tasks)
        if "projectors" in settings.roles:
            await _start_projectors(here, alarm, stack, tasks)
        yield here


async def _take_roles(settings: Settings, stack: AsyncExitStack) -> None:
    """One process per role and folder; the kernel gives a role back when its process ends, however it ends."""
    leases = FileLeases(settings.folder / "roles")
    for role in settings.roles:
        held = await leases.acquire(role)
        if held is None:
            raise RoleTaken(settings.folder, role)
        stack.push_async_callback(leases.release, held)


async def _endpoint(settings: Settings, stack: AsyncExitStack) -> Endpoint:
    folder = settings.folder / "nats"
    if "server" not in settings.roles:
        return Endpoint.of(folder)
    port = settings.nats_port or ANY_PORT
    server = await stack.enter_async_context(nats_server(folder, port, [settings.ontology]))
    return server.endpoint


async def _start_relay(here: Running, wake: asyncio.Event, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
    settings, endpoint = here.settings, here.endpoint
    async with connection(endpoint, "admin") as admin:
        here.drifts = await ensure_streams(admin, settings.ontology)
        await check_log(admin, settings.ontology)
    await refuse_open_server(endpoint, settings.ontology)
    assert here.outbox is not None
    log = await stack.enter_async_context(nats_log(endpoint, settings.ontology))
    here.relay = Relay(here.outbox, log, wake)
    await here.relay.check()
    tasks.create_task(here.relay.run(), name="relay")


async def _start_committer(here: Running, wake: asyncio.Event, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
    settings, outbox = here.settings, here.outbox
    assert outbox is not None
    await outbox.commit(genesis(settings.ontology, settings.branch, clock.now()))

    def committed(_: Writes) -> None:
        wake.set()

    limits = Limits(clock_ahead=int(settings.max_clock_skew * 1e6))
    planner = Planner(settings.ontology, clock.new_id, limits)
    here.committer = Committer(outbox, planner, clock.now, committed, settings.group_limit)
    tasks.create_task(here.committer.run(), name="committer")
    tasks.create_task(_forget(outbox, settings.remember), name="forget")
    door = CommandDoor(here.committer, here)
    await stack.enter_async_context(command_door(here.endpoint, settings.ontology, door.answer))
    wake.set()


async def _start_projectors(here: Running, alarm: Alarm, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
    settings = here.settings
    feed = NatsReader(here.endpoint, settings.ontology)
    tracks = [await _track(settings, projector, opened, stack) for projector, opened in _VIEWS.values()]
    here.runner = Runner(feed, tracks, catalog.payload, clock.now, alarm)
    tasks.create_task(here.runner.run(), name="projectors")


async def _track(
    settings: Settings, projector: Projector[Any], opened: Callable[[Path, str], Any], stack: AsyncExitStack
) -> Track[Any]:
    name = projector.name
    version = live_version(settings.folder, name) or projector.version
    view: View[Any] = opened(view_path(settings.folder, name, version), settings.ontology)
    stack.push_async_callback(view.close)
    if live_version(settings.folder, name) is None:
        make_live(settings.folder, name, version)
    track = Track(projector, view, await view.checkpoint())
    await track.open()
    return track


_VIEWS: Final[Mapping[str, tuple[Projector[Any], Callable[[Path, str], Any]]]] = {
    "versions": (versions(catalog.evolve), sqlite_versions),
    "audit": (audit, sqlite_audit),
}


async def _forget(outbox: SqliteOutbox, days: float) -> None:
    """Once an hour drop the commands that are remembered long enough."""
    while True:
        await asyncio.sleep(3_600)
        await outbox.forget(clock.now() - int(days * 86_400e6))


@asynccontextmanager
async def _ending_task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose tasks end with the block."""

    class Ended(Exception):
        pass

    async def end() -> None:
        raise Ended

    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            tasks.create_task(end())
    except* Ended:
        pass
