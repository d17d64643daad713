"""Merges of migrations that leave objects and links under other keys: what the other side wrote goes there, too."""

from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.states import entities
from tests.producers.test_migrated_keys import MOVE, related
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrations import DEV, hangar, plan, sent

F15 = {"type": "전투기", "properties": {"tail": "F15", "serial": "셋", "mother": "N2"}}


async def forked(*planes: dict[str, Any]) -> Desk:
    desk = await related(*planes)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def living(desk: Desk, on: str = MAIN) -> dict[str, dict[str, Any]]:
    """What objects and links say, without the type's elements."""
    found = (await entities(desk.outbox, on)).items()
    return {key: state.get("properties", {}) for key, state in found if key.startswith(("object/", "link/"))}


async def written_meanwhile(desk: Desk, on: str) -> None:
    """An object of each type and a link, one that changed, one that went, and new things round what was there."""
    await sent(desk, "CreateObject", on, **plane("N4", serial="넷", mother="N1"))
    await sent(desk, "CreateObject", on, type="전투기", properties={"tail": "F16", "serial": "다섯", "mother": "N4"})
    await sent(desk, "CreateObject", on, type="Flight", properties={"no": 8, "of": ["F15", "F16", "N4"]})
    await sent(desk, "UpdateObject", on, type="Plane", key="N2", patch={"seats": 7})
    await sent(desk, "CreateLink", on, type="beside", properties={"km": 5}, **{"from": "N1", "to": "F15"})
    await sent(desk, "CreateLink", on, type="beside", properties={"km": 6}, **{"from": "F16", "to": "F16"})
    await sent(desk, "DeleteLink", on, type="beside", **{"from": "N2", "to": "F15"})


MOVED = {
    "object/Plane/하나": {"tail": "N1", "serial": "하나"},
    "object/Plane/둘%3A2": {"tail": "N2", "serial": "둘:2", "mother": "하나", "seats": 7},
    "object/Plane/넷": {"tail": "N4", "serial": "넷", "mother": "하나"},
    "object/전투기/셋": {"tail": "F15", "serial": "셋", "mother": "둘%3A2"},
    "object/전투기/다섯": {"tail": "F16", "serial": "다섯", "mother": "넷"},
    "object/Flight/7": {"no": 7, "of": ["셋", "하나"]},
    "object/Flight/8": {"no": 8, "of": ["셋", "다섯", "넷"]},
    "link/beside/하나~셋": {"km": 5},
    "link/beside/다섯~다섯": {"km": 6},
}


@pytest.mark.parametrize("turned", [False, True])
async def test_what_the_other_side_wrote_goes_under_the_new_key_with_links_and_references(turned):
    desk = await forked()
    await migrated(desk, MOVE)
    await written_meanwhile(desk, MAIN)
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    assert await merged(desk, source, target) == (None if turned else [1])
    assert await living(desk, target) == MOVED
    assert (await desk.send("MergeBranch", target, source=source))["status"] == "unchanged"
    assert codes(await desk.send("DeleteObject", target, type="Plane", key="넷")) == ["OBJECT_IN_USE"]


async def test_a_rebase_moves_what_the_branch_wrote_and_then_its_merge_is_a_merge():
    desk = await forked()
    await migrated(desk, MOVE, on=MAIN)
    await written_meanwhile(desk, DEV)
    await sent(desk, "RebaseBranch", DEV)
    assert await living(desk, DEV) == MOVED
    assert await merged(desk) is None
    assert await living(desk) == MOVED


async def test_both_changed_an_object_that_one_of_them_moved():
    desk = await forked()
    await migrated(desk, MOVE)
    await sent(desk, "UpdateObject", DEV, type="Plane", key="하나", patch={"seats": 3})
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"mother": "N2"})
    assert await merged(desk) == [1]
    moved = (await living(desk))["object/Plane/하나"]
    assert moved == {"tail": "N1", "serial": "하나", "seats": 3, "mother": "둘%3A2"}
    await sent(desk, "UpdateObject", DEV, type="Plane", key="하나", patch={"seats": 4})
    await sent(desk, "UpdateObject", type="Plane", key="하나", patch={"seats": 5})
    assert codes(await desk.send("MergeBranch", source=DEV)) == ["MERGE_CONFLICT_FIELD"]


