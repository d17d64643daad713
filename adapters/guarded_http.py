"""HTTP to addresses that strangers chose. They are checked at the socket, where a name has become an address for good.

url ─► scheme, port, user, host ─► name ─► addresses ─► a socket for each that is permitted ─► one request, no redirect
                                                 └──► none for the others: no connection is even tried

So literals in any notation, names that change their address between two looks and names that lead inwards end alike.
Proxies of the environment are not used: behind one, the address would be the proxy's business. One that the operator names
is asked for addresses that were looked at here.
"""

import errno
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

from ssrfguard import Policy, SSRFGuardError
from yarl import URL

from adapters.http_connection import AnswerTooLong
from adapters.http_connections import (
    Address,
    AddressRefused,
    HttpConnections,
    Origin,
    Resolve,
    Turns,
    directly,
    looked_up,
)
from adapters.http_tunnel import Proxy, ProxyFailed, Tunnel
from adapters.tls_contexts import BadPem, TlsContexts
from events.subscriptions.outgoing import Answered, Failed, Request

PORTS: Final = frozenset({80, 443, 8080, 8443})
MOST_URLS: Final = 4_096  # whose parts are remembered
_UNASSIGNED: Final = ip_network("::/8")  # holds IPv4-mapped and -compatible addresses
_NAT64: Final = ip_network("64:ff9b::/96")  # whose inner address the table looks at


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

    def check(self, address: Address) -> None:
        """Raises `AddressRefused`."""
        if not self.permits(str(address[4][0])):
            raise AddressRefused(errno.EACCES, f"{address[4][0]} may not be asked")

    def socket(self, address: Address) -> socket.socket:
        """To a permitted address. Raises `AddressRefused`."""
        self.check(address)
        family, kind, protocol, *_ = address
        return socket.socket(family=family, type=kind, proto=protocol)


class Target(NamedTuple):
    """Of a URL: why it is refused, where it leads, and what a request says of it."""

    fault: str | None
    origin: Origin
    path: str
    host: str


class GuardedHttp:
    """An `Outgoing`. `close` after use; `most` requests at a time, and one more for each URL that has none under way."""

    def __init__(
        self, guard: Guard, agent: str, most: int = 1_000, resolve: Resolve | None = None, proxy: Proxy | None = None
    ) -> None:
        self._agent = agent
        names = looked_up()
        connect = directly(guard.socket) if proxy is None else Tunnel(proxy, guard.check, names)
        self._connections = HttpConnections(connect, resolve or names)
        self._target = lru_cache(MOST_URLS)(lambda url: _target(guard, url))
        self._turns, self._contexts = Turns(most), TlsContexts()

    async def __call__(self, request: Request) -> Answered | Failed:
        """Exactly one request, whatever comes back: no redirect is followed, nothing is tried again."""
        target = self._target(request.url)
        if target.fault:
            return Failed("url_refused", target.fault, 0.0)
        await self._turns.take(request.url)
        begun, reached = time.monotonic(), list[str]()
        try:
            asked, origin = _written(request, target, self._agent), target.origin
            if request.tls is not None and origin.tls:
                origin = origin._replace(context=await self._contexts.of(request.tls))
            status, headers, body = await self._connections.ask(origin, asked, request.timeout, reached.append)
            return Answered(status, headers, body, time.monotonic() - begun, *reached)
        except (OSError, ValueError) as error:
            return Failed(kind_of(error), str(error) or repr(error), time.monotonic() - begun, *reached)
        finally:
            self._turns.give(request.url)

    async def close(self) -> None:
        self._connections.close()


def _target(guard: Guard, url: str) -> Target:
    fault = guard.fault(url)
    if fault is not None:
        return Target(fault, Origin(False, "", 0), "", "")
    parts = URL(url)
    assert parts.raw_host is not None, "the guard refuses what has no host"
    assert parts.port is not None, "the guard refuses what has no scheme with a port"
    origin = Origin(parts.scheme == "https", parts.raw_host, parts.port)
    return Target(None, origin, parts.raw_path_qs, parts.host_port_subcomponent or "")


def _written(request: Request, target: Target, agent: str) -> bytes:
    """Raises `ValueError` where a header would be more than that."""
    said = {"host": target.host, "user-agent": agent, "accept": "*/*", **request.headers}
    lines = [f"{name}: {value}\r\n" for name, value in said.items()]
    head = "".join([f"{request.method} {target.path} HTTP/1.1\r\ncontent-length: {len(request.body)}\r\n", *lines])
    if head.count("\n") != len(lines) + 2 or head.count("\r") != len(lines) + 2 or "\0" in head:
        raise ValueError("a header holds a line break")
    return head.encode() + b"\r\n" + request.body


_KINDS: Final[Sequence[tuple[type[BaseException], str]]] = (
    (BadPem, "no_credential"),
    (ProxyFailed, "egress_failed"),
    (TimeoutError, "timeout"),
    (AddressRefused, "url_refused"),
    (AnswerTooLong, "answer_too_long"),
    (ssl.SSLError, "tls_error"),
    (socket.gaierror, "dns_error"),
    (ConnectionResetError, "connection_reset"),
    (BrokenPipeError, "connection_reset"),
    (ConnectionRefusedError, "connection_refused"),
)
_NUMBERS: Final[Mapping[int, str]] = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ECONNRESET: "connection_reset",
    **dict.fromkeys(
        (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL), "network_unreachable"
    ),
}


def kind_of(error: BaseException) -> str:
    """Of a connection that failed: one of `SENTENCES`."""
    for kind, name in _KINDS:
        if isinstance(error, kind):
            return name
    return _NUMBERS.get(getattr(error, "errno", None) or 0, "network_error")
