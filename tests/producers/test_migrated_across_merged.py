"""Values that a migration gave to other objects, merged with what the other side wrote: they go over, too."""

import pytest

from tests.producers.desk import MAIN, Desk, codes
from tests.producers.states import entities
from tests.producers.test_migrated_across import airport, over
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrations import DEV, plan, sent


async def living(desk: Desk, slug: str, on: str) -> dict[str, dict[str, object]]:
    """Objects of a type by key, without the properties that make it."""
    found = (await entities(desk.outbox, on)).items()
    objects = {key.rpartition("/")[2]: each["properties"] for key, each in found if key.startswith(f"object/{slug}/")}
    return {
        key: {name: value for name, value in each.items() if name not in ("no", "tail")}
        for key, each in objects.items()
    }


BACK = [(DEV, MAIN), (MAIN, DEV)]


@pytest.mark.parametrize(("source", "target"), BACK)
async def test_values_that_the_other_side_of_a_merge_wrote_go_over_too(source, target):
    desk = await airport((1, "N1", "4"), (3, "N1", "4"), planes=("N1", "N2", "N3", "N4"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, over())
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N3", patch={"serial": "셋"})
    for no, of, seats in ((2, "N2", "6"), (5, "N1", "4"), (6, "N3", "8"), (7, "N2", "6")):
        await sent(desk, "CreateObject", type="Flight", properties={"no": no, "plane": of, "좌석": seats})
    await sent(desk, "UpdateObject", type="Flight", key="3", patch={"plane": "N4"})
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"serial": "둘"})
    assert await merged(desk, source, target) == ([1] if source == DEV else None)
    assert await living(desk, "Plane", target) == {
        "N1": {"seats": 4},
        "N2": {"seats": 6, "serial": "둘"},
        "N3": {"seats": 8, "serial": "셋"},
        "N4": {"seats": 4},
    }
    flights = await living(desk, "Flight", target)
    assert {key: each["plane"] for key, each in flights.items()} == dict(
        zip("123567", ("N1", "N2", "N4", "N1", "N3", "N2"), strict=True)
    )
    assert not any("좌석" in each for each in flights.values())
    assert (await desk.send("MergeBranch", target, source=source))["status"] == "unchanged"


@pytest.mark.parametrize(("source", "target"), BACK)
@pytest.mark.parametrize("stray", ["5", "넷"])
async def test_a_value_of_the_other_side_that_has_no_place_there_stops_the_merge_or_goes(source, target, stray):
    for otherwise in ("refuse", "drop"):
        desk = await airport((1, "N1", "4"))
        await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
        await migrated(desk, over(otherwise))
        await sent(desk, "CreateObject", type="Flight", properties={"no": 2, "plane": "N1", "좌석": stray})
        if otherwise == "refuse":
            refused = await desk.send("MergeBranch", target, source=source)
            assert codes(refused) == ["MERGE_CONFLICT_SCHEMA_DATA"]
            away = {"key": "object/Flight/2", "path": "/properties/좌석", "choice": "custom"}
            await sent(desk, "MergeBranch", target, source=source, resolutions=[away])
        else:
            await sent(desk, "MergeBranch", target, source=source)
        assert (await living(desk, "Plane", target))["N1"] == {"seats": 4}
        assert (await living(desk, "Flight", target))["2"] == {"plane": "N1"}


async def test_a_value_that_only_came_to_another_plane_and_is_another_there_is_not_lost_without_a_word():
    desk = await airport((1, "N1", "4"), (2, "N2", "6"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, over())
    await sent(desk, "UpdateObject", type="Flight", key="1", patch={"plane": "N2"})
    assert codes(await desk.send("MergeBranch", source=DEV)) == ["MERGE_CONFLICT_SCHEMA_DATA"]


async def test_both_sides_say_what_a_plane_has_and_that_is_a_conflict_of_the_plane():
    desk = await airport((1, "N1", "4"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, over())
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N2", patch={"seats": 7})
    await sent(desk, "CreateObject", type="Flight", properties={"no": 2, "plane": "N2", "좌석": "6"})
    assert codes(await desk.send("MergeBranch", source=DEV)) == ["MERGE_CONFLICT_FIELD"]
    await sent(desk, "MergeBranch", source=DEV, resolve="ours")
    assert (await living(desk, "Plane", MAIN))["N2"] == {"seats": 6}


async def test_values_go_over_behind_another_migration_to_objects_under_their_new_keys():
    desk = await airport((1, "N1", "4"))
    for key, serial in (("N1", "하나"), ("N2", "둘")):
        await sent(desk, "UpdateObject", type="Plane", key=key, patch={"serial": serial})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["serial"]))
    await migrated(desk, over(), 2)
    await sent(desk, "CreateObject", type="Flight", properties={"no": 2, "plane": "N2", "좌석": "6"})
    assert await merged(desk) == [1, 2]
    assert {key: each["seats"] for key, each in (await living(desk, "Plane", MAIN)).items()} == {"하나": 4, "둘": 6}
    assert (await living(desk, "Flight", MAIN))["2"] == {"plane": "둘"}
