"""A request to an address that somebody else chose, and how it can end: for whoever sends it, whatever it is sent with.

The owner of an endpoint is told the kind of a failure and its sentence, never the detail: whether a port of ours is open,
or what a name means within our network, is nobody's business. So kinds that would tell are one to the owner.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, NamedTuple

SENTENCES: Final[Mapping[str, str]] = {
    "url_refused": "the URL, or the address it leads to, is not one that events are sent to",
    "dns_error": "the name of the host is not known",
    "connection_refused": "the host did not take the connection",
    "connection_reset": "the connection was broken off",
    "network_unreachable": "the host cannot be reached",
    "timeout": "there was no answer in time",
    "tls_error": "no trustworthy TLS connection came about",
    "answer_too_long": "the answer has larger headers than are read",
    "network_error": "the request failed",
    "transform_failed": "its transformation came to nothing that can be sent",
    "token_unreachable": "the token endpoint could not be asked",
    "token_refused": "the token endpoint gave no access token",
    "no_credential": "OMS could not show its credentials; whoever runs OMS has been told",
    "not_signed": "OMS could not sign it; whoever runs OMS has been told",
    "not_set_up": "OMS is not set up to send that way; whoever runs OMS has been told",
    "egress_failed": "OMS could not send anything out; whoever runs OMS has been told",
    "internal_error": "OMS itself failed; whoever runs OMS has been told",
    "not_judged": "OMS could not tell whether it is wanted; whoever runs OMS has been told",
}

OURS: Final = frozenset({"no_credential", "not_signed", "not_set_up", "egress_failed", "internal_error", "not_judged"})
"""Kinds that are no fault of the endpoint: it is neither given up nor disabled for them, and the event is parked until it arrives."""
UNREACHABLE: Final = "unreachable"
_WITHIN: Final = frozenset({"url_refused", "dns_error", "connection_refused", "network_unreachable"})


def told(kind: str) -> str:
    """What the owner of an endpoint is told of a kind. A name that is known here alone, an address that is not asked, a closed port: all one."""
    return UNREACHABLE if kind in _WITHIN else kind


def told_address(kind: str, address: str | None) -> str | None:
    """What the owner of an endpoint is told of where its name led: a public address; one of a private net is known here alone."""
    if address is None or told(kind) == UNREACHABLE:
        return None
    return address if ip_address(address).is_global else None


@dataclass(frozen=True, slots=True)
class ClientTls:
    """Beside what TLS is anyway, all in PEM: `identity` certificate and private key to be shown, `authority` to be trusted, too."""

    identity: str | None = field(default=None, repr=False)
    authority: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password, whatever they are called there; `session`: what a temporary access key is shown with."""

    user: str
    password: str = field(repr=False)
    session: str | None = field(default=None, repr=False)


class About(NamedTuple):
    """What a queue, a topic or a bucket wants to know of an event beside its body.

    `id` is the same however often it is sent to an endpoint; those of one `order` stay in order, where the sink has one.
    """

    id: str
    order: str
    position: int
    type: str
    source: str
    time: str


class Request(NamedTuple):
    """`timeout` in seconds, for all of it: name, connection, answer. `about` and `login`: where it is not HTTP that asks."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float
    method: str = "POST"
    tls: ClientTls | None = None
    login: Login | None = None
    about: About | None = None


class Answered(NamedTuple):
    """Whatever the status; of the body as much as is kept. `seconds` from the request on; `address`: the IP that was connected to."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    address: str | None = None


class Failed(NamedTuple):
    """There was no answer. `kind` is one of `SENTENCES`; `detail` is for the operator alone; `address`: as far as one was connected to."""

    kind: str
    detail: str
    seconds: float
    address: str | None = None

    @property
    def sentence(self) -> str:
        """For the endpoint's owner."""
        return SENTENCES["network_unreachable" if told(self.kind) == UNREACHABLE else self.kind]


Outgoing = Callable[[Request], Awaitable[Answered | Failed]]
