"""Objects go over to another type, and what restricts them or refers to them follows, batch by batch."""

from typing import Any

import pytest

from tests.producers.desk import Desk, asked, codes
from tests.producers.test_migrated_many_keys import counted
from tests.producers.test_migrated_over import FIX, car, garage, living
from tests.producers.test_migrations import begun, plan, ran, said, sent, taken_back


async def street(cars: int) -> Desk:
    """Cars in a row, each before the next, which tows it; rides that name two of them."""
    desk = await garage()
    tows = {"name": "tows", "type": "reference", "target": "Vehicle"}
    for type_ in ("Car", "Bus"):
        await sent(desk, "AddProperty", type=type_, property={**tows, "name": "tows" if type_ == "Car" else "끈다"})
    of = {"name": "of", "type": "reference", "target": "Vehicle", "array": True, "required": True}
    no = {"name": "no", "type": "string", "required": True}
    await sent(desk, "CreateObjectType", name="Ride", primaryKey=["no"], properties=[no, of])
    ends = {"from": "Vehicle", "to": "Vehicle"}
    await sent(desk, "CreateLinkType", name="before", cardinality="1-1", **ends)
    made = [car(f"N{at:03}", seats="4", **({"tows": f"N{at - 1:03}"} if at else {})) for at in range(cars)]
    await desk.group(*(asked("CreateObject", **each) for each in made))
    rides = [{"no": f"R{at}", "of": [f"N{at:03}", "B1", f"N{cars - 1 - at:03}"]} for at in range(cars // 2)]
    await desk.group(*(asked("CreateObject", type="Ride", properties=each) for each in rides))
    pairs = [{"from": f"N{at:03}", "to": f"N{at + 1:03}"} for at in range(cars - 1)]
    await desk.group(*(asked("CreateLink", type="before", **each) for each in pairs))
    return desk


def turned(before: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What cars became."""
    found = {}
    for key, said_ in before.items():
        if key.startswith("object/Car/"):
            values = {"no": said_["no"], "places": 4} | ({"끈다": said_["tows"]} if "tows" in said_ else {})
            found[key.replace("/Car/", "/Bus/")] = values
        else:
            found[key] = said_
    return found


async def test_what_refers_to_objects_follows_them_over_where_it_shall_and_else_refuses():
    desk = await street(6)
    before = await living(desk)
    await begun(desk, **plan("DeleteObjectType", {**FIX, "values": {"seats": "places", "tows": "끈다"}}, type="Car"))
    failed = await ran(desk)
    assert (failed["said"], "reference" in failed["text"]) == ("failed", True)
    assert (await taken_back(desk))["said"] == "reverted"
    assert await living(desk) == before


@pytest.mark.parametrize("restarting", [False, True])
async def test_many_go_over_with_what_stands_round_them_whatever_is_written_meanwhile(restarting):
    desk = await street(150)
    fix = {**FIX, "values": {"seats": "places", "tows": "끈다"}, "links": "follow"}
    await begun(desk, **plan("DeleteObjectType", fix, type="Car"))
    step = 0
    while not any(key.startswith("object/Bus/N") for key in await living(desk)):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
        step += 1
    went, stays = "N000", "N149"
    outcomes = await desk.group(
        asked("UpdateObject", type="Vehicle", key=went, patch={"places": 4}),
        asked("UpdateObject", type="Car", key=stays, patch={"색": "빨강"}),
        asked("CreateObject", **car("N999", seats="4", tows=went)),
        asked("CreateObject", type="Ride", properties={"no": "새", "of": [stays, went, "N999"]}),
        asked("CreateLink", type="before", **{"from": "N999", "to": went}),
    )
    assert {each["status"] for each in outcomes} <= {"accepted", "unchanged"}, outcomes
    assert codes(await desk.send("MergeBranch", source="prod/main/main")) != []
    before = await living(desk)
    if restarting:
        desk.restart()
    ended = await ran(desk, step=step)
    assert (ended["said"], ended["in"] == ended["out"], ended["dropped"]) == ("completed", True, 0)
    assert await living(desk) == turned(before)
    assert {each.split("/")[1] for each in await counted(desk)} == {"Bus"}
    reverted = await taken_back(desk)
    assert (reverted["said"], reverted["kept"]) == ("reverted", 151)


async def test_it_is_taken_back_while_some_went():
    desk = await street(150)
    before = await living(desk)
    fix = {**FIX, "values": {"seats": "places", "tows": "끈다"}, "links": "follow"}
    await begun(desk, **plan("DeleteObjectType", fix, type="Car"))
    for step in range(3):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    reverted = await taken_back(desk)
    assert (reverted["said"], len(await living(desk))) == ("reverted", len(before))
    assert not [each for each in await said(desk) if each["said"] == "failed"]
