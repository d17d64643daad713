"""Many objects go under the key of other parents batch by batch, with all that still means them, whatever is written meanwhile, and back."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from tests.models.test_merges import derived, standing
from tests.producers.desk import MAIN, Desk, asked, codes
from tests.producers.states import known
from tests.producers.test_migrations import alive, begun, plan, ran, said, sent, taken_back

PLANES = 130
CHANGE = {"type": "Plane", "parents": ["Coded"]}
MOVE = plan("ChangeParents", {"kind": "move", "values": {"이름": "모름"}}, **CHANGE)


async def fleet(planes: int = PLANES, flights: int = 60) -> Desk:
    """Planes, each the mother of the next, jets among them; flights, and links that mean them as planes or as things."""
    desk = await Desk(MemoryOutbox("main")).open()
    tail, code = {"name": "tail", "type": "string"}, {"name": "code", "type": "string", "unique": True}
    named = {"name": "이름", "type": "string", "required": True}
    await sent(desk, "CreateObjectType", name="Thing", primaryKey=["tail"], properties=[tail, code])
    coded = [{"name": "code", "type": "string"}, named]
    await sent(desk, "CreateObjectType", name="Coded", primaryKey=["code"], properties=coded)
    seats = [{"name": "seats", "type": "integer"}, {"name": "mother", "type": "reference", "target": "Plane"}]
    await sent(desk, "CreateObjectType", name="Plane", parents=["Thing"], properties=seats[:1])
    await sent(desk, "AddProperty", type="Plane", property=seats[1])
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    of = {"name": "of", "type": "reference", "target": "Plane", "array": True, "required": True}
    flight = [{"name": "no", "type": "string"}, of, {"name": "thing", "type": "reference", "target": "Thing"}]
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=flight)
    await sent(desk, "CreateLinkType", name="beside", cardinality="1-1", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLinkType", name="over", **{"from": "Thing", "to": "Thing"})
    made = [("Plane" if at % 7 else "전투기", plane(at, planes)) for at in range(planes)]
    made += [("Thing", {"tail": said_of(at, planes)}) for at in range(planes) if at % 7 == 3]
    flown = [
        {"no": f"{at:04}", "of": [name(at), name(at * 2 % planes)], "thing": name(at)}
        for at in range(min(flights, planes))
    ]
    linked = [("beside", name(at), name(planes - 1 - at)) for at in range(min(flights, planes))]
    linked += [("over", name(at), name(at + 1)) for at in range(9)]
    for outcomes in (
        await desk.group(*[asked("CreateObject", type=type_, properties=each) for type_, each in made]),
        await desk.group(*[asked("CreateObject", type="Flight", properties=each) for each in flown]),
        await desk.group(*[asked("CreateLink", type=type_, **{"from": a, "to": b}) for type_, a, b in linked]),
    ):
        assert {each["status"] for each in outcomes} == {"accepted"}, outcomes
    return desk


def plane(at: int, planes: int) -> dict[str, Any]:
    mother = {"mother": name(at - 1)} if at else {}
    return {"tail": name(at), "code": said_of(at, planes), "seats": at, **mother}


def name(at: int) -> str:
    return f"N{at:04}"


def said_of(at: int, planes: int) -> str:
    """Codes: some are tails of other planes, some their own, some those of things that are no planes."""
    if at % 7 in (3, 5):
        return f"T{at:04}" if at % 7 == 3 else name(at)
    others = [each for each in range(planes) if each % 7 not in (3, 5)]
    return name(others[(others.index(at) + 1) % len(others)])


async def planes_of(desk: Desk) -> dict[str, dict[str, Any]]:
    return {**await alive(desk, "Plane"), **await alive(desk, "전투기")}


async def drawn(desk: Desk) -> dict[str, Any]:
    """All objects by what never changes of them, and what they say of each other so."""
    planes = await planes_of(desk)
    codes_ = {key: each["code"] for key, each in planes.items()}
    assert len(set(codes_.values())) == len(codes_)
    mothers = {each["code"]: codes_[each["mother"]] for each in planes.values() if "mother" in each}
    flights = {key: [codes_[one] for one in each["of"]] for key, each in (await alive(desk, "Flight")).items()}
    return {
        "planes": {each["code"]: (each.get("seats"), mothers.get(each["code"])) for each in planes.values()},
        "flights": flights,
        "links": sorted((codes_[one], codes_[other]) for one, other in await links(desk, "beside")),
    }


async def lost(desk: Desk) -> Any:
    """What means them as things."""
    flights = await alive(desk, "Flight")
    return sorted(await links(desk, "over")), {key: each.get("thing") for key, each in flights.items()}


async def links(desk: Desk, slug: str) -> list[tuple[str, str]]:
    heads = await desk.outbox.heads_after(MAIN, f"link/{slug}/", 0, 100_000)
    states = {head.key: json.loads(head.state or b"{}") for head in heads if head.key.startswith(f"link/{slug}/")}
    return [(state["from"], state["to"]) for state in states.values() if not state["deleted"]]


async def keys(desk: Desk, by: str) -> bool:
    """Whether all planes stand under what they say by this name."""
    return all(key == each[by] for key, each in (await planes_of(desk)).items())


async def sound(desk: Desk) -> bool:
    """Whether what is reserved and counted is what the entities say."""
    states = await known(desk.outbox, MAIN)
    reserved, anew = (
        {key: one for key, one in some.items() if not key.startswith("degree/")}
        for some in (standing(states), derived(states))
    )
    counts = {key: one["n"] for key, one in states.items() if key.startswith("degree/") and one["n"]}
    return (reserved, counts) == (anew, await counted(desk))


async def counted(desk: Desk) -> dict[str, int]:
    """What stands at each object: links, and each time that something refers to it."""
    at = {
        key: f"degree/object/{slug}/{key}" for slug in ("Thing", "Plane", "전투기") for key in await alive(desk, slug)
    }
    flights = (await alive(desk, "Flight")).values()
    found = [each["mother"] for each in (await planes_of(desk)).values() if "mother" in each]
    found += [one for each in flights for one in each["of"]] + [each["thing"] for each in flights if "thing" in each]
    found += [one for slug in ("beside", "over") for ends in await links(desk, slug) for one in dict.fromkeys(ends)]
    return dict(Counter(at[one] for one in found))


@pytest.mark.parametrize("restarting", [False, True])
async def test_objects_go_with_what_still_means_them_batch_by_batch_and_back(restarting):
    desk = await fleet()
    before, round_them = await drawn(desk), await lost(desk)
    await begun(desk, **MOVE)
    step = 0
    while (await desk.send("ApplyMigrationBatch", migration=1, step=step))["status"] == "accepted":
        assert await drawn(desk) == before
        step += 1
        if restarting:
            desk.restart()
    ended = (await said(desk))[-1]
    assert (ended["said"], ended["converted"]) == ("completed", PLANES + 60)
    assert (ended["in"], ended["out"], ended["dropped"]) == (PLANES + 60 + 60 + 9, PLANES + 60 + 60, 9)
    assert step > 3
    assert (await keys(desk, "code"), await sound(desk)) == (True, True)
    assert {each["이름"] for each in (await planes_of(desk)).values()} == {"모름"}
    assert await lost(desk) == ([], dict.fromkeys(round_them[1]))
    await sent(desk, "CreateObject", type="Thing", properties={"tail": name(0)})  # the key is free there
    await sent(desk, "DeleteObject", type="Thing", key=name(0))
    await sent(desk, "RevertMigration", migration=1)
    ended = await ran(desk)
    assert (ended["said"], ended["kept"]) == ("reverted", 0)
    assert (await drawn(desk), await keys(desk, "tail"), await lost(desk)) == (before, True, round_them)
    assert await sound(desk)


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_it_is_taken_back_wherever_it_stands_and_made_again(steps):
    desk = await fleet(70, 30)
    before, round_them = await drawn(desk), await lost(desk)
    await begun(desk, **MOVE)
    for step in range(steps):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    await sent(desk, "RevertMigration", migration=1)
    step = 0
    while (await desk.send("ApplyMigrationBatch", migration=1, step=step))["status"] == "accepted":
        assert await drawn(desk) == before
        desk.restart()
        step += 1
    assert (await said(desk))[-1]["said"] == "reverted"
    assert (await drawn(desk), await keys(desk, "tail"), await lost(desk)) == (before, True, round_them)
    assert await sound(desk)
    await begun(desk, number=2, **MOVE)
    assert (await ran(desk, number=2))["said"] == "completed"
    assert (await drawn(desk), await keys(desk, "code"), await sound(desk)) == (before, True, True)


async def test_meanwhile_objects_are_found_by_the_new_key_and_nobody_waits():
    desk = await fleet()
    await begun(desk, **MOVE)
    for step in range(2):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    planes = await planes_of(desk)
    stays = next(each for key, each in planes.items() if key != each["code"] and each["code"].startswith("T"))
    went = next(each for key, each in planes.items() if key == each["code"] and each["code"].startswith("T"))
    assert (stays["tail"] in planes, went["tail"] in planes) == (True, False)
    outcomes = await desk.group(
        asked("UpdateObject", type="Plane", key=stays["tail"], patch={"seats": 901}),
        asked("UpsertObject", type="Plane", properties={"code": went["code"], "seats": 902}),
        asked("UpdateObject", type="Plane", key=went["code"], patch={"mother": stays["code"]}),
        asked("CreateObject", type="Plane", properties={"code": "새", "mother": stays["tail"]}),
        asked("CreateObject", type="Flight", properties={"no": "새", "of": [went["code"], stays["code"], "새"]}),
        asked("CreateLink", type="beside", **{"from": "새", "to": "새"}),
    )
    assert [each["status"] for each in outcomes] == ["accepted"] * 6, outcomes
    again = {"code": stays["code"], "이름": "이미"}
    assert codes(await desk.send("CreateObject", type="Plane", properties=again)) == ["OBJECT_EXISTS"]
    taken = {"code": stays["tail"]}  # who stands there has not gone yet
    assert codes(await desk.send("CreateObject", type="전투기", properties=taken)) == ["OBJECT_KEY_TAKEN"]
    found = await drawn(desk)
    assert found["flights"]["새"] == [went["code"], stays["code"], "새"]
    assert (await ran(desk, step=2))["said"] == "completed"
    assert (await drawn(desk), await keys(desk, "code"), await sound(desk)) == (found, True, True)
    assert (await planes_of(desk))["새"]["이름"] == "모름"
    assert codes(await desk.send("CreateObject", type="Plane", properties={"code": "더"})) == ["PROPERTY_REQUIRED"]


writes = st.tuples(
    st.sampled_from(["update", "delete", "create", "fly", "link", "thing"]), st.integers(0, 69), st.integers(0, 69)
)


@settings(max_examples=4)
@given(st.lists(st.lists(writes, max_size=6), min_size=1, max_size=5), st.booleans(), st.booleans())
async def test_after_it_all_stands_under_its_key_and_says_what_it_said(histories, restarting, back):
    desk = await fleet(70, 30)
    await begun(desk, **MOVE)
    step = 0
    for history in histories:
        await desk.group(*[each for write in history for each in _written(*write)])
        step += (await desk.send("ApplyMigrationBatch", migration=1, step=step))["status"] == "accepted"
        if restarting:
            desk.restart()
    before = await drawn(desk)
    ended = await ran(desk, step=step)
    assert ended["said"] in ("completed", "failed")
    assert await drawn(desk) == before
    if ended["said"] == "completed":
        assert (await keys(desk, "code"), await sound(desk)) == (True, True)
    if back:
        await sent(desk, "RevertMigration", migration=1)
        await ran(desk)
        assert await drawn(desk) == before
        if (await said(desk))[-1]["said"] == "reverted":
            assert (await keys(desk, "tail"), await sound(desk)) == (True, True)


def _written(what: str, one: int, other: int) -> list[dict[str, Any]]:
    """By what is known of objects before and after the parents change; one of the two is refused."""
    made = said_of(one, 70)
    if what == "delete":
        return [asked("DeleteObject", type="Plane", key=key) for key in (name(one), made)][other % 2 :]
    if what == "create":
        new = f"새{one}"
        return [
            asked("UpsertObject", type="Plane", properties={"tail": name(one), "code": made, "mother": name(other)}),
            asked("UpsertObject", type="Plane", properties={"code": made, "mother": name(other)}),
            asked("CreateObject", type="전투기", properties={"tail": new, "code": new}),
            asked("CreateObject", type="전투기", properties={"code": new}),
        ]
    if what == "fly":
        return [asked("UpsertObject", type="Flight", properties={"no": f"{one:04}", "of": [name(other)]})]
    if what == "link":
        return [asked("CreateLink", type="beside", **{"from": name(one), "to": name(other)})]
    if what == "thing":
        return [asked("CreateObject", type="Thing", properties={"tail": name(one + 40)})]
    return [asked("UpdateObject", type="Plane", key=name(one), patch={"seats": other, "mother": name(other)})]


async def test_what_is_encrypted_stays_closed_wherever_it_goes_and_is_read_when_it_is_back():
    desk = await Desk(MemoryOutbox("main")).open()
    phone = {"name": "phone", "type": "string", "marking": "encrypt", "unique": True}
    ids = [{"name": each, "type": "string"} for each in ("id", "code")]
    await sent(desk, "CreateObjectType", name="Thing", primaryKey=["id"], properties=[*ids, phone])
    await sent(desk, "CreateObjectType", name="Coded", primaryKey=["code"], properties=ids[1:])
    await sent(desk, "CreateObjectType", name="Person", parents=["Thing"])
    said_ = {"id": "1", "code": "가", "phone": "010-1"}
    await sent(desk, "CreateObject", type="Person", properties=said_)
    await begun(desk, **plan("ChangeParents", {"kind": "move"}, type="Person", parents=["Coded"]))
    assert (await ran(desk))["said"] == "completed"
    assert await phones(desk) == {"가": "010-1"}
    await sent(desk, "CreateObject", type="Thing", properties={"id": "2", "phone": "010-2"})
    assert (await taken_back(desk))["said"] == "reverted"
    assert await phones(desk) == {"1": "010-1"}
    again = asked("CreateObject", type="Person", properties={"id": "1", "code": "가", "phone": "010-1"})
    assert (await desk.group(again))[0]["status"] == "unchanged"
    taken = await desk.send("CreateObject", type="Thing", properties={"id": "3", "phone": "010-1"})
    assert codes(taken) == ["VALUE_NOT_UNIQUE"]


async def phones(desk: Desk) -> dict[str, object]:
    """As who has the keys reads them."""
    found = await alive(desk, "Person")
    return {key: desk.ring.opened(each["phone"], f"object/Person/{key}", "/phone") for key, each in found.items()}


async def test_a_branch_that_is_made_of_it_meanwhile_is_merged_after_it_and_not_before():
    desk = await fleet(70, 30)
    await sent(desk, "CreateBranch", name="dev/main/early", **{"from": MAIN})
    await sent(desk, "UpdateObject", "dev/main/early", type="Plane", key=name(68), patch={"seats": 901})
    await begun(desk, **MOVE)
    for step in range(2):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    assert codes(await desk.send("MergeBranch", source="dev/main/early")) == ["MIGRATION_STATUS"]
    await sent(desk, "CreateBranch", name="dev/main/late", **{"from": MAIN})
    here = next(key for key, each in (await alive(desk)).items() if each["code"] == said_of(66, 70))
    await sent(desk, "UpdateObject", "dev/main/late", type="Plane", key=here, patch={"seats": 902})
    assert (await ran(desk, step=2))["said"] == "completed"
    for branch in ("dev/main/early", "dev/main/late"):
        await sent(desk, "MergeBranch", source=branch)
    seats = {key: each["seats"] for key, each in (await planes_of(desk)).items() if each["seats"] > 900}
    assert seats == {said_of(68, 70): 901, said_of(66, 70): 902}
    assert (await keys(desk, "code"), await sound(desk)) == (True, True)
