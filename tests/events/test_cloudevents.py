import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.findings import EnvelopeError
from events.wire.cloudevents import MAX_EVENT_BYTES, CloudEvent, decode, decode_batch, encode, encode_batch
from events.wire.envelope import decode as decode_event
from tests.events.samples import EVENT, MINIMAL, changed, cloud_events


def body(**members):
    return json.dumps({**MINIMAL, **members}).encode()


def refusal(call, *args):
    with pytest.raises(EnvelopeError) as refused:
        call(*args)
    return refused.value.code, refused.value.path


@given(cloud_events)
def test_reading_what_was_written_gives_the_event(event):
    assert decode(encode(event)) == event


@given(st.lists(cloud_events, max_size=4))
def test_a_batch_is_its_events(events):
    assert decode_batch(encode_batch(events)) == events


def test_reading_invents_nothing():
    assert decode(body()) == CloudEvent(attributes=MINIMAL, data=None)
    assert decode(body(subject=None, time=None, anything=None)) == decode(body())


@pytest.mark.parametrize(
    ("members", "code", "path"),
    [
        ({"id": None}, "EVENT_ATTRIBUTE_MISSING", "/id"),
        ({"type": None}, "EVENT_ATTRIBUTE_MISSING", "/type"),
        ({"source": ""}, "EVENT_ATTRIBUTE_EMPTY", "/source"),
        ({"subject": ""}, "EVENT_ATTRIBUTE_EMPTY", "/subject"),
        ({"specversion": "0.3"}, "EVENT_SPECVERSION", "/specversion"),
        ({"specversion": 1.0}, "EVENT_ATTRIBUTE_TYPE", "/specversion"),
        ({"id": 7}, "EVENT_ATTRIBUTE_TYPE", "/id"),
        ({"subject": True}, "EVENT_ATTRIBUTE_TYPE", "/subject"),
        ({"x": 1.5}, "EVENT_ATTRIBUTE_TYPE", "/x"),
        ({"x": 42.0}, "EVENT_ATTRIBUTE_TYPE", "/x"),
        ({"x": {}}, "EVENT_ATTRIBUTE_TYPE", "/x"),
        ({"x": []}, "EVENT_ATTRIBUTE_TYPE", "/x"),
        ({"x": 2**31}, "EVENT_INTEGER_RANGE", "/x"),
        ({"x": -(2**31) - 1}, "EVENT_INTEGER_RANGE", "/x"),
        ({"aString": "a"}, "EVENT_ATTRIBUTE_NAME", "/aString"),
        ({"a_b": "a"}, "EVENT_ATTRIBUTE_NAME", "/a_b"),
        ({"": "a"}, "EVENT_ATTRIBUTE_NAME", "/"),
        ({"한": "a"}, "EVENT_ATTRIBUTE_NAME", "/\\ud55c"),
        ({"a\n": "a"}, "EVENT_ATTRIBUTE_NAME", "/a\\n"),
        ({"x": "a\nb"}, "EVENT_ATTRIBUTE_CHARACTER", "/x"),
        ({"x": "\x7f"}, "EVENT_ATTRIBUTE_CHARACTER", "/x"),
        ({"x": "\x9f"}, "EVENT_ATTRIBUTE_CHARACTER", "/x"),
        ({"x": "\ufdd0"}, "EVENT_ATTRIBUTE_CHARACTER", "/x"),
        ({"x": "\U0010ffff"}, "EVENT_ATTRIBUTE_CHARACTER", "/x"),
        ({"x": "\ud800"}, "EVENT_SURROGATE", "/x"),
        ({"time": "yesterday"}, "EVENT_TIME", "/time"),
        ({"time": "2023-02-29T00:00:00Z"}, "EVENT_TIME", "/time"),
        ({"time": "2023-02-28 00:00:00Z"}, "EVENT_TIME", "/time"),
        ({"source": "a b"}, "EVENT_URI", "/source"),
        ({"source": "%zz"}, "EVENT_URI", "/source"),
        ({"source": "1a:b"}, "EVENT_URI", "/source"),
        ({"source": "/공항"}, "EVENT_URI", "/source"),
        ({"dataschema": "/relative"}, "EVENT_URI", "/dataschema"),
        ({"datacontenttype": "json"}, "EVENT_MEDIA_TYPE", "/datacontenttype"),
        ({"datacontenttype": "text/plain;"}, "EVENT_MEDIA_TYPE", "/datacontenttype"),
        ({"data": 1, "data_base64": "e30="}, "EVENT_DATA_TWICE", "/data_base64"),
        ({"data": None, "data_base64": None}, "EVENT_DATA_TWICE", "/data_base64"),
        ({"data_base64": "e30"}, "EVENT_DATA_BASE64", "/data_base64"),
        ({"data_base64": "é"}, "EVENT_DATA_BASE64", "/data_base64"),
        ({"data_base64": 7}, "EVENT_DATA_BASE64", "/data_base64"),
        ({"data": {}, "datacontenttype": "text/plain"}, "EVENT_DATA_NOT_TEXT", "/data"),
        ({"data": "x", "datacontenttype": "text/plain;charset=utf-16"}, "EVENT_DATA_CHARSET", "/data"),
        ({"data": "한", "datacontenttype": "text/plain;charset=us-ascii"}, "EVENT_DATA_CHARSET", "/data"),
    ],
)
def test_what_the_specification_forbids(members, code, path):
    assert refusal(decode, body(**members)) == (code, path)


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (b"[]", "EVENT_NOT_OBJECT", ""),
        (b"7", "EVENT_NOT_OBJECT", ""),
        (b'{"id":"1","id":"1"}', "EVENT_DUPLICATE_KEY", "/id"),
        (b'{"data":{"deep":[{"a":1,"a":2}]}}', "EVENT_DUPLICATE_KEY", "/data/deep/0/a"),
        (b'{"data":NaN}', "EVENT_NUMBER", ""),
        (b" " * (MAX_EVENT_BYTES + 1), "EVENT_TOO_LARGE", ""),
        (b"[" * MAX_EVENT_BYTES, "EVENT_TOO_DEEP", ""),
    ],
)
def test_what_is_no_event_at_all(text, code, path):
    assert refusal(decode, text) == (code, path)


