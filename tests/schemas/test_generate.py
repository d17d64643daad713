"""The golden files are what the types say, and what the types accept and write fits them."""

import json

import pytest
from jsonschema import Draft202012Validator

from adapters.memory_outbox import MemoryOutbox
from events import catalog
from events.merges import merge
from events.migrations import migration
from events.proposals import proposal
from events.schema import (
    link_reserving,
    property_counting,
    property_opening,
    property_reserving,
    type_filling,
    type_rekeying,
)
from schemas.asyncapi import first_sentence
from schemas.generate import HERE, broken, differences, documents, main, stored_in, write
from tests.producers.desk import Desk
from tests.schemas.story import STORY

MADE = documents()  # takes half a second


def test_the_golden_files_are_what_the_types_say():
    assert list(differences(HERE, documents())) == []
    assert main(["--check"]) == 0


@pytest.mark.parametrize("event", sorted(catalog.EVENTS))
def test_every_event_says_in_a_sentence_of_its_own_what_happened(event):
    sentence = first_sentence(catalog.EVENTS[event], "")
    assert sentence[:1].isupper()
    assert sentence.endswith(".")
    assert 20 < len(sentence) <= 120
    assert MADE[f"events/{event.removeprefix('io.oms.')}.json"]["description"].startswith(sentence)
    others = [first_sentence(model, "") for name, model in catalog.EVENTS.items() if name != event]
    assert sentence not in others


def test_what_is_written_is_found_again(tmp_path):
    made = MADE
    assert len(list(differences(tmp_path, made))) == len(made)
    write(tmp_path, {**made, "events/gone.json": {}})
    assert list(differences(tmp_path, made)) == ["events/gone.json belongs to nothing any more"]
    write(tmp_path, {**made, "outcome.json": {}})
    assert list(differences(tmp_path, made)) == ["outcome.json differs from the types"]


def test_an_event_that_disappears_is_a_break():
    made = MADE
    stored = {**stored_in(HERE), "events/object.painted.v1.json": {}}
    assert list(broken(stored, made)) == ["events/object.painted.v1.json: the event is gone; what is stored stays"]


@pytest.mark.parametrize("name", sorted(MADE))
def test_each_is_a_json_schema(name):
    Draft202012Validator.check_schema(MADE[name])


async def test_every_command_and_event_of_a_story_fits_its_schema():
    made, outbox = MADE, MemoryOutbox("main")
    desk = await Desk(outbox).open()
    for command, data in STORY:
        Draft202012Validator(made[f"commands/{command}.json"]).validate(data)
        assert (await desk.send(command, **data))["status"] == "accepted", command
    events = [json.loads(row.body) for row in await outbox.after(0, 1_000)]
    for event in events:
        Draft202012Validator(made[f"events/{event['type'].removeprefix('io.oms.')}.json"]).validate(event["data"])
    # see test_merges.py and test_proposals.py (these need more than one branch) and test_migrations.py
    elsewhere = {
        *merge.EVENTS,
        *proposal.EVENTS,
        *migration.EVENTS,
        *property_reserving.EVENTS,
        *property_counting.EVENTS,
        *property_opening.EVENTS,
        *type_filling.EVENTS,
        *type_rekeying.EVENTS,
        *link_reserving.EVENTS,
    }
    elsewhere.add("io.oms.branch.rebased.v1")
    assert {event["type"] for event in events} == catalog.EVENTS.keys() - elsewhere
    assert {command for command, _ in STORY} == catalog.COMMANDS.keys() - {
        each.__name__ for each in (*merge.COMMANDS, *proposal.COMMANDS, *migration.COMMANDS)
    }
