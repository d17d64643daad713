"""Objects whose type gets other types above it: what they lack is given, what they lose is let go of, and back."""

from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import Desk, asked, codes
from tests.producers.test_migrations import alive, begun, plan, ran, said, sent, taken_back

NAMED = [{"name": "이름", "type": "string", "required": True}]
OWNED = [
    {"name": "owner", "type": "string", "required": True},
    {"name": "plate", "type": "string", "unique": True},
    {"name": "next", "type": "reference", "target": "Plane"},
]
CHANGE = {"type": "Plane", "parents": ["Named"]}


async def hangar() -> Desk:
    """Planes, owned; a jet below them; links and references that mean them as what is owned."""
    desk = await Desk(MemoryOutbox("main")).open()
    key = {"primaryKey": ["tail"], "properties": [{"name": "tail", "type": "string"}]}
    await sent(desk, "CreateObjectType", name="Thing", **key)
    await sent(desk, "CreateObjectType", name="Owned", parents=["Thing"])
    await sent(desk, "CreateObjectType", name="Plane", parents=["Owned"])
    for each in OWNED:
        await sent(desk, "AddProperty", type="Owned", property=each)
    await sent(desk, "CreateObjectType", name="Named", parents=["Thing"], properties=NAMED)
    await sent(desk, "CreateObjectType", name="제트", parents=["Plane"])
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Owned", "to": "Thing"})
    await sent(desk, "CreateLinkType", name="near", **{"from": "Thing", "to": "Thing"})
    of = [{"name": "no", "type": "integer"}, {"name": "of", "type": "reference", "target": "Owned", "array": True}]
    await sent(desk, "CreateObjectType", name="Bill", primaryKey=["no"], properties=of)
    made = [
        ("Plane", {"tail": "N1", "owner": "김", "plate": "가1"}),
        ("제트", {"tail": "F15", "owner": "이", "plate": "나2", "next": "N1"}),
        ("Owned", {"tail": "K9", "owner": "박"}),
        ("Bill", {"no": 1, "of": ["N1", "K9"]}),
    ]
    linked = [("beside", "N1", "K9"), ("beside", "K9", "N1"), ("near", "N1", "F15")]
    outcomes = await desk.group(
        *[asked("CreateObject", type=type_, properties=properties) for type_, properties in made],
        *[asked("CreateLink", type=name, **{"from": one, "to": other}) for name, one, other in linked],
    )
    assert {each["status"] for each in outcomes} == {"accepted"}
    return desk


async def state(desk: Desk) -> list[dict[str, Any]]:
    return [await alive(desk, slug) for slug in ("Plane", "제트", "Owned", "Bill")]


async def links(desk: Desk) -> list[str]:
    heads = [
        head
        for each in ("beside", "near")
        for head in await desk.outbox.heads_after("prod/main/main", f"link/{each}/", 0, 100)
    ]
    newest = {head.key: head.state for head in heads if head.key.startswith("link/")}
    return [key for key, one in newest.items() if one is not None and b'"deleted":false' in one]


async def test_objects_get_what_they_lack_and_let_go_of_what_they_lose_and_back():
    desk = await hangar()
    before = await state(desk)
    assert codes(await desk.send("ChangeParents", **CHANGE)) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **plan("ChangeParents", {"kind": "default", "values": {"이름": "모름"}}, **CHANGE))
    assert (await said(desk))[0]["concerned"] == 4
    ended = await ran(desk)
    assert (ended["said"], ended["in"] - ended["dropped"]) == ("completed", ended["out"])
    planes, jets, owned, bills = await state(desk)
    assert planes["N1"] == {"tail": "N1", "owner": "김", "이름": "모름"}
    assert ("next" in jets["F15"], "plate" in jets["F15"], jets["F15"]["이름"]) == (False, False, "모름")
    assert (owned, bills["1"]["of"]) == (before[2], ["K9"])
    assert await links(desk) == ["link/beside/K9~N1", "link/near/N1~F15"]
    await sent(desk, "CreateObject", type="Owned", properties={"tail": "K8", "owner": "박", "plate": "가1"})
    await sent(desk, "DeleteObject", type="Owned", key="K8")
    assert (await taken_back(desk))["said"] == "reverted"
    after = await state(desk)
    for each in (after[0]["N1"], after[1]["F15"]):
        del each["이름"]  # stays stored; Named is above it no more
    assert after == before
    assert await links(desk) == ["link/beside/K9~N1", "link/beside/N1~K9", "link/near/N1~F15"]
    again = await desk.send("CreateObject", type="Owned", properties={"tail": "K7", "owner": "박", "plate": "가1"})
    assert codes(again) == ["VALUE_NOT_UNIQUE"]


