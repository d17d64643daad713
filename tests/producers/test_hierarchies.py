"""Types below types through the planner: on branches, and by a process that knows nothing yet."""

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, PLANE, Desk, codes, plane
from tests.producers.states import known

DEV = "dev/main/jets"


@pytest.fixture
async def desk() -> Desk:
    """Plane on the main branch, Jet below it on another one."""
    desk = await Desk(MemoryOutbox("main")).open()
    await accepted(desk, "CreateObjectType", **PLANE)
    await accepted(desk, "CreateObject", **plane("HL1", serial="가"))
    await accepted(desk, "CreateBranch", name=DEV)
    await accepted(desk, "CreateObjectType", DEV, name="Jet", parents=["Plane"])
    return desk


async def accepted(desk: Desk, type_: str, /, on: str = MAIN, **data: object) -> None:
    outcome = await desk.send(type_, on, **data)
    assert outcome["status"] == "accepted", outcome["findings"]


def jet(tail: str, **properties: object) -> dict[str, object]:
    return {"type": "Jet", "properties": {"tail": tail, **properties}}


async def test_what_a_branch_inherits_holds_below_the_types_it_adds(desk: Desk) -> None:
    assert codes(await desk.send("CreateObject", DEV, **jet("HL1"))) == ["OBJECT_KEY_TAKEN"]
    assert codes(await desk.send("CreateObject", DEV, **jet("HL2", serial="가"))) == ["VALUE_NOT_UNIQUE"]
    await accepted(desk, "CreateObject", DEV, **jet("HL2", serial="나"))
    await accepted(desk, "CreateObject", MAIN, **plane("HL2", serial="나"))
    assert codes(await desk.send("CreateObject", DEV, **plane("HL2"))) == ["OBJECT_KEY_TAKEN"]


async def test_what_a_branch_adds_is_not_in_the_way_of_its_parent(desk: Desk) -> None:
    await accepted(desk, "CreateObject", DEV, **jet("HL2"))
    assert codes(await desk.send("DeleteObjectType", DEV, type="Plane")) == ["TYPE_IN_USE"]
    await accepted(desk, "DeleteObject", MAIN, type="Plane", key="HL1")
    await accepted(desk, "DeleteObjectType", MAIN, type="Plane")
    await accepted(desk, "UpdateObject", DEV, type="Plane", key="HL2", patch={"seats": 4})


async def test_a_new_process_decides_alike(desk: Desk) -> None:
    await accepted(desk, "CreateObject", DEV, **jet("HL2"))
    before = await known(desk.outbox, DEV)
    desk.restart()
    assert codes(await desk.send("CreateObject", DEV, **jet("HL2", seats=1))) == ["OBJECT_EXISTS"]
    assert codes(await desk.send("SetPrimaryKey", DEV, type="Plane", primaryKey=["serial"])) == [
        "RULE_BREAKING_UNPLANNED"
    ]
    assert await known(desk.outbox, DEV) == before
    desk.restart()
    await accepted(desk, "DeleteObject", DEV, type="Plane", key="HL2")
    desk.restart()
    await accepted(desk, "CreateObject", DEV, **plane("HL2"))


async def test_a_group_sees_what_it_did_itself(desk: Desk) -> None:
    commands = [
        {"type": "CreateObjectType", "branch": DEV, "data": {"name": "Big", "parents": ["Jet"]}},
        {
            "type": "AddProperty",
            "branch": DEV,
            "data": {"type": "Plane", "property": {"name": "이름", "type": "string"}},
        },
        {"type": "CreateObject", "branch": DEV, "data": {"type": "Big", "properties": {"tail": "B", "이름": "큰"}}},
        {"type": "CreateObject", "branch": DEV, "data": jet("B")},
    ]
    outcomes = await desk.group(*commands)
    assert [outcome["status"] for outcome in outcomes] == ["accepted"] * 3 + ["rejected"]
    assert codes(outcomes[3]) == ["OBJECT_KEY_TAKEN"]
