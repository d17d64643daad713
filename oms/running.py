"""Puts the parts together and runs them: `oms up`, a demo and the tests all start here.

server ─► streams ─► projectors ─► write side (`oms.writing`) ─► ready
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from adapters import system_clock as clock
from adapters.incident_letters import IncidentLetters
from adapters.nats_checks import check_log, check_servers, refuse_open_server
from adapters.nats_config import SYSTEM
from adapters.nats_connection import connection
from adapters.nats_dead import DeadLetters
from adapters.nats_reader import NatsReader
from adapters.nats_server import ANY_PORT, Endpoint, nats_server
from adapters.nats_streams import ensure_streams
from adapters.postgres_leases import postgres_leases
from adapters.postgres_outbox import postgres_outbox
from adapters.postgres_reach import reach_postgres
from adapters.repair_files import refuse_while_repairing
from adapters.sqlite_refusals import RefusedCommands
from adapters.view_files import ViewMissing
from events import catalog
from oms import alarms
from oms.about_settings import SettingRefused
from oms.delivering import Delivering
from oms.embedding_role import EmbeddingRole
from oms.gateway_role import gateway_role
from oms.measuring import Figures, measuring
from oms.packing import keep_packed
from oms.process import Alarm, Loop, Running, close_all, looping
from oms.recording import Recorder
from oms.refused_by_nats import listening
from oms.roles import roles
from oms.scheduler_role import scheduler_role
from oms.scheduling import Scheduling
from oms.settings import Settings
from oms.shelves import READ_MODELS, Shelves, kept
from oms.sinks import carrying
from oms.sources import reached_server, running_server
from oms.views import track
from oms.writing import writing
from producers.lease import Held, Leases, lead
from producers.outbox import OutboxUnavailable, Refusal
from producers.progress import Progress
from projectors.projector import ViewUnavailable
from projectors.runner import Runner
from workers import refusals

REFUSALS_SECONDS: Final = 1.0  # between two looks for refused commands


@asynccontextmanager
async def running(settings: Settings, alarm: Alarm) -> AsyncIterator[Running]:
    """Everything that `settings.roles` names runs inside the block. The doors open last and close first."""
    alarm = alarms.hearing(settings.folder, alarm)
    with alarms.starting(settings.folder):
        async with AsyncExitStack() as stack:
            yield await _started(settings, alarm, stack)


async def _started(settings: Settings, alarm: Alarm, stack: AsyncExitStack) -> Running:
    await stack.enter_async_context(roles(settings.folder, settings.roles))
    refuse_while_repairing(settings.folder / "repair")
    if settings.postgres_url:
        await reach_postgres(settings.postgres_url)
    loops: list[Loop] = []
    stack.callback(close_all, loops)
    shelves = stack.enter_context(kept(settings))
    embedding = EmbeddingRole(settings, shelves, alarm)
    stack.push_async_callback(embedding.aclose)
    recorder = Recorder(shelves, IncidentLetters(settings.folder), alarm)
    here = Running(settings, await _endpoint(settings, stack, loops), shelves, embedding, recorder)
    if "committer" in settings.roles or "relay" in settings.roles:
        await _prepare_log(here)
    figures = None
    if "projectors" in settings.roles:
        await _prepare_projectors(here, alarm, stack, loops)
        figures = stack.enter_context(measuring(here, alarm))
        loops += carrying(settings, here.endpoint, alarm, figures)
    if "embedding" in settings.roles:
        loops.append(embedding.run())
    if "webhooks" in settings.roles:
        loops.append(Delivering(settings, here.endpoint, shelves, here.projected, alarm).run())
    if "scheduler" in settings.roles:
        scheduling = Scheduling(settings, here.endpoint, shelves, here.projected, alarm)
        here.scheduler = await stack.enter_async_context(scheduler_role(settings, shelves, recorder, scheduling))
        loops += [scheduling.run(), here.scheduler.run(here.endpoint, alarm)]
    if "gateway" in settings.roles:
        here.gateway = await stack.enter_async_context(gateway_role(settings, shelves, recorder))
        loops.append(here.gateway.run(here.endpoint, alarm))
    if "committer" in settings.roles:
        loops.append(recorder.run())
    loops += listening(settings, here.endpoint, recorder, alarm)
    await stack.enter_async_context(looping(loops))
    await stack.enter_async_context(writing(here, alarm))
    if "projectors" in settings.roles and (refused := await _refused(settings, stack)):
        await stack.enter_async_context(looping([_refusals(here.shelves, refused, alarm, figures)]))
    return here


async def _endpoint(settings: Settings, stack: AsyncExitStack, loops: list[Loop]) -> Endpoint:
    if settings.nats_url.startswith("ws"):
        text = "`oms up` speaks nats:// or tls://; WebSockets are for clients"
        raise SettingRefused("nats_url", settings.nats_url, text)
    if settings.nats_url:
        return await reached_server(settings, "service")
    if "server" not in settings.roles:  # parts of one folder start in any order: it waits for the one with the server
        return running_server(settings)
    port = settings.nats_port or ANY_PORT
    server = await stack.enter_async_context(nats_server(settings.folder / "nats", port, [settings.ontology]))
    loops.append(server.keep())
    return server.endpoint


async def _prepare_log(here: Running) -> None:
    """Its streams are there and as they must be, and nobody else can write to them."""
    settings, endpoint = here.settings, here.endpoint
    async with connection(endpoint, "admin") as admin:
        here.drifts = await ensure_streams(admin, settings.ontology, settings.nats_replicas)
        await check_log(admin, settings.ontology)
    if SYSTEM in endpoint.logins:
        async with connection(endpoint, SYSTEM) as system:
            await check_servers(system, settings.ontology)
    await refuse_open_server(endpoint, settings.ontology)


async def _prepare_projectors(here: Running, alarm: Alarm, stack: AsyncExitStack, loops: list[Loop]) -> None:
    settings = here.settings
    feed = NatsReader(here.endpoint, settings.ontology)
    dead = DeadLetters(here.endpoint)
    stack.push_async_callback(dead.close)
    tracks = []
    for name in READ_MODELS:
        shelf = here.shelves.shelf(name)
        tracked, anew = await stack.enter_async_context(track(shelf, settings.ontology, name, feed, alarm, dead.tell))
        tracks.append(tracked)
        loops += [anew] if anew else []
    runner = Runner(feed, tracks, catalog.proven, clock.now, alarm)
    if settings.postgres_url:
        leases = await stack.enter_async_context(postgres_leases(settings.postgres_url, settings.ontology))
        loops.append(_led(here, runner, leases, alarm))
    else:
        here.runner = runner
        loops += [runner.run(), keep_packed(settings, here.shelves, clock.now, alarm)]
    if settings.terminusdb_url:
        from oms import graph

        here.graph = Progress()
        loops.append(graph.follow(settings, here.shelves, here.projected, here.graph.move, alarm))


async def _led(here: Running, runner: Runner, leases: Leases, alarm: Alarm) -> None:
    """One process folds into the views that several share."""

    async def work(_: Held) -> None:
        here.runner = runner
        try:
            async with looping([keep_packed(here.settings, here.shelves, clock.now, alarm)]):
                await runner.run()
        finally:
            here.runner = None

    await lead(leases, "projectors", work)


async def _refused(settings: Settings, stack: AsyncExitStack) -> refusals.Refused | None:
    """Where the commands that were refused are kept first."""
    if settings.postgres_url:
        return await stack.enter_async_context(postgres_outbox(settings.postgres_url, settings.ontology))
    if not (settings.folder / "outbox.db").exists():
        return None
    refused = RefusedCommands(settings.folder / "outbox.db")
    stack.push_async_callback(refused.close)
    return refused


async def _refusals(shelves: Shelves, refused: refusals.Refused, alarm: Alarm, figures: Figures | None) -> None:
    """Into the live build of the audit, which a rebuild may exchange; a store that refuses for a while is tried again."""
    said = ""
    while True:
        try:
            await _register(shelves, refused, alarm, figures)
            said = ""
        except (OutboxUnavailable, ViewUnavailable, ViewMissing, sqlite3.OperationalError) as passing:
            if str(passing) != said:
                alarm("refusals", passing)
            said = str(passing)
            await asyncio.sleep(REFUSALS_SECONDS)


async def _register(shelves: Shelves, refused: refusals.Refused, alarm: Alarm, figures: Figures | None) -> None:
    """As long as this build of the audit is live."""

    def heard(found: Sequence[tuple[int, Refusal]]) -> None:
        if forged := alarms.forged(found):
            alarm("commands", forged)
        if figures is not None:
            figures.refused(found)

    audit = shelves.shelf("audit")
    build = await asyncio.to_thread(audit.live)
    register = await asyncio.to_thread(shelves.register)
    try:
        while await asyncio.to_thread(audit.live) == build:
            if not await refusals.step(refused, register, heard):
                await asyncio.sleep(REFUSALS_SECONDS)
    except ViewUnavailable:
        if await asyncio.to_thread(audit.live) == build:  # else it went while it was written to
            raise
    finally:
        await register.close()
