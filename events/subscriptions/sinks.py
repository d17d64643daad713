"""Where events may be carried to, by protocol, and with which headers. Names and addresses are looked at when they are.

HTTP   https://host/path      no user, no fragment
NATS   nats:flights.events    a subject of the log's own server; none of OMS's or of the server's
FILE   file:flights.ndjson    a name in the folder `webhooks`: whoever may register may not write anywhere
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from events.findings import Finding
from events.schema.values import pointer
from events.subscriptions.terms import Protocol

FORBIDDEN_HEADERS: Final = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type", "date", "expect"),
        *("forwarded", "host", "keep-alive", "origin", "referer", "te", "trailer", "transfer-encoding", "upgrade"),
        *("user-agent", "via", "x-real-ip", "authorization", "cookie", "set-cookie", "api-key", "x-api-key"),
    }
)
FORBIDDEN_PREFIXES: Final = ("webhook-", "ce-", "ce_", "proxy-", "sec-", "x-forwarded-", "oms-")
MAX_HEADERS: Final = 30
MAX_HEADER: Final = 4_096  # characters of a value

_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_SUBJECT: Final = re.compile(r"[^\s.*>\x00-\x1f\x7f]+(\.[^\s.*>\x00-\x1f\x7f]+)*")
_FILE: Final = re.compile(r"[^\W_][\w.-]{0,99}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[\x20-\x7e]*")


def sink_fault(protocol: Protocol, sink: str) -> str | None:
    """What is wrong with it, as the end of a sentence; `None` where nothing is."""
    return {"HTTP": _http_fault, "NATS": _nats_fault, "FILE": _file_fault}[protocol](sink)


def header_faults(headers: Mapping[str, str], path: str) -> Iterator[Finding]:
    if len(headers) > MAX_HEADERS:
        yield Finding("SUBSCRIPTION_HEADER", path, f"there are {len(headers)} headers, at most {MAX_HEADERS} are sent")
    for name, value in list(headers.items())[:MAX_HEADERS]:
        at = path + pointer(name)
        if not _HEADER.fullmatch(name):
            yield Finding("SUBSCRIPTION_HEADER", at, f"{name[:100]!r} is no name of a header")
        elif name.lower() in FORBIDDEN_HEADERS or name.lower().startswith(FORBIDDEN_PREFIXES):
            text = f"{name} is sent by OMS itself, or holds a secret, which an event never does"
            yield Finding("SUBSCRIPTION_HEADER", at, text)
        if len(value) > MAX_HEADER or not _VALUE.fullmatch(value):
            yield Finding("SUBSCRIPTION_HEADER", at, f"a value has printable ASCII, at most {MAX_HEADER:,} characters")


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
