"""Real processes, killed with -9 while commands flow. What was acknowledged is there once, in order; views are whole.

`pytest tests/torture --kills 1000 --seed 7` for more; a failure prints its seed.
"""

import asyncio
import random
from pathlib import Path

from adapters.nats_reader import NatsReader
from adapters.nats_server import nats_server
from adapters.sqlite_outbox import SqliteOutbox
from events.envelope import decode
from oms.client import Client, Outcome, connect
from producers.outbox import Row
from security import chain
from tests.torture.program import Program

WRITERS = 24
PER_ROUND = (20, 200)  # acknowledged commands between two kills


class Story:
    """What the writers were told: outcomes by command id, and for each writer in the order they came."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.told: dict[int, list[str]] = {}
        self.more = asyncio.Condition()
        self.over = False

    async def note(self, writer: int, outcome: Outcome) -> None:
        self.outcomes[outcome.command] = outcome
        self.told.setdefault(writer, []).append(outcome.command)
        async with self.more:
            self.more.notify_all()

    async def grown_by(self, count: int) -> None:
        wanted = len(self.outcomes) + count
        async with self.more:
            await self.more.wait_for(lambda: len(self.outcomes) >= wanted)


async def test_nothing_acknowledged_is_lost_doubled_or_reordered(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    program = Program(tmp_path / "data")
    await program.start()
    client = await connect(program.folder, deadline=120)
    await client.send("CreateObjectType", counter_type())
    story = Story()
    async with asyncio.TaskGroup() as tasks:
        for writer in range(WRITERS):
            tasks.create_task(write(client, story, writer, random.Random(f"{seed}/{writer}")))
        for _ in range(kills):
            await story.grown_by(chance.randint(*PER_ROUND))
            if chance.random() < 0.5:
                program.kill_server()
            else:
                await program.kill()
                await program.start()
        await story.grown_by(WRITERS)
        story.over = True
    await client.close()
    await program.stop()
    await check(program.folder, story)


def counter_type() -> dict[str, object]:
    properties = [
        {"name": "name", "type": "string", "required": True},
        {"name": "n", "type": "integer"},
        {"name": "tag", "type": "string", "unique": True},
    ]
    return {"name": "Counter", "primaryKey": ["name"], "properties": properties}


async def write(client: Client, story: Story, writer: int, chance: random.Random) -> None:
    """One command after the other, each of which changes something; some are commits of several."""
    number = 0
    key = f"카운터-{writer}"
    await story.note(writer, await client.send("CreateObject", created(key, 0), id=f"{writer}-0"))
    while not story.over:
        number += 1
        identity = f"{writer}-{number}"
        if chance.random() < 0.2:
            parts = [{"type": "CreateObject", "data": created(f"{key}.{number}.{i}", i)} for i in range(30)]
            outcome = await client.commit(parts, id=identity)
        else:
            data = {"type": "Counter", "key": key, "patch": {"n": number}}
            outcome = await client.send("UpdateObject", data, id=identity)
        assert outcome.status == "accepted", outcome
        await story.note(writer, outcome)


def created(key: str, number: int) -> dict[str, object]:
    return {"type": "Counter", "properties": {"name": key, "n": number, "tag": f"tag {key}"}}


async def check(folder: Path, story: Story) -> None:
    """Outbox and log are the same bytes, one whole chain; each outcome's events are there once, in each writer's order."""
    rows = await stored(folder)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    chain.verify((row.body for row in rows), 0, chain.genesis("main"))
    events = [decode(row.body) for row in rows]
    by_command: dict[str, list[tuple[int, str]]] = {}
    for event in events:
        by_command.setdefault(event.causationid, []).append((event.position, event.id))
    for outcome in story.outcomes.values():
        mine = by_command[outcome.command]
        assert [identity for _, identity in mine] == list(outcome.events)
        assert mine[-1][0] == outcome.position
    for told in story.told.values():
        positions = [story.outcomes[command].position for command in told]
        assert positions == sorted(positions)


async def stored(folder: Path) -> list[Row]:
    outbox = SqliteOutbox(folder / "outbox.db", "main")
    try:
        rows: list[Row] = []
        while more := await outbox.after(rows[-1].position if rows else 0, 10_000):
            rows += more
    finally:
        outbox.close()
    async with nats_server(folder / "nats") as server:
        reader = NatsReader(server.endpoint, "main")
        logged = [Row(*message) async for chunk in reader.read(0, await reader.last()) for message in chunk]
    assert logged == rows
    return rows
