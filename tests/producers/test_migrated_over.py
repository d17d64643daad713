"""Objects of a type that goes go over to another type, batch by batch, and back; and so do those that a merge brings."""

from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, Desk, asked, codes
from tests.producers.states import entities
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrations import DEV, begun, plan, ran, said, sent, taken_back

VEHICLE = {"name": "Vehicle", "primaryKey": ["no"], "properties": [{"name": "no", "type": "string"}]}
CAR = {
    "name": "Car",
    "parents": ["Vehicle"],
    "properties": [{"name": "seats", "type": "string"}, {"name": "색", "type": "string"}],
}
BUS = {"name": "Bus", "parents": ["Vehicle"], "properties": [{"name": "places", "type": "integer"}]}
FIX = {"kind": "move", "to": "Bus", "values": {"seats": "places"}, "otherwise": "drop"}
MOVE = plan("DeleteObjectType", FIX, type="Car")


def car(no: str, **more: Any) -> dict[str, Any]:
    return {"type": "Car", "properties": {"no": no, **more}}


async def garage(*cars: dict[str, Any]) -> Desk:
    """Cars and a bus, all vehicles, some of them beside each other."""
    desk = await Desk(MemoryOutbox("main")).open()
    for each in (VEHICLE, CAR, BUS):
        await sent(desk, "CreateObjectType", **each)
    ends = {"from": "Vehicle", "to": "Vehicle"}
    await sent(
        desk, "CreateLinkType", name="beside", onDelete="unlink", properties=[{"name": "m", "type": "integer"}], **ends
    )
    await sent(desk, "CreateObject", type="Bus", properties={"no": "B1", "places": 40})
    await desk.group(*(asked("CreateObject", **each) for each in cars))
    return desk


async def linked(desk: Desk, *pairs: str, on: str = MAIN) -> None:
    for pair in pairs:
        from_, to = pair.split("-")
        await sent(desk, "CreateLink", on, type="beside", properties={"m": 3}, **{"from": from_, "to": to})


async def living(desk: Desk, on: str = MAIN) -> dict[str, dict[str, Any]]:
    found = (await entities(desk.outbox, on)).items()
    return {key: state.get("properties", {}) for key, state in found if key.startswith(("object/", "link/"))}


async def test_objects_go_over_to_another_type_with_links_and_back():
    desk = await garage(car("N1", seats="4", 색="빨강"), car("N2", seats="넷"), car("N3"))
    await linked(desk, "N1-N2", "B1-N1")
    before = await living(desk)
    await begun(desk, **MOVE)
    ended = await ran(desk)
    assert (ended["said"], ended["in"], ended["out"], ended["converted"]) == ("completed", 3, 3, 3)
    assert await living(desk) == {
        "object/Bus/B1": {"no": "B1", "places": 40},
        "object/Bus/N1": {"no": "N1", "places": 4},
        "object/Bus/N2": {"no": "N2"},
        "object/Bus/N3": {"no": "N3"},
        "link/beside/N1~N2": {"m": 3},
        "link/beside/B1~N1": {"m": 3},
    }
    assert codes(await desk.send("CreateObject", **car("N9"))) == ["TYPE_DELETED"]
    reverted = await taken_back(desk)
    assert (reverted["said"], reverted["kept"], await living(desk)) == ("reverted", 0, before)


async def test_what_people_made_of_the_objects_since_stays_there_when_it_is_taken_back():
    desk = await garage(car("N1", seats="4"), car("N2"), car("N3"))
    await begun(desk, **MOVE)
    await ran(desk)
    await sent(desk, "UpdateObject", type="Bus", key="N1", patch={"places": 5})
    await linked(desk, "N2-B1")
    assert (await taken_back(desk))["kept"] == 2
    assert set(await living(desk)) == {
        "object/Bus/B1",
        "object/Bus/N1",
        "object/Bus/N2",
        "object/Car/N3",
        "link/beside/N2~B1",
    }


async def test_objects_that_come_while_it_runs_go_over_too():
    desk = await garage(*(car(f"N{at:04}", seats=str(at)) for at in range(1_100)))
    await begun(desk, **MOVE)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", **car("A1", seats="7"))
    desk.restart()
    assert (await ran(desk, step=1))["said"] == "completed"
    found = await living(desk)
    assert (len(found), found["object/Bus/A1"], found["object/Bus/N1099"]["places"]) == (
        1_102,
        {"no": "A1", "places": 7},
        1_099,
    )


@pytest.mark.parametrize(
    ("fix", "code"),
    [
        ({"to": "없음"}, "MIGRATION_FIX"),
        ({"to": "Vehicle", "values": {"seats": "doors"}}, "MIGRATION_FIX"),
        ({"to": "Bus", "otherwise": "default"}, "MIGRATION_FIX"),
    ],
)
async def test_a_fix_that_names_what_is_not_there_is_refused(fix, code):
    desk = await garage(car("N1"))
    refused = await desk.send("PlanMigration", **plan("DeleteObjectType", {"kind": "move", **fix}, type="Car"))
    assert codes(refused) == [code]


async def test_a_value_of_which_the_other_type_has_nothing_stops_it():
    desk = await garage(car("N1", seats="넷"), car("N2", 색="빨강"))
    await begun(desk, **plan("DeleteObjectType", {**FIX, "otherwise": "refuse"}, type="Car"))
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Car/N1", "object/Car/N2"])
    assert set(await living(desk)) == {"object/Bus/B1", "object/Car/N1", "object/Car/N2"}


@pytest.mark.parametrize("turned", [False, True])
async def test_what_the_other_side_of_a_merge_wrote_goes_over_too(turned):
    desk = await garage(car("N1", seats="4"), car("N2"))
    await linked(desk, "N1-B1", "N1-N2")
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, MOVE)
    await sent(desk, "UpdateObject", type="Car", key="N1", patch={"seats": "5"})
    await sent(desk, "UpdateLink", type="beside", patch={"m": 8}, **{"from": "N1", "to": "N2"})
    await sent(desk, "UpdateObject", DEV, type="Bus", key="N2", patch={"places": 9})
    await sent(desk, "CreateObject", **car("N4", seats="2"))
    await linked(desk, "N4-N2")
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    assert await merged(desk, source, target) == (None if turned else [1])
    assert await living(desk, target) == {
        "object/Bus/B1": {"no": "B1", "places": 40},
        "object/Bus/N1": {"no": "N1", "places": 5},
        "object/Bus/N2": {"no": "N2", "places": 9},
        "object/Bus/N4": {"no": "N4", "places": 2},
        "link/beside/N1~B1": {"m": 3},
        "link/beside/N1~N2": {"m": 8},
        "link/beside/N4~N2": {"m": 3},
    }
    assert codes(await desk.send("DeleteObjectType", target, type="Bus")) == ["TYPE_IN_USE"]
    await sent(desk, "DeleteObject", target, type="Bus", key="N2")
    assert "link/beside/N1~N2" not in await living(desk, target)
    assert (await said(desk))[-1]["said"] == "completed"
