"""Objects whose type gets parents that declare another key: they go under it, with all that still means them."""

from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import Desk, asked, codes
from tests.producers.test_migrations import alive, begun, plan, ran, sent, taken_back

CHANGE = {"type": "Plane", "parents": ["Coded"]}
MOVE = plan("ChangeParents", {"kind": "move", "values": {"이름": "모름"}}, **CHANGE)


async def hangar(*planes: dict[str, Any]) -> Desk:
    """Things are keyed by tail and may have a code; what is coded is keyed by that, and named."""
    desk = await Desk(MemoryOutbox("main")).open()
    tail, code = {"name": "tail", "type": "string"}, {"name": "code", "type": "string"}
    named = {"name": "이름", "type": "string", "required": True}
    await sent(desk, "CreateObjectType", name="Thing", primaryKey=["tail"], properties=[tail, code])
    await sent(desk, "CreateObjectType", name="Coded", primaryKey=["code"], properties=[code, named])
    seats = [{"name": "seats", "type": "integer"}]
    await sent(desk, "CreateObjectType", name="Plane", parents=["Thing"], properties=seats)
    await sent(desk, "CreateObjectType", name="제트", parents=["Plane"])
    of = [{"name": "no", "type": "integer"}]
    of += [{"name": "of", "type": "reference", "target": "Plane", "array": True, "required": True}]
    of += [{"name": "thing", "type": "reference", "target": "Thing"}]
    await sent(desk, "CreateObjectType", name="Bill", primaryKey=["no"], properties=of)
    for name, to in (("near", "Plane"), ("beside", "Thing")):
        await sent(desk, "CreateLinkType", name=name, **{"from": to, "to": to})
    made = [
        *(
            ("Plane", each)
            for each in ({"tail": "N1", "code": "하나", "seats": 3}, {"tail": "N2", "code": "N1"}, *planes)
        ),
        ("제트", {"tail": "F15", "code": "셋"}),
        ("Thing", {"tail": "K9", "code": "개"}),
        ("Bill", {"no": 1, "of": ["N1", "F15"], "thing": "N2"}),
        ("Bill", {"no": 2, "of": ["N2"], "thing": "K9"}),
    ]
    linked = [("near", "N1", "F15"), ("beside", "N1", "K9"), ("beside", "K9", "K9")]
    outcomes = await desk.group(
        *[asked("CreateObject", type=type_, properties=properties) for type_, properties in made],
        *[asked("CreateLink", type=name, **{"from": one, "to": other}) for name, one, other in linked],
    )
    assert {each["status"] for each in outcomes} == {"accepted"}
    return desk


async def state(desk: Desk) -> list[dict[str, Any]]:
    return [await alive(desk, slug) for slug in ("Plane", "제트", "Bill")]


async def test_objects_go_under_the_key_of_their_new_parents_with_what_still_means_them():
    desk = await hangar()
    assert codes(await desk.send("ChangeParents", **CHANGE)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **MOVE)
    ended = await ran(desk)
    assert (ended["said"], ended["in"], ended["out"], ended["dropped"]) == ("completed", 8, 7, 1)
    planes, jets, bills = await state(desk)
    assert planes == {
        "하나": {"code": "하나", "seats": 3, "이름": "모름", "tail": "N1"},  # what they had stays stored
        "N1": {"code": "N1", "이름": "모름", "tail": "N2"},
    }
    assert (list(jets), bills["1"]) == (["셋"], {"no": 1, "of": ["하나", "셋"]})
    assert bills["2"] == {"no": 2, "of": ["N1"], "thing": "K9"}
    for name, one, other, there in (
        ("near", "하나", "셋", True),
        ("beside", "K9", "K9", True),
        ("near", "N1", "셋", False),
    ):
        link = asked("CreateLink", type=name, **{"from": one, "to": other})
        assert (await desk.group(link))[0]["status"] == ("unchanged" if there else "accepted")
    taken = await desk.send("CreateObject", type="Coded", properties={"code": "셋", "이름": "나"})
    assert codes(taken) == ["OBJECT_KEY_TAKEN"]
    assert codes(await desk.send("DeleteObject", type="Plane", key="N1")) == ["OBJECT_IN_USE"]
    await sent(desk, "CreateObject", type="Thing", properties={"tail": "F15"})  # the key is free there


