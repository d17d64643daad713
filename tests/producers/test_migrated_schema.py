"""What a migration makes of properties, value types, structs and ends of link types, batch by batch, and takes back."""

import json
from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, said, sent, taken_back

MANY = 1_001  # more than two batches look at


async def fleet(**properties: Any) -> Desk:
    """Planes 한0000 … with the serial "s0" …; each second one has seats."""
    return await filled(await hangar(), **properties)


async def filled(desk: Desk, **properties: Any) -> Desk:
    made = [plane(f"한{at:04}", serial=f"s{at}", seats=at if at % 2 else None, **properties) for at in range(MANY)]
    await desk.group(*[asked("CreateObject", **each) for each in made])
    return desk


async def typed(desk: Desk, name: str = "Plane") -> dict[str, Any]:
    """The properties of an object type that are there, by API name."""
    heads = await desk.outbox.heads_after(MAIN, "objectType/", 0, 1_000)
    states = [json.loads(each.state or b"{}") for each in heads if each.key.startswith("objectType/")]
    state = next(each for each in reversed(states) if each["name"] == name)
    return {each["name"]: each for each in state["properties"].values() if not each.get("removed")}


@pytest.mark.parametrize(
    ("fix", "first", "second"),
    [
        ({"kind": "default", "value": "미정"}, "미정", "미정"),
        ({"kind": "map", "from": "seats", "values": {"1": "하나"}, "otherwise": "default", "value": "없음"}, "없음", "하나"),
        ({"kind": "map", "from": "serial"}, "s0", "s1"),
    ],
)  # fmt: skip
async def test_a_required_property_comes_with_a_value_for_each_object_and_goes_again(fix, first, second):
    desk = await fleet()
    before = await alive(desk)
    change = {"type": "Plane", "property": {"name": "문", "type": "string", "required": True}}
    assert codes(await desk.send("AddProperty", **change)) == ["PROPERTY_REQUIRED_LATE"]
    await begun(desk, **plan("AddProperty", fix, **change))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", **plane("가1", serial="s", seats=1))
    ended = await ran(desk, step=1)
    assert (ended["in"], ended["out"], ended["again"]) == (MANY, MANY, 1)
    found = await alive(desk)
    assert [found[key]["문"] for key in ("한0000", "한0001")] == [first, second]
    assert codes(await desk.send("CreateObject", **plane("가2"))) == ["PROPERTY_REQUIRED"]
    assert (await taken_back(desk))["said"] == "reverted"
    del found["가1"]
    assert {key: each for key, each in (await alive(desk)).items() if key != "가1"} == before
    assert "문" not in await typed(desk)


async def test_an_object_of_whose_properties_nothing_comes_stops_it():
    desk = await hangar(plane("N1", seats=1), plane("한2"))
    change = {"type": "Plane", "property": {"name": "문", "type": "string", "required": True}}
    await begun(desk, **plan("AddProperty", {"kind": "map", "from": "seats"}, **change))
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Plane/한2"])
    assert "문" not in await typed(desk)


async def test_a_unique_property_goes_and_its_values_are_free_until_it_comes_back():
    desk = await fleet()
    change = {"type": "Plane", "property": "serial"}
    assert codes(await desk.send("RemoveProperty", **change)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **plan("RemoveProperty", {"kind": "drop"}, **change))
    assert (await ran(desk))["said"] == "completed"
    assert "serial" not in await typed(desk)
    await taken_back(desk)
    assert (await typed(desk))["serial"]["unique"]
    assert codes(await desk.send("CreateObject", **plane("가1", serial="s7"))) == ["VALUE_NOT_UNIQUE"]


async def test_a_reference_goes_and_what_it_refers_to_may_go():
    desk = await hangar(plane("N1"), plane("N2"))
    mother = {"name": "mother", "type": "reference", "target": "Plane"}
    await sent(desk, "AddProperty", type="Plane", property=mother)
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"mother": "N2"})
    change = {"type": "Plane", "property": "mother"}
    await begun(desk, **plan("RemoveProperty", {"kind": "drop"}, **change))
    assert (await ran(desk))["converted"] == 1
    await taken_back(desk)
    assert (await alive(desk))["N1"]["mother"] == "N2"
    assert codes(await desk.send("DeleteObject", type="Plane", key="N2")) != []
    await begun(desk, number=2, **plan("RemoveProperty", {"kind": "drop"}, **change))
    await ran(desk, number=2)
    await sent(desk, "DeleteObject", type="Plane", key="N2")


