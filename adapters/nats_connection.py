"""Connections to NATS as OMS wants them, and JetStream's own requests in JSON.

A connection reconnects for ever and keeps its replies in an inbox only its user may hear.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from nats.aio.client import DEFAULT_FLUSH_TIMEOUT, Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport, Transport

from adapters.nats_config import inbox
from adapters.nats_parser import SwiftParser
from adapters.nats_server import Endpoint
from producers.heeding import heeding

REQUEST_SECONDS = 5.0
RECONNECT_SECONDS = 0.1
PING_SECONDS = 10
PENDING_BYTES = 64 << 20  # written but not yet sent, e.g. while reconnecting
STORED = b"$JS.ACK."  # begins the reply subject of every message that a consumer delivers
OURS = b"\r\nOms-"
NO_HEADERS: Mapping[str, str] = {}
API_LEVEL = 4  # nats-server 2.14


class ApiRefused(Exception):
    """JetStream answered with an error; `code` is its `err_code`."""

    def __init__(self, subject: str, code: int, description: str) -> None:
        self.code = code
        super().__init__(f"{subject}: {description} ({code})")


Take = Callable[[str, bytes, bytes, Mapping[str, str]], Awaitable[None] | None]
"""`(subject, reply subject, payload, headers)`; nothing more is read until what it returns is over. It must not raise."""


class SteadyTransport(TcpTransport):
    """Says with an `OSError` that the connection is gone; uvloop's word for that, a `RuntimeError`, nobody expects."""

    def write(self, payload: bytes) -> None:
        try:
            super().write(payload)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise ConnectionResetError(str(error)) from error

    def writelines(self, payload: list[bytes]) -> None:
        try:
            super().writelines(payload)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise ConnectionResetError(str(error)) from error

    async def drain(self) -> None:
        try:
            await super().drain()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise ConnectionResetError(str(error)) from error