async def test_it_is_taken_back_with_all_that_stood_round_the_objects_and_what_was_written_since():
    desk = await hangar()
    other = {"name": "other", "type": "reference", "target": "Thing"}
    await sent(desk, "AddProperty", type="Plane", property=other)
    await sent(desk, "UpdateObject", type="Plane", key="N2", patch={"other": "N1"})
    before = await state(desk)
    await begun(desk, **MOVE)
    assert (await ran(desk))["said"] == "completed"
    assert "other" not in (await alive(desk))["N1"]
    await sent(desk, "UpdateObject", type="Plane", key="하나", patch={"seats": 4})
    assert (await taken_back(desk))["said"] == "reverted"
    planes, jets, bills = await state(desk)
    for each in (*planes.values(), *jets.values()):
        assert each.pop("이름") == "모름"  # stays stored; Coded is above it no more
    assert planes == {**before[0], "N1": {**before[0]["N1"], "seats": 4}}
    assert (jets, bills) == (before[1], before[2])
    for name, one, to in (("near", "N1", "F15"), ("beside", "N1", "K9")):
        link = asked("CreateLink", type=name, **{"from": one, "to": to})
        assert (await desk.group(link))[0]["status"] == "unchanged"


async def test_what_others_wrote_since_or_took_away_stays_so_when_it_is_taken_back():
    desk = await hangar()
    await begun(desk, **MOVE)
    await ran(desk)
    await sent(desk, "UpdateObject", type="Bill", key="1", patch={"thing": "K9"})
    await sent(desk, "DeleteLink", type="beside", **{"from": "K9", "to": "K9"})
    await sent(desk, "UpdateObject", type="Bill", key="2", patch={"thing": None})
    assert (await taken_back(desk))["said"] == "reverted"
    bills = (await state(desk))[2]
    assert (bills["1"]["thing"], "thing" in bills["2"]) == ("K9", False)


async def test_objects_that_came_since_and_have_no_key_of_before_pause_that():
    desk = await hangar()
    await begun(desk, **MOVE)
    await ran(desk)
    await sent(desk, "CreateObject", type="Plane", properties={"code": "새", "이름": "나"})
    await sent(desk, "RevertMigration", migration=1)
    lacking = await desk.send("ApplyMigrationBatch", migration=1, step=0)
    assert "lacks a part of the key tail" in str(lacking)
    assert list((await state(desk))[0]) == ["N1", "새", "하나"]


@pytest.mark.parametrize(
    ("stray", "text"),
    [({"tail": "N5"}, "lacks a part of the key code"), ({"tail": "N5", "code": "하나"}, "would have the key 하나")],
)
async def test_what_has_no_key_of_its_own_then_stops_it(stray, text):
    desk = await hangar(stray)
    before = await state(desk)
    await begun(desk, **MOVE)
    failed = await ran(desk)
    assert (failed["said"], "object/Plane/N5" in failed["keys"], text in failed["text"]) == ("failed", True, True)
    assert await state(desk) == before


async def test_parents_that_others_changed_first_are_left_so():
    desk = await Desk(MemoryOutbox("main")).open()
    for name, key in (("Thing", "tail"), ("Coded", "code")):
        properties = [{"name": each, "type": "string"} for each in dict.fromkeys((key, "code"))]
        await sent(desk, "CreateObjectType", name=name, primaryKey=[key], properties=properties)
    await sent(desk, "CreateObjectType", name="Plane", parents=["Thing"])
    await sent(desk, "CreateObject", type="Plane", properties={"tail": "N1", "code": "하나"})
    await sent(desk, "PlanMigration", **MOVE)
    await sent(desk, "DeleteObject", type="Plane", key="N1")
    await sent(desk, "ChangeParents", **CHANGE)
    await sent(desk, "CreateObject", type="Plane", properties={"code": "둘"})
    await sent(desk, "ApproveMigration", migration=1)
    await sent(desk, "RunMigration", migration=1)
    assert (await ran(desk))["said"] == "completed"
    assert await alive(desk) == {"둘": {"code": "둘"}}


async def test_what_would_refer_to_something_else_under_the_same_field_refuses_it():
    desk = await hangar()
    of = {"name": "owner", "type": "reference", "target": "Bill"}
    await sent(desk, "AddProperty", type="Thing", property=of)
    await sent(desk, "AddProperty", type="Coded", property={"name": "owner", "type": "string"})
    assert codes(await desk.send("PlanMigration", **MOVE)) == ["MIGRATION_CHANGE"]


@pytest.mark.parametrize(("kind", "parents"), [("default", ["Coded"]), ("move", ["Thing", "Marked"])])
async def test_the_fix_says_whether_objects_go_under_another_key(kind, parents):
    desk = await hangar()
    await sent(
        desk,
        "CreateObjectType",
        name="Marked",
        abstract=True,
        properties=[{"name": "m", "type": "string", "required": True}],
    )
    refused = await desk.send(
        "PlanMigration", **plan("ChangeParents", {"kind": kind, "value": "x"}, type="Plane", parents=parents)
    )
    assert codes(refused) == ["MIGRATION_FIX"]
