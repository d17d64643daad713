"""Commands that flow while the program suffers, what their writers were told, and what must be there afterwards."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.nats_reader import NatsReader
from adapters.nats_server import nats_server
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_sides import StoredVersions
from adapters.sqlite_verify import verify_view
from adapters.view_files import live_path
from events.wire.envelope import decode
from oms.client import Client, Outcome
from oms.replaying import Plan, build
from oms.views import READ_MODELS
from producers.outbox import Outbox, Row
from projectors.projector import FOREVER
from projectors.verify import Agreed
from queries.moments import Now
from queries.upto import end_of
from security import chain

WRITERS = 24
DEADLINE = 120  # seconds, also for what waits until a killed program is back


class Story:
    """What the writers were told: outcomes by command id, and for each writer in the order they came."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.told: dict[int, list[str]] = {}
        self.more = asyncio.Condition()
        self.over = False

    async def note(self, writer: int, outcome: Outcome) -> None:
        assert outcome.status == "accepted", outcome
        self.outcomes[outcome.command] = outcome
        self.told.setdefault(writer, []).append(outcome.command)
        async with self.more:
            self.more.notify_all()

    async def grown_by(self, count: int) -> None:
        wanted = len(self.outcomes) + count
        async with asyncio.timeout(DEADLINE), self.more:
            await self.more.wait_for(lambda: len(self.outcomes) >= wanted)


NOT_FROM_THE_LOG = {"checkpoint", "refusals", "incidents", "versions", "deltas", "samples", "packing"}
"""Tables of views that say what else happened, or how states are kept."""
Other = Callable[[Story], Coroutine[Any, Any, None]]
"""Writes something else until the story is over."""


@asynccontextmanager
async def flowing(
    client: Client, seed: int, writers: int = WRITERS, others: Iterable[Other] = ()
) -> AsyncIterator[Story]:
    """Commands flow inside the block and once more behind it; the views have them all when it ends."""
    assert (await client.send("CreateObjectType", counter_type())).status == "accepted"
    story = Story()
    async with asyncio.TaskGroup() as tasks:
        for writer in range(writers):
            tasks.create_task(_write(client, story, writer, random.Random(f"{seed}/{writer}")))
        for other in others:
            tasks.create_task(other(story))
        yield story
        await story.grown_by(writers)
        story.over = True
    for view in READ_MODELS:
        last = await client.send("CreateObject", created("last", 0), id="last", wait=f"projected:{view}")
        assert (last.status, last.findings) == ("accepted", ())


def counter_type() -> dict[str, object]:
    properties = [
        {"name": "name", "type": "string", "required": True},
        {"name": "n", "type": "integer"},
        {"name": "tag", "type": "string", "unique": True},
    ]
    return {"name": "Counter", "primaryKey": ["name"], "properties": properties}


def created(key: str, number: int) -> dict[str, object]:
    return {"type": "Counter", "properties": {"name": key, "n": number, "tag": f"tag {key}"}}


async def _write(client: Client, story: Story, writer: int, chance: random.Random) -> None:
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
        await story.note(writer, outcome)


async def check(folder: Path, story: Story) -> None:
    """As `check_log`, with files. Each view agrees with a second opinion on the log, and is row by row what a replay makes."""
    async with nats_server(folder / "nats") as server:
        reader = NatsReader(server.endpoint, "main")
        rows = await check_log(reader, await committed(folder), story)
        await build(Plan("main", await end_of(reader, Now())), reader, folder / "replayed", lambda _: None)
        for view in READ_MODELS:
            agreed = await verify_view(live_path(folder, view), view, reader)
            assert isinstance(agreed, Agreed), agreed
            assert agreed.position == len(rows)
            assert rows_of(live_path(folder, view)) == rows_of(live_path(folder / "replayed", view))


async def check_log(log: NatsReader, outbox: list[Row], story: Story) -> list[Row]:
    """Outbox and log are the same bytes, one whole chain; each outcome's events are there once, in each writer's order."""
    rows = [Row(*message) async for chunk in log.read(0, await log.last()) for message in chunk]
    assert rows == outbox
    chain.verify((row.body for row in rows), 0, chain.genesis("main"))
    told_once(rows, story)
    return rows


def told_once(rows: list[Row], story: Story) -> None:
    """What each writer was told is there once, in the order it was told."""
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    by_command: dict[str, list[tuple[int, str]]] = {}
    for event in (decode(row.body) for row in rows):
        by_command.setdefault(event.causationid, []).append((event.position, event.id))
    for outcome in story.outcomes.values():
        mine = by_command[outcome.command]
        assert [identity for _, identity in mine] == list(outcome.events)
        assert mine[-1][0] == outcome.position
    for told in story.told.values():
        positions = [story.outcomes[command].position for command in told]
        assert positions == sorted(positions)


async def committed(folder: Path) -> list[Row]:
    """All that the outbox of a program that has ended holds."""
    outbox = SqliteOutbox(folder / "outbox.db", "main")
    try:
        return await held(outbox)
    finally:
        outbox.close()


async def held(outbox: Outbox) -> list[Row]:
    rows: list[Row] = []
    while more := await outbox.after(rows[-1].position if rows else 0, 10_000):
        rows += more
    return rows


def rows_of(view: Path) -> dict[str, list[Any]]:
    """Every row of a view that comes from the log, by table, states whole; nobody writes the file meanwhile."""
    connection = sqlite3.connect(view)
    try:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        found: dict[str, list[Any]] = {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names - NOT_FROM_THE_LOG
        }
        return found | ({"versions": list(StoredVersions(connection).rows(0, FOREVER))} if "versions" in names else {})
    finally:
        connection.close()
