"""The parts of OMS in processes of their own, over one folder."""

import asyncio

from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.oms.test_queue import quiet

AIRLINE = {"name": "Airline", "primaryKey": ["carrier"], "properties": [{"name": "carrier", "type": "string"}]}


async def test_a_command_waits_for_a_view_that_another_process_writes(tmp_path):
    folder = tmp_path / "data"
    writing = Settings(folder=folder, roles=("server", "relay", "committer"))
    async with asyncio.timeout(60), running(writing, quiet), await connect(folder) as client:
        await client.send("CreateObjectType", AIRLINE)
        sent = [
            asyncio.create_task(
                client.send("CreateObject", {"type": "Airline", "properties": {"carrier": f"C{n}"}}, wait=wait)
            )
            for n, wait in enumerate(["projected:versions", "projected:audit"] * 10)
        ]
        first = await client.send("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}})
        assert first.status == "accepted"
        assert not any(one.done() for one in sent)
        async with running(Settings(folder=folder, roles=("projectors",)), quiet):
            outcomes = await asyncio.gather(*sent)
    assert {outcome.status for outcome in outcomes} == {"accepted"}
    assert not any(outcome.findings for outcome in outcomes)


async def test_a_view_that_does_not_exist_is_said_by_every_process(tmp_path):
    folder = tmp_path / "data"
    writing = Settings(folder=folder, roles=("server", "relay", "committer"))
    async with asyncio.timeout(60), running(writing, quiet), await connect(folder) as client:
        outcome = await client.send("CreateObjectType", AIRLINE, wait="projected:graph")
    assert outcome.status == "rejected"
    assert [finding.code for finding in outcome.findings] == ["WAIT_UNKNOWN"]
    assert "versions" in outcome.findings[0].text
