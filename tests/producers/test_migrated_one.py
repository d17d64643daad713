"""One object stays one where one side of a merge moved it under another key and each side changed something of it."""

from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, codes, plane
from tests.producers.test_migrated_keys_merged import MOVE, WAYS, moved
from tests.producers.test_migrated_merge import migrated
from tests.producers.test_migrated_over import car, garage, living
from tests.producers.test_migrations import DEV, alive, begun, hangar, plan, ran, sent

TRUCK = {
    "name": "Truck",
    "primaryKey": ["code"],
    "properties": [
        {"name": "code", "type": "string"},
        {"name": "no", "type": "string"},
        {"name": "색", "type": "string"},
    ],
}
OVER = plan(
    "DeleteObjectType",
    {"kind": "move", "to": "Truck", "values": {"seats": "code"}},
    type="Car",
)


@WAYS
async def test_a_new_key_on_one_side_and_another_value_on_the_other_are_one_object(source, target):
    desk = await moved()
    await sent(desk, "CreateObject", **plane("N3", seats=3, mother="N2"))
    await sent(desk, "CreateLink", type="beside", **{"from": "N1", "to": "N2"})
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"seats": 3})
    await sent(desk, "UpdateObject", DEV, type="Plane", key="1:N2", patch={"serial": "둘"})
    await sent(desk, "CreateObject", DEV, **plane("N4", seats=4, mother="1:N2"))
    await sent(desk, "CreateLink", DEV, type="beside", **{"from": "1:N2", "to": "1:N1"})
    await sent(desk, "MergeBranch", target, source=source)
    found = await living(desk, target)
    assert found == {
        "object/Plane/1:N1": {"tail": "N1", "seats": 1},
        "object/Plane/3:N2": {"tail": "N2", "seats": 3, "serial": "둘"},
        "object/Plane/3:N3": {"tail": "N3", "seats": 3, "mother": "3:N2"},
        "object/Plane/4:N4": {"tail": "N4", "seats": 4, "mother": "3:N2"},
        "link/beside/1:N1~3:N2": {},
        "link/beside/3:N2~1:N1": {},
    }
    assert (await desk.send("MergeBranch", target, source=source))["status"] == "unchanged"


@WAYS
async def test_what_named_the_object_before_names_it_by_its_new_key(source, target):
    desk = await hangar(plane("N1", seats=1), plane("N2", seats=1))
    await sent(desk, "AddProperty", type="Plane", property={"name": "mother", "type": "reference", "target": "Plane"})
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"mother": "N2"})
    await sent(desk, "CreateLink", type="beside", **{"from": "N1", "to": "N2"})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, MOVE)
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"seats": 3})
    await sent(desk, "MergeBranch", target, source=source)
    assert await living(desk, target) == {
        "object/Plane/1:N1": {"tail": "N1", "seats": 1, "mother": "3:N2"},
        "object/Plane/3:N2": {"tail": "N2", "seats": 3},
        "link/beside/1:N1~3:N2": {},
    }


@WAYS
async def test_components_of_both_sides_make_the_key(source, target):
    desk = await hangar(plane("N1", seats=1, serial="하나"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N1", patch={"seats": 4})
    await migrated(desk, plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["seats", "serial"]))
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"serial": "일"})
    await sent(desk, "MergeBranch", target, source=source)
    assert await alive(desk, on=target) == {"4:일": {"tail": "N1", "seats": 4, "serial": "일"}}


@WAYS
async def test_objects_that_take_each_others_keys_stay_who_they_are(source, target):
    desk = await hangar(plane("N1", serial="하나"), plane("N2", serial="둘"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["serial"]))
    for key, seats in (("하나", 1), ("둘", 2)):
        await sent(desk, "UpdateObject", DEV, type="Plane", key=key, patch={"seats": seats})
    for tail, serial in (("N1", "셋"), ("N2", "하나"), ("N1", "둘")):
        await sent(desk, "UpdateObject", type="Plane", key=tail, patch={"serial": serial})
    await sent(desk, "MergeBranch", target, source=source)
    assert await alive(desk, on=target) == {
        "둘": {"tail": "N1", "serial": "둘", "seats": 1},
        "하나": {"tail": "N2", "serial": "하나", "seats": 2},
    }


