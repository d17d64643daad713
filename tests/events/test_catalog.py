"""The catalog: names lead to models and back, old versions are brought up to date, what is unknown is said."""

import json

import pytest

from events import catalog
from events.catalog import NotAPayload
from events.decider import Payload
from events.findings import Refused
from events.objects.object_words import ObjectCreated
from events.wire.upcasters import BrokenChain, chains

CREATED = "io.oms.object.created.v1"
DATA = {
    "type": "ri.oms.object-type.1",
    "slug": "Flight",
    "key": "김포",
    "properties": {"a": None, "b": [1.0, {"c": None}]},
}


def test_an_event_is_written_and_read():
    payload = catalog.payload(CREATED, json.dumps(DATA).encode())
    assert isinstance(payload, ObjectCreated)
    assert catalog.event_type(payload) == CREATED
    assert json.loads(catalog.data(payload)) == DATA
    assert catalog.data(payload) == json.dumps(DATA, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        (CREATED, DATA),
        (
            "io.oms.object.updated.v1",
            {"type": "t", "slug": "s", "key": "k", "set": {"a": [1]}, "unset": ["b"], "was": {}},
        ),
        ("io.oms.link.created.v1", {"type": "t", "slug": "s", "from": "a", "to": "b"}),
        (
            "io.oms.link.created.v1",
            {"type": "t", "slug": "s", "from": "a", "to": "김포", "properties": {"게이트": None}},
        ),
        (
            "io.oms.link.updated.v1",
            {"type": "t", "slug": "s", "from": "a", "to": "b", "set": {"a": {"b": None}}, "unset": [], "was": {}},
        ),
        ("io.oms.link.deleted.v1", {"type": "t", "slug": "s", "from": "a", "to": "b"}),
        ("io.oms.branch.created.v1", {"name": "dev/a/b", "parent": "prod/a/b", "base": 3, "default": False}),
    ],
)
def test_what_the_chain_proves_is_read_the_same(event_type, data):
    stored = json.dumps(data).encode()
    validated, proven = catalog.payload(event_type, stored), catalog.proven(event_type, stored)
    assert proven == validated
    assert catalog.data(proven) == catalog.data(validated)
    assert proven.model_dump() == validated.model_dump()
    assert catalog.stored(proven) == validated.model_dump(by_alias=True, exclude_none=True) == data


@pytest.mark.parametrize("data", [b"{}", b"[", json.dumps({**DATA, "colour": 1}).encode()])
def test_what_has_another_shape_is_not_taken_as_proven(data):
    with pytest.raises(NotAPayload):
        catalog.proven(CREATED, data)


def test_what_is_none_is_not_written():
    rid = "ri.oms.object-type.1"
    payload = catalog.payload("io.oms.objectType.deprecated.v1", json.dumps({"rid": rid, "slug": "A"}).encode())
    assert catalog.data(payload) == b'{"rid":"ri.oms.object-type.1","slug":"A"}'


@pytest.mark.parametrize(
    ("event_type", "data", "code"),
    [
        ("io.oms.object.painted.v1", b"{}", "EVENT_TYPE_UNKNOWN"),
        ("io.oms.object.created.v2", b"{}", "EVENT_TYPE_UNKNOWN"),
        (CREATED, b"{}", "EVENT_DATA_INVALID"),
        (CREATED, b"[", "EVENT_DATA_INVALID"),
        (CREATED, json.dumps({**DATA, "colour": 1}).encode(), "EVENT_DATA_INVALID"),
        (CREATED, json.dumps({**DATA, "key": 1}).encode(), "EVENT_DATA_INVALID"),
        ("io.oms.link.created.v1", b'{"type":"t","slug":"s","from_":"a","to":"b"}', "EVENT_DATA_INVALID"),
    ],
)
def test_what_cannot_be_read_is_said(event_type, data, code):
    with pytest.raises(NotAPayload) as unreadable:
        catalog.payload(event_type, data)
    assert unreadable.value.code == code
    assert event_type in unreadable.value.text


