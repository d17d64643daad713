"""A migration that is taken back takes back what it did itself: what people removed, changed or let go of stays so."""

from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, asked, plane
from tests.producers.states import entities
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, sent, taken_back

SEATS = {"type": "Plane", "property": "seats", "unique": True}
MANY = 520  # two batches


async def crowded() -> Desk:
    """Two planes of each number of seats, far apart."""
    made = [plane(f"{side}{at:03}", seats=at) for side in "az" for at in range(MANY // 2)]
    return await hangar(*made)


async def links(desk: Desk) -> list[str]:
    return sorted(key.split("/")[2] for key in await entities(desk.outbox, MAIN) if key.startswith("link/"))


async def linked(desk: Desk, *pairs: str, command: str = "CreateLink", type_: str = "beside") -> None:
    for pair in pairs:
        await desk.group(asked(command, type=type_, **{"from": pair[0], "to": pair[1]}))


def step(number: int) -> dict[str, Any]:
    return asked("ApplyMigrationBatch", migration=1, step=number)


@pytest.mark.parametrize("kind", ["first", "drop"])
async def test_values_that_people_removed_or_gave_meanwhile_stay_so(kind):
    desk = await crowded()
    await begun(desk, **plan("SetUnique", {"kind": kind}, **SEATS))
    await desk.group(step(0))
    await sent(desk, "UpdateObject", type="Plane", key="a250", patch={"seats": None})  # while it runs
    await ran(desk, step=1)
    await sent(desk, "UpdateObject", type="Plane", key="z002", patch={"seats": 1_000})
    await sent(desk, "UpdateObject", type="Plane", key="z003", patch={"seats": 1_003})
    await sent(desk, "UpdateObject", type="Plane", key="z003", patch={"seats": None})
    await sent(desk, "UpdateObject", type="Plane", key="z004", patch={"serial": "넷"})
    ended = await taken_back(desk)
    found = await alive(desk)
    assert "seats" not in found["a250"]
    assert (found["z002"]["seats"], "seats" in found["z003"], found["z004"]) == (
        1_000,
        False,
        {"tail": "z004", "seats": 4, "serial": "넷"},
    )
    assert (found["a005"]["seats"], found["z005"]["seats"], ended["kept"]) == (5, 5, 2)


@pytest.mark.parametrize(
    "change", [("SetCardinality", {"cardinality": "1-n"}), ("SetAcyclic", {"acyclic": True}), ("DeleteLinkType", {})]
)
async def test_links_that_people_took_away_do_not_come_back(change):
    desk = await hangar(*map(plane, "abc"))
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await linked(desk, "ab", "ba", "ac", "bc")
    name, more = change
    await begun(desk, **plan(name, {"kind": "drop" if name == "DeleteLinkType" else "first"}, type="beside", **more))
    await linked(desk, "bc", command="DeleteLink")
    await ran(desk)
    if name != "DeleteLinkType":
        await linked(desk, "ab", command="DeleteLink")
    await taken_back(desk)
    left = await links(desk)
    assert "b~c" not in left
    assert left == (["a~b", "a~c", "b~a"] if name == "DeleteLinkType" else ["a~c", "b~a"])


async def test_objects_that_people_deleted_do_not_come_back_and_those_that_it_dropped_do():
    desk = await hangar(plane("a"), plane("b"), plane("c", seats=1))
    await sent(desk, "CreateLinkType", name="beside", onDelete="unlink", **{"from": "Plane", "to": "Plane"})
    await linked(desk, "ac", "bc")
    required = {"type": "Plane", "property": "seats", "required": True}
    await begun(desk, **plan("SetRequired", {"kind": "drop"}, **required))
    await linked(desk, "ac", command="DeleteLink")
    await sent(desk, "DeleteObject", type="Plane", key="a")
    await ran(desk)
    ended = await taken_back(desk)
    assert (list(await alive(desk)), await links(desk), ended["kept"]) == (["b", "c"], ["b~c"], 0)


async def test_what_people_made_of_a_link_that_went_to_another_type_stays():
    desk = await hangar(*map(plane, "abc"))
    for name in ("beside", "near"):
        await sent(desk, "CreateLinkType", name=name, **{"from": "Plane", "to": "Plane"})
    await linked(desk, "ab", "bc")
    await begun(desk, **plan("DeleteLinkType", {"kind": "redirect", "to": "near"}, type="beside"))
    await ran(desk)
    await linked(desk, "ab", command="DeleteLink", type_="near")
    await linked(desk, "ab", type_="near")
    await taken_back(desk)
    found = await entities(desk.outbox, MAIN)
    assert sorted(key for key in found if key.startswith("link/")) == [
        "link/beside/a~b",
        "link/beside/b~c",
        "link/near/a~b",
    ]


async def test_a_value_that_was_converted_again_is_what_people_had_written():
    desk = await crowded()
    await begun(desk, **plan("ChangePropertyType", {"kind": "cast"}, type="Plane", property="seats", to="string"))
    await desk.group(step(0))
    await sent(desk, "UpdateObject", type="Plane", key="a001", patch={"seats": 77})
    await ran(desk, step=1)
    assert (await alive(desk))["a001"]["seats"] == "77"
    assert (await taken_back(desk))["kept"] == 0
    assert (await alive(desk))["a001"]["seats"] == 77
