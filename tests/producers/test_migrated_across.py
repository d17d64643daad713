"""Values of a property that goes are kept by the objects that a reference names, batch by batch, and back."""

from typing import Any

import pytest

from tests.producers.desk import Desk, asked, codes, plane
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, sent, taken_back

FLIGHT = [
    {"name": "no", "type": "integer"},
    {"name": "plane", "type": "reference", "target": "Plane"},
    {"name": "좌석", "type": "string", "unique": False, "required": True},
]


def over(otherwise: str = "refuse", to: str = "plane.seats") -> dict[str, Any]:
    fix = {"kind": "move", "to": to, "otherwise": otherwise}
    return plan("RemoveProperty", fix, type="Flight", property="좌석")


async def airport(*flights: tuple[int, str | None, str], planes: tuple[str, ...] = ("N1", "N2")) -> Desk:
    desk = await hangar(*map(plane, planes))
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=FLIGHT)
    for no, of, seats in flights:
        await sent(desk, "CreateObject", type="Flight", properties={"no": no, "plane": of, "좌석": seats})
    return desk


async def test_what_flights_say_of_a_plane_it_says_itself_and_back():
    desk = await airport((1, "N1", "4"), (2, "N1", "4"), (3, "N2", "6"))
    before = [await alive(desk, slug) for slug in ("Flight", "Plane")]
    await begun(desk, **over())
    ended = await ran(desk)
    assert (ended["said"], ended["in"], ended["out"], ended["converted"]) == ("completed", 5, 5, 3)
    assert (await alive(desk, "Flight"))["1"] == {"no": 1, "plane": "N1"}
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": 4, "N2": 6}
    assert codes(await desk.send("CreateObject", type="Flight", properties={"no": 9, "좌석": "1"})) != []
    assert (await taken_back(desk))["kept"] == 0
    assert [await alive(desk, slug) for slug in ("Flight", "Plane")] == before


@pytest.mark.parametrize("stray", [(2, "N1", "5"), (2, "N2", "넷"), (2, None, "4")])
async def test_a_value_that_has_no_place_there_stops_it_or_goes(stray):
    desk = await airport((1, "N1", "4"), stray)
    before = [await alive(desk, slug) for slug in ("Flight", "Plane")]
    await begun(desk, **over())
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Flight/2"])
    assert [await alive(desk, slug) for slug in ("Flight", "Plane")] == before
    await sent(desk, "RevertMigration", migration=1)
    await ran(desk)
    await begun(desk, number=2, **over("drop"))
    assert (await ran(desk, number=2))["said"] == "completed"
    assert [key for key, each in (await alive(desk)).items() if each.get("seats") == 4] == ["N1"]


async def test_what_people_made_of_the_value_since_stays_there():
    desk = await airport((1, "N1", "4"), (2, "N2", "6"))
    await begun(desk, **over())
    await ran(desk)
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"seats": 5})
    assert (await taken_back(desk))["kept"] == 1
    found = await alive(desk)
    assert (found["N1"]["seats"], "seats" in found["N2"]) == (5, False)


async def test_many_go_over_batch_by_batch_whatever_is_written_meanwhile():
    desk = await airport(planes=tuple(f"N{at}" for at in range(30)))
    flights = ({"no": at, "plane": f"N{at % 30}", "좌석": str(at % 30)} for at in range(1_100))
    await desk.group(*(asked("CreateObject", type="Flight", properties=each) for each in flights))
    await begun(desk, **over())
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    desk.restart()
    await sent(desk, "UpdateObject", type="Flight", key="0", patch={"좌석": "0"})
    assert (await ran(desk, step=1))["said"] == "completed"
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {f"N{at}": at for at in range(30)}


@pytest.mark.parametrize(
    ("to", "otherwise"), [("no.seats", "refuse"), ("plane.없음", "refuse"), ("plane.seats", "default")]
)
async def test_a_fix_that_names_no_place_is_refused(to, otherwise):
    desk = await airport((1, "N1", "4"))
    assert codes(await desk.send("PlanMigration", **over(otherwise, to))) == ["MIGRATION_FIX"]
