"""Values that become unique batch by batch, whatever is written meanwhile; and what is reserved is what objects hold."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import DEV, alive, begun, hangar, plan, ran, said, sent, taken_back

PLANES = 1_040  # three batches
SEATS = {"type": "Plane", "property": "seats", "unique": True}
LAST = plan("SetUnique", {"kind": "last"}, **SEATS)
FIRST = plan("SetUnique", {"kind": "first"}, **SEATS)
NONE = plan("SetUnique", {"kind": "drop"}, **SEATS)


async def fleet(seats: Any = lambda at: at) -> Desk:
    desk = await hangar()
    await desk.group(*[asked("CreateObject", **plane(f"N{at:04}", seats=seats(at))) for at in range(PLANES)])
    return desk


async def reserved(desk: Desk, on: str = MAIN) -> dict[str, str]:
    """By what is reserved now, who holds it."""
    heads = [head for head in await desk.outbox.heads_after(on, "unique/Plane/seats", 0, 100_000) if head.branch == on]
    newest = {head.key: head.state for head in heads if head.key.startswith("unique/Plane/seats")}
    return {key.rsplit("/", 1)[1]: json.loads(state)["owner"] for key, state in newest.items() if state is not None}


async def held(desk: Desk, on: str = MAIN) -> dict[str, str]:
    """What would be reserved, by what objects hold."""
    found = await alive(desk, on=on)
    return {str(each["seats"]): f"object/Plane/{key}" for key, each in found.items() if "seats" in each}


@pytest.mark.parametrize(("planned", "stays"), [(FIRST, "N0000"), (LAST, "N0520")])
async def test_of_objects_that_share_a_value_across_batches_one_keeps_it(planned, stays):
    desk = await fleet(lambda at: at % 520)
    before = await alive(desk)
    await begun(desk, **planned)
    assert (await said(desk))[0]["concerned"] == PLANES - 520
    ended = await ran(desk)
    assert (ended["in"], ended["out"], ended["converted"] + ended["again"]) == (PLANES, PLANES, PLANES - 520)
    found = await alive(desk)
    assert [key for key, each in found.items() if each.get("seats") == 0] == [stays]
    assert await reserved(desk) == await held(desk)
    assert codes(await desk.send("CreateObject", **plane("Z1", seats=519))) == ["VALUE_NOT_UNIQUE"]
    reverted = await taken_back(desk)
    assert (reverted["restored"], reverted["kept"], await alive(desk)) == (PLANES - 520, 0, before)
    await sent(desk, "CreateObject", **plane("Z1", seats=519))


@pytest.mark.parametrize("restarting", [False, True])
async def test_none_of_those_that_share_a_value_keeps_it_in_whatever_batch_they_come(restarting):
    desk = await fleet(lambda at: at % 400 if at < 1_000 else at)
    before = await alive(desk)
    await begun(desk, **NONE)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1", seats=7))  # which two had that have no value now
    await sent(desk, "CreateObject", **plane("A2", seats=2_000))
    if restarting:
        desk.restart()
    ended = await ran(desk, step=1)
    found = await alive(desk)
    assert (ended["said"], ended["in"], ended["out"]) == ("completed", PLANES, PLANES)
    assert {key for key, each in found.items() if "seats" in each} == {
        "A2",
        *(f"N{at:04}" for at in range(1_000, PLANES)),
    }
    assert await reserved(desk) == await held(desk)
    await sent(desk, "CreateObject", **plane("Z1", seats=7))
    await sent(desk, "DeleteObject", type="Plane", key="Z1")
    assert (await taken_back(desk))["kept"] == 0
    assert {key: each for key, each in (await alive(desk)).items() if key not in ("A1", "A2")} == before


async def test_who_writes_meanwhile_is_refused_nothing_and_gone_through_too():
    desk = await fleet()
    await begun(desk, **FIRST)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1", seats=7))
    await sent(desk, "UpdateObject", type="Plane", key="N0008", patch={"seats": 1_030})
    await sent(desk, "DeleteObject", type="Plane", key="N0009")
    await sent(desk, "CreateObject", **plane("A2", seats=9))
    desk.restart()
    assert (await ran(desk, step=1))["said"] == "completed"
    found = await alive(desk)
    assert ("seats" in found["A1"], found["N0007"]["seats"], found["A2"]["seats"]) == (False, 7, 9)
    assert ("seats" in found["N0008"], found["N1030"]["seats"]) == (False, 1_030)
    assert await reserved(desk) == await held(desk)


async def test_a_default_that_no_two_objects_could_have_stops_it_before_the_property_is_unique():
    desk = await hangar(plane("N1", seats=1))
    await begun(desk, **FIRST)
    await sent(desk, "SetDefault", type="Plane", property="seats", default=4)
    failed = await ran(desk)
    assert (failed["said"], "default" in failed["text"]) == ("failed", True)
    await sent(desk, "SetDefault", type="Plane", property="seats", default=None)
    await sent(desk, "ResumeMigration", migration=1)
    assert (await ran(desk))["said"] == "completed"


async def test_one_that_is_given_up_half_way_reserves_nothing_and_can_be_planned_anew():
    desk = await fleet(lambda at: at % 520)
    before = await alive(desk)
    await begun(desk, **FIRST)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=1)
    await sent(desk, "PauseMigration", migration=1)
    assert codes(await desk.send("RemoveProperty", type="Plane", property="seats")) == ["PROPERTY_IN_USE"]
    await taken_back(desk)
    assert await alive(desk) == before
    await sent(desk, "CreateObject", **plane("Z1", seats=0))
    await begun(desk, number=2, **LAST)
    assert (await ran(desk, number=2))["said"] == "completed"
    assert [key for key, each in (await alive(desk)).items() if each.get("seats") == 0] == ["Z1"]
    reservations = await reserved(desk)
    assert {value: reservations[value] for value in await held(desk)} == await held(desk)


async def test_a_branch_that_reserves_values_is_rebased_and_merged():
    desk = await fleet(lambda at: at % 520)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **FIRST)
    await sent(desk, "ApplyMigrationBatch", DEV, migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1", seats=700))
    await sent(desk, "MergeBranch", source=DEV)  # half way: nothing is unique, and nothing reserved, on the target
    assert await reserved(desk) == {}
    await sent(desk, "CreateObject", **plane("A2", seats=700))
    await sent(desk, "UpdateObject", type="Plane", key="A2", patch={"seats": None})
    await sent(desk, "RebaseBranch", DEV)
    assert (await ran(desk, DEV, step=1))["said"] == "completed"
    await sent(desk, "MergeBranch", source=DEV)
    assert await reserved(desk) == await held(desk)
    assert codes(await desk.send("CreateObject", **plane("A3", seats=700))) == ["VALUE_NOT_UNIQUE"]


keys = st.sampled_from([f"N{number:04}" for number in range(0, PLANES, 130)] + ["A1", "Z1", "김"])
writes = st.tuples(st.sampled_from(["upsert", "delete"]), keys, st.none() | st.integers(0, 4))


@settings(max_examples=5)
@given(st.lists(st.lists(writes, max_size=5), min_size=1, max_size=4), st.booleans(), st.sampled_from([FIRST, LAST]))
async def test_after_it_every_value_is_held_once_and_reserved(histories, restarting, planned):
    desk = await fleet(lambda at: at % 5 if at % 130 == 0 else None)
    await begun(desk, **planned)
    for step, history in enumerate(histories):
        await desk.group(*[_written(*write) for write in history])
        await desk.send("ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
    await ran(desk, step=len(await said(desk)) - 3)
    found = await alive(desk)
    values = [each["seats"] for each in found.values() if "seats" in each]
    assert sorted(values) == sorted(set(values))
    assert await reserved(desk) == await held(desk)


def _written(what: str, key: str, seats: int | None) -> dict[str, Any]:
    if what == "delete":
        return asked("DeleteObject", type="Plane", key=key)
    return asked("UpsertObject", **plane(key, seats=seats))