async def test_values_go_over_to_another_property_and_back():
    desk = await fleet()
    before = await alive(desk)
    await sent(desk, "AddProperty", type="Plane", property={"name": "자리", "type": "string"})
    await sent(desk, "CreateLinkType", name="자리", **{"from": "Plane", "to": "Plane"})  # called alike, and not meant
    await begun(desk, **plan("RemoveProperty", {"kind": "move", "to": "자리"}, type="Plane", property="seats"))
    assert (await ran(desk))["converted"] == MANY // 2
    found = await alive(desk)
    assert (found["한0007"]["자리"], "seats" in found["한0007"]) == ("7", False)
    await sent(desk, "UpdateObject", type="Plane", key="한0009", patch={"자리": "아홉"})
    reverted = await taken_back(desk)
    assert (reverted["restored"], reverted["kept"]) == (MANY // 2, 1)
    assert (await alive(desk)) == before | {"한0009": {**before["한0009"], "자리": "아홉"}}


async def test_a_value_that_stands_there_already_stops_the_move_unless_said_otherwise():
    desk = await hangar(plane("N1", seats=3))
    await sent(desk, "AddProperty", type="Plane", property={"name": "자리", "type": "integer"})
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"자리": 4})
    change = {"type": "Plane", "property": "seats"}
    await begun(desk, **plan("RemoveProperty", {"kind": "move", "to": "자리"}, **change))
    failed = await ran(desk)
    assert (failed["said"], "has 4 already" in failed["text"]) == ("failed", True)
    await sent(desk, "RevertMigration", migration=1)
    await ran(desk)
    fix = {"kind": "move", "to": "자리", "otherwise": "drop"}
    await begun(desk, number=2, **plan("RemoveProperty", fix, **change))
    await ran(desk, number=2)
    assert (await alive(desk))["N1"] == {"tail": "N1", "자리": 4}


@pytest.mark.parametrize(
    ("fix", "after"),
    [({"kind": "default", "value": 500}, 500), ({"kind": "drop"}, None), ({"kind": "map", "values": {"999": 9}, "otherwise": "drop"}, 9)],
)  # fmt: skip
async def test_values_keep_to_a_narrower_version_of_their_value_type_and_to_the_old_one_again(fix, after):
    desk = await hangar()
    await sent(desk, "CreateValueType", name="좌석", base="integer", constraint={"min": 0})
    await sent(desk, "SetValueType", type="Plane", property="seats", valueType="좌석")
    await filled(desk)
    change = {"type": "좌석", "constraint": {"min": 0, "max": 998}}
    assert codes(await desk.send("PublishValueTypeVersion", **change)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **plan("PublishValueTypeVersion", fix, **change))
    assert (await said(desk))[0]["concerned"] == 1
    assert (await ran(desk))["converted"] == 1
    assert (await alive(desk))["한0999"].get("seats") == after
    assert codes(await desk.send("CreateObject", **plane("가1", seats=999))) == ["VALUE_BOUND"]
    assert (await taken_back(desk))["restored"] == 1
    assert (await alive(desk))["한0999"]["seats"] == 999
    await sent(desk, "CreateObject", **plane("가1", seats=999))


