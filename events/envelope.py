"""The CloudEvents 1.0.2 envelope as OMS writes it; one strict codec, bytes written once and never re-encoded.

Extensions: `sequence` (zero-padded position), `branch`, `commitid`, `commitindex`, `commitsize`, `author`, `onbehalfof`,
`effectivetime` (absent = `time`), `causationid` (the command), `correlationid`, `traceparent`, `prevhash`.
"""

import msgspec

SEQUENCE_DIGITS = 20
MAX_EVENT_BYTES = 512 * 1024  # encoded event + headers
MAX_SUBJECT_BYTES = 1024
CONTENT_TYPE = "application/cloudevents+json"


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
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
    def ends_commit(self) -> bool:
        return self.commitindex == self.commitsize - 1


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """The stored bytes of an event."""
    return _encoder.encode(event)


def decode(body: bytes) -> Event:
    """An event from its stored bytes. Raises `EnvelopeError` for whatever the specification or OMS forbids."""
    return _decoder.decode(body)
