"""The way out through a proxy (HTTP's CONNECT), for machines that may not connect to the world themselves.

addresses ─► those that are permitted, in their order ─► CONNECT address:port ─► a socket as if it led there

The proxy is given addresses that were looked at, never a name: what it made of one, nobody here would know.
"""

import asyncio
import errno
import os
import socket
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from aiohappyeyeballs import start_connection

from adapters.http_connections import Address, AddressRefused, Connected, Resolve

PROXY_SECONDS: Final = 5.0  # to the proxy itself: a request that has no longer takes its silence for the endpoint's
MAX_HEAD: Final = 16 << 10  # bytes of its answer
_UNREACHED: Final = frozenset({502, 503})
_LATE: Final = 504
_UNKNOWN_USER: Final = 407

Check = Callable[[Address], None]
"""Raises `AddressRefused`."""


class ProxyFailed(OSError):
    """The proxy is not there, does not know us, or is none: nobody's endpoint is at fault."""


class Proxy(NamedTuple):
    """`authorization`: what it wants to see in `Proxy-Authorization`, if anything."""

    host: str
    port: int
    authorization: str | None


def proxy(url: str) -> Proxy:
    """Of `http://[user:password@]host:port`, user and password percent-encoded."""
    parts = urlsplit(url)
    login = None
    if parts.username is not None:
        said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        login = f"Basic {b64encode(said.encode()).decode()}"
    return Proxy(parts.hostname or "", parts.port or 80, login)


class Tunnel:
    """A `Connect`. Raises `AddressRefused` where none is permitted, or the proxy permits none."""

    def __init__(self, through: Proxy, check: Check, resolve: Resolve) -> None:
        self._proxy, self._check, self._resolve = through, check, resolve

    async def __call__(self, addresses: Sequence[Address]) -> Connected:
        wrong: OSError = AddressRefused(errno.EACCES, "it has no address")
        for address in addresses:
            try:
                self._check(address)
                return await self._through(str(address[4][0]), int(address[4][1]))
            except ProxyFailed:
                raise
            except OSError as error:
                wrong = error
        raise wrong

    async def _through(self, address: str, port: int) -> Connected:
        connected = await self._to_proxy()
        try:
            head = await _asked(connected, _request(self._proxy, address, port))
            _take(head, address)
        except BaseException:
            connected.close()
            raise
        return Connected(connected, address)

    async def _to_proxy(self) -> socket.socket:
        try:
            async with asyncio.timeout(PROXY_SECONDS):
                return await start_connection(await self._resolve(self._proxy.host, self._proxy.port))
        except OSError as error:
            where = f"{self._proxy.host}:{self._proxy.port}"
            raise ProxyFailed(
                f"webhook_proxy {where} could not be connected to: {error or type(error).__name__}"
            ) from error


def _request(through: Proxy, address: str, port: int) -> bytes:
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    login = f"Proxy-Authorization: {through.authorization}\r\n" if through.authorization else ""
    return f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{login}\r\n".encode()


async def _asked(connected: socket.socket, request: bytes) -> bytes:
    """The head of the answer. Whom it leads to says nothing before it is asked, so nothing follows it."""
    loop, head, more = asyncio.get_running_loop(), b"", b""
    try:
        await loop.sock_sendall(connected, request)
        while b"\r\n\r\n" not in head and len(head) < MAX_HEAD and (more := await loop.sock_recv(connected, MAX_HEAD)):
            head += more
    except OSError as error:
        raise ProxyFailed(f"webhook_proxy broke off: {error}") from error
    return head


def _take(head: bytes, address: str) -> None:
    """Raises what an answer to CONNECT means, unless it is that the way is open."""
    said, end, rest = head.partition(b"\r\n\r\n")
    line, *lines = said.decode("latin-1").split("\r\n")
    version, _, told = line.partition(" ")
    status = int(told[:3]) if version.startswith("HTTP/1.") and told[:3].isdigit() else 0
    text = f"webhook_proxy answered CONNECT to {address} with {line[:200]!r}"
    if not end:
        raise ProxyFailed(f"{text}, and then broke off or did not end")
    if 200 <= status < 300 and not rest:
        return
    if status == _LATE:
        raise TimeoutError(text)
    if status in _UNREACHED:
        raise OSError(errno.EHOSTUNREACH, f"{os.strerror(errno.EHOSTUNREACH)}: {text}")
    if status == 403 or (status == _UNKNOWN_USER and not _asks_who(lines)):
        raise AddressRefused(errno.EACCES, text)
    raise ProxyFailed(text)


def _asks_who(lines: Sequence[str]) -> bool:
    """What asks for no credential is a policy's refusal. Source: stripe/smokescreen answers so."""
    return any(line.lower().startswith("proxy-authenticate:") for line in lines)
