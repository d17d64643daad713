"""`docs/messages.md` is what the types say, and its examples work, in the order in which they are written down."""

import json

import pytest

from adapters.memory_outbox import MemoryOutbox
from events.catalog import COMMANDS
from events.command import QUESTIONS
from events.merges import merge
from events.migrations import migration
from events.names import command_subject
from events.proposals import proposal
from schemas.command_reference import EXAMPLES, reference
from schemas.generate import PAGE
from tests.gateways.doors import BRANCH, deciding

BEFORE = [
    ("CreateObjectType", {"name": "Airline", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}),
    ("CreateObject", {"type": "Airline", "properties": {"id": "UA"}}),
    ("CreateInterface", {"name": "Aged"}),
    ("AddProperty", {"type": "Airline", "property": {"name": "seats", "type": "integer"}}),
    ("CreateObjectType", {"name": "Passenger", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}),
    ("CreateObjectType", {"name": "Guest", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}),
    ("SetSubject", {"type": "Guest", "property": "id"}),
    ("CreateObject", {"type": "Guest", "properties": {"id": "g1"}}),
    ("CreateObject", {"type": "Guest", "properties": {"id": "g2"}}),
    *[("CreateLinkType", {"name": name, "from": "Airline", "to": "Airline"}) for name in ("owns", "serves")],
    ("CreateObjectType", {"name": "Vehicle", "abstract": True}),
    (
        "CreateObjectType",
        {
            "name": "Jet",
            "primaryKey": ["id"],
            "properties": [
                {"name": "id", "type": "string"},
                {"name": "size", "type": "enum", "values": ["small", "large"]},
            ],
        },
    ),
]
ELSEWHERE = {
    "PreviewMerge",
    "Impact",
    "Show",
    "History",
    "Blame",
    "ShowAll",
    "Diff",
    "Branches",
    "Subscriptions",
    "Schedules",
    "ScheduleRuns",
    "Similar",
    "UploadSections",
    *(each.__name__ for each in (*merge.COMMANDS, *proposal.COMMANDS, *migration.COMMANDS)),
}  # these need views, a second branch, or data that stands against a change


def test_the_page_is_what_the_types_say():
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_every_command_has_an_example():
    assert set(EXAMPLES) == {*COMMANDS, "Commit", *QUESTIONS}


async def test_every_example_works():
    async with deciding(MemoryOutbox("main")) as door:
        written = [(command, data) for command, data in EXAMPLES.items() if command not in ELSEWHERE]
        for number, (command, data) in enumerate([*BEFORE, *written]):
            identity = "6f0c9b0e" if command == "Commit" else f"c{number}"
            body = {"id": identity, "type": command, "branch": BRANCH, "data": data}
            subject = command_subject("main", "local", BRANCH, command)
            outcome = json.loads(await door.answer(subject, {}, json.dumps(body).encode()))
            assert (command, outcome["status"], outcome["findings"]) == (command, "accepted", [])


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_can_be_asked(name):
    QUESTIONS[name].model_validate(EXAMPLES[name], by_alias=True, by_name=False)
