"""The catalog as an xRegistry document: valid as the specification's own schemas say, and complete."""

import json
import re

import pytest
from jsonschema import Draft7Validator

from events.catalog import COMMANDS, EVENTS
from schemas.xregistry import COMMAND_GROUP, EVENT_GROUP, document
from tests.events.outside import tck

TCK = tck() / "xregistry"


@pytest.mark.parametrize("of", ["schema", "message", "endpoint"])
def test_it_is_valid(of):
    schema = TCK / f"{of}_schemas_document-schema.json"
    if not schema.exists():
        pytest.skip("the specification's schemas are not here")
    validator = Draft7Validator(json.loads(schema.read_text()))
    assert [each.message[:200] for each in validator.iter_errors(document("http://127.0.0.1:8003"))] == []


def test_every_event_and_command_is_there_and_leads_to_its_schema():
    made = document()
    for group, names in ((EVENT_GROUP, set(EVENTS)), (COMMAND_GROUP, {f"io.oms.command.{n}.v1" for n in COMMANDS})):
        messages = made["messagegroups"][group]["messages"]
        assert set(messages) == names
        for message in messages.values():
            place = made
            for step in message["dataschemaxid"].strip("/").split("/"):
                place = place[step]
            assert place["schema"]["type"] == "object"
            assert place["xid"] == message["dataschemaxid"]


def test_its_ids_are_ids_and_its_endpoints_lead_to_groups():
    made = document("http://127.0.0.1:8003")
    ids = [*made["schemagroups"], *made["endpoints"], *made["messagegroups"][EVENT_GROUP]["messages"]]
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9.~_:@-]{0,127}", each) for each in ids)
    groups = {f"/messagegroups/{name}" for name in made["messagegroups"]}
    assert {group for each in made["endpoints"].values() for group in each["messagegroups"]} <= groups
    assert [name for name in document()["endpoints"] if "http" in name] == []
