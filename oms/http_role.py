"""A part of a running OMS that speaks HTTP. It listens from the start, and loads nothing before somebody knocks."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from oms.about_settings import SettingRefused
from oms.recording import Recorder
from oms.settings import Settings

if TYPE_CHECKING:
    from adapters.http_tls import ServerTls
    from adapters.nats_server import Endpoint

AGAIN_SECONDS: Final = 5.0
TOLD_SECONDS: Final = 1.0
MOST_TOLD: Final = 100  # of those turned away in that time, one by one: nobody fills the audit with them
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
Alarm = Callable[[str, BaseException], None]


class Turned:
    """Those who were turned away, brought to the audit once a second; a `gateways.http.ports.Turned`."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._seen: Counter[tuple[str, str, str, str]] = Counter()

    def failed_login(self, origin: str, why: str) -> None:
        self._seen["", origin, "", why] += 1

    def denied(self, principal: str, origin: str, what: str, why: str) -> None:
        self._seen[principal, origin, what, why] += 1

    async def tell(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TOLD_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        seen, self._seen = self._seen, Counter()
        told = seen.most_common(MOST_TOLD)
        for (principal, origin, what, why), times in told:
            often = why if times == 1 else f"{why} ({times:,} times)"
            if what:
                await self._recorder.denied(principal, origin, what, often)
            else:
                await self._recorder.failed_login(principal, origin, often)
        if len(seen) > len(told):
            text = f"so many within {TOLD_SECONDS:g} s"
            await self._recorder.denied("", "http", f"{len(seen) - len(told):,} other things", text)


Serve = Callable[["Endpoint", Turned, socket.socket, str, Alarm], Awaitable[None]]
"""`(endpoint, who hears of those turned away, listener, URL, alarm)`, until cancelled; closes the listener."""


class HttpRole:
    """`url` is where it listens; `None`, and `trouble` says why, where another program has the port."""

    def __init__(
        self, name: str, listener: socket.socket | None, trouble: str, recorder: Recorder, serve: Serve, scheme: str
    ) -> None:
        self._name, self._listener, self.trouble, self._serve = name, listener, trouble, serve
        self._scheme = scheme
        self.turned = Turned(recorder)

    @property
    def url(self) -> str | None:
        if self._listener is None:
            return None
        host, port = self._listener.getsockname()[:2]
        return f"{self._scheme}://[{host}]:{port}" if ":" in host else f"{self._scheme}://{host}:{port}"

    async def run(self, endpoint: "Endpoint", alarm: Alarm) -> None:
        """Until cancelled. Whatever ends it is told once, and ends nothing else."""
        from adapters.listening import knocked

        if self._listener is None:
            return
        await knocked(self._listener)
        said = ""
        while True:
            try:
                await self._serve(endpoint, self.turned, self._listener.dup(), self.url or "", alarm)
            except Exception as error:  # noqa: BLE001 a server, a store or a defect: OMS lives on without HTTP
                if repr(error) != said:
                    alarm(self._name, error)
                said = repr(error)
            await asyncio.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def http_role(
    settings: Settings, name: str, port: int, missing: str, serve: Serve, recorder: Recorder
) -> AsyncIterator[HttpRole]:
    """It listens inside the block; `missing` is said where it cannot. Raises `SettingRefused`, and `PortTaken` where it is the only role."""
    from adapters.listening import PortTaken, listening

    refuse_open_door(settings)
    scheme = "https" if server_tls(settings) else "http"
    listener, trouble = None, ""
    try:
        listener = listening(settings.bind, port)
    except PortTaken as taken:
        if settings.roles == (name,):
            raise
        trouble = f"{taken}; {missing}"
    with listener or nullcontext():
        role = HttpRole(name, listener, trouble, recorder, serve, scheme)
        try:
            yield role
        finally:
            await role.turned.flush()
            await recorder.close()


def refuse_open_door(settings: Settings) -> None:
    """Raises `SettingRefused`."""
    from oms.callers import CallersFile

    if settings.bind not in LOOPBACK and not CallersFile(settings).known():
        text = "beyond this machine only who shows a token is let in; make one: oms gateway allow NAME"
        raise SettingRefused("bind", settings.bind, text)
    if "*" in settings.gateway_cors and not CallersFile(settings).begun():
        text = "without tokens the page of any web site would speak for this machine; make one: oms gateway allow NAME"
        raise SettingRefused("gateway_cors", "*", text)


def server_tls(settings: Settings) -> "ServerTls | None":
    """`None`: plain HTTP. Raises `SettingRefused`."""
    certificate, key = settings.http_certificate, settings.http_key
    if not certificate and not key:
        return None
    if not certificate or not key:
        raise SettingRefused(
            "http_key" if certificate else "http_certificate", "", "a certificate has a key: name both"
        )
    from adapters.http_tls import BadCertificate, ServerTls

    try:
        return ServerTls(Path(certificate), Path(key))
    except BadCertificate as error:
        raise SettingRefused("http_certificate", certificate, str(error)) from error
