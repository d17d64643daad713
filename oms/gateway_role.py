"""The part of a running OMS that speaks HTTP, on port 8003. It listens from the start, and loads nothing before somebody knocks."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from oms.about_settings import SettingRefused
from oms.gateway_mappings import mappings
from oms.recording import Recorder
from oms.settings import Settings
from oms.shelves import Shelves

if TYPE_CHECKING:
    from adapters.nats_server import Endpoint

ROLE: Final = "gateway"
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


class GatewayRole:
    """`url` is where it listens; `None`, and `trouble` says why, where another program has the port."""

    def __init__(
        self, settings: Settings, listener: socket.socket | None, trouble: str, shelves: Shelves, recorder: Recorder
    ) -> None:
        self._settings, self._listener, self.trouble = settings, listener, trouble
        self._shelves, self.turned = shelves, Turned(recorder)

    @property
    def url(self) -> str | None:
        if self._listener is None:
            return None
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def run(self, endpoint: "Endpoint", alarm: Alarm) -> None:
        """Until cancelled. Whatever ends it is told once, and ends nothing else."""
        from adapters.listening import knocked

        if self._listener is None:
            return
        await knocked(self._listener)
        said = ""
        while True:
            try:
                await self._serve(endpoint, alarm)
            except Exception as error:  # noqa: BLE001 a server, a store or a defect: OMS lives on without HTTP
                if repr(error) != said:
                    alarm(ROLE, error)
                said = repr(error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _serve(self, endpoint: "Endpoint", alarm: Alarm) -> None:
        from importlib import import_module

        assert self._listener is not None
        serving = await asyncio.to_thread(import_module, "oms.gateway")  # half a second, beside everything else
        await serving.serve(self._settings, endpoint, self._shelves, self.turned, self._listener.dup(), self.url, alarm)


@asynccontextmanager
async def gateway_role(settings: Settings, shelves: Shelves, recorder: Recorder) -> AsyncIterator[GatewayRole]:
    """It listens inside the block. Raises `SettingRefused`, and `PortTaken` where it is the only role."""
    from adapters.listening import PortTaken, listening

    refuse_open_door(settings)
    mappings(settings)
    listener, trouble = None, ""
    try:
        listener = listening(settings.bind, settings.gateway_port)
    except PortTaken as taken:
        if settings.roles == (ROLE,):
            raise
        trouble = f"{taken}; there is no event gateway here (`gateway_port` names another port)"
    with listener or nullcontext():
        role = GatewayRole(settings, listener, trouble, shelves, recorder)
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
