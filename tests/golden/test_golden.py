"""The frozen formats never change: stored facts hold them. A vector may be added to these files, never edited."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
import rfc8785
import zstandard

from adapters.segment_writer import SegmentWriter
from adapters.segments import read_segment, segments
from events import names
from events.wire import envelope, instants
from producers.outbox import Row
from security import chain, sealed, sealed_sections, uuid7

HERE = Path(__file__).parent


def vectors(file, section):
    cases = json.loads((HERE / f"{file}.json").read_text())[section]
    return pytest.mark.parametrize("case", cases, ids=[f"{section}-{number}" for number in range(len(cases))])


def text_of(value):
    """A text, or `{"repeat": text, "times": n}` for one that is too long to print."""
    return value["repeat"] * value["times"] if isinstance(value, dict) else value


@vectors("names", "tokens")
def test_tokens(case):
    assert names.token(text_of(case["text"])) == case["token"]
    if not case["token"].startswith("sha256-"):
        assert names.untoken(case["token"]) == text_of(case["text"])


@vectors("names", "keys")
def test_composed_keys(case):
    components = [text_of(part) for part in case["components"]]
    assert names.composed_key(components) == text_of(case["key"])
    assert names.key_components(text_of(case["key"])) == components


@vectors("names", "entities")
def test_entity_keys(case):
    match case:
        case {"object": [slug, key], "entity": entity}:
            assert names.object_key(slug, key) == entity
        case {"link": [slug, from_key, to_key], "entity": entity}:
            assert names.link_key(slug, from_key, to_key) == entity


@vectors("names", "subjects")
def test_subjects(case):
    ontology, branch, aggregate, slug, identity = case["of"]
    assert names.event_subject(ontology, branch, aggregate, slug, text_of(identity)) == case["subject"]


@vectors("envelope", "events")
def test_envelopes(case):
    members = case["event"]
    event = envelope.Event(**members, data=msgspec.Raw(case["data"].encode()))
    assert envelope.encode(event).decode() == case["body"]
    assert envelope.decode(case["body"].encode()) == event
    assert chain.body_hash(case["body"].encode()) == case["hash"]


@vectors("envelope", "instants")
def test_instants(case):
    assert instants.to_text(case["instant"]) == case["text"]
    assert instants.from_text(case["text"]) == case["instant"]


@vectors("chain", "genesis")
def test_genesis(case):
    assert chain.genesis(case["ontology"]) == case["hash"]


@vectors("chain", "commits")
def test_commit_ids(case):
    events = [(type_, subject, chain.body_hash(data.encode())) for type_, subject, data in case["events"]]
    made = chain.commit_id(case["parents"], case["author"], case["time"], case["message"], events)
    assert made == case["id"]
    listed = [case["parents"], case["author"], case["time"], case["message"], [list(event) for event in events]]
    assert hashlib.sha256(rfc8785.dumps(listed)).hexdigest() == case["id"]


@vectors("chain", "events")
def test_event_ids(case):
    assert chain.event_id(case["time"], case["prevhash"]) == case["id"]


@vectors("chain", "uuids")
def test_uuids(case):
    assert uuid7.uuid7(case["time"], case["chance"]) == case["uuid"]


def test_the_chain_of_the_golden_events():
    cases = json.loads((HERE / "envelope.json").read_text())["events"]
    bodies = [case["body"].encode() for case in cases]
    assert chain.verify(bodies, 0, chain.genesis("main")) == cases[-1]["hash"]


def test_segments(tmp_path):
    """`position`, NATS subject and body of each golden event, as a segment that was written once and is read for ever."""
    (segment,) = segments(HERE)
    read = [row for rows in read_segment(segment) for row in rows]
    bodies = [case["body"].encode() for case in json.loads((HERE / "envelope.json").read_text())["events"]]
    assert read == [
        (n, f'oms.evt.main.prod.main.main."{n}".서울', body) for n, body in enumerate(bodies[: segment.last], 1)
    ]
    again = SegmentWriter(tmp_path, "main", 0, chain.genesis("main"))
    again.append([Row(*row) for row in read])
    assert [made.path.name for made in again.finish()] == [segment.path.name]
    assert unpacked(tmp_path / segment.path.name) == unpacked(segment.path)


def unpacked(path):
    return zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())


@vectors("sealed", "sections")
def test_sealed_sections(case):
    assert sealed_sections.sealed(case["content"], case["key"]) == case["stored"]
    assert sealed_sections.opened(case["stored"], case["key"]) == case["content"]


@vectors("sealed", "values")
def test_sealed_values(case):
    key, nonce = bytes.fromhex(case["key"]), bytes.fromhex(case["nonce"])
    made = sealed.seal(case["value"].encode(), case["kid"], key, nonce, case["entity"], case["path"])
    assert msgspec.json.encode(made).decode() == case["sealed"]
    stored = msgspec.json.decode(case["sealed"], type=sealed.Sealed)
    assert sealed.unseal(stored, key, case["entity"], case["path"]).decode() == case["value"]
