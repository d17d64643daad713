"""CloudEvents as messages: attributes in headers (binary), or all in the body (structured, batched); HTTP 1.1 and NATS.

mode        Content-Type                    body
binary      HTTP: datacontenttype           data; attributes in `ce-` headers (NATS: `ce-datacontenttype` too)
structured  application/cloudevents+json    the event
batched     application/cloudevents-batch…  an array of events; HTTP only
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from events.findings import EnvelopeError
from events.wire.attributes import Attribute, charset, check, check_required
from events.wire.cloudevents import (
    BATCH_TYPE,
    EVENT_TYPE,
    MAX_EVENT_BYTES,
    CloudEvent,
    decode,
    decode_batch,
    encode,
    encode_batch,
)
from events.wire.strict_json import pointer

Mode = Literal["binary", "structured", "batched"]
Headers = Iterable[tuple[str, str]]

_FAMILY: Final = "application/cloudevents"
_ESCAPED: Final = re.compile(r"[^!#$&-~]+")
_NOT_PRINTABLE: Final = re.compile(r"[^\t -~]")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})?")


class Message(NamedTuple):
    headers: dict[str, str]
    body: bytes


def mode(content_type: str | None) -> Mode:
    """How a message of this `Content-Type` carries its events. Case is ignored; nothing is binary mode."""
    kind = (content_type or "").strip().lower()
    if kind.startswith(_FAMILY + "-batch"):
        return "batched"
    return "structured" if kind.startswith(_FAMILY) else "binary"


def structured(event: CloudEvent) -> Message:
    """For HTTP and NATS. Raises `EnvelopeError` as `encode` does."""
    return Message({"Content-Type": EVENT_TYPE}, encode(event))


def batched(events: Iterable[CloudEvent]) -> Message:
    """For HTTP, and only where the receiver asked for batches."""
    return Message({"Content-Type": BATCH_TYPE}, encode_batch(list(events)))


def http_binary(event: CloudEvent) -> Message:
    """`Content-Type` is the event's `datacontenttype`; JSON data without one is declared as JSON (JSON format, 3.1.2)."""
    headers = _to_headers(event, leave_out="datacontenttype")
    media_type = event.attributes.get("datacontenttype")
    if isinstance(media_type, str):
        headers["Content-Type"] = media_type
    elif event.data is not None:
        headers["Content-Type"] = "application/json"
    return Message(headers, event.data or b"")


def nats_binary(event: CloudEvent) -> Message:
    """Every attribute is a `ce-` header, `datacontenttype` too."""
    return Message(_to_headers(event), event.data or b"")


def from_http(headers: Headers, body: bytes) -> list[CloudEvent]:
    """The events of a request or a response, one unless batched. Raises `EnvelopeError`.

    In binary mode attributes are text (an integer reads as its digits) and an empty body is no data.
    """
    found = _by_name(headers)
    media_type = found.pop("content-type", None)
    match mode(media_type):
        case "batched":
            _only_json(media_type)
            return decode_batch(body)
        case "structured":
            _only_json(media_type)
            return [decode(body)]
        case "binary":
            if "ce-datacontenttype" in found:
                raise EnvelopeError(
                    "EVENT_HEADER", "/datacontenttype", "HTTP has Content-Type for it, not a ce- header"
                )
            return [_from_headers(found, body, media_type)]


def from_nats(headers: Headers, body: bytes) -> CloudEvent:
    """The event of a NATS message; its binding knows no batches. Raises `EnvelopeError`."""
    found = _by_name(headers)
    media_type = found.pop("content-type", None)
    match mode(media_type):
        case "batched":
            raise EnvelopeError("EVENT_CONTENT_MODE", "", "the NATS binding has no batched mode")
        case "structured":
            _only_json(media_type)
            return decode(body)
        case "binary":
            return _from_headers(found, body)


def header_value(text: str) -> str:
    """As a header holds it: blanks, quotes, % and what is no printable ASCII are percent-encoded."""
    return _ESCAPED.sub(_escape, text)


def _only_json(media_type: str | None) -> None:
    kind = (media_type or "").split(";", 1)[0].strip().lower()
    if kind not in (EVENT_TYPE, BATCH_TYPE):
        raise EnvelopeError("EVENT_CONTENT_MODE", "", f"{kind[:64]!a} is not a supported event format; {EVENT_TYPE} is")
    if charset(media_type or "") not in ("utf-8", "utf8", "us-ascii"):
        raise EnvelopeError("EVENT_CONTENT_MODE", "", "JSON is UTF-8, whatever the charset parameter says")


def _by_name(headers: Headers) -> dict[str, str]:
    """Header values by lower-case name; only what concerns events. An attribute stands in one header."""
    found: dict[str, str] = {}
    for name, value in headers:
        low = name.lower()
        if low != "content-type" and not low.startswith("ce-"):
            continue
        if low in found:
            raise EnvelopeError("EVENT_HEADER", pointer(low), "the header stands here twice")
        found[low] = value.strip(" \t")
    return found


def _to_headers(event: CloudEvent, leave_out: str = "") -> dict[str, str]:
    check_required(event.attributes)
    return {
        f"ce-{name}": header_value(_text(check(name, value)))
        for name, value in event.attributes.items()
        if name != leave_out
    }


def _from_headers(headers: Mapping[str, str], body: bytes, media_type: str | None = None) -> CloudEvent:
    if len(body) > MAX_EVENT_BYTES:
        raise EnvelopeError("EVENT_TOO_LARGE", "", f"{len(body)} bytes, {MAX_EVENT_BYTES} are allowed")
    attributes: dict[str, Attribute] = {}
    for header, value in headers.items():
        name = header.removeprefix("ce-")
        attributes[name] = check(name, _unescape(value, pointer(name)))
    if media_type is not None:
        attributes["datacontenttype"] = check("datacontenttype", media_type)
    check_required(attributes)
    return CloudEvent(attributes=attributes, data=body or None)


def _text(value: Attribute) -> str:
    """The canonical text of a value (CloudEvents, Type System)."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


def _unescape(value: str, path: str) -> str:
    """Quotes first, then one round of percent-decoding (HTTP binding, 3.1.3.2)."""
    if _NOT_PRINTABLE.search(value):
        raise EnvelopeError(
            "EVENT_HEADER", path, "a header holds printable ASCII; other characters are percent-encoded"
        )
    quoted = _QUOTED.fullmatch(value)
    if quoted:
        value = re.sub(r"\\(.)", r"\1", quoted.group(1))
    if "%" not in value:
        return value
    try:
        return _PERCENT.sub(_byte, value).encode("latin-1").decode()
    except (ValueError, IndexError):
        raise EnvelopeError("EVENT_HEADER", path, "not percent-encoded UTF-8") from None


def _byte(match: re.Match[str]) -> str:
    if match.group(1) is None:
        raise ValueError(match.group())
    return chr(int(match.group(1), 16))
