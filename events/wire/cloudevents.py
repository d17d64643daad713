"""CloudEvents 1.0.2 in JSON, strict, with any extensions: one event (`+json`) or a batch (`cloudevents-batch+json`).

Reading never invents an attribute; `null` is an attribute that is not there; whatever the specification forbids is
refused with a code and the JSON Pointer of the place.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from events.findings import EnvelopeError
from events.wire.attributes import Attribute, charset, check, check_required, declares_json
from events.wire.strict_json import MAX_DEPTH, parse, too_deep

EVENT_TYPE: Final = "application/cloudevents+json"
BATCH_TYPE: Final = "application/cloudevents-batch+json"
MAX_EVENT_BYTES: Final = 512 * 1024  # encoded event + headers
MAX_BATCH_BYTES: Final = 2 * 1024 * 1024  # a hostile one costs 40 times its size in memory until it is refused

_raw_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT_CHARSETS: Final = ("utf-8", "us-ascii", "iso-8859-1")
_BLANKS: Final = b" \t\r\n"


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes as they came, and the bytes of the payload: JSON text, encoded text or anything; `None` = no data."""

    attributes: Mapping[str, Attribute]
    data: bytes | None = None


def decode(body: bytes) -> CloudEvent:
    """One event from its JSON of at most 512 KiB. Raises `EnvelopeError`, nothing else, whatever the bytes are."""
    if len(body) > MAX_EVENT_BYTES:
        raise EnvelopeError("EVENT_TOO_LARGE", "", f"{len(body)} bytes, {MAX_EVENT_BYTES} are allowed")
    members = parse(body)
    if not isinstance(members, dict):
        raise EnvelopeError("EVENT_NOT_OBJECT", "", "an event is a JSON object")
    attributes = {
        name: check(name, value)
        for name, value in members.items()
        if name not in ("data", "data_base64") and value is not None
    }
    check_required(attributes)
    return CloudEvent(attributes=attributes, data=_data(members, attributes, body))


def encode(event: CloudEvent) -> bytes:
    """The JSON of an event, attributes in the order they stand. Raises `EnvelopeError` for what `decode` would refuse."""
    members: dict[str, Any] = {name: check(name, value) for name, value in event.attributes.items()}
    check_required(members)
    if event.data is not None:
        member, value = _data_member(event.data, _media_type(event.attributes))
        members[member] = value
    body = msgspec.json.encode(members)
    if len(body) > MAX_EVENT_BYTES:
        raise EnvelopeError("EVENT_TOO_LARGE", "", f"{len(body)} bytes, {MAX_EVENT_BYTES} are allowed")
    return body


def decode_batch(body: bytes) -> list[CloudEvent]:
    """The events of a batch of at most 2 MiB; may be empty. Raises `EnvelopeError` with the event's index in its path."""
    events = []
    for event in decode_each(body):
        if isinstance(event, EnvelopeError):
            raise event
        events.append(event)
    return events


def decode_each(body: bytes) -> Iterator[CloudEvent | EnvelopeError]:
    """As `decode_batch`, for who answers each event by itself. Raises `EnvelopeError` where it is no batch."""
    if len(body) > MAX_BATCH_BYTES:
        raise EnvelopeError("EVENT_TOO_LARGE", "", f"{len(body)} bytes, {MAX_BATCH_BYTES} are allowed")
    if too_deep(body, MAX_DEPTH + 1):
        raise EnvelopeError("EVENT_TOO_DEEP", "", f"objects and arrays are nested more than {MAX_DEPTH + 1} deep")
    try:
        bodies = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        raise EnvelopeError("EVENT_NOT_ARRAY", "", "a batch is a JSON array of events") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EnvelopeError("EVENT_NOT_JSON", "", str(error)) from None
    return (_of_batch(index, bytes(raw)) for index, raw in enumerate(bodies))


def encode_batch(events: Sequence[CloudEvent]) -> bytes:
    """Raises `EnvelopeError` as `encode` does, or when the whole is over 2 MiB."""
    body = b"[" + b",".join(encode(event) for event in events) + b"]"
    if len(body) > MAX_BATCH_BYTES:
        raise EnvelopeError("EVENT_TOO_LARGE", "", f"{len(body)} bytes, {MAX_BATCH_BYTES} are allowed")
    return body


def _of_batch(index: int, body: bytes) -> CloudEvent | EnvelopeError:
    try:
        return decode(body)
    except EnvelopeError as error:
        return EnvelopeError(error.code, f"/{index}{error.path}", error.text)


def _data(members: dict[str, Any], attributes: Mapping[str, Attribute], body: bytes) -> bytes | None:
    """The payload's bytes. `"data": null` is the payload `null` where the type is JSON (JSON format, 3.1.1)."""
    if "data" in members and "data_base64" in members:
        raise EnvelopeError("EVENT_DATA_TWICE", "/data_base64", "data and data_base64 exclude each other")
    if "data_base64" in members:
        return _unbase64(members["data_base64"])
    if "data" not in members:
        return None
    media_type = _media_type(attributes)
    if declares_json(media_type):
        return bytes(_raw_members.decode(body)["data"])
    return _text_bytes(members["data"], media_type or "")


def _data_member(data: bytes, media_type: str | None) -> tuple[str, object]:
    """JSON stands in `data` as it is, text as a string; what is neither, in Base64."""
    if declares_json(media_type):
        try:
            parse(data, MAX_DEPTH - 1)
        except EnvelopeError:
            return _base64(data)
        return "data", msgspec.Raw(data.strip(_BLANKS))
    kind = (media_type or "").split(";", 1)[0].strip().lower()
    if (kind.startswith("text/") or kind.endswith(("/xml", "+xml"))) and charset(media_type or "") in _TEXT_CHARSETS:
        try:
            return "data", data.decode(charset(media_type or ""))
        except UnicodeDecodeError:
            pass
    return _base64(data)


def _base64(data: bytes) -> tuple[str, str]:
    return "data_base64", base64.b64encode(data).decode()


def _unbase64(encoded: object) -> bytes:
    try:
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise EnvelopeError("EVENT_DATA_BASE64", "/data_base64", "not Base64 (RFC 4648, 4)")


def _text_bytes(value: object, media_type: str) -> bytes:
    if not isinstance(value, str):
        raise EnvelopeError("EVENT_DATA_NOT_TEXT", "/data", f"data of type {media_type} must be a string")
    known = charset(media_type)
    if known not in _TEXT_CHARSETS:
        raise EnvelopeError(
            "EVENT_DATA_CHARSET", "/data", f"charset {known[:64]!a} is none of {', '.join(_TEXT_CHARSETS)}"
        )
    try:
        return value.encode(known)
    except UnicodeEncodeError as error:
        raise EnvelopeError("EVENT_DATA_CHARSET", "/data", f"character {error.start} is not in {known}") from None


def _media_type(attributes: Mapping[str, Attribute]) -> str | None:
    found = attributes.get("datacontenttype")
    return found if isinstance(found, str) else None
