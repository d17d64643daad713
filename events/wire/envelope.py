"""The CloudEvents 1.0.2 envelope as OMS writes it; one strict codec, bytes written once and never re-encoded.

Extensions: `sequence` (zero-padded position), `branch`, `commitid`, `commitindex`, `commitsize`, `commitmessage` (of a
commit's first event alone), `author`, `onbehalfof`, `effectivetime` (absent = `time`), `causationid` (the command),
`correlationid`, `traceparent`, `prevhash`.

bytes ─► quick: do they re-encode to themselves? ─► Event
     └─► strict: the general codec, with a code for what is wrong ─► Event
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec
import orjson
from msgspec import Struct

from events.findings import EnvelopeError
from events.wire.attributes import Attribute, holds_only_allowed
from events.wire.cloudevents import EVENT_TYPE, MAX_EVENT_BYTES, CloudEvent
from events.wire.cloudevents import decode as decode_any
from events.wire.commit_message import from_attribute
from events.wire.forms import (
    DATA_TYPE,
    ID_SEQUENCE_HASHES,
    MAX_COMMIT_SIZE,
    SCHEMA_PREFIX,
    SUBJECT_START,
    formed,
    is_kind,
    is_message,
    is_origin,
)
from events.wire.instants import from_text, is_written_form, written
from events.wire.strict_json import MAX_DEPTH, parse, pointer, too_deep

__all__ = ["CONTENT_TYPE", "DATA_TYPE", "MAX_COMMIT_SIZE", "MAX_EVENT_BYTES", "MAX_SUBJECT_BYTES", "SCHEMA_PREFIX"]
__all__ += ["SEQUENCE_DIGITS", "EnvelopeError", "Event"]
__all__ += ["Shared", "decode", "encode", "from_cloudevent", "proven", "to_cloudevent", "writer"]

SEQUENCE_DIGITS = 20
MAX_SUBJECT_BYTES = 1024
CONTENT_TYPE = EVENT_TYPE


class Event(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One fact in its envelope. `data` is the payload's JSON exactly as stored. Field order is the stored order."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    dataschema: str
    sequence: str
    branch: str
    commitid: str
    commitindex: int
    commitsize: int
    commitmessage: str | None = None
    author: str
    onbehalfof: str | None = None
    effectivetime: str | None = None
    causationid: str
    correlationid: str | None = None
    traceparent: str | None = None
    prevhash: str
    data: msgspec.Raw

    @property
    def position(self) -> int:
        return int(self.sequence)

    @property
    def message(self) -> str:
        """Why its commit was made; `""` where nobody said, and behind a commit's first event."""
        return from_attribute(self.commitmessage)

    @property
    def ends_commit(self) -> bool:
        return self.commitindex == self.commitsize - 1


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_FIELDS: Final = tuple(name for name in Event.__struct_fields__ if name != "data")
_OPTIONAL: Final = ("commitmessage", "onbehalfof", "effectivetime", "correlationid", "traceparent")


def encode(event: Event) -> bytes:
    """The stored bytes of an event; checks nothing."""
    return _encoder.encode(event)


class Shared(Struct, frozen=True, gc=False):
    """What all events of a commit have in common, under the names of `Event`."""

    source: str
    branch: str
    commitid: str
    commitsize: int
    author: str
    causationid: str
    onbehalfof: str | None = None
    effectivetime: str | None = None
    correlationid: str | None = None
    traceparent: str | None = None
    commitmessage: str | None = None  # of the first event

    @property
    def plain(self) -> bool:
        """Whether `decode` could find no fault in it; False says nothing."""
        return (
            self.onbehalfof is self.correlationid is self.traceparent is None
            and self.author != "" != self.causationid
            and self.author.isprintable()
            and self.causationid.isprintable()
            and (self.commitmessage is None or (self.commitmessage.isprintable() and is_message(self.commitmessage)))
        )


Write = Callable[[str, str, str, str, int, int, str, bytes], bytes]
"""`(id, type, subject, time, position, commitindex, prevhash, data)` to stored bytes."""


def writer(shared: Shared) -> Write:
    """Writes the events of one commit, byte for byte as `encode` does, at half its cost; checks nothing."""
    begun, placed = _place(shared.source, shared.branch)
    located = f'{placed}{shared.commitid}","commitindex":'.encode()
    size = f',"commitsize":{shared.commitsize}'
    ended = f',"author":{_kept_json(shared.author)}'
    ended += _optional("onbehalfof", shared.onbehalfof) + _optional("effectivetime", shared.effectivetime)
    ended += f',"causationid":{_json(shared.causationid)}' + _optional("correlationid", shared.correlationid)
    ended += _optional("traceparent", shared.traceparent) + ',"prevhash":"'
    first = (size + _optional("commitmessage", shared.commitmessage) + ended).encode()
    rest = (size + ended).encode()

    def write(
        ident: str, kind: str, subject: str, time: str, position: int, commitindex: int, prevhash: str, data: bytes
    ) -> bytes:
        about, schema = _kind(begun, kind)
        return b"".join(
            (
                _BEGUN, ident.encode(), about, _encoder.encode(subject), _TIME, time.encode(), schema,
                b"%020d" % position, located, b"%d" % commitindex, rest if commitindex else first,
                prevhash.encode(), _DATA, data, _ENDED,
            )
        )  # fmt: skip

    return write


