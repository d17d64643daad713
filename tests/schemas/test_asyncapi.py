"""The AsyncAPI document: valid, complete, and true of what really travels."""

import json
import re
from pathlib import Path

import pytest
from faststream.specification import AsyncAPI
from jsonschema import Draft7Validator

from adapters.faststream_queue import CommandQueue
from adapters.memory_outbox import MemoryOutbox
from adapters.nats_server import Endpoint
from events.catalog import COMMANDS, EVENTS
from events.merges import merge
from events.migrations import migration
from events.names import command_subject, event_subject, outcome_subject
from events.proposals import proposal
from events.schema import (
    link_reserving,
    property_counting,
    property_opening,
    property_reserving,
    type_filling,
    type_rekeying,
)
from schemas.asyncapi import document
from tests.gateways.doors import BRANCH, deciding
from tests.schemas.story import STORY

DOCUMENT = json.loads(json.dumps(document()))


def specification():
    for folder in Path(__file__).resolve().parents:
        for found in (folder / "tck", folder / "shared" / "tck"):
            path = found / "asyncapi" / "3.0.0.schema.json"
            if path.exists():
                return json.loads(path.read_text())
    return None


def payload(message):
    return Draft7Validator({**DOCUMENT, "$ref": f"#/components/messages/{message}/payload"})


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from references(each)


@pytest.mark.skipif(specification() is None, reason="the AsyncAPI project's own schema is not at hand")
def test_it_is_valid_by_the_specification():
    Draft7Validator(specification()).validate(DOCUMENT)


def test_every_reference_leads_somewhere():
    for reference in references(DOCUMENT):
        value = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            value = value[step]


def test_every_command_and_event_is_a_message():
    messages = set(DOCUMENT["components"]["messages"])
    assert {*COMMANDS, "Commit", "Outcome"} <= messages
    assert {name.removeprefix("io.oms.") for name in EVENTS} <= messages


@pytest.mark.parametrize(
    ("channel", "subject"),
    [
        ("commands", command_subject("main", "local", BRANCH, "CreateObject")),
        ("queue", command_subject("main", "local", BRANCH, "CreateObject", queued=True)),
        ("outcomes", outcome_subject("main", "local", "a.b c")),
        ("events", event_subject("main", BRANCH, "object", "Flight", "UA-1545")),
    ],
)
def test_addresses_are_those_of_the_code(channel, subject):
    described = DOCUMENT["channels"][channel]
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^.]+)", re.escape(described["address"]))
    found = re.fullmatch(pattern, subject)
    assert found is not None
    assert set(found.groupdict()) == set(described["parameters"])


def test_faststream_says_the_same_of_the_queue():
    queue = CommandQueue(Endpoint("nats://127.0.0.1:4222", {}), "{ontology}")
    said = AsyncAPI(queue.broker, schema_version="3.0.0").to_specification().to_jsonable()
    (channel,), (operation,) = said["channels"].values(), said["operations"].items()
    described = DOCUMENT["channels"]["queue"]["address"]
    assert channel["address"].removesuffix(">") == described[: described.index("{principal}")]
    assert operation[0] in DOCUMENT["operations"]
    assert operation[1]["action"] == DOCUMENT["operations"][operation[0]]["action"]


async def test_what_travels_is_as_described():
    outbox = MemoryOutbox("main")
    async with deciding(outbox) as door:
        for number, (command, data) in enumerate(STORY):
            body = {"id": f"c{number}", "type": command, "branch": BRANCH, "data": data}
            payload(command).validate(body)
            subject = command_subject("main", "local", BRANCH, command)
            outcome = json.loads(await door.answer(subject, {}, json.dumps(body).encode()))
            payload("OutcomeOfCommand").validate(outcome)
            assert outcome["status"] == "accepted", (command, data, outcome)
        refused = await door.answer(subject, {}, b"{")
        payload("OutcomeOfCommand").validate(json.loads(refused))
    seen = set()
    for row in await outbox.after(0, 1000):
        event = json.loads(row.body)
        seen.add(event["type"])
        payload(event["type"].removeprefix("io.oms.")).validate(event)
    elsewhere = {
        "io.oms.branch.rebased.v1",
        *merge.EVENTS,
        *proposal.EVENTS,
        *migration.EVENTS,
        *property_reserving.EVENTS,
        *property_counting.EVENTS,
        *property_opening.EVENTS,
        *type_filling.EVENTS,
        *type_rekeying.EVENTS,
        *link_reserving.EVENTS,
    }  # see test_merges.py, test_proposals.py, test_migrations.py
    assert seen == set(EVENTS) - elsewhere


@pytest.mark.parametrize(
    "body",
    [
        {"id": "c1", "type": "DeleteObject", "branch": BRANCH, "data": {"type": "T", "key": "k"}},
        {
            "specversion": "1.0",
            "id": "c1",
            "source": "/me",
            "type": "io.oms.command.DeleteObject.v1",
            "data": {"branch": BRANCH, "data": {"type": "T", "key": "k"}},
        },
    ],
)
def test_a_command_may_be_a_cloudevent(body):
    payload("DeleteObject").validate(body)
    assert not payload("RestoreObject").is_valid(body)
