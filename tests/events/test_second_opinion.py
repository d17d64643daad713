"""The CloudEvents SDK and the samples of other projects agree with the codec wherever they follow the specification."""

import json
from datetime import UTC

import pytest
import yaml
from cloudevents.core.bindings import http as sdk_http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as SdkEvent
from hypothesis import given

from events.findings import EnvelopeError
from events.wire.attributes import declares_json
from events.wire.cloudevents import CloudEvent, decode, encode
from events.wire.content_modes import from_http, http_binary, structured
from events.wire.envelope import decode as decode_event
from events.wire.envelope import encode as encode_event
from events.wire.envelope import from_cloudevent, to_cloudevent
from events.wire.instants import from_text, to_text
from tests.events.outside import needs_samples, tck
from tests.events.samples import MINIMAL, cloud_events, events, json_values

SAMPLES = sorted((tck() / "json_format_v1").glob("*.json"))
REFUSED = {
    "fail_numeric_decimal": "EVENT_ATTRIBUTE_TYPE",
    "fail_numeric_long": "EVENT_INTEGER_RANGE",
    "json_data_with_ext_invalid": "EVENT_ATTRIBUTE_NAME",
    "json_data_with_ext_upper_case": "EVENT_ATTRIBUTE_NAME",
}


def of_sdk(event):
    """An event of the SDK as ours: it holds times as datetimes."""
    attributes = dict(event.get_attributes())
    if "time" in attributes:
        attributes["time"] = attributes["time"].astimezone(UTC).isoformat()
    return attributes, event.get_data()


@given(events)
def test_the_sdk_reads_an_event_of_oms(event):
    attributes, data = of_sdk(JSONFormat().read(None, encode_event(event)))
    ours = dict(to_cloudevent(event).attributes)
    assert to_text(from_text(attributes.pop("time"))) == ours.pop("time")
    assert attributes == ours
    assert data == json.loads(bytes(event.data))


@given(events.filter(lambda event: bytes(event.data) != b"null"))  # the SDK drops a payload that is null
def test_an_event_of_oms_that_the_sdk_wrote_is_the_same_event(event):
    read = decode_event(JSONFormat().write(JSONFormat().read(None, encode_event(event))))
    assert to_cloudevent(read).attributes == to_cloudevent(event).attributes
    assert json.loads(bytes(read.data)) == json.loads(bytes(event.data))


@given(json_values)
def test_json_that_the_sdk_wrote_is_read(value):
    event = SdkEvent({**MINIMAL, "subject": "공항", "x": 7}, value)
    read = decode(JSONFormat().write(event))
    assert read.attributes["subject"] == "공항"
    assert (json.loads(read.data) if read.data else None) == value


@given(cloud_events.filter(lambda event: "time" not in event.attributes))
def test_the_sdk_reads_what_the_general_codec_wrote(event):
    attributes, data = of_sdk(JSONFormat().read(None, encode(event)))
    attributes.pop("time")  # it invents one
    assert attributes == event.attributes
    media_type = event.attributes.get("datacontenttype")
    match data:
        case None:
            assert event.data in (None, b"null")
        case bytes():
            assert data == event.data
        case str() if not declares_json(media_type):
            assert data.encode("latin-1" if "8859" in media_type else "utf-8") == event.data
        case _:
            assert data == json.loads(event.data)


@given(events)
def test_binary_mode_over_http_agrees_with_the_sdk(event):
    ours = http_binary(to_cloudevent(event))
    theirs = sdk_http.from_binary(sdk_http.HTTPMessage(ours.headers, ours.body), JSONFormat())
    attributes, data = of_sdk(theirs)
    assert to_text(from_text(attributes.pop("time"))) == event.time
    assert attributes == {name: str(value) for name, value in to_cloudevent(event).attributes.items() if name != "time"}
    assert data == json.loads(bytes(event.data))
    back = sdk_http.to_binary(SdkEvent(dict(theirs.get_attributes()), ours.body), JSONFormat())
    assert from_cloudevent(from_http(back.headers.items(), back.body)[0]) == event


@needs_samples
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_of_the_json_format(path):
    body = path.read_bytes()
    if path.stem in REFUSED:
        with pytest.raises(EnvelopeError) as refused:
            decode(body)
        assert refused.value.code == REFUSED[path.stem]
        return
    event = decode(body)
    members = {name: value for name, value in json.loads(body).items() if value is not None}
    assert event.attributes == {
        name: value for name, value in members.items() if not name.startswith("data_") and name != "data"
    }
    assert (event.data is None) == ("data" not in members and "data_base64" not in members)
    assert decode(encode(event)) == event


@needs_samples
@pytest.mark.parametrize("name", ["v1.yaml", "v1_minimum.yaml"])
def test_samples_of_the_conformance_suite(name):
    text = (tck() / "conformance" / "yaml" / name).read_text()
    for document in yaml.load_all(text, yaml.BaseLoader):
        known = dict(document["ContextAttributes"])
        event = CloudEvent(
            attributes=known | {n: v.strip() for n, v in known.pop("Extensions", {}).items()},
            data=document["Data"].encode(),
        )
        for message in (http_binary(event), structured(event)):
            (read,) = from_http(message.headers.items(), message.body)
            assert read.attributes["id"] == event.attributes["id"]
            assert read.data.strip() == event.data.strip()


@needs_samples
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_the_binary_scenario_of_the_conformance_suite(content_type):
    feature = (tck() / "conformance" / "features" / "http-protocol-binding.feature").read_text()
    headers, body = requests(feature, content_type)[0]
    (event,) = from_http(headers, body)
    assert event.attributes == {
        "specversion": "1.0", "type": "com.example.someevent", "time": "2018-04-05T03:56:24Z", "id": "1234-1234-1234",
        "source": "/mycontext/subcontext", "datacontenttype": content_type,
    }  # fmt: skip
    assert json.loads(event.data) == {"message": "Hello World!"}


@needs_samples
@pytest.mark.parametrize(
    "content_type", ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"]
)
def test_the_structured_scenario_of_the_conformance_suite(content_type):
    feature = (tck() / "conformance" / "features" / "http-protocol-binding.feature").read_text()
    headers, body = requests(feature, content_type)[1]
    (event,) = from_http(headers, body)
    assert event.attributes["datacontenttype"] == "application/json"
    assert json.loads(event.data) == {"message": "Hello World!"}


def requests(feature, content_type):
    """The HTTP requests in a feature file: `(headers, body)` each."""
    found = []
    for block in feature.split('"""')[1::2]:
        lines = [line.strip() for line in block.replace("<contentType>", content_type).strip().splitlines()]
        if lines[0].startswith("POST"):
            blank = lines.index("")
            headers = [tuple(line.split(": ", 1)) for line in lines[1:blank]]
            found.append((headers, "\n".join(lines[blank:]).encode()))
    return found