async def test_links_keep_to_a_narrower_version_too():
    desk = await hangar(plane("a"), plane("b"))
    await sent(desk, "CreateValueType", name="거리", base="number", constraint={"min": 0})
    declared = [{"name": "km", "valueType": "거리"}]
    await sent(desk, "CreateLinkType", name="beside", properties=declared, **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", properties={"km": 70.0}, **{"from": "a", "to": "b"})
    change = {"type": "거리", "constraint": {"min": 0, "max": 50}}
    await begun(desk, **plan("PublishValueTypeVersion", {"kind": "default", "value": 50}, **change))
    assert (await ran(desk))["converted"] == 1
    assert (await desk.stored("link/beside/a~b"))["km"] == 50
    assert (await taken_back(desk))["restored"] == 1
    assert (await desk.stored("link/beside/a~b"))["km"] == 70


async def test_a_shared_property_is_narrowed_for_all_that_it_declares():
    desk = await hangar()
    shared = {"type": "enum", "values": ["예정", "취소"]}
    await sent(desk, "CreateSharedProperty", name="State", property=shared)
    await sent(desk, "AddProperty", type="Plane", property={"name": "state", "shared": "State"})
    await sent(desk, "CreateObject", **plane("N1", state="취소"))
    change = {"shared": "State", "property": {"type": "enum", "values": ["예정"]}}
    await begun(desk, **plan("UpdateSharedProperty", {"kind": "map", "values": {"취소": "예정"}}, **change))
    assert (await ran(desk))["converted"] == 1
    assert (await alive(desk))["N1"]["state"] == "예정"
    assert (await taken_back(desk))["restored"] == 1
    assert (await alive(desk))["N1"]["state"] == "취소"


async def test_structs_get_a_value_of_the_field_that_they_shall_have():
    desk = await hangar()
    await sent(desk, "CreateStructType", name="주소", fields=[{"name": "도시", "type": "string"}])
    nested = [{"name": "집", "struct": "주소"}, {"name": "note", "type": "string"}]
    await sent(desk, "CreateStructType", name="Person", fields=nested)
    for each in ({"name": "at", "struct": "주소", "array": True}, {"name": "owner", "struct": "Person"}):
        await sent(desk, "AddProperty", type="Plane", property=each)
    values = {"at": [{"도시": "서울"}, {"도시": "부산"}], "owner": {"집": {"도시": "대구"}, "note": "x"}}
    await sent(desk, "CreateObject", **plane("N1", **values))
    change = {"type": "주소", "field": {"name": "나라", "type": "string", "required": True}}
    refused = await desk.send("PlanMigration", **plan("AddStructField", {"kind": "default", "value": 1}, **change))
    assert codes(refused)[0] == "VALUE_TYPE"
    await desk.group(*[asked("CreateObject", **plane(f"P{at:03}", at=[{"도시": "서울"}])) for at in range(501)])
    await begun(desk, **plan("AddStructField", {"kind": "default", "value": "한국"}, **change))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1", at=[{"도시": "대전"}]))
    ended = await ran(desk, step=1)
    assert (ended["converted"], ended["again"]) == (502, 1)
    assert codes(await desk.send("CreateObject", **plane("A2", at=[{"도시": "대전"}]))) == ["VALUE_FIELD_REQUIRED"]
    found = (await alive(desk))["N1"]
    assert [each["나라"] for each in found["at"]] == ["한국", "한국"]
    assert found["owner"] == {"집": {"도시": "대구", "나라": "한국"}, "note": "x"}
    assert (await taken_back(desk))["said"] == "reverted"
    await sent(desk, "CreateObject", **plane("N2", **values))


async def test_a_field_of_structs_becomes_required_and_need_not_be_again():
    desk = await hangar()
    await sent(
        desk, "CreateStructType", name="주소", fields=[{"name": name, "type": "string"} for name in ("도시", "나라")]
    )
    await sent(desk, "AddProperty", type="Plane", property={"name": "at", "struct": "주소"})
    await sent(desk, "CreateObject", **plane("N1", at={"도시": "서울"}))
    await sent(desk, "CreateObject", **plane("N2", at={"도시": "파리", "나라": "프랑스"}))
    change = {"type": "주소", "field": "나라", "required": True}
    assert codes(await desk.send("SetStructFieldRequired", **change)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **plan("SetStructFieldRequired", {"kind": "default", "value": "한국"}, **change))
    assert (await ran(desk))["converted"] == 1
    found = await alive(desk)
    assert [found[key]["at"]["나라"] for key in ("N1", "N2")] == ["한국", "프랑스"]
    assert codes(await desk.send("CreateObject", **plane("N3", at={"도시": "대전"}))) == ["VALUE_FIELD_REQUIRED"]
    assert (await taken_back(desk))["restored"] == 1
    assert (await alive(desk))["N1"]["at"] == {"도시": "서울"}
    await sent(desk, "CreateObject", **plane("N3", at={"도시": "대전"}))


async def test_links_between_other_objects_go_when_their_type_is_to_go_between_some_only():
    desk = await hangar(plane("a"), plane("b"))
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    await sent(desk, "CreateObject", type="전투기", properties={"tail": "F15"})
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    for to in ("b", "F15"):
        await sent(desk, "CreateLink", type="beside", **{"from": "a", "to": to})
    change = {"type": "beside", "to": "전투기"}
    assert codes(await desk.send("ChangeEndpoints", **change)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **plan("ChangeEndpoints", {"kind": "drop"}, **change))
    ended = await ran(desk)
    assert (ended["in"], ended["out"], ended["dropped"]) == (2, 1, 1)
    assert codes(await desk.send("CreateLink", type="beside", **{"from": "a", "to": "b"})) == ["LINK_END_UNKNOWN"]
    await sent(desk, "DeleteLink", type="beside", **{"from": "a", "to": "F15"})
    assert (await taken_back(desk))["restored"] == 1
    assert (await desk.send("CreateLink", type="beside", **{"from": "a", "to": "b"}))["status"] == "unchanged"


async def test_no_default_is_left_for_objects_that_need_one_once_they_have_a_value():
    desk = await hangar(plane("N1"), plane("N2", seats=2))
    await sent(desk, "SetDefault", type="Plane", property="seats", default=9)
    await sent(desk, "SetRequired", type="Plane", property="seats", required=True)
    change = {"type": "Plane", "property": "seats", "default": None}
    await begun(desk, **plan("SetDefault", {"kind": "default", "value": 4}, **change))
    assert (await ran(desk))["converted"] == 1
    assert (await alive(desk))["N1"]["seats"] == 4
    assert codes(await desk.send("CreateObject", **plane("N3"))) == ["PROPERTY_REQUIRED"]
    await taken_back(desk)
    await sent(desk, "CreateObject", **plane("N3"))


async def test_a_type_changes_batch_by_batch_and_lets_everything_through_meanwhile():
    desk = await fleet()
    before = await alive(desk)
    change = {"type": "Plane", "property": "seats", "to": "string"}
    await begun(desk, **plan("ChangePropertyType", {"kind": "cast"}, **change))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    assert (await typed(desk))["seats"]["type"] == "json"
    await sent(desk, "UpdateObject", type="Plane", key="한0001", patch={"seats": 77})
    await sent(desk, "UpdateObject", type="Plane", key="한0003", patch={"seats": "셋"})
    desk.restart()
    ended = await ran(desk, step=1)
    assert (ended["in"], ended["out"], ended["converted"], ended["again"]) == (MANY, MANY, MANY // 2, 1)
    found = await alive(desk)
    assert [found[f"한{at:04}"]["seats"] for at in (1, 3, 999)] == ["77", "셋", "999"]
    assert (await typed(desk))["seats"]["type"] == "string"
    await sent(desk, "CreateObject", **plane("가1", serial="a", seats="12"))
    reverted = await taken_back(desk)
    assert reverted["kept"] == 1
    found = await alive(desk)
    assert (found.pop("가1")["seats"], found.pop("한0001")["seats"], "seats" in found.pop("한0003")) == (12, 77, False)
    assert found == {key: each for key, each in before.items() if key not in ("한0001", "한0003")}
    assert (await typed(desk))["seats"]["type"] == "integer"


async def test_a_type_that_changed_half_way_is_taken_back():
    desk = await fleet()
    before = await alive(desk)
    change = {"type": "Plane", "property": "seats", "to": "string"}
    await begun(desk, **plan("ChangePropertyType", {"kind": "cast"}, **change))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "PauseMigration", migration=1)
    await taken_back(desk)
    assert ((await typed(desk))["seats"]["type"], await alive(desk)) == ("integer", before)
