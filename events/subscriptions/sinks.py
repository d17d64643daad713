"""Where events may be carried to, by protocol, and with which headers. Names and addresses are looked at when they are.

HTTP   https://host/path      no user, no fragment
NATS   nats:flights.events    a subject of the log's own server; none of OMS's or of the server's
MAIL   mailto:ops@example.com    one or several with commas; whom letters may go to is for who runs OMS
FILE   file:flights.ndjson    a name in the folder `webhooks`: whoever may register may not write anywhere
others                        `places`
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from events.findings import Finding
from events.schema.values import pointer
from events.subscriptions.places import FORMS, LOOPBACK, place_fault, place_origin
from events.subscriptions.terms import Protocol

FORBIDDEN_HEADERS: Final = frozenset(
    {
        *("accept-encoding", "alt-svc", "connection", "cookie2", "date", "expect", "forwarded", "host"),
        *("http2-settings", "keep-alive", "max-forwards", "origin", "range", "referer", "set-cookie", "te"),
        *("trailer", "transfer-encoding", "true-client-ip", "upgrade", "user-agent", "via", "x-client-ip"),
        *("x-real-ip", "x-rewrite-url"),
    }
)
FORBIDDEN_PREFIXES: Final = (
    *("webhook-", "ce-", "ce_", "content-", "proxy-", "sec-", "x-forwarded-", "x-original-", "x-http-method", "oms-"),
)
SECRET_HEADERS: Final = frozenset(
    {
        *("authorization", "cookie", "api-key", "apikey", "x-api-key", "x-api-token", "x-access-token"),
        *("x-auth-token", "x-auth-key", "x-amz-security-token", "x-functions-key", "x-gitlab-token"),
        *("private-token", "ocp-apim-subscription-key"),
    }
)
"""Hold secrets by their names: never in an event, only as secret ones."""
MAX_HEADERS: Final = 30
MAX_ADDRESSES: Final = 20
MAX_HEADER: Final = 4_096  # characters of a value

MEDIA_TYPE: Final = re.compile(
    r"[\w!#$&^.+-]+/[\w!#$&^.+-]+( ?; ?[\w-]+=([\w.+-]+|\"[\x20\x21\x23-\x7e]*\"))*", re.ASCII
)
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_SUBJECT: Final = re.compile(r"[^\s.*>\x00-\x1f\x7f]+(\.[^\s.*>\x00-\x1f\x7f]+)*")
_FILE: Final = re.compile(r"[^\W_][\w.-]{0,99}")
_ADDRESS: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(\.[\w-]+)+", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[\x20-\x7e]*")


def sink_fault(protocol: Protocol, sink: str) -> str | None:
    """What is wrong with it, as the end of a sentence; `None` where nothing is."""
    if protocol in FORMS:
        return place_fault(protocol, sink)
    return {"HTTP": _http_fault, "NATS": _nats_fault, "FILE": _file_fault, "MAIL": _mail_fault}[protocol](sink)


def header_faults(headers: Mapping[str, str], path: str, beside: Iterable[str] = ()) -> Iterator[Finding]:
    """`beside`: names that are sent, too."""
    yield from _name_faults(headers, path)
    yield from _sent_otherwise(headers, beside, path)
    for name, value in list(headers.items())[:MAX_HEADERS]:
        at = path + pointer(name)
        if name.lower() in SECRET_HEADERS:
            text = f"{name} holds a secret, which an event never does; give it as a secret header"
            yield Finding("SUBSCRIPTION_HEADER", at, text)
        if not is_header_value(value):
            yield Finding("SUBSCRIPTION_HEADER", at, f"a value has printable ASCII, at most {MAX_HEADER:,} characters")


def secret_header_faults(names: Iterable[str], others: Iterable[str], path: str) -> Iterator[Finding]:
    """`others` are sent beside them."""
    names = list(names)
    yield from _name_faults(names, path)
    yield from _sent_otherwise(names, others, path)


def is_header_value(value: str) -> bool:
    return len(value) <= MAX_HEADER and _VALUE.fullmatch(value) is not None


def origin(url: str) -> str:
    """Of an URL of HTTP, or of a place: scheme, host and port; empty where it is neither."""
    if _http_fault(url) is not None:
        return place_origin(url)
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}:{port}"


def in_the_clear(url: str) -> bool:
    """Whether secrets sent there are read by whoever is on the way: it is no TLS, and not this machine."""
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in LOOPBACK


def _sent_otherwise(names: Iterable[str], others: Iterable[str], path: str) -> Iterator[Finding]:
    beside = {each.lower() for each in others}
    for name in names:
        if name.lower() in beside:
            yield Finding("SUBSCRIPTION_HEADER", path + pointer(name), f"{name} is sent otherwise, too")


def _name_faults(names: Collection[str], path: str) -> Iterator[Finding]:
    if len(names) > MAX_HEADERS:
        yield Finding("SUBSCRIPTION_HEADER", path, f"there are {len(names)} headers, at most {MAX_HEADERS} are sent")
    seen: set[str] = set()
    for name in list(names)[:MAX_HEADERS]:
        at = path + pointer(name)
        if not _HEADER.fullmatch(name):
            yield Finding("SUBSCRIPTION_HEADER", at, f"{name[:100]!r} is no name of a header")
        elif name.lower() in FORBIDDEN_HEADERS or name.lower().startswith(FORBIDDEN_PREFIXES):
            text = f"{name} is sent by OMS itself, or by whoever stands between"
            yield Finding("SUBSCRIPTION_HEADER", at, text)
        elif name.lower() in seen:
            yield Finding("SUBSCRIPTION_HEADER", at, f"{name} is there twice; case makes no difference")
        seen.add(name.lower())


def _http_fault(sink: str) -> str | None:
    if not _PRINTABLE.fullmatch(sink):
        return "holds characters that a URL does not; percent-encode them, and write names in Punycode"
    try:
        parts = urlsplit(sink)
        port = parts.port
    except ValueError as error:
        return f"is no URL: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname or "\\" in sink:
        return "is no address such as https://example.com/hooks"
    if "@" in parts.netloc:
        return "names a user; secrets stand in the key store"
    if parts.fragment:
        return "has a fragment, which is never sent"
    return "names port 0" if port == 0 else None


def _nats_fault(sink: str) -> str | None:
    subject = sink.removeprefix("nats:")
    if subject == sink or not _SUBJECT.fullmatch(subject) or len(subject.encode()) > 255:
        return "is no subject such as nats:flights.events; no *, >, blanks, and at most 255 bytes"
    if subject.startswith("$") or subject.split(".")[0] in ("oms", "_INBOX"):
        return "is a subject of OMS or of the server; choose another"
    return None


def _file_fault(sink: str) -> str | None:
    name = sink.removeprefix("file:")
    if name == sink or not _FILE.fullmatch(name) or ".." in name:
        return "is no name such as file:flights.ndjson: letters and digits, then also . _ and -, at most 100"
    return None


def _mail_fault(sink: str) -> str | None:
    addresses = sink.removeprefix("mailto:").split(",")
    if not sink.startswith("mailto:") or not all(_ADDRESS.fullmatch(each) and len(each) <= 254 for each in addresses):
        return "is no address such as mailto:ops@example.com; several stand with commas, nothing follows them"
    return f"names {len(addresses)} addresses, at most {MAX_ADDRESSES}" if len(addresses) > MAX_ADDRESSES else None