async def test_what_one_deleted_and_the_other_moved_is_gone():
    desk = await forked(plane("N4", serial="넷"))
    await migrated(desk, MOVE)
    await sent(desk, "DeleteObject", type="Plane", key="N4")
    assert await merged(desk) == [1]
    assert not any("넷" in key for key in await living(desk))


@pytest.mark.parametrize(("stray", "kind"), [(plane("N4"), "SCHEMA_DATA"), (plane("N4", seats=2), "ADD_ADD")])
async def test_what_has_no_key_of_its_own_then_stops_the_merge(stray, kind):
    desk = await forked(plane("N3", seats=2))
    for at, key in enumerate(("N1", "F15")):
        await sent(desk, "UpdateObject", DEV, type="Plane", key=key, patch={"seats": 10 + at})
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N2", patch={"seats": 12})
    await migrated(desk, plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["seats"]))
    await sent(desk, "CreateObject", **stray)
    assert set(codes(await desk.send("MergeBranch", source=DEV))) == {f"MERGE_CONFLICT_{kind}"}
    await sent(desk, "UpdateObject", type="Plane", key="N4", patch={"seats": 4})
    assert await merged(desk) == [1]
    assert "object/Plane/4" in await living(desk)


async def test_an_object_goes_under_the_key_that_another_had():
    desk = await hangar(plane("a", serial="b"), plane("b", serial="a"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, MOVE)
    await sent(desk, "UpdateObject", type="Plane", key="a", patch={"seats": 1})
    assert await merged(desk) == [1]
    assert await living(desk) == {
        "object/Plane/b": {"tail": "a", "serial": "b", "seats": 1},
        "object/Plane/a": {"tail": "b", "serial": "a"},
    }


async def test_values_are_cast_before_they_are_keys_and_keys_change_twice():
    desk = await hangar(plane("N1", seats=1))
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    to = {"type": "Plane", "property": "seats", "to": "string"}
    await migrated(desk, plan("ChangePropertyType", {"kind": "cast"}, **to))
    for number, key in ((2, ["seats", "tail"]), (3, ["seats"])):
        await migrated(desk, plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=key), number)
    await sent(desk, "CreateObject", **plane("N2", seats=2))
    await desk.group(asked("CreateLink", type="beside", **{"from": "N1", "to": "N2"}))
    assert await merged(desk) == [1, 2, 3]
    assert set(await living(desk)) == {"object/Plane/1", "object/Plane/2", "link/beside/1~2"}


@pytest.mark.parametrize("both", [False, True])
async def test_links_go_over_to_the_type_that_takes_them(both):
    desk = await hangar(*map(plane, "abc"))
    km = [{"name": "km", "type": "integer"}]
    for name in ("beside", "near"):
        await sent(desk, "CreateLinkType", name=name, properties=km, **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", properties={"km": 1}, **{"from": "a", "to": "b"})
    if both:
        await sent(desk, "CreateLink", type="near", properties={"km": 2}, **{"from": "b", "to": "c"})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await migrated(desk, plan("DeleteLinkType", {"kind": "redirect", "to": "near"}, type="beside"))
    await sent(desk, "UpdateLink", type="beside", patch={"km": 4}, **{"from": "a", "to": "b"})
    await sent(desk, "CreateLink", type="beside", properties={"km": 2}, **{"from": "b", "to": "c"})
    assert await merged(desk) == [1]
    links = {key: said for key, said in (await living(desk)).items() if key.startswith("link/")}
    assert links == {"link/near/a~b": {"km": 4}, "link/near/b~c": {"km": 2}}
