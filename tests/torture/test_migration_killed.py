"""A migration in a real process that is killed with -9 between its batches, again and again, while others write.

It goes on each time and ends exact: every object converted once, none lost, the counts true; and so does taking it back.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from oms.client import Client, Event, connect
from tests.torture.program import Program
from tests.torture.story import DEADLINE, committed, flowing, told_once

PLANES = 1_200  # three batches
TYPE: dict[str, Any] = {
    "name": "Plane",
    "primaryKey": ["tail"],
    "properties": [{"name": "tail", "type": "string"}],
}
PLANNED = {
    "change": {"type": "ChangePropertyType", "data": {"type": "Plane", "property": "좌석", "to": "string"}},
    "fix": {"kind": "cast"},
}
ENCRYPTED = {"type": "integer", "unique": True, "marking": "encrypt"}
DOCUMENT = {"type": "json", "unfoldable": True}
SEALED = {
    "change": {"type": "SetMarking", "data": {"type": "Plane", "property": "좌석", "marking": "encrypt"}},
    "fix": {"kind": "cast"},
}
SUBJECTS = ("oms.evt.main.*.*.*.migration.>",)


def said(declared: dict[str, Any], at: int) -> Any:
    """What a plane says: of documents some that are kept in sections."""
    return at if declared != DOCUMENT or at % 100 else [f"{at}번 좌석 {row}" for row in range(3_000)]


@pytest.mark.parametrize(
    ("declared", "planned"),
    [
        ({"type": "integer"}, PLANNED),
        ({"type": "integer", "unique": True}, PLANNED),
        (ENCRYPTED, PLANNED),
        (DOCUMENT, SEALED),
    ],
)
async def test_a_migration_that_is_killed_again_and_again_ends_exact_and_so_does_its_revert(
    tmp_path: Path, declared: dict[str, Any], planned: dict[str, Any]
) -> None:
    program = Program(tmp_path / "data")
    await program.start()
    async with await connect(program.folder, deadline=DEADLINE) as client:
        await accepted(
            client, "CreateObjectType", {**TYPE, "properties": [*TYPE["properties"], {"name": "좌석", **declared}]}
        )
        for first in range(0, PLANES, 400):
            made = [{"tail": f"한{at:04}", "좌석": said(declared, at)} for at in range(first, first + 400)]
            parts = [{"type": "CreateObject", "data": {"type": "Plane", "properties": each}} for each in made]
            assert (await client.commit(parts)).status == "accepted"
        await accepted(client, "PlanMigration", planned)
        async with flowing(client, 7, writers=4) as story:
            for command in ("ApproveMigration", "RunMigration"):
                position = await accepted(client, command, {"migration": 1})
            done = await killed_until(program, client, position, "completed")
            position = await accepted(client, "RevertMigration", {"migration": 1})
            undone = await killed_until(program, client, position, "reverted")
        twice = {"type": "Plane", "properties": {"tail": "또", "좌석": PLANES - 1}}
        assert ((await client.send("CreateObject", twice)).status == "rejected") == ("unique" in declared)
        events = [event async for event in client.subscribe(until=await client.last())]
    await program.stop()
    assert (done["in"], done["out"], done["dropped"], done["converted"]) == (PLANES, PLANES, 0, PLANES)
    assert (undone["restored"], undone["kept"]) == (PLANES, 0)
    assert set(updates(events).values()) == {2}  # converted once, and back once
    if "marking" not in declared:  # else it is closed
        assert values(events) == {each["key"]: each["properties"]["좌석"] for each in planes(events, "created")}
    told_once(await committed(program.folder), story)
    await program.run("verify")


async def accepted(client: Client, command: str, data: dict[str, Any]) -> int:
    outcome = await client.send(command, data)
    assert outcome.status == "accepted", outcome
    return outcome.position


async def killed_until(program: Program, client: Client, position: int, last: str) -> dict[str, Any]:
    """Kills the program behind each batch until the event `last` comes; its data."""
    kills = 0
    while True:
        event = await following(client, position)
        position = event.position
        if event.type == f"io.oms.migration.{last}.v1":
            assert kills, "it was never killed, so this tells nothing"
            found: dict[str, Any] = event.data
            return found
        kills += 1
        await program.kill()
        await program.start()


async def following(client: Client, position: int) -> Event:
    """The next event of a migration."""
    events = client.subscribe(position, SUBJECTS)
    try:
        return await anext(events)
    finally:
        await events.aclose()


def planes(events: list[Event], what: str) -> list[dict[str, Any]]:
    told = (json.loads(event.body) for event in events)
    return [
        each["data"] for each in told if each["type"] == f"io.oms.object.{what}.v1" and each["data"]["slug"] == "Plane"
    ]


def updates(events: list[Event]) -> Counter[str]:
    return Counter(each["key"] for each in planes(events, "updated"))


def values(events: list[Event]) -> dict[str, Any]:
    created = {each["key"]: each["properties"]["좌석"] for each in planes(events, "created")}
    return created | {each["key"]: each["set"]["좌석"] for each in planes(events, "updated")}
