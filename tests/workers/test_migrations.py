"""The worker runs migrations to their end, wherever it dies in between, and stands still where it is refused."""

import json
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from events.migrations.migration_events import migration_key
from producers.receive import address, receive
from tests.crash.mortal import Fate, Mortal
from tests.producers.desk import PLANE, Desk, asked, plane
from workers import migrations

PLANNED = {
    "change": {"type": "SetRequired", "data": {"type": "Plane", "property": "seats", "required": True}},
    "fix": {"kind": "default", "value": 4},
}


async def begun(planes: int, *before: dict[str, Any]) -> Desk:
    desk = await Desk(MemoryOutbox("main")).open()
    made = [asked("CreateObject", **plane(f"한{at:03}")) for at in range(planes)]
    outcomes = await desk.group(
        asked("CreateObjectType", **PLANE),
        *made,
        asked("PlanMigration", **PLANNED),
        asked("ApproveMigration", migration=1),
        asked("RunMigration", migration=1),
        *before,
    )
    assert {each["status"] for each in outcomes} == {"accepted"}
    return desk


async def steps(desk: Desk, outbox: Any) -> None:
    """Until nothing more is applied."""

    async def decide(subject: str, payload: bytes) -> bytes:
        submitted = receive(address(subject), payload)
        outcome: bytes = (await outbox.commit(desk.planner.work([submitted], desk.now))).outcomes[0]
        return outcome

    while await migrations.step(outbox, decide, desk.new_id):
        pass


async def state(desk: Desk) -> dict[str, Any]:
    """The migration's own, as it was written last."""
    heads = await desk.outbox.heads_after("", migration_key(""), 0, 1_000)
    return json.loads([head for head in heads if head.key.startswith("migration/")][-1].state or b"")


async def test_it_goes_on_until_the_schema_is_changed():
    desk = await begun(501)
    await steps(desk, desk.outbox)
    found = await state(desk)
    assert (found["status"], found["looked"], found["converted"]) == ("COMPLETED", 501, 501)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("die_at", range(1, 6))
async def test_wherever_it_dies_it_goes_on_as_if_nothing_had_been(die_at, before):
    desk = await begun(501)
    fate = Fate(die_at, before=before)
    assert not await fate.lived(steps(desk, Mortal(desk.outbox, fate)))
    desk.restart()
    await steps(desk, desk.outbox)
    found = await state(desk)
    assert (found["status"], found["looked"], found["converted"], found["again"]) == ("COMPLETED", 501, 501, 0)
    assert {(await desk.stored(f"object/Plane/한{at:03}"))["seats"] for at in (0, 499, 500)} == {4}


async def test_a_rule_that_refuses_what_it_would_write_pauses_it_with_the_reason():
    rule = {"name": "Small", "type": "Plane", "expression": "!has(new.seats) || new.seats < 3", "message": "너무 크다"}
    desk = await begun(1, asked("CreateRule", **rule))
    await steps(desk, desk.outbox)
    found = await state(desk)
    assert (found["status"], "너무 크다" in found["reason"]) == ("PAUSED", True)
    assert (await desk.send("DisableRule", rule="Small"))["status"] == "accepted"
    assert (await desk.send("ResumeMigration", migration=1))["status"] == "accepted"
    await steps(desk, desk.outbox)
    assert (await state(desk))["status"] == "COMPLETED"
