"""Previews of merges: what would change and what is in conflict, page by page; nothing is written."""

import json
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from events.names import command_subject
from gateways.previews import PreviewDoor
from producers.receive import address
from tests.producers.desk import MAIN, PLANE, Desk, plane

DEV = "dev/main/gates"


@pytest.fixture
async def desk() -> Desk:
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", **PLANE)
    for tail in ("HL1", "HL2", "HL3"):
        await desk.send("CreateObject", **plane(tail, seats=1))
    await desk.send("CreateBranch", name=DEV)
    return desk


async def ask(desk: Desk, on: str = MAIN, **data: Any) -> dict[str, Any]:
    body = {"id": "q", "type": "PreviewMerge", "branch": on, "data": data}
    to = address(command_subject("main", "local", on, "PreviewMerge"))
    before = await desk.outbox.head()
    reply = json.loads(await PreviewDoor(desk.outbox).answer(to, {}, json.dumps(body).encode()))
    assert await desk.outbox.head() == before
    return reply


async def test_it_tells_what_would_change_and_what_is_in_conflict(desk: Desk) -> None:
    await desk.send("UpdateObject", DEV, type="Plane", key="HL1", patch={"seats": 10})
    await desk.send("DeleteObject", DEV, type="Plane", key="HL2")
    await desk.send("CreateObject", DEV, **plane("한"))
    await desk.send("UpdateObject", type="Plane", key="HL1", patch={"seats": 11})
    reply = await ask(desk, source=DEV)
    assert reply["status"] == "unchanged"
    answer = reply["answer"]
    assert answer["counts"] == {"created": 1, "changed": 0, "deleted": 1, "events": 2, "conflicts": 1, "open": 1}
    assert [(each["key"], each["change"]) for each in answer["changes"]] == [
        ("object/Plane/HL2", "deleted"),
        ("object/Plane/한", "created"),
    ]
    (conflict,) = answer["conflicts"]
    assert {name: conflict[name] for name in ("kind", "path", "base", "ours", "theirs", "open")} == {
        "kind": "FIELD", "path": "/properties/seats", "base": 1, "ours": 11, "theirs": 10, "open": True
    }  # fmt: skip


async def test_with_answers_it_tells_what_is_left(desk: Desk) -> None:
    await desk.send("UpdateObject", DEV, type="Plane", key="HL1", patch={"seats": 10})
    await desk.send("UpdateObject", type="Plane", key="HL1", patch={"seats": 11})
    answer = (await ask(desk, source=DEV, resolve="theirs"))["answer"]
    assert (answer["counts"]["open"], answer["counts"]["changed"]) == (0, 1)
    members = [{"path": "/properties/seats", "value": 10, "was": 11}]
    assert answer["changes"] == [{"key": "object/Plane/HL1", "change": "changed", "members": members}]


async def test_it_goes_on_behind_a_page(desk: Desk) -> None:
    for tail in ("HL1", "HL2", "HL3"):
        await desk.send("UpdateObject", DEV, type="Plane", key=tail, patch={"seats": 10})
    first = (await ask(desk, source=DEV, limit=2))["answer"]
    rest = (await ask(desk, source=DEV, limit=2, after=first["next"]))["answer"]
    assert [each["key"] for each in first["changes"] + rest["changes"]] == [f"object/Plane/HL{n}" for n in (1, 2, 3)]
    assert "next" not in rest


async def test_nothing_to_merge_and_nobody_to_merge(desk: Desk) -> None:
    assert (await ask(desk, source=DEV))["answer"]["changes"] == []
    assert [f["code"] for f in (await ask(desk, source="dev/no/such"))["findings"]] == ["BRANCH_UNKNOWN"]
    assert [f["code"] for f in (await ask(desk, source=1))["findings"]] == ["COMMAND_SHAPE"]
