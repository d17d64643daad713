"""Where queues, topics, streams and buckets of others are: <scheme>://<host>/<its name there>?<options>.

SQS          sqs://sqs.<region>.amazonaws.com/<account>/<queue>                    a queue's URL
S3           s3://s3.<region>.amazonaws.com/<bucket>/<beginning of names>
KINESIS      kinesis://kinesis.<region>.amazonaws.com/<stream>
EVENTBRIDGE  eventbridge://events.<region>.amazonaws.com/<bus>
PUBSUB       pubsub://pubsub.googleapis.com/projects/<project>/topics/<topic>
SERVICEBUS   servicebus://<namespace>.servicebus.windows.net/<queue or topic>
RABBITMQ     amqps://<host>/<virtual host>?exchange=<name>&key=<routing key>       amqp: without TLS
KAFKA        kafkas://<host:port>,<host:port>/<topic>?sasl=<mechanism>             kafka: without TLS

Endpoints of one's own stand in the host's place; AWS's need ?region= then. What is asked over HTTP is asked over TLS,
but for this machine itself.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from events.subscriptions.terms import Protocol

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
"""Of SASL, for Kafka; the first one where none is named."""


class Form(NamedTuple):
    """Of a protocol's addresses. `login`: what user and password are there; `keyed`: nobody is let in without; `binary`: it has a place for attributes."""

    schemes: tuple[str, ...]
    path: str
    like: str
    login: str
    options: frozenset[str] = frozenset()
    keyed: bool = True
    binary: bool = False


_AWS: Final = ("the id of an access key and its secret", frozenset({"region"}))
FORMS: Final[Mapping[Protocol, Form]] = {
    "SQS": Form(
        ("sqs",), r"/\d{12}/[\w-]{1,80}(\.fifo)?", "sqs://sqs.eu-central-1.amazonaws.com/123456789012/flights", *_AWS
    ),
    "S3": Form(
        ("s3",), r"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w-][\w.-]*)*/?", "s3://s3.eu-central-1.amazonaws.com/bucket/flights/", *_AWS
    ),
    "KINESIS": Form(("kinesis",), r"/[\w.-]{1,128}", "kinesis://kinesis.eu-central-1.amazonaws.com/flights", *_AWS),
    "EVENTBRIDGE": Form(
        ("eventbridge",), r"/[\w./-]{1,256}", "eventbridge://events.eu-central-1.amazonaws.com/default", *_AWS
    ),
    "PUBSUB": Form(
        ("pubsub",), r"/projects/[a-z][a-z0-9:.-]{3,99}/topics/[A-Za-z][\w.~+-]{2,254}",
        "pubsub://pubsub.googleapis.com/projects/airport/topics/flights", "a service account and the file of its key",
    ),
    "SERVICEBUS": Form(
        ("servicebus",), r"/[A-Za-z0-9][\w./-]{0,259}", "servicebus://airport.servicebus.windows.net/flights",
        "the name of a shared access policy and its key",
    ),
    "RABBITMQ": Form(
        ("amqps", "amqp"), r"(/[^/]*)?", "amqps://rabbit.example.com/?exchange=flights", "a user and a password",
        frozenset({"exchange", "key"}), keyed=False, binary=True,
    ),
    "KAFKA": Form(
        ("kafkas", "kafka"), r"/[\w.-]{1,249}", "kafkas://kafka.example.com:9093/flights", "a user and a password",
        frozenset({"sasl"}), keyed=False, binary=True,
    ),
}  # fmt: skip

AWS: Final = frozenset(protocol for protocol, form in FORMS.items() if "region" in form.options)
"""Who is asked by requests that an access key signs."""

_HOST: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
_PORTS: Final = {"amqps": 5671, "amqp": 5672, "kafkas": 9093, "kafka": 9092}
_PLAIN: Final = re.compile(r"[\x21-\x7e]+")


