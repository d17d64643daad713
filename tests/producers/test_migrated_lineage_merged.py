"""Merges of other parents that declare another key: what the other side wrote goes under it, with what still means it."""

import pytest

from tests.producers.desk import MAIN, Desk, codes
from tests.producers.states import entities
from tests.producers.test_migrated_lineage import MOVE, hangar
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrations import DEV, begun, ran, sent


async def forked() -> Desk:
    desk = await hangar()
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def written(desk: Desk, on: str) -> None:
    """A plane and a jet, a change of what was there, and links and references that mean them as planes and as things."""
    await sent(desk, "CreateObject", on, type="Plane", properties={"tail": "N5", "code": "다섯", "seats": 5})
    await sent(desk, "CreateObject", on, type="제트", properties={"tail": "F16", "code": "여섯"})
    await sent(desk, "UpdateObject", on, type="Plane", key="N1", patch={"seats": 4})
    await sent(desk, "CreateObject", on, type="Bill", properties={"no": 3, "of": ["N5", "F15"], "thing": "N5"})
    for name, from_, to in (("near", "N5", "F16"), ("beside", "N5", "K9"), ("near", "F15", "N1")):
        await sent(desk, "CreateLink", on, type=name, **{"from": from_, "to": to})


async def living(desk: Desk, on: str) -> dict[str, dict[str, object]]:
    """Without the tails that planes had: those stay stored and are not shown."""
    found = {key: dict(state.get("properties", {})) for key, state in (await entities(desk.outbox, on)).items()}
    for key, each in found.items():
        if key.startswith(("object/Plane/", "object/제트/")):
            each.pop("tail", None)
    return {key: each for key, each in found.items() if key.startswith(("object/", "link/"))}


THEN = {
    "object/Plane/하나": {"code": "하나", "seats": 4, "이름": "모름"},
    "object/Plane/N1": {"code": "N1", "이름": "모름"},
    "object/Plane/다섯": {"code": "다섯", "seats": 5, "이름": "모름"},
    "object/제트/셋": {"code": "셋", "이름": "모름"},
    "object/제트/여섯": {"code": "여섯", "이름": "모름"},
    "object/Thing/K9": {"tail": "K9", "code": "개"},
    "object/Bill/1": {"no": 1, "of": ["하나", "셋"]},
    "object/Bill/2": {"no": 2, "of": ["N1"], "thing": "K9"},
    "object/Bill/3": {"no": 3, "of": ["다섯", "셋"]},
    "link/near/하나~셋": {},
    "link/near/다섯~여섯": {},
    "link/near/셋~하나": {},
    "link/beside/K9~K9": {},
}


@pytest.mark.parametrize(("source", "target"), [(DEV, MAIN), (MAIN, DEV)])
async def test_what_the_other_side_wrote_goes_under_the_key_of_the_new_parents(source, target):
    desk = await forked()
    await migrated(desk, MOVE)
    await written(desk, MAIN)
    assert await merged(desk, source, target) == ([1] if source == DEV else None)
    assert await living(desk, target) == THEN
    assert (await desk.send("MergeBranch", target, source=source))["status"] == "unchanged"
    await sent(desk, "CreateObject", target, type="Thing", properties={"tail": "N5"})  # the key is free there


@pytest.mark.parametrize(("source", "target"), [(DEV, MAIN), (MAIN, DEV)])
async def test_a_key_that_changed_before_all_went_is_that_of_the_object(source, target):
    desk = await forked()
    await begun(desk, DEV, 1, **MOVE)
    await sent(desk, "UpdateObject", DEV, type="Plane", key="N1", patch={"code": "일"})
    assert (await ran(desk, DEV))["said"] == "completed"
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"seats": 4})
    await sent(desk, "MergeBranch", target, source=source)
    found = await living(desk, target)
    assert found["object/Plane/일"] == {"code": "일", "seats": 4, "이름": "모름"}
    assert "object/Plane/하나" not in found


async def test_a_rebase_and_then_a_merge_is_a_merge():
    desk = await forked()
    await migrated(desk, MOVE, on=MAIN)
    await written(desk, DEV)
    await sent(desk, "RebaseBranch", DEV)
    await sent(desk, "MergeBranch", source=DEV)
    assert await living(desk, MAIN) == THEN


async def test_an_object_without_a_key_of_its_own_then_stops_the_merge():
    desk = await forked()
    await migrated(desk, MOVE)
    await sent(desk, "CreateObject", type="Plane", properties={"tail": "N6"})
    assert set(codes(await desk.send("MergeBranch", source=DEV))) == {"MERGE_CONFLICT_SCHEMA_DATA"}
    await sent(desk, "UpdateObject", type="Plane", key="N6", patch={"code": "여섯"})
    assert await merged(desk) == [1]
    assert (await living(desk, MAIN))["object/Plane/여섯"] == {"code": "여섯", "이름": "모름"}