def split(data):
    slug, _, key = data["id"].partition("/")
    return {"slug": slug, "key": key, "properties": data["values"], "type": data["type"]}


def named(data):
    return {"id": data["name"], **{name: data[name] for name in data if name != "name"}}


def test_old_versions_are_brought_up_to_date_step_by_step():
    newest = "io.oms.object.created.v3"
    old = chains({"io.oms.object.created.v1": named, "io.oms.object.created.v2": split}, [newest])
    old = {name: chain._replace(newest=CREATED) for name, chain in old.items()}  # as if today's model were the third
    second = {"id": "Flight/김포", "values": {"n": 1}, "type": "ri.oms.object-type.1"}
    expected = ObjectCreated(type="ri.oms.object-type.1", slug="Flight", key="김포", properties={"n": 1})
    older = {f"io.oms.old.created.v{n}": old[f"io.oms.object.created.v{n}"] for n in (1, 2)}
    assert catalog.payload("io.oms.old.created.v2", json.dumps(second).encode(), older) == expected
    first = {"name": second["id"], "values": {"n": 1}, "type": second["type"]}
    assert catalog.payload("io.oms.old.created.v1", json.dumps(first).encode(), older) == expected
    with pytest.raises(NotAPayload, match="EVENT_DATA_INVALID"):
        catalog.payload("io.oms.old.created.v2", b"[]", older)


@pytest.mark.parametrize(
    ("old", "newest", "names"),
    [
        (["a.v2"], ["a.v3"], "a.v1"),
        (["a.v1"], ["a.v3"], "a.v2"),
        (["a.v1"], ["a.v1"], "a.v1"),
        (["a.v1", "b.v1"], ["a.v2"], "b.v1"),
        ([], ["a"], "'a'"),
        ([], ["a.v0"], "'a.v0'"),
    ],
)
def test_a_chain_has_no_gap_and_no_loose_end(old, newest, names):
    with pytest.raises(BrokenChain, match=names):
        chains(dict.fromkeys(old, named), newest)


@pytest.mark.parametrize(
    ("name", "data", "finding"),
    [
        ("PaintObject", b"{}", ("COMMAND_TYPE_UNKNOWN", "/type")),
        ("CreateObject", b"[]", ("COMMAND_SHAPE", "")),
        ("CreateObject", b'{"type":"A"}', ("COMMAND_SHAPE", "/properties")),
        ("CreateObject", b'{"type":"A","properties":[]}', ("COMMAND_SHAPE", "/properties")),
        ("DeleteObject", b'{"type":"A","key":1}', ("COMMAND_SHAPE", "/key")),
        ("DeleteObject", b'{"type":"A","key":["a",null]}', ("COMMAND_SHAPE", "/key/1")),
        ("DeleteObject", b'{"type":"A","key":["a"],"a/b":1}', ("COMMAND_SHAPE", "/a~1b")),
        ("CreateLink", b'{"type":"A","from_":"a","from":"a","to":"b"}', ("COMMAND_SHAPE", "/from_")),
        ("UpdateObject", b'{"type":"A","key":"a","operations":[{"op":"paint","path":""}]}', ("COMMAND_SHAPE", "/operations/0/op")),
    ],
)  # fmt: skip
def test_a_command_of_another_shape_is_refused(name, data, finding):
    with pytest.raises(Refused) as refused:
        catalog.command(name, json.loads(data))
    assert finding in [(f.code, f.path) for f in refused.value.findings]


def test_every_name_has_one_model():
    assert len(set(catalog.EVENTS.values())) == len(catalog.EVENTS)
    for model in catalog.EVENTS.values():
        assert issubclass(model, Payload)
    for name, each in catalog.COMMANDS.items():
        assert each.model.__name__ == name
        assert each.decider.aggregate in {event.split(".")[2] for event in catalog.EVENTS}
