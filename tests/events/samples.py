"""Events for the codec's tests, and strategies that make them."""

import json

import msgspec
from hypothesis import strategies as st

from events.wire.cloudevents import CloudEvent
from events.wire.commit_message import to_attribute
from events.wire.envelope import Event

HASH = "5e" * 32
MINIMAL = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}

EVENT = Event(
    specversion="1.0",
    id="018bcfe5-687b-71f9-9a6f-6f0a2b3c4d5e",
    source="/oms/main/prod/flights",
    type="io.oms.object.created.v1",
    subject="object/Flight/2013:1:1:UA",
    time="2023-11-14T22:13:20.123456Z",
    datacontenttype="application/json",
    dataschema="urn:oms:schema:io.oms.object.created.v1",
    sequence="00000000000000000007",
    branch="prod/flights/main",
    commitid=HASH,
    commitindex=0,
    commitsize=2,
    author="alice@oms",
    causationid="018bcfe5-0000-7000-8000-000000000001",
    prevhash="ab" * 32,
    data=msgspec.Raw(b'{"slug":"Flight","key":"2013:1:1:UA","properties":{"carrier":"UA","hours":5.25}}'),
)

_noncharacters = [chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)]
_noncharacters += map(chr, range(0xFDD0, 0xFDF0))
_alphabet = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=_noncharacters)
texts = st.text(_alphabet, max_size=20)
words = st.text(_alphabet, min_size=1, max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=6,
)
json_bytes = json_values.map(lambda value: json.dumps(value, ensure_ascii=False).encode())

messages = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(to_attribute)
_any_events = st.builds(
    msgspec.structs.replace,
    st.just(EVENT),
    subject=words.map("object/Flight/".__add__),
    author=words,
    causationid=words,
    onbehalfof=st.none() | words,
    correlationid=st.none() | words,
    traceparent=st.none() | words,
    effectivetime=st.none() | st.just("1999-12-31T23:59:59.000001Z"),
    sequence=st.integers(1, 10**20 - 1).map("{:020d}".format),
    commitindex=st.integers(0, 9),
    commitsize=st.integers(10, 100_000),
    data=(st.sampled_from([b"{}", b"[1.5,null,true]", '{"키":"값"}'.encode()]) | json_bytes).map(msgspec.Raw),
)
events = st.builds(
    lambda event, message: event if event.commitindex else msgspec.structs.replace(event, commitmessage=message),
    _any_events,
    messages,
)

_extensions = st.dictionaries(
    st.from_regex(r"x[a-z0-9]{0,30}", fullmatch=True),
    texts | st.integers(-(2**31), 2**31 - 1) | st.booleans(),
    max_size=4,
)
_payloads = st.one_of(
    st.tuples(st.just({}), st.none()),
    st.tuples(st.sampled_from([{}, {"datacontenttype": "application/vnd.x+json; charset=utf-8"}]), json_bytes),
    st.tuples(st.just({"datacontenttype": "text/plain"}), texts.map(str.encode)),
    st.tuples(st.just({"datacontenttype": "text/plain;charset=iso-8859-1"}), st.binary()),
    st.tuples(st.sampled_from([{"datacontenttype": "image/png"}, {"datacontenttype": "application/xml"}]), st.binary()),
    st.tuples(st.just({}), st.binary().map(lambda data: data.strip(b" \t\r\n"))),  # blanks around JSON are not kept
)
cloud_events = st.builds(
    lambda extensions, subject, payload: CloudEvent(
        attributes=MINIMAL | ({"subject": subject} if subject else {}) | payload[0] | extensions, data=payload[1]
    ),
    _extensions,
    texts,
    _payloads,
)


def changed(**members: object) -> bytes:
    """The JSON of `EVENT` with other members; `...` leaves one out."""
    known = json.loads(msgspec.json.encode(EVENT)) | members
    return json.dumps({name: value for name, value in known.items() if value is not ...}).encode()