async def test_objects_that_lack_a_value_for_which_there_is_none_stop_it_or_go():
    desk = await hangar()
    await begun(desk, **plan("ChangeParents", {"kind": "default"}, **CHANGE))
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Plane/N1", "object/제트/F15"])
    await sent(desk, "RevertMigration", migration=1)
    await ran(desk)
    await sent(desk, "DeleteLink", type="near", **{"from": "N1", "to": "F15"})
    await sent(desk, "DeleteLink", type="beside", **{"from": "K9", "to": "N1"})
    await sent(desk, "UpdateObject", type="Plane", key="F15", patch={"next": None})
    await sent(desk, "UpdateObject", type="Bill", key="1", patch={"of": ["K9"]})
    await begun(desk, number=2, **plan("ChangeParents", {"kind": "drop"}, **CHANGE))
    ended = await ran(desk, number=2)
    assert (ended["said"], ended["dropped"]) == ("completed", 3)
    planes, jets, *_ = await state(desk)
    assert (planes, jets) == ({}, {})


@pytest.mark.parametrize(
    ("fix", "found"), [({"kind": "default", "values": {"이름": 7}}, "VALUE_TYPE"), ({"kind": "map"}, "MIGRATION_FIX")]
)
async def test_a_fix_that_gives_no_values_is_refused(fix, found):
    desk = await hangar()
    assert codes(await desk.send("PlanMigration", **plan("ChangeParents", fix, **CHANGE))) == [found]


MANY = 1_040  # three batches
FILL = plan("ChangeParents", {"kind": "default", "value": "모름"}, **CHANGE)


async def fleet() -> Desk:
    """Planes that are owned; what is named has a title, and a plate that nobody else has."""
    desk = await Desk(MemoryOutbox("main")).open()
    key = {"primaryKey": ["tail"], "properties": [{"name": "tail", "type": "string"}]}
    await sent(desk, "CreateObjectType", name="Thing", **key)
    await sent(desk, "CreateObjectType", name="Owned", parents=["Thing"], properties=NAMED)
    named = [{"name": "칭호", "type": "string", "required": True}, {"name": "plate", "type": "string", "unique": True}]
    await sent(desk, "CreateObjectType", name="Named", parents=["Thing"], properties=named)
    await sent(desk, "CreateObjectType", name="Plane", parents=["Owned"])
    made = ({"tail": f"N{at:04}", "이름": f"이{at}"} for at in range(MANY))
    await desk.group(*[asked("CreateObject", type="Plane", properties=each) for each in made])
    return desk


@pytest.mark.parametrize("restarting", [False, True])
async def test_many_objects_get_what_they_lack_batch_by_batch_whatever_is_written_meanwhile_and_back(restarting):
    desk = await fleet()
    before = await alive(desk)
    await begun(desk, **FILL)
    for step in range(4):  # the first scan has three batches, then the parents are changed
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
    await desk.group(
        asked("CreateObject", type="Plane", properties={"tail": "A1"}),  # required of nobody yet
        asked("CreateObject", type="Plane", properties={"tail": "A2", "칭호": "있음", "plate": "p"}),
        asked("UpdateObject", type="Plane", key="N1000", patch={"칭호": "천"}),
        asked("DeleteObject", type="Plane", key="N1001"),
    )
    ended = await ran(desk, step=4)
    assert (ended["said"], ended["in"], ended["out"], ended["converted"]) == ("completed", MANY, MANY, MANY)
    found = await alive(desk)
    given = {key: each["칭호"] for key, each in found.items()}
    assert {key for key, title in given.items() if title != "모름"} == {"A2", "N1000"}
    assert len(found) == MANY + 1
    assert codes(await desk.send("CreateObject", type="Plane", properties={"tail": "A3"})) == ["PROPERTY_REQUIRED"]
    assert (await desk.send("RevertMigration", migration=1))["status"] == "accepted"
    assert "it would lack 이름" in str(await desk.send("ApplyMigrationBatch", migration=1, step=0))
    await desk.group(*[asked("DeleteObject", type="Plane", key=key) for key in ("A1", "A2")])
    assert (await ran(desk))["said"] == "reverted"
    after = {key: {**each, "칭호": None} for key, each in (await alive(desk)).items()}
    assert after == {key: {**each, "칭호": None} for key, each in before.items() if key != "N1001"}
    await sent(desk, "CreateObject", type="Plane", properties={"tail": "A4", "이름": "새"})
