"""What a merge, a rebase, a revert and a reset say fits the schemas of commands and events."""

import json

import pytest
from jsonschema import Draft202012Validator

from adapters.memory_outbox import MemoryOutbox
from events import catalog
from events.merges import merge, merged_element
from events.names import Key
from events.schema.kinds import KINDS
from schemas.generate import documents
from tests.producers.desk import MAIN, PLANE, Desk, plane

DEV = "dev/main/gates"
MADE = documents()
STORY = [
    (MAIN, "CreateObjectType", PLANE),
    (MAIN, "CreateBranch", {"name": DEV}),
    (DEV, "RenameObjectType", {"type": "Plane", "name": "Aircraft"}),
    (DEV, "CreateObject", {"type": "Aircraft", "properties": {"tail": "HL7201", "seats": 3}}),
    (MAIN, "CreateObject", plane("HL7201", seats=2)),
    (DEV, "RebaseBranch", {"resolve": "theirs"}),
    (MAIN, "MergeBranch", {"source": DEV}),
    (MAIN, "RevertCommit", {"position": 11}),
    (MAIN, "ResetBranch", {"to": 2}),
]


async def test_what_they_say_fits_the_schemas():
    desk = await Desk(MemoryOutbox("main")).open()
    for on, command, data in STORY:
        Draft202012Validator(MADE[f"commands/{command}.json"]).validate(data)
        outcome = await desk.send(command, on, **data)
        assert outcome["status"] == "accepted", outcome
    said = set()
    for row in await desk.outbox.after(0, 1000):
        event = json.loads(row.body)
        Draft202012Validator(MADE[f"events/{event['type'].removeprefix('io.oms.')}.json"]).validate(event["data"])
        said.add(event["type"])
    assert {command for _, command, _ in STORY} >= {each.__name__ for each in merge.COMMANDS}
    assert said >= {name for name in merge.EVENTS if ".branch." in name} | {"io.oms.branch.rebased.v1"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_element_can_be_merged(kind):
    state = {"rid": f"ri.oms.{kind}.1", "slug": "Seats", "name": "좌석"}
    (drafted,) = merged_element.changed(Key(f"{kind}/ri.oms.{kind}.1"), {**state, "title": None}, state)
    data = catalog.data(drafted.payload)
    name = catalog.event_type(drafted.payload)
    Draft202012Validator(MADE[f"events/{name.removeprefix('io.oms.')}.json"]).validate(json.loads(data))
    assert json.loads(data)["changes"] == [{"path": "/title", "was": None}]
    assert catalog.payload(name, data) == catalog.proven(name, data) == drafted.payload
    assert catalog.evolve({**state, "title": None}, drafted.payload) == state
