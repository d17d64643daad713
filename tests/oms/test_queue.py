"""The durable queue of a whole OMS: what was accepted is decided, once and in order, whatever dies meanwhile."""

import asyncio

from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.torture.program import Program

COUNTER = {
    "name": "Counter",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}],
}


def quiet(where, error):
    raise AssertionError(where) from error


async def queue_all(client, numbers):
    """Each command is in the queue before the next is sent."""
    for number in numbers:
        await client.queue("UpsertObject", {"type": "Counter", "properties": {"id": "c", "n": number}}, id=f"q{number}")


async def counted(client):
    """The numbers, in the order of the log."""
    seen = []
    async for event in client.subscribe(until=await client.last()):
        data = event.envelope["data"]
        if event.envelope["type"].startswith("io.oms.object."):
            seen.append(data.get("properties", data.get("set"))["n"])
    return seen


async def test_what_was_queued_while_nothing_ran_is_decided_in_order(tmp_path):
    folder = tmp_path / "data"
    async with (
        asyncio.timeout(120),
        running(Settings(folder=folder, roles=("server", "relay")), quiet),
        await connect(folder) as client,
    ):
        await client.queue("CreateObjectType", COUNTER, id="type")
        await queue_all(client, range(100))
        async with running(Settings(folder=folder, roles=("committer", "queue")), quiet):
            outcomes = [await client.wait(f"q{number}") for number in range(100)]
        assert [(outcome.status, outcome.position) for outcome in outcomes] == [
            ("accepted", 3 + number) for number in range(100)
        ]


async def test_kills_neither_lose_nor_repeat_nor_reorder(tmp_path):
    program = Program(tmp_path / "data")
    await program.start()
    async with asyncio.timeout(300), await connect(program.folder, deadline=120) as client:
        await client.send("CreateObjectType", COUNTER)
        async with asyncio.TaskGroup() as tasks:
            queueing = tasks.create_task(queue_all(client, range(150)))
            for reached in (20, 90):
                await client.wait(f"q{reached}")
                await program.kill()
                await program.start()
            await queueing
            outcomes = [await client.wait(f"q{number}") for number in range(150)]
        assert [outcome.status for outcome in outcomes] == ["accepted"] * 150
        positions = [outcome.position for outcome in outcomes]
        assert positions == sorted(set(positions))
        again = await client.send("UpsertObject", {"type": "Counter", "properties": {"id": "c", "n": 150}}, wait="log")
        assert again.status == "accepted"
        assert await counted(client) == list(range(151))
    await program.stop()
