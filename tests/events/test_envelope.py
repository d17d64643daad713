import json
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.wire import envelope
from events.wire.commit_message import to_attribute
from events.wire.content_modes import from_nats, nats_binary
from events.wire.envelope import EnvelopeError, Shared, decode, encode, from_cloudevent, to_cloudevent, writer
from tests.events.samples import EVENT, changed, events


def refusal(call, *args):
    with pytest.raises(EnvelopeError) as refused:
        call(*args)
    return refused.value.code, refused.value.path


@given(events)
def test_reading_what_was_written_gives_the_event_on_every_way(event):
    body = encode(event)
    assert decode(body) == event
    assert decode(body, trusted=True) == event
    assert from_cloudevent(to_cloudevent(event)) == event
    assert encode(decode(body)) == body


def written(event):
    """By the writer of its commit."""
    shared = Shared(**{name: getattr(event, name) for name in Shared.__struct_fields__})
    own = (event.id, event.type, event.subject, event.time, event.position, event.commitindex, event.prevhash)
    return shared, writer(shared)(*own, bytes(event.data))


@given(events)
def test_the_writer_of_a_commit_writes_what_the_codec_does(event):
    assert written(event)[1] == encode(event)


@given(events)
def test_the_quick_way_agrees_with_the_strict_way(event):
    body = encode(event)
    assert envelope._strict(body) == event
    assert envelope._quick(body) in (event, None)


@given(st.data())
def test_the_quick_way_lets_nothing_pass_that_the_strict_way_refuses(data):
    body = encode(EVENT)
    at = data.draw(st.integers(0, len(body) - 1))
    body = body[:at] + data.draw(st.binary(max_size=2)) + body[at + data.draw(st.integers(0, 2)) :]
    event = envelope._quick(body)
    assert event is None or event == envelope._strict(body)


def test_what_oms_writes_takes_the_quick_way():
    for subject in ("object/Flight/1", 'object/항공편/인천 "1"', "branch/prod/main/main"):
        event = msgspec.structs.replace(EVENT, subject=subject, traceparent="00-" + "1" * 32, effectivetime=EVENT.time)
        assert envelope._quick(encode(event)) == event


@given(events, st.randoms(use_true_random=False), st.sampled_from([None, 1]))
def test_order_and_blanks_make_no_other_event(event, random, indent):
    members = list(json.loads(encode(event)).items())
    random.shuffle(members)
    read = decode(json.dumps(dict(members), indent=indent).encode())
    assert json.loads(bytes(read.data)) == json.loads(bytes(event.data))
    assert msgspec.structs.replace(read, data=event.data) == event


def test_null_is_an_attribute_that_is_not_there():
    read = decode(changed(onbehalfof=None, traceparent=None))
    assert (read.onbehalfof, read.traceparent) == (None, None)


@pytest.mark.parametrize(
    ("members", "code", "path"),
    [
        ({"other": "x"}, "EVENT_EXTENSION_UNKNOWN", "/other"),
        ({"Other": "x"}, "EVENT_ATTRIBUTE_NAME", "/Other"),
        ({"branch": ...}, "EVENT_ATTRIBUTE_MISSING", "/branch"),
        ({"time": ...}, "EVENT_ATTRIBUTE_MISSING", "/time"),
        ({"prevhash": None}, "EVENT_ATTRIBUTE_MISSING", "/prevhash"),
        ({"data": ...}, "EVENT_DATA_MISSING", "/data"),
        ({"data_base64": "e30="}, "EVENT_DATA_TWICE", "/data_base64"),
        ({"data": ..., "data_base64": "e30"}, "EVENT_DATA_BASE64", "/data_base64"),
        ({"commitindex": "x"}, "EVENT_ATTRIBUTE_TYPE", "/commitindex"),
        ({"commitindex": True}, "EVENT_ATTRIBUTE_TYPE", "/commitindex"),
        ({"commitindex": 0.0}, "EVENT_ATTRIBUTE_TYPE", "/commitindex"),
        ({"commitindex": 2}, "EVENT_FORM", "/commitindex"),
        ({"commitindex": -1}, "EVENT_FORM", "/commitindex"),
        ({"commitsize": 100_001}, "EVENT_FORM", "/commitindex"),
        ({"commitsize": 2**31}, "EVENT_INTEGER_RANGE", "/commitsize"),
        ({"author": 7}, "EVENT_ATTRIBUTE_TYPE", "/author"),
        ({"author": ""}, "EVENT_ATTRIBUTE_EMPTY", "/author"),
        ({"author": "a\u2028\x85"}, "EVENT_ATTRIBUTE_CHARACTER", "/author"),
        ({"subject": "object/\n"}, "EVENT_ATTRIBUTE_CHARACTER", "/subject"),
        ({"subject": "object/"}, "EVENT_FORM", "/subject"),
        ({"subject": "nothing"}, "EVENT_FORM", "/subject"),
        ({"id": "1"}, "EVENT_FORM", "/id"),
        ({"id": "018BCFE5-687B-71F9-9A6F-6F0A2B3C4D5E"}, "EVENT_FORM", "/id"),
        ({"sequence": "7"}, "EVENT_FORM", "/sequence"),
        ({"sequence": "０" * 20}, "EVENT_FORM", "/sequence"),
        ({"commitid": "AB" * 32}, "EVENT_FORM", "/commitid"),
        ({"prevhash": "ab"}, "EVENT_FORM", "/prevhash"),
        ({"commitmessage": "why", "commitindex": 1}, "EVENT_FORM", "/commitmessage"),
        ({"commitmessage": ""}, "EVENT_ATTRIBUTE_EMPTY", "/commitmessage"),
        ({"commitmessage": "90 %"}, "EVENT_FORM", "/commitmessage"),
        ({"commitmessage": "%0a"}, "EVENT_FORM", "/commitmessage"),
        ({"commitmessage": "%EA%B0"}, "EVENT_FORM", "/commitmessage"),
        ({"commitmessage": "one\ntwo"}, "EVENT_ATTRIBUTE_CHARACTER", "/commitmessage"),
        ({"branch": "main"}, "EVENT_FORM", "/branch"),
        ({"source": "/elsewhere"}, "EVENT_FORM", "/source"),
        ({"source": "a b"}, "EVENT_URI", "/source"),
        ({"type": "io.oms.object.created"}, "EVENT_FORM", "/type"),
        ({"dataschema": "urn:oms:schema:io.oms.object.updated.v1"}, "EVENT_FORM", "/dataschema"),
        ({"datacontenttype": "application/xml", "data": "x"}, "EVENT_FORM", "/datacontenttype"),
        ({"time": "2023-11-14T22:13:20Z"}, "EVENT_FORM", "/time"),
        ({"time": "2023-02-29T22:13:20.123456Z"}, "EVENT_TIME", "/time"),
        ({"effectivetime": "2023-02-29T22:13:20.123456Z"}, "EVENT_FORM", "/effectivetime"),
        ({"specversion": "1.1"}, "EVENT_SPECVERSION", "/specversion"),
    ],
)
def test_what_is_no_event_of_oms(members, code, path):
    body = changed(**members)
    assert refusal(decode, body) == (code, path)
    canonical = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    assert refusal(decode, canonical) == (code, path)


