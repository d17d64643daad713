"""Migrations through the planner: planned, approved, run batch by batch, and what objects are after them."""

from typing import Any

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, PLANE, Desk, asked, codes, plane


async def hangar(*planes: dict[str, Any]) -> Desk:
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.group(asked("CreateObjectType", **PLANE), *[asked("CreateObject", **each) for each in planes])
    return desk


def plan(change: str, data: dict[str, Any], fix: dict[str, Any]) -> dict[str, Any]:
    return {"change": {"type": change, "data": data}, "fix": fix}


SEATS = {"type": "Plane", "property": "seats", "required": True}


async def ran(desk: Desk, number: int = 1, on: str = MAIN) -> list[str]:
    """Until nothing more comes of it; the types of the events of each batch."""
    for step in range(100):
        outcome = await desk.send("ApplyMigrationBatch", on, migration=number, step=step)
        if outcome["status"] != "accepted":
            assert outcome["status"] == "unchanged", outcome
            break
    return []


async def begun(desk: Desk, on: str = MAIN, **planned: Any) -> None:
    for command, data in (("PlanMigration", planned), ("ApproveMigration", {}), ("RunMigration", {})):
        outcome = await desk.send(command, on, **(data or {"migration": 1}))
        assert outcome["status"] == "accepted", outcome


async def test_objects_that_lack_a_value_get_it_and_then_it_is_required():
    desk = await hangar(plane("N1"), plane("N2", seats=3), plane("한1"))
    await begun(desk, **plan("SetRequired", SEATS, {"kind": "default", "value": 0}))
    await ran(desk)
    assert (await desk.stored("object/Plane/N1"))["seats"] == 0
    assert (await desk.stored("object/Plane/N2"))["seats"] == 3
    assert (await desk.stored("object/Plane/한1"))["seats"] == 0
    assert codes(await desk.send("CreateObject", **plane("N3"))) == ["PROPERTY_REQUIRED"]