@WAYS
@pytest.mark.parametrize("batches", [0, 1, 2])
async def test_a_key_that_changed_while_the_migration_ran_is_that_of_the_object(source, target, batches):
    desk = await hangar(plane("N1", seats=1), plane("N2", seats=1))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, 1, **MOVE)
    for step in range(batches):
        await desk.send("ApplyMigrationBatch", DEV, migration=1, step=step)
    if batches < 2:
        await sent(desk, "UpdateObject", DEV, type="Plane", key="N2", patch={"seats": 4})
    assert (await ran(desk, DEV, step=batches))["said"] == "completed"
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"serial": "둘"})
    await sent(desk, "MergeBranch", target, source=source)
    seats = 4 if batches < 2 else 1
    assert await alive(desk, on=target) == {
        "1:N1": {"tail": "N1", "seats": 1},
        f"{seats}:N2": {"tail": "N2", "seats": seats, "serial": "둘"},
    }


@WAYS
@pytest.mark.parametrize(("here", "there"), [(1, 1), (3, 4)])
async def test_one_that_both_created_before_it_moved_is_one(source, target, here, there):
    desk = await hangar(plane("N1", seats=1))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await sent(desk, "CreateObject", DEV, **plane("N9", seats=there))
    await migrated(desk, MOVE)
    await sent(desk, "CreateObject", **plane("N9", seats=here, serial="구"))
    if here == there:
        await sent(desk, "MergeBranch", target, source=source)
        assert (await alive(desk, on=target))["1:N9"] == {"tail": "N9", "seats": 1, "serial": "구"}
        return
    assert codes(await desk.send("MergeBranch", target, source=source)) == ["MERGE_CONFLICT_ADD_ADD"]
    await sent(desk, "MergeBranch", target, source=source, resolve="ours")
    stays = f"{here}:N9" if target == MAIN else f"{there}:N9"
    assert [*await alive(desk, on=target)] == ["1:N1", stays]


@WAYS
@pytest.mark.parametrize("answer", ["ours", "theirs"])
async def test_an_answer_leaves_one_of_two_keys(source, target, answer):
    desk = await moved(seats=4)
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"seats": 3})
    await sent(desk, "MergeBranch", target, source=source, resolve=answer)
    here = (target == MAIN) == (answer == "ours")
    assert [*await alive(desk, on=target)] == ["1:N1", "3:N2" if here else "4:N2"]


async def yard(*cars: dict[str, Any]) -> Desk:
    desk = await garage(*cars)
    await sent(desk, "CreateObjectType", **TRUCK)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def trucks(desk: Desk, on: str) -> dict[str, dict[str, Any]]:
    return {key[13:]: each for key, each in (await living(desk, on)).items() if key.startswith("object/Truck/")}


@WAYS
async def test_an_object_of_another_type_is_one_whatever_made_its_key_there(source, target):
    desk = await yard(car("N1", seats="4"), car("N2", seats="5"), car("N3", seats="6"))
    await sent(desk, "UpdateObject", DEV, type="Car", key="N1", patch={"seats": "7"})
    await migrated(desk, OVER)
    await sent(desk, "UpdateObject", type="Car", key="N1", patch={"색": "빨강"})
    await sent(desk, "UpdateObject", DEV, type="Truck", key="5", patch={"색": "파랑"})
    await sent(desk, "UpdateObject", type="Car", key="N2", patch={"seats": "8"})
    await sent(desk, "MergeBranch", target, source=source)
    assert await trucks(desk, target) == {
        "7": {"no": "N1", "code": "7", "색": "빨강"},
        "8": {"no": "N2", "code": "8", "색": "파랑"},
        "6": {"no": "N3", "code": "6"},
    }


@WAYS
@pytest.mark.parametrize(("here", "there"), [("1", "1"), ("3", "4")])
async def test_one_that_both_created_before_it_went_to_another_type_is_one(source, target, here, there):
    desk = await yard()
    await sent(desk, "CreateObject", DEV, **car("N9", seats=there))
    await migrated(desk, OVER)
    await sent(desk, "CreateObject", **car("N9", seats=here, 색="구"))
    if here == there:
        await sent(desk, "MergeBranch", target, source=source)
        assert await trucks(desk, target) == {"1": {"no": "N9", "code": "1", "색": "구"}}
        return
    assert codes(await desk.send("MergeBranch", target, source=source)) == ["MERGE_CONFLICT_ADD_ADD"]
    await sent(desk, "MergeBranch", target, source=source, resolve="theirs")
    assert [*await trucks(desk, target)] == [there if target == MAIN else here]