@pytest.mark.parametrize(
    ("data", "code", "path"),
    [
        (b'{"a":1,"a":1}', "EVENT_DUPLICATE_KEY", "/data/a"),
        (b'{"a":[{"b":0,"b":0}]}', "EVENT_DUPLICATE_KEY", "/data/a/0/b"),
        (b'{"a":NaN}', "EVENT_NUMBER", ""),
        (b'{"a":1e999}', "EVENT_NUMBER", "/data/a"),
        (b'{"a":"\\ud800"}', "EVENT_SURROGATE", "/data/a"),
        (b'{"a":"\xff"}', "EVENT_NOT_JSON", ""),
        (b"[" * 64 + b"]" * 64, "EVENT_TOO_DEEP", ""),
        (b"[" * 100_000, "EVENT_TOO_DEEP", ""),
        (b'"' + b"x" * 600_000 + b'"', "EVENT_TOO_LARGE", ""),
        (b"", "EVENT_NOT_JSON", ""),
        (b"1}", "EVENT_NOT_JSON", ""),
    ],
)
def test_what_is_no_payload(data, code, path):
    body = encode(msgspec.structs.replace(EVENT, data=msgspec.Raw(data)))
    assert refusal(decode, body) == (code, path)


def test_a_payload_may_be_written_in_other_ways():
    for data in (b'{"a": 1.0}', b"1E2", b"100000000000000000000000", b"-0", b'"\\u0041"', b"[" * 63 + b"]" * 63):
        event = msgspec.structs.replace(EVENT, data=msgspec.Raw(data))
        assert decode(encode(event)) == event


def test_a_member_twice_in_the_envelope_is_found():
    body = encode(EVENT)
    assert refusal(decode, body[:-1] + b',"author":"alice@oms"}') == ("EVENT_DUPLICATE_KEY", "/author")


@pytest.mark.parametrize(
    "members", [{"time": "now"}, {"effectivetime": "2023-02-29T00:00:00.000000Z"}, {"author": 7}, {"prevhash": ...}]
)
def test_trusted_bytes_still_have_their_types_and_times(members):
    with pytest.raises(EnvelopeError):
        decode(changed(**members), trusted=True)


@pytest.mark.parametrize("text", ["", "a\x00", "\ufdd0", "\x7f"])
@pytest.mark.parametrize(
    "name", ["author", "causationid", "onbehalfof", "correlationid", "traceparent", "commitmessage"]
)
def test_what_no_reader_would_take_is_not_plain(name, text):
    assert written(EVENT)[0].plain
    shared, body = written(msgspec.structs.replace(EVENT, **{name: text}))
    assert not shared.plain
    assert refusal(decode, body)[1] == f"/{name}"


@pytest.mark.parametrize("message", ["게이트 모델\n90 %", "%0A", "\x00\u2028\uffff", "a" * 10_000])
def test_a_message_is_carried_whatever_it_says(message):
    event = msgspec.structs.replace(EVENT, commitmessage=to_attribute(message))
    assert decode(encode(event)).message == message
    sent = nats_binary(to_cloudevent(event))
    assert from_cloudevent(from_nats(sent.headers.items(), sent.body)).message == message


def test_where_nobody_said_why_there_is_no_message():
    assert to_attribute("") is None
    assert EVENT.message == ""
    assert b"commitmessage" not in encode(EVENT)


def test_a_deep_stack_changes_no_verdict():
    def at_depth(left):
        return at_depth(left - 1) if left else decode(encode(EVENT))

    assert at_depth(sys.getrecursionlimit() // 2) == EVENT


def test_position_and_the_end_of_a_commit():
    assert EVENT.position == 7
    assert not EVENT.ends_commit
    assert msgspec.structs.replace(EVENT, commitindex=1).ends_commit
