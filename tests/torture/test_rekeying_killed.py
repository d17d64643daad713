"""Texts become references, and what they refer to goes under another key, in a process that is killed with -9 between batches.

Each time it goes on and ends exact: every object under its key once, references and links to it naming it so; and back.
"""

import json
from pathlib import Path
from typing import Any

from oms.client import Client, Event, connect
from tests.torture.program import Program
from tests.torture.story import DEADLINE, committed, flowing, told_once
from tests.torture.test_migration_killed import accepted, killed_until

PLANES, FLIGHTS = 80, 510
PLANE = {
    "name": "Plane",
    "primaryKey": ["tail"],
    "properties": [{"name": "tail", "type": "string"}, {"name": "번호", "type": "string", "unique": True}],
}
FLIGHT = {
    "name": "Flight",
    "primaryKey": ["no"],
    "properties": [{"name": "no", "type": "string"}, {"name": "of", "type": "string", "required": True}],
}
TO_PLANE = {
    "change": {
        "type": "ChangePropertyType",
        "data": {"type": "Flight", "property": "of", "to": "reference", "target": "Plane"},
    },
    "fix": {"kind": "cast"},
}
TO_NUMBER = {
    "change": {"type": "SetPrimaryKey", "data": {"type": "Plane", "primaryKey": ["번호"]}},
    "fix": {"kind": "move"},
}


async def test_references_and_keys_are_exact_however_often_it_is_killed_and_so_is_their_revert(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    await program.start()
    async with await connect(program.folder, deadline=DEADLINE) as client:
        await filled(client)
        async with flowing(client, 7, writers=4) as story:
            counted = await run(program, client, 1, TO_PLANE)
            moved = await run(program, client, 2, TO_NUMBER)
            middle = [event async for event in client.subscribe(until=await client.last())]
            position = await accepted(client, "RevertMigration", {"migration": 2})
            undone = await killed_until(program, client, position, "reverted")
        refused = await client.send("DeleteObject", {"type": "Plane", "key": tail(0)})
        assert [each.code for each in refused.findings] == ["OBJECT_IN_USE"]
        events = [event async for event in client.subscribe(until=await client.last())]
    await program.stop()
    assert (counted["in"], counted["out"]) == (FLIGHTS, FLIGHTS)
    everything = PLANES + FLIGHTS + PLANES - 1
    assert (moved["in"], moved["out"], moved["converted"]) == (everything, everything, PLANES)
    assert (undone["restored"], undone["kept"]) == (PLANES, 0)
    assert standing(middle) == {number(at) for at in range(PLANES)}
    assert said(middle, "Flight", "of") == {f"{at:04}": number(at % PLANES) for at in range(FLIGHTS)}
    assert linked(middle) == {(number(at), number(at + 1)) for at in range(PLANES - 1)}
    assert standing(events) == {tail(at) for at in range(PLANES)}
    assert said(events, "Flight", "of") == {f"{at:04}": tail(at % PLANES) for at in range(FLIGHTS)}
    assert linked(events) == {(tail(at), tail(at + 1)) for at in range(PLANES - 1)}
    told_once(await committed(program.folder), story)
    await program.run("verify")


async def filled(client: Client) -> None:
    for type_ in (PLANE, FLIGHT):
        await accepted(client, "CreateObjectType", type_)
    await accepted(client, "CreateLinkType", {"name": "ahead", "from": "Plane", "to": "Plane", "cardinality": "1-1"})
    made = [
        ("CreateObject", {"type": "Plane", "properties": {"tail": tail(at), "번호": number(at)}})
        for at in range(PLANES)
    ]
    made += [
        ("CreateObject", {"type": "Flight", "properties": {"no": f"{at:04}", "of": tail(at % PLANES)}})
        for at in range(FLIGHTS)
    ]
    made += [("CreateLink", {"type": "ahead", "from": tail(at), "to": tail(at + 1)}) for at in range(PLANES - 1)]
    for first in range(0, len(made), 300):
        parts = [{"type": command, "data": data} for command, data in made[first : first + 300]]
        outcome = await client.commit(parts)
        assert outcome.status == "accepted", outcome


async def run(program: Program, client: Client, migration: int, planned: dict[str, Any]) -> dict[str, Any]:
    await accepted(client, "PlanMigration", planned)
    for command in ("ApproveMigration", "RunMigration"):
        position = await accepted(client, command, {"migration": migration})
    return await killed_until(program, client, position, "completed")


def tail(at: int) -> str:
    return f"한{at:04}"


def number(at: int) -> str:
    return f"번{at * 37 % 1_000:04}"


def standing(events: list[Event]) -> set[str]:
    """The keys of planes that are there."""
    return {key for slug, key in _objects(events) if slug == "Plane"}


def said(events: list[Event], type_: str, name: str) -> dict[str, Any]:
    """Of the objects of a type by their keys; `name` is the first name of the property."""
    return {key: each[name] for (slug, key), each in _objects(events).items() if slug == type_}


def linked(events: list[Event]) -> set[tuple[str, str]]:
    there: set[tuple[str, str]] = set()
    for event in _told(events, "link"):
        pair = (event["data"]["from"], event["data"]["to"])
        if event["type"].endswith("created.v1"):
            there.add(pair)
        else:
            there.remove(pair)
    return there


def _objects(events: list[Event]) -> dict[tuple[str, str], dict[str, Any]]:
    there: dict[tuple[str, str], dict[str, Any]] = {}
    for event in _told(events, "object"):
        data = event["data"]
        key = data["slug"], data["key"]
        match event["type"].split(".")[3]:
            case "created":
                assert key not in there
                there[key] = data["properties"]
            case "updated":
                kept = {name: value for name, value in there[key].items() if name not in data["unset"]}
                there[key] = {**kept, **data["set"]}
            case "deleted":
                del there[key]
    return there


def _told(events: list[Event], aggregate: str) -> list[dict[str, Any]]:
    told = (json.loads(event.body) for event in events)
    mine = [each for each in told if each["type"].startswith(f"io.oms.{aggregate}.") and "slug" in each["data"]]
    return [each for each in mine if each["data"]["slug"] in ("Plane", "Flight", "ahead")]
