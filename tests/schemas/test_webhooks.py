"""The OpenAPI document of webhooks holds every event, leads nowhere into the void, and describes what is really sent."""

import json

from jsonschema import Draft202012Validator

from adapters.memory_outbox import MemoryOutbox
from events.catalog import EVENTS
from events.subscriptions.messages import message
from schemas.webhooks import document
from tests.producers.desk import Desk
from tests.schemas.story import STORY
from tests.schemas.test_asyncapi import references

DOCUMENT = json.loads(json.dumps(document()))


def test_every_event_is_there_and_every_reference_leads_somewhere():
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["webhooks"].keys() == EVENTS.keys()
    names = [each["post"]["operationId"] for each in DOCUMENT["webhooks"].values()]
    assert len(set(names)) == len(names)
    for reference in {*references(DOCUMENT)}:
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


async def test_what_is_sent_is_as_described_in_every_mode():
    outbox = MemoryOutbox("main")
    desk = await Desk(outbox).open()
    for command, data in STORY[:40]:
        assert (await desk.send(command, **data))["status"] == "accepted", command
    stored = [row.body for row in await outbox.after(0, 1_000)]
    for body in stored:
        content = DOCUMENT["webhooks"][json.loads(body)["type"]]["post"]["requestBody"]["content"]
        for mode in ("structured", "binary", "batch"):
            sent = message({"mode": mode}, [body])
            schema = content[{name.lower(): each for name, each in sent.headers.items()}["content-type"]]["schema"]
            Draft202012Validator({**DOCUMENT, **schema}).validate(json.loads(sent.body))
    assert len(stored) > len(STORY[:40]) // 2
