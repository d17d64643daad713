"""Objects go under another primary key, with what is linked to them and what refers to them, and back."""

from typing import Any

import pytest

from tests.producers.desk import Desk, asked, codes, plane
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, sent, taken_back

SERIAL = {"type": "Plane", "primaryKey": ["serial"]}
MOVE = plan("SetPrimaryKey", {"kind": "move"}, **SERIAL)


async def related(*planes: dict[str, Any]) -> Desk:
    """Two planes and a jet in a row, each the mother of the next, and a flight of the jet."""
    desk = await hangar()
    mother = {"name": "mother", "type": "reference", "target": "Plane"}
    await sent(desk, "AddProperty", type="Plane", property=mother)
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    of = [{"name": "no", "type": "integer", "required": True}]
    of += [{"name": "of", "type": "reference", "target": "Plane", "array": True, "required": True}]
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=of)
    ends = {"from": "Plane", "to": "전투기"}
    await sent(desk, "CreateLinkType", name="beside", properties=[{"name": "km", "type": "integer"}], **ends)
    made = [plane("N1", serial="하나"), plane("N2", serial="둘:2", mother="N1", seats=2), *planes]
    outcomes = await desk.group(
        *[asked("CreateObject", **each) for each in made],
        asked("CreateObject", type="전투기", properties={"tail": "F15", "serial": "셋", "mother": "N2"}),
        asked("CreateObject", type="Flight", properties={"no": 7, "of": ["F15", "N1"]}),
        asked("CreateLink", type="beside", properties={"km": 3}, **{"from": "N2", "to": "F15"}),
    )
    assert {each["status"] for each in outcomes} == {"accepted"}
    return desk


async def test_objects_go_under_another_key_with_links_and_references_and_back():
    desk = await related()
    before = [await alive(desk, slug) for slug in ("Plane", "전투기", "Flight")]
    assert codes(await desk.send("SetPrimaryKey", **SERIAL)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **MOVE)
    ended = await ran(desk)
    assert (ended["in"], ended["out"], ended["dropped"], ended["converted"]) == (5, 5, 0, 3)
    planes = await alive(desk)
    assert planes == {
        "하나": {"tail": "N1", "serial": "하나"},
        "둘%3A2": {"tail": "N2", "serial": "둘:2", "mother": "하나", "seats": 2},
    }
    assert (await alive(desk, "전투기"))["셋"]["mother"] == "둘%3A2"
    assert (await alive(desk, "Flight"))["7"]["of"] == ["셋", "하나"]
    link = asked("CreateLink", type="beside", properties={"km": 3}, **{"from": "둘%3A2", "to": "셋"})
    assert (await desk.group(link))[0]["status"] == "unchanged"
    assert codes(await desk.send("DeleteObject", type="Plane", key="하나")) == ["OBJECT_IN_USE"]
    assert codes(await desk.send("CreateObject", type="Flight", properties={"no": 8})) == ["PROPERTY_REQUIRED"]
    await sent(desk, "CreateObject", **plane("N9", serial="아홉"))
    assert (await taken_back(desk))["said"] == "reverted"
    after = [await alive(desk, slug) for slug in ("Plane", "전투기", "Flight")]
    assert after[0].pop("N9")["serial"] == "아홉"
    assert after == before


@pytest.mark.parametrize(
    ("stray", "code"), [(plane("N5"), "lacks a part of the key"), (plane("N5", seats=2), "would have the key 2")]
)
async def test_what_has_no_key_of_its_own_then_stops_it(stray, code):
    desk = await related(stray)
    key = ["serial"] if "lacks" in code else ["seats"]
    if key == ["seats"]:
        for each, seats in (("N1", 1), ("F15", 3)):
            await sent(desk, "UpdateObject", type="Plane", key=each, patch={"seats": seats})
    before = await alive(desk)
    await begun(desk, **plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=key))
    failed = await ran(desk)
    assert (failed["said"], "object/Plane/N5" in failed["keys"], code in failed["text"]) == ("failed", True, True)
    assert await alive(desk) == before


async def test_a_composite_key_comes_and_goes():
    desk = await hangar(plane("N1", seats=1), plane("N2", seats=1))
    change = {"type": "Plane", "primaryKey": ["seats", "tail"]}
    await begun(desk, **plan("SetPrimaryKey", {"kind": "move"}, **change))
    assert (await ran(desk))["converted"] == 2
    assert list(await alive(desk)) == ["1:N1", "1:N2"]
    await taken_back(desk)
    assert list(await alive(desk)) == ["N1", "N2"]
