"""The outbox's store refuses: whoever asked is told why, nothing is half-written, and the same id works afterwards."""

import asyncio
import json
import resource
import sqlite3
import sys

import pytest

from adapters.nats_commands import requests
from adapters.nats_server import Endpoint
from tests.torture.story import DEADLINE, Story, check, counter_type, created

SUBJECT = "oms.cmd.main.local.prod.main.main.CreateObject"


async def answer(program, identity, data):
    """One try, without the client's patience: the outcome as it comes."""
    body = {"id": identity, "type": "CreateObject", "branch": "prod/main/main", "data": data}
    async with requests(Endpoint.of(program.folder / "nats")) as door:
        return json.loads(await door.request(SUBJECT, json.dumps(body).encode(), seconds=DEADLINE))


async def refused_then_accepted(program, client, refuse, relent, why):
    await client.send("CreateObjectType", counter_type(), wait="projected:versions")
    before = await client.last()
    refuse()
    try:
        outcome = await answer(program, "refused", created("wanted", 1))
    finally:
        relent()
    assert (outcome["status"], outcome["position"], outcome["events"]) == ("rejected", 0, [])
    (finding,) = outcome["findings"]
    assert finding["code"] == "UNAVAILABLE_OUTBOX"
    assert why in finding["text"]
    assert await client.outcome("refused") is None
    story = Story()
    for view in ("versions", "audit"):
        again = await client.send("CreateObject", created("wanted", 1), id="refused", wait=f"projected:{view}")
        await story.note(0, again)
    assert again.position == before + 1
    await program.stop()
    await check(program.folder, story)


async def test_a_locked_outbox(program, client):
    other = sqlite3.connect(program.folder / "outbox.db", isolation_level=None)

    def release():
        other.execute("ROLLBACK")
        other.close()

    await refused_then_accepted(program, client, lambda: other.execute("BEGIN EXCLUSIVE"), release, "locked by another")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one set the limits of another process")
async def test_files_that_cannot_grow(program, client):
    """What a full disk does to a program, for those who may not mount one: no file of it may be longer than now."""
    free = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)

    def full():
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (0, free[1]))

    def grow():
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, free)

    await refused_then_accepted(program, client, full, grow, "refused")


async def test_a_locked_audit_delays_what_was_refused_and_ends_nothing(program, client):
    await client.send("CreateObjectType", counter_type(), wait="projected:audit")
    path = program.folder / "views" / "audit.v1.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    refused = await client.send("CreateObject", {"type": "Ghost", "properties": {}}, id="ghost")
    assert refused.status == "rejected"
    alarm = await program.heard(lambda line: line.get("alarm") == "refusals")
    assert "locked by another process" in alarm["error"]
    other.execute("ROLLBACK")
    accepted = await client.send("CreateObject", created("wanted", 1), wait="projected:audit")
    assert accepted.status == "accepted"
    async with asyncio.timeout(DEADLINE):
        while not other.execute("SELECT count(*) FROM refusals WHERE command_id = 'ghost'").fetchone()[0]:
            await client.last()  # a round trip, while the register is brought up
    other.close()
    await program.stop()