@pytest.mark.parametrize(
    "members",
    [
        {"x": ""}, {"x": 2**31 - 1}, {"x": -(2**31)}, {"a" * 64: "long names are only discouraged"}, {"subject": '공항 \\ "'},
        {"source": "urn:uuid:6e8bc430"}, {"source": "mailto:a@b"}, {"source": "//[::1]:80/p?q#f"}, {"source": "#f"}, {"source": "a/b:c"},
        {"source": "https://u:p@example.com:8080/%ED%95%9C?a=b/c#d"}, {"dataschema": "urn:oms:schema:t"},
        {"datacontenttype": 'multipart/x; a="b;\\"c" ; d=e'}, {"time": "2016-12-31T23:59:60Z"}, {"time": "1985-04-12t23:20:50.52z"},
    ],
)  # fmt: skip
def test_what_the_specification_allows(members):
    assert decode(body(**members)).attributes == MINIMAL | members


@pytest.mark.parametrize(
    ("members", "data"),
    [
        ({"data": None}, b"null"),
        ({"data": "text"}, b'"text"'),
        ({"data": {"a": [1]}}, b'{"a": [1]}'),
        ({"data": "<a/>", "datacontenttype": "application/xml"}, b"<a/>"),
        ({"data": "é", "datacontenttype": "text/plain; charset=ISO-8859-1"}, b"\xe9"),
        ({"data_base64": "AP8="}, b"\x00\xff"),
        ({"data_base64": ""}, b""),
    ],
)
def test_data_is_the_bytes_of_the_payload(members, data):
    assert decode(body(**members)).data == data


def test_json_that_is_none_travels_in_base64():
    attributes = MINIMAL | {"datacontenttype": "application/json"}
    assert b'"data_base64"' in encode(CloudEvent(attributes=attributes, data=b'{"a":1,"a":2}'))
    assert b'"data"' in encode(CloudEvent(attributes=attributes, data=b' {"a":1}\n'))


def test_what_would_not_be_read_is_not_written():
    assert refusal(encode, CloudEvent(attributes={"id": "1"})) == ("EVENT_ATTRIBUTE_MISSING", "/specversion")
    assert refusal(encode, CloudEvent(attributes=MINIMAL | {"x": "\n"})) == ("EVENT_ATTRIBUTE_CHARACTER", "/x")
    assert refusal(encode, CloudEvent(attributes=MINIMAL, data=b"0" * 400_000)) == ("EVENT_TOO_LARGE", "")


def test_a_batch_names_the_event_that_is_wrong():
    assert refusal(decode_batch, b"[" + body() + b"," + body(x=1.5) + b"]") == ("EVENT_ATTRIBUTE_TYPE", "/1/x")
    assert refusal(decode_batch, body()) == ("EVENT_NOT_ARRAY", "")
    assert refusal(decode_batch, b"[" + body()) == ("EVENT_NOT_JSON", "")
    assert refusal(decode_batch, b"\xff") == ("EVENT_NOT_JSON", "")
    assert refusal(decode_batch, b"[" * 100_000) == ("EVENT_TOO_DEEP", "")
    assert decode_batch(b"[]") == []


mutations = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 2), st.binary(max_size=3)), min_size=1, max_size=4)


def mutated(text, changes):
    for at, cut, put in changes:
        where = at % (len(text) + 1)
        text = text[:where] + put + text[where + cut :]
    return text


@given(mutations)
def test_whatever_happens_to_the_bytes_only_a_refusal_comes(changes):
    for read in (decode, decode_batch, decode_event, lambda text: decode_event(text, trusted=True)):
        for text in (changed(), b"[" + body(data={"a": [1.5, "x"]}, x=True) + b"]", body(time="2024-01-01T00:00:00Z")):
            try:
                read(mutated(text, changes))
            except EnvelopeError as refused:
                str(refused).encode()


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(text):
    for read in (decode, decode_event):
        with pytest.raises(EnvelopeError):
            read(text)


def test_an_oms_event_is_a_cloudevent():
    assert decode(changed()).attributes["subject"] == EVENT.subject
