"""HTTP to addresses that strangers chose. They are checked at the socket, where a name has become an address for good.

url ─► scheme, port, user, host ─► name ─► addresses ─► a socket for each that is permitted ─► one request, no redirect
                                                 └──► none for the others: no connection is even tried

So literals in any notation, names that change their address between two looks and names that lead inwards end alike.
Proxies of the environment are not used: behind one, the address would be the proxy's business.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

import aiohttp
from ssrfguard import Policy, SSRFGuardError

from events.subscriptions.outgoing import Answered, Failed, Request

PORTS: Final = frozenset({80, 443, 8080, 8443})
KEPT_BODY: Final = 16 << 10  # bytes of an answer; the rest is not read
MAX_HEADER: Final = 8 << 10  # bytes of a line, of a header
CONNECT_SECONDS: Final = 10.0
_UNASSIGNED: Final = ip_network("::/8")  # holds IPv4-mapped and -compatible addresses
_NAT64: Final = ip_network("64:ff9b::/96")  # whose inner address the table looks at
_refused: ContextVar[list[str]] = ContextVar("refused")


class AddressRefused(PermissionError):
    """Nothing is sent there."""


class Guard:
    """Which URLs and addresses may be asked. `nets` are permitted though they are private; `ports` instead of the usual."""

    def __init__(self, nets: Iterable[str] = (), ports: Iterable[int] = PORTS) -> None:
        self._nets = [ip_network(net) for net in nets]
        self._policy = Policy(allowed_networks=tuple(self._nets), allowed_ports=frozenset(ports))

    def fault(self, url: str) -> str | None:
        """Why the URL as such is refused, whatever its name may lead to."""
        try:
            target = self._policy.check_url(url)
        except SSRFGuardError as refused:
            return str(refused)
        if target.address is not None and not self.permits(str(target.address)):
            return f"{target.address} is not an address that may be asked"
        return None

    def permits(self, address: str) -> bool:
        found = ip_address(address.partition("%")[0])
        if any(found.version == net.version and found in net for net in self._nets):
            return True
        if isinstance(found, IPv6Address) and found in _UNASSIGNED and found not in _NAT64:
            return False
        return self._policy.permits_address(found)

    def socket(self, address: Sequence[Any]) -> socket.socket:
        """For an `AddrInfo` whose address is permitted. Raises `AddressRefused`."""
        family, kind, protocol, _, to = address
        if not self.permits(str(to[0])):
            _refused.get([]).append(str(to[0]))
            raise AddressRefused(errno.EACCES, f"{to[0]} is not an address that may be asked")
        return socket.socket(family=family, type=kind, proto=protocol)


class GuardedHttp:
    """An `Outgoing`. `close` after use; `connections` at a time, to one host `per_host`."""

    def __init__(self, guard: Guard, agent: str, connections: int = 500, per_host: int = 50) -> None:
        self._guard = guard
        connector = aiohttp.TCPConnector(
            limit=connections, limit_per_host=per_host, socket_factory=guard.socket, use_dns_cache=False
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
        )

    async def __call__(self, request: Request) -> Answered | Failed:
        """Exactly one request, whatever comes back: no redirect is followed, nothing is tried again."""
        begun = time.monotonic()

        def failed(kind: str, detail: object) -> Failed:
            return Failed(kind, str(detail) or repr(detail), time.monotonic() - begun)

        if fault := self._guard.fault(request.url):
            return failed("url_refused", fault)
        with _watched() as refused:
            try:
                return await self._asked(request, begun)
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                if refused:
                    return failed("url_refused", f"{', '.join(refused)} may not be asked")
                return failed(_kind(error), error)

    async def close(self) -> None:
        await self._session.close()

    async def _asked(self, request: Request, begun: float) -> Answered:
        timeout = aiohttp.ClientTimeout(total=request.timeout, sock_connect=CONNECT_SECONDS)
        async with self._session.request(
            request.method, request.url, data=request.body, headers=request.headers,
            allow_redirects=False, timeout=timeout,
        ) as answer:  # fmt: skip
            body = await _beginning(answer.content)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answered(answer.status, headers, body, time.monotonic() - begun)


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    parts, missing = [], KEPT_BODY
    while missing and (part := await content.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


@contextmanager
def _watched() -> Iterator[list[str]]:
    """The addresses to which this request was not sent: among several, the library tells of no one's reason."""
    refused: list[str] = []
    token = _refused.set(refused)
    try:
        yield refused
    finally:
        _refused.reset(token)


_KINDS: Final[Sequence[tuple[type[BaseException], str]]] = (
    (asyncio.TimeoutError, "timeout"),
    (aiohttp.ClientSSLError, "tls_error"),
    (aiohttp.ServerFingerprintMismatch, "tls_error"),
    (ssl.SSLError, "tls_error"),
    (aiohttp.ClientConnectorDNSError, "dns_error"),
    (socket.gaierror, "dns_error"),
    (aiohttp.ServerDisconnectedError, "connection_reset"),
    (ConnectionResetError, "connection_reset"),
    (BrokenPipeError, "connection_reset"),
    (ConnectionRefusedError, "connection_refused"),
)
_UNREACHABLE: Final = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def _kind(error: BaseException) -> str:
    causes = [error, *(each for each in (getattr(error, "os_error", None), error.__cause__) if each is not None)]
    for cause in causes:
        for kind, name in _KINDS:
            if isinstance(cause, kind):
                return name
        number = getattr(cause, "errno", None)
        if number == errno.ECONNREFUSED:
            return "connection_refused"
        if number == errno.ECONNRESET:
            return "connection_reset"
        if number in _UNREACHABLE:
            return "network_unreachable"
    if isinstance(error, aiohttp.ClientResponseError):
        return "answer_too_long" if error.status == 400 and "bytes" in error.message else "network_error"
    return "network_error"
