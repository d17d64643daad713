"""Puts the event gateway together: what stands behind its doors, and the server before them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from adapters import system_clock as clock
from adapters.door_figures import DoorFigures
from adapters.gateway_figures import GatewayFigures
from adapters.http_server import serve as serve_http
from adapters.nats_commands import requests
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.view_files import ViewMissing
from events.wire.cloudevents import CloudEvent
from gateways.http.app import application
from gateways.http.ports import Behind, Cursors, Translate, Translated, ViewStands
from gateways.http.tail import Tail
from oms.consents import consent_door
from oms.gateway_mappings import mappings
from oms.http_behind import Admitted, asking, ending, live, once
from oms.http_role import Alarm, Turned, server_tls
from oms.importing.arriving import arrived
from oms.measuring import endpoints
from oms.portal import PortalDesk
from oms.process import looping
from oms.recording import Recorder
from oms.settings import Settings
from oms.shelves import READ_MODELS, Shelves
from projectors.projector import ViewUnavailable

AGAIN_SECONDS = 1.0
PAGE_PULL = 1_000  # messages that are asked for at a time: who is behind reads pages


async def serve(
    settings: Settings, endpoint: Endpoint, shelves: Shelves, recorder: Recorder, turned: Turned,
    listener: socket.socket, url: str, alarm: Alarm,
) -> None:  # fmt: skip
    """Until cancelled; closes the listener."""
    reader = NatsReader(endpoint, settings.ontology, pull=PAGE_PULL)
    tail = Tail(reader)

    log_end = ending(reader)

    def views() -> Iterator[ViewStands]:
        return _standings(shelves)

    figures = GatewayFigures(
        DoorFigures("gateway", settings.ontology, log_end), views,
        lambda meter: endpoints(settings, shelves, recorder, meter),
    )  # fmt: skip
    with listener:
        async with requests(endpoint, "service") as asked, cursors(settings) as kept:
            behind = Behind(
                settings.ontology, settings.branch, url, tail, asking(asked), Admitted(settings), turned,
                _translating(settings), kept, lambda: live(shelves), views, log_end, figures, clock.now,
                lambda token, headers: _consented(settings, token, headers), once("gateway", alarm),
                PortalDesk(settings, endpoint, shelves, reader, alarm), clock.new_id, settings.gateway_origins, settings.gateway_rate,
                settings.gateway_cors,
            )  # fmt: skip
            app = await asyncio.to_thread(application, behind)  # a fifth of a second, beside everything else
            async with looping([_follow(tail, alarm), turned.tell()]):
                try:
                    await serve_http(app, listener, tail.end, alarm, server_tls(settings))
                finally:
                    figures.close()


async def _consented(settings: Settings, token: str, headers: Mapping[str, str]) -> bool:
    async with consent_door(settings) as given:
        return await given(token, headers)


def _translating(settings: Settings) -> Translate:
    """As the file says that the setting names. Raises `SettingRefused`."""
    rules = mappings(settings)

    def translate(event: CloudEvent) -> Translated | None:
        found = arrived(rules, event)
        return None if found is None else Translated(found[0] or settings.branch, found[1])

    return translate


@asynccontextmanager
async def cursors(settings: Settings) -> AsyncIterator[Cursors]:
    """In a file of the data folder, or in the database."""
    if settings.postgres_url:
        from adapters.postgres_cursors import PostgresCursors

        kept: Any = PostgresCursors(settings.postgres_url, settings.ontology)
    else:
        from adapters.sqlite_cursors import SqliteCursors

        kept = SqliteCursors(settings.folder / "gateway.db")
    try:
        yield kept
    finally:
        await kept.close()


async def _follow(tail: Tail, alarm: Alarm) -> None:
    """What ends it is told once; readers wait meanwhile."""
    said = ""
    while True:
        try:
            await tail.run()
        except Exception as error:  # noqa: BLE001 a log with a hole, a server that is away
            if repr(error) != said:
                alarm("gateway", error)
            said = repr(error)
        await asyncio.sleep(AGAIN_SECONDS)


def _standings(shelves: Shelves) -> Iterator[ViewStands]:
    for name in READ_MODELS:
        try:
            live = [standing for standing, live in shelves.shelf(name).standings() if live]
            yield ViewStands(name, live[0].checkpoint.position, live[0].parked) if live else ViewStands(name, None)
        except (ViewMissing, ViewUnavailable):
            yield ViewStands(name, None)