class Place(NamedTuple):
    """A sink that has no fault. `hosts` with their ports, where they have one."""

    scheme: str
    hosts: tuple[str, ...]
    path: str
    options: Mapping[str, str]

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return all(_name(host) in LOOPBACK for host in self.hosts)

    @property
    def tls(self) -> bool:
        return self.scheme in ("amqps", "kafkas") or not (self.scheme in _PORTS or self.here)

    @property
    def url(self) -> str:
        """Where its host is asked over HTTP."""
        return f"{'https' if self.tls else 'http'}://{self.hosts[0].removesuffix(':443')}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """host:port of each."""
        port = _PORTS.get(self.scheme, 443)
        return tuple(host.lower() if _port(host) else f"{host.lower()}:{port}" for host in self.hosts)

    @property
    def region(self) -> str:
        """Of AWS; empty where nothing says it."""
        labels = (each for each in _name(self.hosts[0]).split(".") if _REGION.fullmatch(each))
        return self.options.get("region") or next(labels, "")


def place(sink: str) -> Place:
    parts = urlsplit(sink)
    hosts = tuple(parts.netloc.split(","))
    return Place(parts.scheme, hosts, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))


class NoBroker(ValueError):
    """What is said of a sink is nothing that sinks of its kind have."""


def broker_sink(sink: str, tls: bool | None, sasl: str | None) -> str:
    """The same sink with or without TLS, and with a mechanism of SASL; `None` leaves it as it is. Raises `NoBroker`."""
    scheme, rest = sink.partition("://")[::2]
    protocol = protocol_of(sink)
    if tls is not None:
        if protocol not in ("KAFKA", "RABBITMQ"):
            raise NoBroker(f"{sink[:200]!r} is asked over TLS, or not, by its own scheme")
        secure, plain = FORMS[protocol].schemes
        scheme = secure if tls else plain
    if sasl is not None:
        if protocol != "KAFKA":
            raise NoBroker(f"{sink[:200]!r} is no sink of Kafka, which alone has mechanisms of SASL")
        before, _, query = rest.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True)) | {"sasl": sasl}
        rest = f"{before}?{urlencode(options)}"
    return f"{scheme}://{rest}"


def protocol_of(sink: str) -> Protocol | None:
    """By the scheme."""
    scheme = sink.partition(":")[0]
    return next((protocol for protocol, form in FORMS.items() if scheme in form.schemes), None)


def place_fault(protocol: Protocol, sink: str) -> str | None:
    """What is wrong with it, as the end of a sentence; `None` where nothing is."""
    form = FORMS[protocol]
    try:
        found = place(sink)
    except ValueError as error:
        return f"is no address: {error}"
    if fault := _host_fault(protocol, found, sink):
        return fault
    if not re.fullmatch(form.path, found.path, re.ASCII) or ".." in found.path or urlsplit(sink).fragment:
        return f"does not say what it is called there, as {form.like} does"
    if unknown := found.options.keys() - form.options:
        return f"has an option {min(unknown)!r}; known are: {', '.join(sorted(form.options)) or 'none'}"
    return _option_fault(protocol, found)


def place_origin(sink: str) -> str:
    """Whom a secret is given for: scheme, hosts and ports; empty where it is no place."""
    protocol = protocol_of(sink)
    if protocol is None or place_fault(protocol, sink) is not None:
        return ""
    found = place(sink)
    return f"{found.scheme}://{','.join(found.addresses)}"


def name_there(found: Place) -> str:
    """Of what stands there, as its owner wrote it."""
    return unquote(found.path.removeprefix("/"))


def _host_fault(protocol: Protocol, found: Place, sink: str) -> str | None:
    if "@" in sink.partition("?")[0]:
        return "names a user; secrets stand in the key store"
    if found.scheme not in FORMS[protocol].schemes or not _PLAIN.fullmatch(sink) or not all(map(_is_host, found.hosts)):
        return f"is no address such as {FORMS[protocol].like}"
    if len(found.hosts) > 1 and protocol != "KAFKA":
        return f"names {len(found.hosts)} hosts; only Kafka is asked at several"
    return None


def _option_fault(protocol: Protocol, found: Place) -> str | None:
    if "region" in FORMS[protocol].options and not _REGION.fullmatch(found.region):
        return f"names no region of AWS; write {FORMS[protocol].like}, or add ?region=eu-central-1"
    if found.options.get("sasl", MECHANISMS[0]) not in MECHANISMS:
        return f"wants a mechanism that there is not; it is one of {', '.join(MECHANISMS)}"
    if protocol == "RABBITMQ" and not any(found.options.values()):
        return "names neither an exchange (?exchange=flights) nor a queue (?key=flights)"
    return None


def _is_host(host: str) -> bool:
    return _HOST.fullmatch(host) is not None and int(_port(host) or 1) < 65_536


def _name(host: str) -> str:
    return host.removesuffix(f":{_port(host)}").strip("[]")


def _port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return port if colon and (not name.startswith("[") or name.endswith("]")) else ""
