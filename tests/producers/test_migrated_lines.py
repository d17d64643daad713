"""Merges of other parents: objects that the other side wrote get what they lack, and let go of what they lose."""

import pytest

from tests.producers.desk import MAIN, Desk, codes
from tests.producers.states import entities
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrated_parents import CHANGE, hangar
from tests.producers.test_migrations import DEV, plan, sent

GIVEN = {"kind": "default", "values": {"이름": "모름"}}


async def forked() -> Desk:
    desk = await hangar()
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def written(desk: Desk, on: str) -> None:
    """A plane, a jet, a type below with an object of it, a bill and links of them, and a change of what was there."""
    await sent(desk, "CreateObject", on, type="Plane", properties={"tail": "N2", "owner": "최", "plate": "다3"})
    await sent(desk, "CreateObject", on, type="제트", properties={"tail": "F16", "owner": "최", "next": "N2"})
    await sent(desk, "CreateObjectType", on, name="Drone", parents=["제트"])
    await sent(desk, "CreateObject", on, type="Drone", properties={"tail": "D1", "owner": "최", "next": "N2"})
    await sent(desk, "CreateObject", on, type="Bill", properties={"no": 2, "of": ["N2", "K9"]})
    await sent(desk, "UpdateObject", on, type="Plane", key="N1", patch={"owner": "정"})
    for name, from_, to in (("beside", "N2", "K9"), ("beside", "K9", "N2"), ("near", "N2", "F16")):
        await sent(desk, "CreateLink", on, type=name, **{"from": from_, "to": to})


@pytest.mark.parametrize("turned", [False, True])
async def test_what_the_other_side_wrote_is_of_the_new_line(turned):
    desk = await forked()
    await migrated(desk, plan("ChangeParents", GIVEN, **CHANGE))
    await written(desk, MAIN)
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    assert await merged(desk, source, target) == (None if turned else [1])
    found = {key: state.get("properties", {}) for key, state in (await entities(desk.outbox, target)).items()}
    assert found["object/Plane/N1"]["이름"] == "모름"
    for type_, key in (("Plane", "N2"), ("제트", "F16"), ("Drone", "D1")):
        assert found[f"object/{type_}/{key}"] == {"tail": key, "이름": "모름"}
    assert found["object/Bill/2"] == {"no": 2, "of": ["K9"]}
    links = sorted(key for key in found if key.startswith("link/"))
    assert links == ["link/beside/K9~N1", "link/beside/K9~N2", "link/near/N1~F15", "link/near/N2~F16"]
    await sent(desk, "CreateObject", target, type="Owned", properties={"tail": "K8", "owner": "박", "plate": "다3"})


async def test_objects_that_lack_what_there_is_no_value_for_go():
    desk = await forked()
    for name, from_, to in (("beside", "N1", "K9"), ("beside", "K9", "N1"), ("near", "N1", "F15")):
        await sent(desk, "DeleteLink", DEV, type=name, **{"from": from_, "to": to})
    await sent(desk, "UpdateObject", DEV, type="제트", key="F15", patch={"next": None})
    await sent(desk, "UpdateObject", DEV, type="Bill", key="1", patch={"of": ["K9"]})
    await migrated(desk, plan("ChangeParents", {"kind": "drop"}, **CHANGE))
    await sent(desk, "CreateObject", type="Plane", properties={"tail": "N2", "owner": "최"})
    assert await merged(desk) == [1]
    assert not any(key.startswith(("object/Plane", "object/제트")) for key in await entities(desk.outbox, MAIN))


async def test_a_rebase_and_then_a_merge_is_a_merge():
    desk = await forked()
    await migrated(desk, plan("ChangeParents", GIVEN, **CHANGE), on=MAIN)
    await written(desk, DEV)
    await sent(desk, "RebaseBranch", DEV)
    await sent(desk, "MergeBranch", source=DEV)
    assert codes(await desk.send("CreateObject", type="Drone", properties={"tail": "D2"})) == ["PROPERTY_REQUIRED"]
