"""The NATS protocol as far as reading needs it, in one loop: a client library costs five times as much a message.

```
INFO ──► (TLS, where the URL or the server asks for it) ──► CONNECT, SUB <inbox>.r.* 1, SUB <inbox>.d 2, PING ──► PONG
request   PUB <subject> <inbox>.r.<n>                    answers arrive at sid 1
messages  HMSG <subject> 2 $JS.ACK.… <headers> <total>   at sid 2: position and body
statuses  HMSG <inbox>.d 2 <headers> <total>             at sid 2, no reply subject: a pull is over
```
"""

import asyncio
import json
import secrets
import ssl
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from adapters.nats_config import Login, inbox
from projectors.projector import Fetched

PORT = 4222  # where the URL names none
CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 5.0
_tuple: Final = tuple.__new__  # a named tuple in half the time of a call of its class


class WireLost(ConnectionError):
    """The connection is gone, or nobody answers: open another one."""


class WireRefused(Exception):
    """The server lets us not in, or not do this: trying again does not help."""


class Status(NamedTuple):
    """The end of a pull: its code, and how many of its messages will not come."""

    code: int
    text: str
    unsent: int


class Wire(asyncio.Protocol):
    """One connection. `messages` and `statuses` fill up; `arrived` is set whenever one of them does, or it is lost."""

    def __init__(self, login: Login | None) -> None:
        self.messages: list[Fetched] = []
        self.statuses: list[Status] = []
        self.pending = 0  # messages the consumer had left behind the last one
        self.arrived = asyncio.Event()
        self.inbox = f"{inbox(login.user if login else 'nobody')}.{secrets.token_hex(12)}"
        self._login = login
        self._greeted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked: dict[bytes, asyncio.Future[bytes]] = {}
        self._count = 0
        self._rest = b""
        self._place = 0  # of the position in the reply subject of a delivered message
        self._transport: asyncio.Transport | None = None
        self._lost: Exception | None = None

    @classmethod
    async def open(cls, urls: str, login: Login | None) -> Self:
        """To the first server that answers. Raises `WireLost` when none does, `WireRefused` when the login is wrong."""
        failed: WireLost | None = None
        for url in urls.split(","):
            wire = cls(login)
            try:
                await wire._open(url)
            except WireLost as lost:
                failed = lost
            else:
                return wire
        raise failed or WireLost("no server is named")

    async def _open(self, url: str) -> None:
        at = urlsplit(url if "://" in url else f"nats://{url}")
        if at.scheme not in ("nats", "tls"):
            raise WireRefused(f"{url}: the log is read by nats:// or tls://, WebSockets are for clients")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._transport, _ = await loop.create_connection(lambda: self, at.hostname or "", at.port or PORT)
                if await self._greeted or at.scheme == "tls":
                    await self._encrypt(at.hostname)
                self._transport.write(self._greeting())
                await self._ready
        except ssl.SSLCertVerificationError as error:
            self.close()
            remedy = "name a file of the authorities that are to be trusted in SSL_CERT_FILE"
            raise WireRefused(f"{url}: its certificate is not trusted: {error.verify_message}; {remedy}") from error
        except (OSError, TimeoutError) as error:
            self.close()
            raise WireLost(f"{url}: {error or 'no greeting'}") from error
        except BaseException:
            self.close()
            raise

    async def _encrypt(self, host: str | None) -> None:
        """Behind the greeting, as NATS does it; whom to trust is the system's matter, or `SSL_CERT_FILE`'s."""
        assert self._transport is not None
        loop, context = asyncio.get_running_loop(), ssl.create_default_context()
        self._transport = await loop.start_tls(self._transport, self, context, server_hostname=host)

    def send(self, subject: str, reply: str, body: bytes) -> None:
        if self._transport is None or self._lost is not None:
            raise self._lost or WireLost("not connected")
        self._transport.write(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    async def request(self, subject: str, body: bytes = b"") -> bytes:
        """Raises `WireLost` when no answer comes."""
        self._count += 1
        reply = f"{self.inbox}.r.{self._count}"
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[reply.encode()] = answer
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                self.send(subject, reply, body)
                return await answer
        except TimeoutError:
            raise WireLost(f"{subject}: no answer within {REQUEST_SECONDS} s") from None
        finally:
            del self._asked[reply.encode()]

    async def ask(self, subject: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request of JetStream's API; its errors are in the answer."""
        answer: dict[str, Any] = json.loads(await self.request(f"$JS.API.{subject}", json.dumps(body or {}).encode()))
        return answer

    async def wait(self) -> None:
        """Until something arrives. Raises `WireLost` or `WireRefused` when nothing can any more."""
        if not self.messages and not self.statuses:
            if self._lost is not None:
                raise self._lost
            self.arrived.clear()
            await self.arrived.wait()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._end(WireLost("closed"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(WireLost(str(exc or "the server closed the connection")))

    def data_received(self, data: bytes) -> None:
        buffer = self._rest + data if self._rest else data
        try:
            self._rest = buffer[self._parse(buffer) :]
        except (ValueError, IndexError) as error:
            self._fail(WireLost(f"not the NATS protocol: {buffer[:40]!r}… ({error})"))
        if self.messages or self.statuses:
            self.arrived.set()

    def _parse(self, buffer: bytes) -> int:
        """Take every whole message; returns where the first broken one begins. The hot loop: 2 to 4 µs a message."""
        at, size, find, keep, place = 0, len(buffer), buffer.find, self.messages.append, self._place
        acknowledge = b""
        while (line := find(b"\r\n", at)) >= 0:
            words = buffer[at:line].split(b" ")
            kind, start = words[0], line + 2
            if kind == b"HMSG":
                body, end = start + int(words[-2]), start + int(words[-1])
            elif kind == b"MSG":
                body, end = start, start + int(words[-1])
            else:
                self._control(buffer[at:line])
                at = start
                continue
            if end + 2 > size:
                break
            if words[2] == b"2" and words[3].startswith(b"$JS"):
                acknowledge = words[3]
                if not place:
                    place = self._place = (
                        5 if acknowledge.count(b".") == 8 else 7
                    )  # a domain and an account may precede
                position = int(acknowledge.split(b".", place + 1)[place])
                keep(_tuple(Fetched, (position, words[1].decode("utf-8", "surrogateescape"), buffer[body:end])))
            else:
                self._other(words, buffer[start:body], buffer[body:end])
            at = end + 2
        if acknowledge:
            self.pending = int(acknowledge.split(b".")[place + 3])
        return at

    def _other(self, words: list[bytes], headers: bytes, body: bytes) -> None:
        if words[2] == b"1":
            answer = self._asked.get(words[1])
            if answer is not None and not answer.done():
                if body:
                    answer.set_result(body)
                else:
                    answer.set_exception(WireLost(f"nobody answers: {_status(headers).text}"))
        elif headers:
            self.statuses.append(_status(headers))

    def _control(self, line: bytes) -> None:
        if line == b"PING":
            self._write(b"PONG\r\n")
        elif line == b"PONG":
            if not self._ready.done():
                self._ready.set_result(None)
        elif line.startswith(b"INFO "):
            if not self._greeted.done():
                self._greeted.set_result(bool(json.loads(line[5:]).get("tls_required")))
        elif line.startswith(b"-ERR"):
            text = line[5:].decode(errors="replace")
            refused = "violation" in text.lower() and "stale" not in text.lower()
            self._fail(WireRefused(text) if refused else WireLost(text))
        elif line != b"+OK":
            raise ValueError(line[:40])

    def _greeting(self) -> bytes:
        options: dict[str, Any] = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
        options |= {"protocol": 1, "lang": "python", "version": "oms", "name": "oms reader"}
        if self._login is not None:
            options |= {"user": self._login.user, "pass": self._login.password}
        subscriptions = f"SUB {self.inbox}.r.* 1\r\nSUB {self.inbox}.d 2\r\nPING\r\n"
        return b"CONNECT " + json.dumps(options).encode() + b"\r\n" + subscriptions.encode()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _fail(self, error: Exception) -> None:
        self._end(error)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, error: Exception) -> None:
        self._lost = self._lost or error
        waiting: list[asyncio.Future[Any]] = [self._greeted, self._ready, *self._asked.values()]
        for future in waiting:
            _fail_future(future, self._lost)
        self.arrived.set()


def _fail_future(waiting: asyncio.Future[Any], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)
        waiting.exception()  # seen: nobody may be waiting


def _status(headers: bytes) -> Status:
    """`NATS/1.0 409 Message Size Exceeds MaxBytes` and `Nats-Pending-Messages: 17`."""
    first, *rest = headers.decode().split("\r\n")
    words = first.split(" ", 2)
    named = dict(line.split(": ", 1) for line in rest if ": " in line)
    code = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Status(code, words[2] if len(words) > 2 else "", int(named.get("Nats-Pending-Messages", 0)))
