"""What events of others are here, as a mapping says."""

import pytest

from events.findings import EnvelopeError, Refused
from events.wire.cloudevents import CloudEvent
from oms.importing.arriving import arrived, rules_of
from oms.importing.mapping import MappingRefused

GATE = {"type": "Gate", "properties": {"id": "data.gate.id", "tags": "data.tags", "kind": "type"}}


def event(data=b'{"gate": {"id": 7}, "tags": ["a"]}', kind="com.example.gate.opened", **attributes):
    said = {"specversion": "1.0", "id": "1", "source": "/s", "type": kind, "time": "2026-01-01T00:00:00Z"}
    return CloudEvent(attributes={**said, **attributes}, data=data)


def test_attributes_and_data_are_columns():
    rules = rules_of({"events": [{"type": "com.example.*", "effective": "time", "objects": [GATE]}]})
    properties = {"id": 7, "tags": ["a"], "kind": "com.example.gate.opened"}
    command = {"type": "UpsertObject", "data": {"type": "Gate", "properties": properties}}
    assert arrived(rules, event()) == (None, [{**command, "effective": "2026-01-01T00:00:00Z"}])


def test_the_first_entry_that_fits_is_taken():
    rules = rules_of(
        {
            "events": [
                {"type": "com.example.gate.opened", "source": "/other", "objects": [GATE]},
                {"type": "com.example.gate.opened", "branch": "dev/a/b", "objects": [{**GATE, "when": ["data.no"]}]},
                {"type": "com.example.*", "objects": [GATE]},
            ]
        }
    )
    assert arrived(rules, event()) == ("dev/a/b", [])
    assert arrived(rules, event(kind="com.example.x"))[0] is None
    assert arrived(rules, event(kind="com.examplex")) is None


def test_a_value_that_cannot_be_read_is_refused_by_its_place():
    rule = {**GATE, "properties": {"id": {"column": "data.gate.id", "as": "integer"}}}
    rules = rules_of({"events": [{"type": "*", "objects": [rule]}]})
    with pytest.raises(Refused) as refused:
        arrived(rules, event(b'{"gate": {"id": "x"}}'))
    assert [(each.code, each.path) for each in refused.value.findings] == [("IMPORT_VALUE", "/data/gate/id")]
    with pytest.raises(EnvelopeError) as twice:
        arrived(rules, event(b'{"a": 1, "a": 2}'))
    assert twice.value.path.startswith("/data")


def test_what_is_no_json_is_one_text():
    rule = {"type": "Note", "properties": {"text": "data"}}
    rules = rules_of({"events": [{"type": "*", "objects": [rule]}]})
    (command,) = arrived(rules, event("안녕".encode(), datacontenttype="text/plain"))[1]
    assert command["data"]["properties"] == {"text": "안녕"}
    assert arrived(rules, event(None))[1][0]["data"]["properties"] == {}


@pytest.mark.parametrize(
    "document",
    [[], {}, {"events": {}}, {"events": [{}]}, {"events": [{"type": 1}]}, {"events": [{"type": "*"}]},
     {"events": [{"type": "*", "objects": [GATE], "types": []}]}, {"events": [{"type": "*", "source": 1, "objects": [GATE]}]},
     {"events": [{"type": "*", "objects": [GATE], "other": 1}]}, {"events": [], "more": 1}],
)  # fmt: skip
def test_a_file_that_says_something_else_is_refused(document):
    with pytest.raises(MappingRefused):
        rules_of(document)
