"""Merges and rebases run what one side migrated on what the other side wrote meanwhile, as part of them."""

import json
from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import DEV, SEATS, alive, begun, hangar, plan, ran, sent

TO_TEXT = {"type": "Plane", "property": "seats", "to": "string"}


async def merged(desk: Desk, source: str = DEV, on: str = MAIN) -> list[int] | None:
    """The numbers of the migrations that it ran."""
    await sent(desk, "MergeBranch", on, source=source)
    events = [json.loads(row.body) for row in await desk.outbox.after(0, 100_000, 1 << 30)]
    told = [event["data"] for event in events if event["type"] == "io.oms.branch.merged.v1"][-1]
    return [each["number"] for each in told["migrations"]] if "migrations" in told else None


async def migrated(desk: Desk, planned: dict[str, Any], number: int = 1, on: str = DEV) -> None:
    await begun(desk, on, number, **planned)
    assert (await ran(desk, on, number))["said"] == "completed"


async def test_what_the_target_wrote_since_is_migrated_by_the_merge():
    desk = await hangar(plane("N1"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("SetRequired", {"kind": "default", "value": 4}, **SEATS))
    await sent(desk, "CreateObject", **plane("한2"))
    await sent(desk, "CreateObject", **plane("N3", seats=3))
    assert await merged(desk) == [1]
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": 4, "한2": 4, "N3": 3}
    assert codes(await desk.send("CreateObject", **plane("N4"))) == ["PROPERTY_REQUIRED"]
    assert (await desk.send("MergeBranch", source=DEV))["status"] == "unchanged"


async def test_objects_that_came_meanwhile_get_the_property_that_came_on_the_branch():
    desk = await hangar(plane("N1", seats=1))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    fix = {"kind": "map", "from": "seats", "otherwise": "default", "value": "없음"}
    new = {"name": "자리", "type": "string", "required": True}
    await migrated(desk, plan("AddProperty", fix, type="Plane", property=new))
    await sent(desk, "CreateObject", **plane("한2"))
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"seats": 7})
    assert await merged(desk) == [1]
    assert {key: each["자리"] for key, each in (await alive(desk)).items()} == {"N1": "7", "한2": "없음"}


async def test_migrations_run_in_their_order():
    desk = await hangar(plane("N1", seats=1))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **TO_TEXT))
    values = {"type": "Plane", "property": "seats", "to": "enum", "values": ["하나", "둘"]}
    fix = {"kind": "map", "values": {"1": "하나"}, "otherwise": "default", "value": "둘"}
    await migrated(desk, plan("ChangePropertyType", fix, **values), 2)
    for key, seats in (("N2", 1), ("N3", 3)):
        await sent(desk, "CreateObject", **plane(key, seats=seats))
    assert await merged(desk) == [1, 2]
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": "하나", "N2": "하나", "N3": "둘"}


async def test_an_object_that_both_changed_has_the_newer_value_in_its_new_form():
    desk = await hangar(plane("N1", seats=1), plane("N2", seats=2), plane("N3", seats=3))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **TO_TEXT))
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"seats": 10})
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"serial": "s"})
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N2", patch={"seats": "이십"})
    assert await merged(desk) == [1]
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": "10", "N2": "이십", "N3": "3"}


async def test_both_changed_one_value_each_in_its_form_is_a_conflict_in_the_new_one():
    desk = await hangar(plane("N1", seats=1))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **TO_TEXT))
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"seats": 2})
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N1", patch={"seats": "3"})
    before = desk.planner.heads
    assert codes(await desk.send("MergeBranch", source=DEV)) == ["MERGE_CONFLICT_FIELD"]
    assert desk.planner.heads is before
    await sent(desk, "MergeBranch", source=DEV, resolve="ours")
    assert (await alive(desk))["N1"]["seats"] == "2"


async def test_what_a_migration_cannot_mend_stops_the_merge_and_leaves_nothing():
    desk = await hangar(plane("N1", serial="1"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    to = {"type": "Plane", "property": "serial", "to": "integer"}
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **to))
    await sent(desk, "CreateObject", **plane("한2", serial="둘"))
    position = (await desk.outbox.after(0, 100_000, 1 << 30))[-1].position
    outcome = await desk.send("MergeBranch", source=DEV)
    assert [(each["code"], "object/Plane/한2" in each["text"]) for each in outcome["findings"]] == [
        ("MERGE_CONFLICT_SCHEMA_DATA", True)
    ]
    assert (await desk.outbox.after(0, 100_000, 1 << 30))[-1].position == position
    await sent(desk, "UpdateObject", type="Plane", key="한2", patch={"serial": "2"})
    assert await merged(desk) == [1]
    assert (await alive(desk))["한2"]["serial"] == 2