def decode(body: bytes, *, trusted: bool = False) -> Event:
    """An event from its bytes. Raises `EnvelopeError` for whatever the specification or OMS forbids.

    `trusted`: the bytes are held by the hash chain, so OMS wrote and checked them once: only types and times are
    looked at, at a sixth of the cost.
    """
    return proven(body)[0] if trusted else _quick(body) or _strict(body)


def proven(body: bytes) -> tuple[Event, int]:
    """A trusted event and its time in µs. Raises `EnvelopeError`."""
    try:
        event = _decoder.decode(body)
        time = written(event.time) if event.effectivetime is None or is_written_form(event.effectivetime) else None
    except _UNREADABLE:
        time = None
    if time is None:
        event = _strict(body)
        time = from_text(event.time)
    return event, time


def from_cloudevent(event: CloudEvent) -> Event:
    """The OMS event in any CloudEvent, binary mode's text for integers included. Raises `EnvelopeError`."""
    for name in event.attributes:
        if name not in _FIELDS:
            raise EnvelopeError(
                "EVENT_EXTENSION_UNKNOWN", pointer(name), f"{name[:64]!a} is no attribute of an OMS event"
            )
    for name in _FIELDS:
        if name not in event.attributes and name not in _OPTIONAL:
            raise EnvelopeError("EVENT_ATTRIBUTE_MISSING", pointer(name), f"an OMS event has {name}")
    values = {name: formed(name, value) for name, value in event.attributes.items()}
    if event.data is None:
        raise EnvelopeError("EVENT_DATA_MISSING", "/data", "an OMS event has data")
    parse(event.data, MAX_DEPTH - 1)
    found = msgspec.convert({**values, "data": msgspec.Raw(event.data.strip(b" \t\r\n"))}, Event)
    _check_together(found)
    return found


def to_cloudevent(event: Event) -> CloudEvent:
    """The same event for the general codec: batches, binary mode."""
    present: dict[str, Attribute] = {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
    return CloudEvent(attributes=present, data=bytes(event.data))


def _json(text: str) -> str:
    return _encoder.encode(text).decode()


_kept_json: Final = lru_cache(1024)(_json)


_BEGUN: Final = b'{"specversion":"1.0","id":"'
_TIME: Final = b',"time":"'
_DATA: Final = b'","data":'
_ENDED: Final = b"}"


@lru_cache(1024)
def _place(source: str, branch: str) -> tuple[str, str]:
    return f'","source":{_json(source)},"type":"', f'","branch":{_json(branch)},"commitid":"'


@lru_cache(1024)
def _kind(begun: str, kind: str) -> tuple[bytes, bytes]:
    """What stands round the subject and the time of events of a type."""
    schema = f'","datacontenttype":"{DATA_TYPE}","dataschema":"{SCHEMA_PREFIX}{kind}","sequence":"'
    return f'{begun}{kind}","subject":'.encode(), schema.encode()


def _optional(name: str, text: str | None) -> str:
    return "" if text is None else f',"{name}":{_json(text)}'


def _quick(body: bytes) -> Event | None:
    """The event if its bytes are the ones `encode` writes and all is well; `None` says nothing."""
    if len(body) > MAX_EVENT_BYTES:
        return None
    try:
        event = _decoder.decode(body)
        data = bytes(event.data)
        if too_deep(data, MAX_DEPTH - 1):
            return None
        # equal bytes prove: no key twice, none unknown, no other order or spelling, in the envelope and in the payload
        if _encoder.encode(event) != body or orjson.dumps(orjson.loads(data)) != data:
            return None
    except (*_UNREADABLE, orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return event if _characters(event) and _well_formed(event) else None


def _strict(body: bytes) -> Event:
    return from_cloudevent(decode_any(body))


def _characters(event: Event) -> bool:
    """Whether the attributes of no fixed form hold allowed characters only."""
    # an absent one reads "None" here, which is printable too
    free = f"{event.subject}{event.author}{event.causationid}{event.onbehalfof}{event.correlationid}{event.traceparent}"
    return holds_only_allowed(free) and (event.commitmessage is None or holds_only_allowed(event.commitmessage))


def _well_formed(event: Event) -> bool:
    """What `formed` and `_check_together` say with reasons, fast and without."""
    return (
        ID_SEQUENCE_HASHES.fullmatch(f"{event.id} {event.sequence} {event.commitid} {event.prevhash}") is not None
        and is_kind(event.specversion, event.type, event.datacontenttype, event.dataschema)
        and is_origin(event.source, event.branch)
        and 0 <= event.commitindex < event.commitsize <= MAX_COMMIT_SIZE
        and SUBJECT_START.match(event.subject) is not None
        and is_written_form(event.time)
        and (event.effectivetime is None or is_written_form(event.effectivetime))
        and (event.commitmessage is None or (event.commitindex == 0 and is_message(event.commitmessage)))
        and "" not in {event.author, event.causationid, event.onbehalfof, event.correlationid, event.traceparent}
    )


def _check_together(event: Event) -> None:
    if event.dataschema != SCHEMA_PREFIX + event.type:
        raise EnvelopeError("EVENT_FORM", "/dataschema", f"dataschema is not {SCHEMA_PREFIX}{event.type}")
    if not 0 <= event.commitindex < event.commitsize <= MAX_COMMIT_SIZE:
        text = f"event {event.commitindex} of {event.commitsize}: from 0, of at most {MAX_COMMIT_SIZE}"
        raise EnvelopeError("EVENT_FORM", "/commitindex", text)
    if event.commitmessage is not None and event.commitindex:
        raise EnvelopeError("EVENT_FORM", "/commitmessage", "only the first event of a commit has a commitmessage")
