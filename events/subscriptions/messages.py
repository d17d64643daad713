"""What is sent for one event or for several: in the subscription's mode, and in the shape that it asks for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from events.subscriptions.shaping import header_of, shaped
from events.wire.attributes import Attribute
from events.wire.cloudevents import CloudEvent
from events.wire.content_modes import Message, batched, http_binary, structured
from events.wire.envelope import CONTENT_TYPE, DATA_TYPE, decode, to_cloudevent

JSON: Final = {"Content-Type": DATA_TYPE}


def message(config: Mapping[str, Any], bodies: Sequence[bytes]) -> Message:
    """Of stored events; several only in mode `batch`. Raises `Unshaped`, `EnvelopeError`.

    NOTE structured is the log's own bytes, where nothing is reshaped: what is signed there is what was committed.
    """
    mode, transform = config["mode"], config.get("transform")
    if transform is None:
        if mode == "structured":
            return Message({"Content-Type": CONTENT_TYPE}, bodies[0])
        return _in_mode(mode, [_read(body) for body in bodies])
    expression = transform["expression"]
    if transform["of"] == "event":
        return _whole(mode, [(body, shaped(expression, body)) for body in bodies])
    return _in_mode(mode, [_with_data(_read(body), expression) for body in bodies])


def event_headers(expressions: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Of a stored event, by name. Raises `Unshaped`."""
    made = {name: header_of(expression, body) for name, expression in expressions.items()}
    return {name: value for name, value in made.items() if value is not None}


def _read(body: bytes) -> CloudEvent:
    return to_cloudevent(decode(body, trusted=True))


def _with_data(event: CloudEvent, expression: str) -> CloudEvent:
    kept: dict[str, Attribute] = {name: each for name, each in event.attributes.items() if name != "dataschema"}
    return CloudEvent(attributes=kept, data=shaped(expression, event.data or b"null"))


def _in_mode(mode: str, events: Sequence[CloudEvent]) -> Message:
    if mode == "batch":
        return batched(events)
    return structured(events[0]) if mode == "structured" else http_binary(events[0])


def _whole(mode: str, made: Sequence[tuple[bytes, bytes]]) -> Message:
    """(the stored event, what it became): plain JSON, which in binary mode has the event's attributes beside it."""
    if mode == "batch":
        return Message(JSON, b"[" + b",".join(after for _, after in made) + b"]")
    ((before, after),) = made
    if mode == "structured":
        return Message(JSON, after)
    attributes = {name: each for name, each in _read(before).attributes.items() if name != "dataschema"}
    return http_binary(CloudEvent(attributes=attributes, data=after))