class SteadyClient(Client):
    """A client that a stranger's bytes cannot stop, nor a connection that is lost between two of its steps.

    nats-py stops reading, for ever and without a word, at a subject that is no UTF-8; and it takes a stored message for
    the server's own, and drops it, when its publisher gave it a header `Status`.
    """

    def __init__(self) -> None:
        self._carrier: Transport | None = None
        super().__init__()
        self._takes: dict[int, Take] = {}
        self._ps = SwiftParser(self, self._hand_on)

    @property
    def _transport(self) -> Transport | None:
        """NOTE a private part of nats-py 2.16, which makes it where it connects."""
        return self._carrier

    @_transport.setter
    def _transport(self, made: Transport | None) -> None:
        self._carrier = SteadyTransport() if type(made) is TcpTransport else made  # type: ignore[no-untyped-call]

    @property
    def login_needed(self) -> bool:
        """Whether the server lets nobody in who says nothing of themselves, by its own word."""
        return bool(self._server_info.get("auth_required"))

    async def take(self, subject: str, queue: str, take: Take) -> Subscription:
        """Subscribe beneath nats-py's queue and task of each subscription, at a third of its cost for a message.

        Headers are read only where one of ours (`Oms-…`) is among them.
        """
        subscription = await self.subscribe(subject, queue)
        self._takes[subscription._id] = take  # noqa: SLF001
        return subscription

    async def send(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish several `(subject, payload)` in one write."""
        sent = [b"PUB %b %d\r\n%b\r\n" % (subject, len(body), body) for subject, body in messages]
        await self.write(b"".join(sent))

    async def write(self, sent: bytes) -> None:
        """Protocol bytes, at once; where others wait to go out, behind them, through nats-py's queue and task.

        NOTE private parts of nats-py 2.16: `publish` costs three times as much. Without the flush it may never go out.
        """
        if self.is_connected and not self._pending and self._transport is not None:
            with suppress(OSError):  # the connection is lost, and whoever reads from it sees to that
                self._transport.write(sent)
                await self._transport.drain()  # type: ignore[no-untyped-call]  # it has no annotations
        else:
            await self._send_command(sent)
            await self._flush_pending()

    async def flush(self, timeout: int = DEFAULT_FLUSH_TIMEOUT) -> None:  # noqa: ASYNC109 - as nats-py has it
        """Wait until the server has, or has refused, all that was published before.

        NOTE private parts of nats-py 2.16: its ping is written past what still waits to be written.
        """
        if self.is_connected and self._pending and self._transport is not None:
            self._transport.writelines(self._pending)
            self._pending.clear()
            self._pending_data_size = 0
        await heeding(super().flush(timeout))

    async def request(self, *of: Any, **options: Any) -> Msg:
        return await heeding(super().request(*of, **options))

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        waits = self._hand_on(sid, subject, reply, data, headers)
        if waits is not None:
            await waits

    def _hand_on(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> Awaitable[None] | None:
        take = self._takes.get(sid)
        if take is None:
            return super()._process_msg(sid, subject, reply, data, headers)
        name = subject.decode(errors="backslashreplace")
        if OURS in headers:
            return self._with_headers(take, name, reply, data, headers)
        return take(name, reply, data, NO_HEADERS)

    async def _with_headers(self, take: Take, subject: str, reply: bytes, data: bytes, headers: bytes) -> None:
        waits = take(subject, reply, data, await self._process_headers(headers) or NO_HEADERS)
        if waits is not None:
            await waits

    def _build_message(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None
    ) -> Msg | None:
        if headers and reply.startswith(STORED):
            headers.pop("Status", None)
        message: Msg | None
        try:
            message = super()._build_message(sid, subject, reply, data, headers)
        except UnicodeDecodeError:
            message = super()._build_message(sid, _readable(subject), _readable(reply), data, headers)
        return message


async def connect(
    endpoint: Endpoint,
    user: str | None,
    *,
    name: str = "oms",
    reconnect: bool = True,
    on_error: Callable[[Exception], Awaitable[None]] | None = None,
    on_disconnect: Callable[[], Awaitable[None]] | None = None,
) -> SteadyClient:
    """Log in as `user` of the endpoint (`None` = as nobody). Raises nats errors when that is refused."""
    login = endpoint.logins.get(user) if user is not None else None
    client = SteadyClient()
    try:
        await client.connect(
            endpoint.url.split(","),
            name=name,
            user=login.user if login else None,
            password=login.password if login else None,
            inbox_prefix=inbox(user or "nobody").encode(),
            allow_reconnect=reconnect,
            max_reconnect_attempts=-1 if reconnect else 0,
            reconnect_time_wait=RECONNECT_SECONDS,  # type: ignore[arg-type]  # annotated int, used as seconds
            ping_interval=PING_SECONDS,
            pending_size=PENDING_BYTES,
            error_cb=on_error or _quiet,
            disconnected_cb=on_disconnect,
        )
    except BaseException:
        await close(client)  # a refused connection stays open otherwise
        raise
    return client


@asynccontextmanager
async def connection(endpoint: Endpoint, user: str | None, **options: Any) -> AsyncIterator[SteadyClient]:
    """A connection that is closed at the end of the block."""
    client = await connect(endpoint, user, **options)
    try:
        yield client
    finally:
        await close(client)


async def close(client: Client) -> None:
    """Also where the server is gone: nats-py would write what is left to a connection that is no more."""
    if not client.is_connected:
        client._pending.clear()  # noqa: SLF001
        client._pending_data_size = 0  # noqa: SLF001
    with suppress(OSError, TypeError):  # just lost; from Python 3.12 on that is a TypeError
        await client.close()


async def api(client: Client, ask: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to `$JS.API.<ask>`. Raises `ApiRefused`, and nats errors when nobody answers."""
    subject = f"$JS.API.{ask}"
    reply = await client.request(subject, json.dumps(body).encode() if body else b"", timeout=REQUEST_SECONDS)
    answer: dict[str, Any] = json.loads(reply.data)
    if error := answer.get("error"):
        raise ApiRefused(subject, error.get("err_code", 0), error.get("description", ""))
    return answer


def _readable(subject: bytes) -> bytes:
    return subject.decode(errors="backslashreplace").encode()


async def _quiet(error: Exception) -> None:
    """nats-py prints errors by default; ours are answered where they matter: by a missing reply."""
