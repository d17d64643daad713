"""Merges where one side moved objects under another key: an object stays one, also where that side had changed the key before."""

import pytest

from tests.producers.desk import MAIN, Desk, codes, plane
from tests.producers.test_migrated_merge import migrated
from tests.producers.test_migrations import DEV, alive, hangar, plan, sent

MOVE = plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["seats", "tail"])
WAYS = pytest.mark.parametrize(("source", "target"), [(DEV, MAIN), (MAIN, DEV)])


async def moved(*, deleting: bool = False, **there: int) -> Desk:
    """A branch gave N2 other seats, if any are said, or deleted it, and then moved all under a key of these."""
    desk = await hangar(plane("N1", seats=1), plane("N2", seats=1))
    await sent(desk, "AddProperty", type="Plane", property={"name": "mother", "type": "reference", "target": "Plane"})
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    if there:
        await sent(desk, "UpdateObject", DEV, type="Plane", key="N2", patch=there)
    if deleting:
        await sent(desk, "DeleteObject", DEV, type="Plane", key="N2")
    await migrated(desk, MOVE)
    return desk


@WAYS
@pytest.mark.parametrize("here", [{}, {"seats": 4}])
async def test_an_object_stands_where_the_side_that_moved_it_left_it(source, target, here):
    desk = await moved(seats=4)
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"serial": "둘", **here})
    await sent(desk, "CreateObject", **plane("N3", seats=3, mother="N2"))
    await sent(desk, "CreateLink", type="beside", **{"from": "N3", "to": "N2"})
    await sent(desk, "MergeBranch", target, source=source)
    assert await alive(desk, on=target) == {
        "1:N1": {"tail": "N1", "seats": 1},
        "4:N2": {"tail": "N2", "seats": 4, "serial": "둘"},
        "3:N3": {"tail": "N3", "seats": 3, "mother": "4:N2"},
    }
    again = await desk.send("CreateLink", target, type="beside", **{"from": "3:N3", "to": "4:N2"})
    assert again["status"] == "unchanged"


@WAYS
@pytest.mark.parametrize("deleted", [True, False])
async def test_two_keys_or_none_of_one_object_are_a_conflict(source, target, deleted):
    desk = await moved(seats=4)
    name = {"type": "Plane", "key": "N2"}
    await (sent(desk, "DeleteObject", **name) if deleted else sent(desk, "UpdateObject", **name, patch={"seats": 3}))
    assert codes(await desk.send("MergeBranch", target, source=source)) == ["MERGE_CONFLICT_MODIFY_DELETE"]


@WAYS
async def test_an_object_that_got_another_key_on_the_other_side_only_goes_there(source, target):
    desk = await moved()
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"seats": 3})
    await sent(desk, "MergeBranch", target, source=source)
    assert list(await alive(desk, on=target)) == ["1:N1", "3:N2"]


@WAYS
async def test_a_link_type_that_went_on_the_other_side_is_none_any_more(source, target):
    desk = await moved()
    await sent(desk, "DeleteLinkType", type="beside")
    await sent(desk, "MergeBranch", target, source=source)
    assert codes(await desk.send("CreateLink", target, type="beside", **{"from": "1:N1", "to": "1:N2"})) == [
        "TYPE_DELETED"
    ]


@WAYS
@pytest.mark.parametrize("after", [True, False])
async def test_an_object_that_went_on_one_side_and_got_another_key_on_the_other_is_a_conflict(source, target, after):
    desk = await (moved() if after else moved(deleting=True))
    if after:
        await sent(desk, "DeleteObject", DEV, type="Plane", key="1:N2")
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"seats": 3})
    assert codes(await desk.send("MergeBranch", target, source=source)) == ["MERGE_CONFLICT_MODIFY_DELETE"]
    await sent(desk, "MergeBranch", target, source=source, resolve="ours")
    assert list(await alive(desk, on=target)) == (["1:N1", "3:N2"] if target == MAIN else ["1:N1"])


@WAYS
async def test_an_object_that_went_before_the_others_moved_and_was_changed_is_a_conflict(source, target):
    desk = await moved(deleting=True)
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"serial": "둘"})
    assert codes(await desk.send("MergeBranch", target, source=source)) == ["MERGE_CONFLICT_MODIFY_DELETE"]
