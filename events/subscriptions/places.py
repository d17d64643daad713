"""Where queues, topics, streams and buckets of others are: <scheme>://<host>/<its name there>?<options>.

SQS          sqs://sqs.<region>.amazonaws.com/<account>/<queue>                    a queue's URL
S3           s3://s3.<region>.amazonaws.com/<bucket>/<beginning of names>
KINESIS      kinesis://kinesis.<region>.amazonaws.com/<stream>
EVENTBRIDGE  eventbridge://events.<region>.amazonaws.com/<bus>
PUBSUB       pubsub://pubsub.googleapis.com/projects/<project>/topics/<topic>
SERVICEBUS   servicebus://<namespace>.servicebus.windows.net/<queue or topic>

Endpoints of one's own stand in the host's place; AWS's need ?region= then. All are asked over TLS, but for this machine itself.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from events.subscriptions.terms import Protocol

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Form(NamedTuple):
    """Of a protocol's addresses. `login`: what user and password are there."""

    schemes: tuple[str, ...]
    path: str
    like: str
    login: str
    options: frozenset[str] = frozenset()


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
}  # fmt: skip

_HOST: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
_PLAIN: Final = re.compile(r"[\x21-\x7e]+")


class Place(NamedTuple):
    """A sink that has no fault. `host` with its port, where it has one."""

    scheme: str
    host: str
    path: str
    options: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where its host is asked over HTTP."""
        return f"{'http' if _name(self.host) in LOOPBACK else 'https'}://{self.host.removesuffix(':443')}"

    @property
    def region(self) -> str:
        """Of AWS; empty where nothing says it."""
        labels = (each for each in _name(self.host).split(".") if _REGION.fullmatch(each))
        return self.options.get("region") or next(labels, "")


def place(sink: str) -> Place:
    parts = urlsplit(sink)
    return Place(parts.scheme, parts.netloc, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))


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
    """Whom a secret is given for: scheme, host and port; empty where it is no place."""
    protocol = protocol_of(sink)
    if protocol is None or place_fault(protocol, sink) is not None:
        return ""
    found = place(sink)
    return f"{found.scheme}://{found.host.lower()}{'' if _port(found.host) else ':443'}"


def name_there(found: Place) -> str:
    """Of what stands there."""
    return found.path.removeprefix("/")


def _host_fault(protocol: Protocol, found: Place, sink: str) -> str | None:
    if "@" in sink.partition("?")[0]:
        return "names a user; secrets stand in the key store"
    if found.scheme not in FORMS[protocol].schemes or not _PLAIN.fullmatch(sink) or not _is_host(found.host):
        return f"is no address such as {FORMS[protocol].like}"
    return None


def _option_fault(protocol: Protocol, found: Place) -> str | None:
    if "region" in FORMS[protocol].options and not _REGION.fullmatch(found.region):
        return f"names no region of AWS; write {FORMS[protocol].like}, or add ?region=eu-central-1"
    return None


def _is_host(host: str) -> bool:
    return _HOST.fullmatch(host) is not None and int(_port(host) or 1) < 65_536


def _name(host: str) -> str:
    return host.removesuffix(f":{_port(host)}").strip("[]")


def _port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return port if colon and (not name.startswith("[") or name.endswith("]")) else ""
