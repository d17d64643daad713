"""Writers that race for what only one can have, on the real server: exactly one of them wins, each time."""

import asyncio
import json

import pytest

from oms.client import connect

ROUNDS = 10
SERIAL = {"name": "serial", "type": "string", "unique": True}
PART = {"name": "Part", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}, SERIAL]}
SETTLED = [
    ("CreateObjectType", PART),
    ("CreateLinkType", {"name": "twin", "from": "Part", "to": "Part", "cardinality": "1-1"}),
    ("CreateLinkType", {"name": "partOf", "from": "Part", "to": "Part", "acyclic": True}),
]


@pytest.fixture
async def writers(program):
    """Two clients with connections of their own."""
    folder = program.settings.folder
    async with await connect(folder) as one, await connect(folder) as other:
        for command, data in SETTLED:
            assert (await one.send(command, data)).status == "accepted"
        yield one, other


def unique_value(n):
    return [("CreateObject", {"type": "Part", "properties": {"id": f"{n}{w}", "serial": f"품번 {n}"}}) for w in "ab"]


def only_slot(n):
    return [("CreateLink", {"type": "twin", "from": f"{n}x", "to": f"{n}{to}"}) for to in "yz"]


def closing_link(n):
    ends = (f"{n}x", f"{n}y"), (f"{n}y", f"{n}x")
    return [("CreateLink", {"type": "partOf", "from": from_, "to": to}) for from_, to in ends]


@pytest.mark.parametrize(
    ("race", "code"),
    [(unique_value, "VALUE_NOT_UNIQUE"), (only_slot, "LINK_CARDINALITY"), (closing_link, "LINK_CYCLE")],
)
async def test_exactly_one_of_two_clients_wins(writers, race, code):
    for n in range(ROUNDS):
        ready = [{"type": "CreateObject", "data": {"type": "Part", "properties": {"id": f"{n}{w}"}}} for w in "xyz"]
        assert (await writers[0].commit(ready)).status == "accepted"
        sent = [client.send(command, data) for client, (command, data) in zip(writers, race(n), strict=True)]
        outcomes = await asyncio.gather(*sent)
        assert sorted(outcome.status for outcome in outcomes) == ["accepted", "rejected"]
        assert [finding.code for outcome in outcomes for finding in outcome.findings] == [code]


async def test_exactly_one_of_two_processes_wins(writers, shell):
    told = await asyncio.gather(
        *(shell("send", command, "--data", json.dumps(data), "--json") for command, data in unique_value(0))
    )
    outcomes = [json.loads(out) for _, out, _ in told]
    assert sorted(code for code, _, _ in told) == [0, 1]
    assert sorted(outcome["status"] for outcome in outcomes) == ["accepted", "rejected"]
    assert [finding["code"] for outcome in outcomes for finding in outcome["findings"]] == ["VALUE_NOT_UNIQUE"]
