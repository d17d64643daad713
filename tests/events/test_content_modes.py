import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.findings import EnvelopeError
from events.wire.attributes import declares_json
from events.wire.cloudevents import CloudEvent
from events.wire.content_modes import batched, from_http, from_nats, http_binary, mode, nats_binary, structured
from events.wire.envelope import from_cloudevent, to_cloudevent
from tests.events.samples import EVENT, MINIMAL, cloud_events, events

HEADERS = {f"ce-{name}": value for name, value in MINIMAL.items()}


def refusal(call, *args):
    with pytest.raises(EnvelopeError) as refused:
        call(*args)
    return refused.value.code, refused.value.path


def as_text(event):
    """What binary mode keeps: the text of every value; no data is an empty body."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in event.attributes.items()
    }
    return CloudEvent(attributes=texts, data=event.data or None)


@given(cloud_events)
def test_structured_messages_keep_the_event(event):
    message = structured(event)
    assert from_http(message.headers.items(), message.body) == [event]
    assert from_nats(message.headers.items(), message.body) == event


@given(cloud_events)
def test_binary_messages_keep_the_event_as_text(event):
    nats = nats_binary(event)
    assert from_nats(nats.headers.items(), nats.body) == as_text(event)
    http = http_binary(event)
    (read,) = from_http(http.headers.items(), http.body)
    implied = {"datacontenttype": "application/json"} if event.data is not None else {}
    assert read == as_text(CloudEvent(attributes=implied | event.attributes, data=event.data))


@given(events)
def test_an_oms_event_survives_binary_mode(event):
    message = nats_binary(to_cloudevent(event))
    assert from_cloudevent(from_nats(message.headers.items(), message.body)) == event
    assert all(value.isascii() and value.isprintable() and " " not in value for value in message.headers.values())


def test_a_batch_travels_over_http_only():
    message = batched([to_cloudevent(EVENT), CloudEvent(attributes=MINIMAL)])
    assert from_http(message.headers.items(), message.body) == [to_cloudevent(EVENT), CloudEvent(attributes=MINIMAL)]
    assert refusal(from_nats, message.headers.items(), message.body) == ("EVENT_CONTENT_MODE", "")


@pytest.mark.parametrize(
    ("content_type", "known"),
    [
        (None, "binary"),
        ("", "binary"),
        ("application/json", "binary"),
        ("application/cloudevents+json", "structured"),
        (" Application/CloudEvents+JSON; charset=UTF-8", "structured"),
        ("application/cloudevents+avro", "structured"),
        ("application/cloudevents-batch+json", "batched"),
    ],
)
def test_the_content_type_says_the_mode(content_type, known):
    assert mode(content_type) == known


def test_header_names_have_no_case():
    headers = {
        "CE-SpecVersion": "1.0",
        "Ce-Id": "1",
        "cE-source": "/s",
        "ce-TYPE": "t",
        "content-TYPE": "text/plain",
        "Host": "h",
    }
    (event,) = from_http(headers.items(), b"x")
    assert event == CloudEvent(attributes=MINIMAL | {"datacontenttype": "text/plain"}, data=b"x")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),  # the specification's example
        ('say "hi" 100%', "say%20%22hi%22%20100%25"),
        ("!#$&'()*+,-./:;<=>?@[\\]^_`{|}~", "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ],
)
def test_header_values_are_percent_encoded(text, written):
    message = nats_binary(CloudEvent(attributes=MINIMAL | {"x": text}))
    assert message.headers["ce-x"] == written
    assert from_nats(message.headers.items(), b"").attributes["x"] == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("%e2%82%ac", "€"), ("%41%42", "AB"), ("a b", "a b"), ('"a b"', "a b"), ('"say \\"hi\\" \\\\"', 'say "hi" \\'), ('"%41"', "A"),
        ("%2541", "%41"), ("\t a \t", "a"), ('"open', '"open'), ("", ""),
    ],
)  # fmt: skip
def test_header_values_of_others(written, text):
    assert from_nats((HEADERS | {"ce-x": written}).items(), b"").attributes["x"] == text


@pytest.mark.parametrize(
    ("headers", "code", "path"),
    [
        ([("ce-x", "%C0%A0")], "EVENT_HEADER", "/x"),
        ([("ce-x", "%ED%A0%80")], "EVENT_HEADER", "/x"),
        ([("ce-x", "%")], "EVENT_HEADER", "/x"),
        ([("ce-x", "%4")], "EVENT_HEADER", "/x"),
        ([("ce-x", "한")], "EVENT_HEADER", "/x"),
        ([("ce-x", "a\x00b")], "EVENT_HEADER", "/x"),
        ([("ce-x", "%0A")], "EVENT_ATTRIBUTE_CHARACTER", "/x"),
        ([("ce-x", "1"), ("CE-X", "1")], "EVENT_HEADER", "/ce-x"),
        ([("ce-", "1")], "EVENT_ATTRIBUTE_NAME", "/"),
        ([("ce-data", "1")], "EVENT_ATTRIBUTE_NAME", "/data"),
        ([("ce-data_base64", "1")], "EVENT_ATTRIBUTE_NAME", "/data_base64"),
        ([("ce-time", "now")], "EVENT_TIME", "/time"),
        ([("content-type", "no media type")], "EVENT_MEDIA_TYPE", "/datacontenttype"),
        ([("ce-datacontenttype", "text/plain")], "EVENT_HEADER", "/datacontenttype"),
        ([("content-type", "application/cloudevents+avro")], "EVENT_CONTENT_MODE", ""),
        ([("content-type", "application/cloudevents+json; charset=utf-16")], "EVENT_CONTENT_MODE", ""),
    ],
)
def test_messages_that_carry_no_event(headers, code, path):
    assert refusal(from_http, [*HEADERS.items(), *headers], b"") == (code, path)


headers = st.sampled_from([*HEADERS, "content-type", "Ce-time", "ce-x", "ce-한", "host", ""])
values = st.sampled_from(["1.0", "a", "application/json", "application/cloudevents+json", "%", '"a\\"']) | st.text(
    max_size=8
)


@given(st.lists(st.tuples(headers, values)), st.binary(max_size=20))
def test_whatever_the_headers_say_only_a_refusal_comes(found, body):
    for read in (from_http, from_nats):
        try:
            read([*HEADERS.items(), *found], body)
            read(found, body)
        except EnvelopeError as refused:
            str(refused).encode()


def test_a_message_without_the_required_headers_is_no_event():
    assert refusal(from_http, [("content-type", "application/json")], b"{}") == (
        "EVENT_ATTRIBUTE_MISSING",
        "/specversion",
    )
    assert refusal(from_nats, [], b"{}") == ("EVENT_ATTRIBUTE_MISSING", "/specversion")
    assert refusal(from_nats, HEADERS.items(), b"x" * 600_000) == ("EVENT_TOO_LARGE", "")


@pytest.mark.parametrize(
    ("media_type", "is_json"),
    [
        (None, True), ("application/json", True), ("text/json; charset=utf-8", True), ("Application/Vnd.x+JSON", True),
        ("application/jsonp", False), ("text/plain", False), ("application/xml; a=/json", False),
    ],
)  # fmt: skip
def test_which_media_types_declare_json(media_type, is_json):
    assert declares_json(media_type) == is_json
