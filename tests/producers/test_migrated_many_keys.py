"""Many objects go under another key batch by batch, with all that stands round them, whatever is written meanwhile, and back."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, said, sent

DEV = "dev/main/gates"
PLANES = 280
SERIAL = {"type": "Plane", "primaryKey": ["serial"]}
TO_SERIAL = plan("SetPrimaryKey", {"kind": "move"}, **SERIAL)


async def fleet(planes: int = PLANES, flights: int = 100) -> Desk:
    """Planes, each the mother of the next; jets among them; flights that name two of them; links from each to another."""
    desk = await hangar()
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    mother = {"name": "mother", "type": "reference", "target": "Plane"}
    await sent(desk, "AddProperty", type="Plane", property=mother)
    of = {"name": "of", "type": "reference", "target": "Plane", "array": True, "required": True}
    no = {"name": "no", "type": "string", "required": True}
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=[no, of])
    await sent(desk, "CreateLinkType", name="beside", cardinality="1-1", **{"from": "Plane", "to": "Plane"})
    made = [
        asked(
            "CreateObject",
            type="Plane" if at % 7 else "전투기",
            properties={"tail": tail(at), "serial": serial(at), **({"mother": tail(at - 1)} if at else {})},
        )
        for at in range(planes)
    ]
    assert {each["status"] for each in await desk.group(*made)} == {"accepted"}
    flown = [
        asked("CreateObject", type="Flight", properties={"no": f"{at:04}", "of": [tail(at), tail(at * 2 % planes)]})
        for at in range(min(flights, planes))
    ]
    assert {each["status"] for each in await desk.group(*flown)} == {"accepted"}
    linked = [
        asked("CreateLink", type="beside", **{"from": tail(at), "to": tail(planes - 1 - at)})
        for at in range(min(100, planes))
    ]
    assert {each["status"] for each in await desk.group(*linked)} == {"accepted"}
    return desk


def tail(at: int) -> str:
    return f"N{at:04}"


def serial(at: int) -> str:
    return f"s{at * 37 % 10_000:04}"


async def drawn(desk: Desk) -> dict[str, Any]:
    """All objects by what never changes of them, and what they say of each other so; references that are counted."""
    planes = {**await alive(desk, "Plane"), **await alive(desk, "전투기")}
    tails = {key: each["tail"] for key, each in planes.items()}
    mothers = {each["tail"]: tails[each["mother"]] for each in planes.values() if "mother" in each}
    flights = {key: [tails[one] for one in each["of"]] for key, each in (await alive(desk, "Flight")).items()}
    return {
        "planes": {each["tail"]: {**each, "mother": mothers.get(each["tail"])} for each in planes.values()},
        "flights": flights,
        "links": sorted((tails[one], tails[other]) for one, other in await links(desk)),
    }


async def links(desk: Desk) -> list[tuple[str, str]]:
    heads = await desk.outbox.heads_after(MAIN, "link/", 0, 100_000)
    states = {head.key: json.loads(head.state or b"{}") for head in heads if head.key.startswith("link/")}
    return [(state["from"], state["to"]) for state in states.values() if not state["deleted"]]


async def counted(desk: Desk) -> dict[str, int]:
    heads = await desk.outbox.heads_after(MAIN, "degree/object/", 0, 100_000)
    newest = {head.key: json.loads(head.state or b'{"n": 0}')["n"] for head in heads if head.key.startswith("degree/")}
    return {key.removeprefix("degree/"): n for key, n in newest.items() if n}


async def standing(desk: Desk) -> dict[str, int]:
    """What `counted` should say, by what is written of objects and links."""
    planes = {slug: await alive(desk, slug) for slug in ("Plane", "전투기")}
    at = {key: f"object/{slug}/{key}" for slug, some in planes.items() for key in some}
    found: dict[str, int] = {}
    named = [each["mother"] for some in planes.values() for each in some.values() if "mother" in each]
    named += [one for each in (await alive(desk, "Flight")).values() for one in each["of"]]
    named += [one for ends in await links(desk) for one in dict.fromkeys(ends)]
    for one in named:
        found[at[one]] = found.get(at[one], 0) + 1
    return found


async def keys(desk: Desk, name: str) -> bool:
    """Whether all planes stand under what they say by this name."""
    planes = {**await alive(desk, "Plane"), **await alive(desk, "전투기")}
    return all(key == each[name] for key, each in planes.items())


@pytest.mark.parametrize("restarting", [False, True])
async def test_objects_go_with_what_stands_round_them_batch_by_batch_and_back(restarting):
    desk = await fleet()
    before = await drawn(desk)
    await begun(desk, **TO_SERIAL)
    step = 0
    while (await desk.send("ApplyMigrationBatch", migration=1, step=step))["status"] == "accepted":
        step += 1
        if restarting:
            desk.restart()
    ended = (await said(desk))[-1]
    assert (ended["said"], ended["in"], ended["out"], ended["converted"]) == ("completed", 480, 480, PLANES)
    assert step > 4
    assert (await drawn(desk), await keys(desk, "serial")) == (before, True)
    assert await counted(desk) == await standing(desk)
    await sent(desk, "RevertMigration", migration=1)
    ended = await ran(desk)
    assert (ended["said"], ended["restored"], ended["kept"]) == ("reverted", PLANES, 0)
    assert (await drawn(desk), await keys(desk, "tail")) == (before, True)
    assert await counted(desk) == await standing(desk)


async def test_meanwhile_objects_are_found_by_both_keys_and_nobody_waits():
    desk = await fleet()
    await begun(desk, **TO_SERIAL)
    step = 0
    while len([key for key in await alive(desk) if key.startswith("s")]) < 100:
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
        step += 1
    went, stays = ("N0001", "s0037"), ("N0277", "s0249")
    planes = await alive(desk)
    assert (went[1] in planes, stays[0] in planes) == (True, True)
    outcomes = await desk.group(
        asked("UpdateObject", type="Plane", key=went[0], patch={"seats": 1}),
        asked("UpsertObject", **plane(went[0], seats=2, serial=went[1])),
        asked("UpdateObject", type="Plane", key=stays[0], patch={"seats": 3}),
        asked("CreateObject", **plane("새", serial="새로")),
        asked("CreateObject", type="Flight", properties={"no": "새", "of": [went[0], stays[0], "새"]}),
        asked("CreateLink", type="beside", **{"from": "새", "to": "N0150"}),
        asked("DeleteLink", type="beside", **{"from": went[0], "to": "N0278"}),
        asked("CreateLink", type="beside", **{"from": went[0], "to": "새"}),
    )
    assert [each["status"] for each in outcomes] == ["accepted"] * 8, outcomes
    assert codes(await desk.send("CreateObject", **plane(went[0], serial="x"))) == ["OBJECT_EXISTS"]
    assert codes(await desk.send("CreateObject", type="전투기", properties={"tail": went[0], "serial": "x"})) == [
        "OBJECT_KEY_TAKEN"
    ]
    assert codes(await desk.send("DeleteObject", type="Plane", key=went[0])) == ["OBJECT_IN_USE"]
    assert codes(await desk.send("UpdateObject", type="Plane", key=went[0], patch={"tail": "y"})) == [
        "OBJECT_KEY_CHANGED"
    ]
    before = await drawn(desk)
    assert before["flights"]["새"] == [went[0], stays[0], "새"]
    assert (await ran(desk, step=step))["said"] == "completed"
    assert (await drawn(desk), await keys(desk, "serial")) == (before, True)
    assert await counted(desk) == await standing(desk)


async def test_it_is_taken_back_while_some_went_and_made_again():
    desk = await fleet(140, 60)
    before = await drawn(desk)
    await begun(desk, **TO_SERIAL)
    for step in range(3):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    assert not await keys(desk, "tail")
    await sent(desk, "RevertMigration", migration=1)
    assert (await ran(desk))["said"] == "reverted"
    assert (await drawn(desk), await keys(desk, "tail")) == (before, True)
    await begun(desk, number=2, **TO_SERIAL)
    assert (await ran(desk, number=2))["said"] == "completed"
    assert (await drawn(desk), await keys(desk, "serial")) == (before, True)
    back = plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["tail"])
    await begun(desk, number=3, **back)
    assert (await ran(desk, number=3))["said"] == "completed"
    assert (await drawn(desk), await keys(desk, "tail")) == (before, True)
    assert await counted(desk) == await standing(desk)


async def test_one_that_waits_for_its_key_is_found_by_what_it_says():
    size = 40
    desk = await hangar(*[plane(tail(at), serial=tail((at + 1) % size)) for at in range(size)])
    await begun(desk, **TO_SERIAL)
    for step in range(2):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    aside = [each for key, each in (await alive(desk)).items() if key.startswith("aside-")]
    assert len(aside) == 2
    for each in aside:
        await sent(desk, "UpsertObject", type="Plane", properties={**each, "seats": 4})
    assert (await ran(desk, step=2))["converted"] == size
    seats = {each["tail"]: each.get("seats") for each in (await alive(desk)).values()}
    assert {name for name, n in seats.items() if n == 4} == {each["tail"] for each in aside}
    assert await keys(desk, "serial")


async def test_more_round_one_object_than_a_commit_takes_is_refused_when_it_is_planned():
    desk = await fleet(2, 1)
    for at in range(3):
        await sent(desk, "CreateObject", type="Flight", properties={"no": str(at), "of": [tail(0)] * 9_000})
    refused = await desk.send("PlanMigration", **TO_SERIAL)
    assert (codes(refused), refused["findings"][0]["path"]) == (["MIGRATION_TOO_LARGE"], "/data/change")
    assert "27,005 links and references would go with object/전투기/N0000" in refused["findings"][0]["text"]
    await sent(desk, "DeleteObject", type="Flight", key="2")
    await begun(desk, **TO_SERIAL)
    assert (await ran(desk))["said"] == "completed"


@pytest.mark.parametrize("turned", ["shifted", "shuffled"])
async def test_objects_take_each_others_keys(turned):
    size = 600
    others = [f"N{(at + 1) % size:04}" for at in range(size)]
    if turned == "shuffled":
        random.Random(7).shuffle(others)
    desk = await hangar(*[plane(tail(at), serial=others[at]) for at in range(size)])
    before = await alive(desk)
    await begun(desk, **TO_SERIAL)
    ended = await ran(desk)
    assert (ended["said"], ended["in"], ended["out"]) == ("completed", size, size)
    assert ended["converted"] == sum(tail(at) != other for at, other in enumerate(others))
    assert await alive(desk) == {each["serial"]: each for each in before.values()}
    await sent(desk, "RevertMigration", migration=1)
    assert (await ran(desk))["said"] == "reverted"
    assert await alive(desk) == before


async def test_what_would_have_the_same_key_stops_it_and_it_goes_on_when_mended():
    desk = await hangar(*[plane(tail(at), seats=at) for at in range(1_200)])
    await sent(desk, "UpdateObject", type="Plane", key="N1100", patch={"seats": 3})
    await begun(desk, **plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["seats"]))
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Plane/N1100"])
    await sent(desk, "UpdateObject", type="Plane", key="N1100", patch={"seats": 1_100})
    await sent(desk, "ResumeMigration", migration=1)
    steps = sum(each["said"] == "batchApplied" for each in await said(desk))
    assert (await ran(desk, step=steps))["said"] == "completed"
    assert list(await alive(desk)) == sorted(map(str, range(1_200)))


writes = st.tuples(
    st.sampled_from(["update", "delete", "create", "fly", "link"]), st.integers(0, 130), st.integers(0, 130)
)


@settings(max_examples=5)
@given(st.lists(st.lists(writes, max_size=6), min_size=1, max_size=6), st.booleans())
async def test_after_it_all_stands_under_its_key_and_says_what_it_said(histories, restarting):
    desk = await fleet(120, 60)
    await begun(desk, **TO_SERIAL)
    for step, history in enumerate(histories):
        await desk.group(*[_written(*write) for write in history])
        await desk.send("ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
    steps = sum(each["said"] == "batchApplied" for each in await said(desk))
    before = await drawn(desk)
    assert await counted(desk) == await standing(desk)
    assert (await ran(desk, step=steps))["said"] == "completed"
    assert (await drawn(desk), await keys(desk, "serial")) == (before, True)
    assert await counted(desk) == await standing(desk)


def _written(what: str, one: int, other: int) -> dict[str, Any]:
    if what == "delete":
        return asked("DeleteObject", type="Plane", key=tail(one))
    if what == "create":
        return asked("UpsertObject", **plane(tail(one), serial=serial(one), mother=tail(other)))
    if what == "fly":
        return asked("UpsertObject", type="Flight", properties={"no": f"{one:04}", "of": [tail(other)]})
    if what == "link":
        return asked("CreateLink", type="beside", **{"from": tail(one), "to": tail(other)})
    return asked("UpdateObject", type="Plane", key=tail(one), patch={"seats": other, "mother": tail(other)})


async def test_what_is_under_way_is_not_merged_and_a_branch_of_it_is():
    desk = await fleet(300, 60)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await sent(desk, "UpdateObject", DEV, type="Plane", key=tail(1), patch={"seats": 1})
    await sent(desk, "UpdateObject", DEV, type="Plane", key=tail(299), patch={"seats": 299})
    await begun(desk, **TO_SERIAL)
    for step in range(3):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    for command, on, data in (("MergeBranch", MAIN, {"source": DEV}), ("RebaseBranch", DEV, {})):
        refused = await desk.send(command, on, **data)
        assert (codes(refused), "Plane" in refused["findings"][0]["text"]) == (["MIGRATION_STATUS"], True)
    await sent(desk, "CreateBranch", name="dev/main/late", **{"from": MAIN})
    await sent(desk, "UpdateObject", "dev/main/late", type="Plane", key=tail(2), patch={"seats": 2})
    await sent(desk, "UpdateObject", "dev/main/late", type="Plane", key=tail(298), patch={"seats": 298})
    assert (await ran(desk, step=3))["said"] == "completed"
    await sent(desk, "MergeBranch", source=DEV)
    await sent(desk, "MergeBranch", source="dev/main/late")
    assert await keys(desk, "serial")
    planes = {**await alive(desk), **await alive(desk, "전투기")}
    assert {each["seats"]: each["tail"] for each in planes.values() if "seats" in each} == {
        at: tail(at) for at in (1, 2, 298, 299)
    }
    assert await counted(desk) == await standing(desk)
