"""Puts the event gateway together: what stands behind its doors, and the server before them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from adapters import system_clock as clock
from adapters.gateway_figures import GatewayFigures
from adapters.http_server import serve as serve_http
from adapters.nats_commands import Requests, Unanswered, requests
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.nats_wire import WireLost, WireRefused
from adapters.view_files import ViewMissing
from events.wire.cloudevents import CloudEvent
from gateways.http.app import application
from gateways.http.ports import Behind, Caller, Cursors, NoAnswer, Translate, Translated, ViewStands
from gateways.http.tail import Tail
from gateways.reads import ViewUnreadable
from oms.callers import CallersFile, Known
from oms.consents import consent_door
from oms.gateway_mappings import mappings
from oms.gateway_role import LOOPBACK, Alarm, Turned
from oms.importing.arriving import arrived
from oms.process import looping
from oms.settings import Settings
from oms.shelves import READ_MODELS, Shelves
from projectors.projector import ViewUnavailable
from queries.versions import Versions

AGAIN_SECONDS = 1.0
PAGE_PULL = 1_000  # messages that are asked for at a time: who is behind reads pages


async def serve(
    settings: Settings, endpoint: Endpoint, shelves: Shelves, turned: Turned, listener: socket.socket, url: str,
    alarm: Alarm,
) -> None:  # fmt: skip
    """Until cancelled; closes the listener."""
    reader = NatsReader(endpoint, settings.ontology, pull=PAGE_PULL)
    tail = Tail(reader)

    async def log_end() -> int:
        try:
            return await reader.last()
        except (WireLost, WireRefused) as error:
            raise ConnectionError(str(error)) from error

    def views() -> Iterator[ViewStands]:
        return _standings(shelves)

    figures = GatewayFigures(settings.ontology, log_end, views)
    with listener:
        async with requests(endpoint, "service") as asked, cursors(settings) as kept:
            behind = Behind(
                settings.ontology, settings.branch, url, tail, _asking(asked), _Callers(settings), turned,
                _translating(settings), kept, lambda: _versions(shelves), views, log_end, figures, clock.now,
                lambda token, headers: _consented(settings, token, headers),
                settings.gateway_origins, settings.gateway_rate,
            )  # fmt: skip
            app = await asyncio.to_thread(application, behind)  # a fifth of a second, beside everything else
            async with looping([_follow(tail, alarm), turned.tell()]):
                try:
                    await serve_http(app, listener, tail.end, lambda error: alarm("gateway", error))
                finally:
                    figures.close()


async def _consented(settings: Settings, token: str, headers: Mapping[str, str]) -> bool:
    async with consent_door(settings) as given:
        return await given(token, headers)


class _Callers:
    """Of a gateway that listens on this machine alone, anybody may come in as long as nobody was given a token."""

    def __init__(self, settings: Settings) -> None:
        self._file, self._here = CallersFile(settings), settings.bind in LOOPBACK

    def anybody(self) -> bool:
        return self._here and not self._file.known()

    def by_token(self, token: str) -> Caller | None:
        return _caller(self._file.by_token(token))

    def by_signature(self, headers: Mapping[str, str], body: bytes) -> Caller | None:
        return _caller(self._file.by_signature(headers, body))


def _caller(known: Known | None) -> Caller | None:
    return None if known is None else Caller(known.principal, known.may)


def _asking(asked: Requests) -> Any:
    async def ask(subject: str, payload: bytes, headers: Mapping[str, str], seconds: float) -> bytes:
        try:
            return await asked.request(subject, payload, headers, seconds)
        except Unanswered as unanswered:
            raise NoAnswer(f"{unanswered.reason}: send it again, it is decided once") from unanswered

    return ask


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


@contextmanager
def _versions(shelves: Shelves) -> Iterator[Versions]:
    try:
        with shelves.versions() as versions:
            yield versions
    except (ViewMissing, ViewUnavailable) as error:
        raise ViewUnreadable(str(error)) from error


def _standings(shelves: Shelves) -> Iterator[ViewStands]:
    for name in READ_MODELS:
        try:
            yield ViewStands(name, shelves.shelf(name).position())
        except (ViewMissing, ViewUnavailable):
            yield ViewStands(name, None)
