"""Parked events are told on core NATS, as they stand on the log, with why."""

import asyncio
import json
import socket
from urllib.parse import unquote

from jsonschema import Draft7Validator

from adapters.nats_connection import connection
from adapters.nats_dead import DeadLetters
from adapters.nats_server import Endpoint
from events.names import dead_subject, event_subject
from projectors.projector import Parked
from schemas.asyncapi import document
from tests.projectors.story import MAIN, Story

DEADLINE = 10


def parked(position: int, reason: str, behind: int = 0) -> Parked:
    story = Story()
    story.created("가", n=1)
    body = story.messages[-1].body
    subject = event_subject("main", MAIN, "object", "Thing", "가.b")
    return Parked(position, ((MAIN, "object/Thing/가"),), "EVENT_DATA", reason, subject, body, behind)


async def test_an_ordinary_client_hears_the_event_and_why(nats_server):
    dead = DeadLetters(nats_server.endpoint)
    async with asyncio.timeout(DEADLINE), connection(nats_server.endpoint, "local") as client:
        heard = await client.subscribe("oms.dead.main.versions.>")
        await client.flush()
        one, other = parked(7, "값이 틀리다\nn: 90 %"), parked(9, "waits behind position 7", 7)
        await dead.tell("versions", [one, other])
        first, second = [await heard.next_msg(DEADLINE) for _ in range(2)]
        await dead.close()
    assert first.subject == "oms.dead.main.versions.prod.main.main.object.Thing.가%2Eb"
    assert first.data == one.body
    assert unquote(first.headers["Oms-Dead-Reason"]) == one.reason
    assert (first.headers["Oms-Dead-Position"], first.headers["Oms-Dead-Code"]) == ("7", "EVENT_DATA")
    assert ("Oms-Dead-Behind" in first.headers, second.headers["Oms-Dead-Behind"]) == (False, "7")
    described = json.loads(json.dumps(document()))
    message = Draft7Validator({**described, "$ref": "#/components/schemas/ParkedHeaders"})
    for each in (first, second):
        message.validate(dict(each.headers))
        Draft7Validator({**described, "$ref": "#/components/messages/ParkedEvent/payload"}).validate(
            json.loads(each.data)
        )


async def test_a_server_that_is_away_hears_nothing_and_stops_nobody():
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        await _tell_nobody(taken.getsockname()[1])


async def _tell_nobody(port: int) -> None:
    dead = DeadLetters(Endpoint(f"nats://127.0.0.1:{port}", {}))
    await dead.tell("versions", [parked(7, "why")])
    await dead.close()


def test_the_subject_is_that_of_the_event_behind_the_view():
    subject = event_subject("main", MAIN, "objectType", "-", "ri.oms.x")
    assert dead_subject("audit", subject) == "oms.dead.main.audit.prod.main.main.objectType.-.ri%2Eoms%2Ex"