@pytest.mark.parametrize("seats", [None, 2])
async def test_objects_that_a_migration_drops_go_with_the_merge(seats):
    desk = await hangar(plane("N1"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("SetRequired", {"kind": "drop"}, **SEATS))
    await sent(desk, "CreateObject", **plane("N2"))
    await sent(desk, "UpsertObject", **plane("N1", seats=seats, serial="s"))
    assert await merged(desk) == [1]
    assert list(await alive(desk)) == ([] if seats is None else ["N1"])


async def test_a_type_that_went_goes_with_what_came_of_it_meanwhile():
    desk = await hangar(plane("N1"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("DeleteObjectType", {"kind": "drop"}, type="Plane"))
    await sent(desk, "CreateObject", **plane("한2"))
    assert await merged(desk) == [1]
    assert await alive(desk) == {}


async def test_links_are_migrated_too():
    desk = await hangar(plane("a"), plane("b"))
    await sent(desk, "CreateValueType", name="거리", base="number", constraint={"min": 0})
    declared = [{"name": "km", "valueType": "거리"}]
    await sent(desk, "CreateLinkType", name="beside", properties=declared, **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", properties={"km": 70.0}, **{"from": "b", "to": "a"})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    change = {"type": "거리", "constraint": {"min": 0, "max": 50}}
    await migrated(desk, plan("PublishValueTypeVersion", {"kind": "default", "value": 50}, **change))
    await sent(desk, "CreateLink", type="beside", properties={"km": 90.0}, **{"from": "a", "to": "b"})
    assert await merged(desk) == [1]
    assert (await desk.stored("link/beside/a~b"))["km"] == 50


async def test_what_a_branch_wrote_is_migrated_by_its_rebase_and_by_its_merge():
    desk = await hangar(plane("N1", seats=1))
    for name in (DEV, "dev/flights/other"):
        await sent(desk, "CreateBranch", name=name, **{"from": MAIN})
        await sent(desk, "CreateObject", name, **plane(f"{name[-1]}2", seats=2))
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **TO_TEXT), on=MAIN)
    await sent(desk, "RebaseBranch", DEV)
    await sent(desk, "UpdateObject", DEV, type="Plane", key="s2", patch={"seats": "둘"})
    assert await merged(desk) is None
    await merged(desk, "dev/flights/other")
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": "1", "s2": "둘", "r2": "2"}


async def test_what_both_sides_migrated_alike_is_migrated_once():
    desk = await hangar(plane("N1"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    planned = plan("SetRequired", {"kind": "default", "value": 4}, **SEATS)
    await migrated(desk, planned)
    await sent(desk, "CreateObject", **plane("한2"))
    await migrated(desk, planned, on=MAIN)
    assert await merged(desk) is None
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": 4, "한2": 4}


async def test_a_branch_of_the_branch_brings_its_migrations_along():
    desk = await hangar(plane("N1"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    inner = "dev/flights/inner"
    await sent(desk, "CreateBranch", DEV, name=inner, **{"from": DEV})
    await migrated(desk, plan("SetRequired", {"kind": "default", "value": 4}, **SEATS), on=inner)
    await sent(desk, "CreateObject", DEV, **plane("N2"))
    assert await merged(desk, inner, on=DEV) == [1]
    await desk.group(asked("CreateObject", **plane("한3")))
    assert await merged(desk) == [1]
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": 4, "N2": 4, "한3": 4}


async def test_what_the_target_never_touched_comes_migrated_with_a_merge():
    desk = await hangar(plane("N1"), plane("N2", seats=2))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **plan("SetRequired", {"kind": "default", "value": 4}, **SEATS))
    await ran(desk, DEV)
    await sent(desk, "CreateObject", **plane("N3", seats=3))
    await sent(desk, "MergeBranch", source=DEV)
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": 4, "N2": 2, "N3": 3}


async def test_a_property_that_became_unique_on_a_branch_is_unique_behind_a_merge():
    desk = await hangar(plane("N1", seats=1), plane("N2", seats=1), plane("N3", seats=3))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **plan("SetUnique", {"kind": "first"}, type="Plane", property="seats", unique=True))
    await ran(desk, DEV)
    await sent(desk, "CreateObject", **plane("한4", seats=4))
    await sent(desk, "MergeBranch", source=DEV)
    for seats in (1, 3, 4):
        assert codes(await desk.send("CreateObject", **plane("N5", seats=seats))) == ["VALUE_NOT_UNIQUE"]


async def test_what_is_unique_on_both_and_got_another_type_on_one_is_unique_in_its_new_form():
    desk = await hangar(plane("N1", seats=1))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    unique = plan("SetUnique", {"kind": "first"}, type="Plane", property="seats", unique=True)
    await migrated(desk, unique, on=MAIN)
    await migrated(desk, unique)
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **TO_TEXT), 2)
    await sent(desk, "CreateObject", **plane("N2", seats=2))
    assert await merged(desk) == [2]
    assert codes(await desk.send("CreateObject", **plane("N3", seats="1"))) == ["VALUE_NOT_UNIQUE"]
    assert codes(await desk.send("CreateObject", **plane("N3", seats="2"))) == ["VALUE_NOT_UNIQUE"]
    await sent(desk, "DeleteObject", type="Plane", key="N1")
    await sent(desk, "CreateObject", **plane("N3", seats="1"))
