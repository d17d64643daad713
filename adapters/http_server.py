"""Serves an application (ASGI) over HTTP/1.1 on a socket that listens already, with bounds for those who do not hurry.

a head of more than 32 KiB           refused        a head that is not whole after 10 s     hung up
a reader that takes nothing for 60 s hung up        more than 600 connections               503
TLS that is not agreed on in 60 s    hung up
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.http_tls import BadCertificate, ServerTls
from adapters.listening import BACKLOG

HEAD_BYTES: Final = 32 << 10
HEAD_SECONDS: Final = 10.0
STALLED_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 30  # between two requests of a connection
CONNECTIONS: Final = 600
_TOO_LONG: Final = f"The head of a request has at most {HEAD_BYTES} bytes."
FAREWELL_SECONDS: Final = 2  # for answers under way when it ends
Application = Callable[..., Any]


async def serve(
    application: Application,
    listener: socket.socket,
    ending: Callable[[], None],
    alarm: Callable[[str, BaseException], None],
    tls: ServerTls | None = None,
) -> None:
    """Until cancelled: then `ending` is called, and answers under way get a moment. Closes the socket.

    `alarm` hears of what the application raised, as of `http`: the log of uvicorn is one for all servers of a process.
    """
    _hear(alarm)
    server = _Server(
        uvicorn.Config(
            application, http=_Patient, ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, proxy_headers=False, limit_concurrency=CONNECTIONS, timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=FAREWELL_SECONDS, backlog=BACKLOG,
        ),
        tls, alarm,
    )  # fmt: skip
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await asyncio.shield(serving)
    finally:
        ending()
        server.end()
        with listener:
            await serving


class _Server(uvicorn.Server):
    """Wakes once a second, for the time that answers carry, and at once to end."""

    def __init__(
        self, config: uvicorn.Config, tls: ServerTls | None, alarm: Callable[[str, BaseException], None]
    ) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()
        self._tls, self._alarm = tls, alarm
        config.load()
        config.ssl = None if tls is None else tls.context

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            self._renew()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._ending.wait()

    def _renew(self) -> None:
        if self._tls is not None:
            try:
                self._tls.renew()
            except BadCertificate as error:  # the one before goes on being shown
                self._alarm("http", error)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the program's."""
        yield


class _Patient(HttpToolsProtocol):
    """A connection that is hung up on when a head does not end or is too long, or when what is written is not read.

    NOTE the parser knows no bounds: it keeps of a head what comes.
    """

    _head: asyncio.TimerHandle | None = None  # runs while one is expected
    _stalled: asyncio.TimerHandle | None = None
    _heads = 0  # that were whole
    _bytes = _begun = 0  # of a head: of its whole lines; of what came since it was expected

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        heads, waiting = self._heads, self._head is not None
        super().data_received(data)
        if heads != self._heads or self.transport.is_closing():
            return
        if waiting:
            self._begun += len(data)
            if self._begun > HEAD_BYTES:
                self.send_400_response(_TOO_LONG)
        elif self.cycle is None or self.cycle.response_complete:
            self._expect()  # line ends ahead of a head, or the rest of a body that was answered before it came

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._bytes = 0
        self._expect()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._of_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._of_head(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._heads += 1
        self._begun = 0
        self._rest()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._rest()
        if self._stalled is not None:
            self._stalled.cancel()

    def _of_head(self, more: int) -> None:
        """What it raises is answered with 400."""
        self._bytes += more
        if self._bytes > HEAD_BYTES:
            raise ValueError(_TOO_LONG)

    def _expect(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _rest(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class _Defects(logging.Handler):
    def __init__(self, alarm: Callable[[str, BaseException], None]) -> None:
        super().__init__(logging.ERROR)
        self._alarm = alarm

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is None and isinstance(record.exc_info, BaseException):
            error = record.exc_info
        if error is not None:
            self._alarm("http", error)


def _hear(alarm: Callable[[str, BaseException], None]) -> None:
    """What uvicorn logs goes nowhere else."""
    logger = logging.getLogger("uvicorn")
    logger.handlers[:] = [_Defects(alarm)]
    logger.propagate = False
