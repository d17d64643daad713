"""Merges of migrations of encrypted properties: what the other side wrote is closed, opened, or told apart like the rest."""

from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, codes
from tests.producers.test_migrated_encryption import CAST, CLOSED, OPEN, closed, marking, opened, people, stored
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrations import DEV, alive, plan, sent


async def forked(property_: dict[str, Any], *phones: str) -> Desk:
    desk = await people(property_, *phones)
    await sent(desk, "AddProperty", type="Person", property={"name": "age", "type": "string"})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def written(desk: Desk, on: str, **phones: str | None) -> None:
    for key, phone in phones.items():
        await sent(desk, "UpsertObject", on, type="Person", properties={"id": key, "phone": phone})


@pytest.mark.parametrize(("was", "to"), [(OPEN, "encrypt"), (CLOSED, None)])
@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("turned", [False, True])
async def test_values_that_the_other_side_wrote_are_kept_as_the_migration_keeps_them(was, to, unique, turned):
    desk = await forked({**was, "unique": unique}, "010-0", "010-1", "010-2")
    await migrated(desk, plan("SetMarking", CAST, **marking(to)))
    await written(desk, MAIN, 김1="010-9", 김3="010-3")
    await written(desk, DEV, 김2="010-8")
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    assert await merged(desk, source, target) == (None if turned else [1])
    await sent(desk, "MergeBranch", source, source=target)
    assert await closed(desk) == {to == "encrypt"}
    assert await opened(desk) == {"김0": "010-0", "김1": "010-9", "김2": "010-8", "김3": "010-3"}
    if unique:
        taken = await desk.send("CreateObject", type="Person", properties={"id": "가", "phone": "010-9"})
        assert codes(taken) == ["VALUE_NOT_UNIQUE"]


async def test_both_wrote_one_value_each_in_its_form_is_a_conflict():
    desk = await forked(OPEN, "010-0")
    await migrated(desk, plan("SetMarking", CAST, **marking("encrypt")))
    await written(desk, MAIN, 김0="010-1")
    await written(desk, DEV, 김0="010-2")
    refused = await desk.send("MergeBranch", source=DEV)
    assert (codes(refused), "010" in str(refused["findings"])) == (["MERGE_CONFLICT_FIELD"], False)
    await sent(desk, "MergeBranch", source=DEV, resolve="ours")
    assert (await closed(desk), await opened(desk)) == ({True}, {"김0": "010-1"})


@pytest.mark.parametrize(("kind", "left"), [("first", {"김0"}), ("last", {"나"}), ("drop", set())])
async def test_encrypted_values_that_several_wrote_are_told_apart(kind, left):
    desk = await forked(CLOSED, "010-1", "010-9", "010-9")
    await migrated(desk, plan("SetUnique", {"kind": kind}, type="Person", property="phone", unique=True))
    await written(desk, MAIN, 가="010-1", 나="010-1", 다="010-3")
    assert await merged(desk) == [1]
    assert {key for key, value in (await opened(desk)).items() if value == "010-1"} == left
    for phone in ("010-1", "010-3") if left else ("010-3",):
        taken = await desk.send("CreateObject", type="Person", properties={"id": "라", "phone": phone})
        assert codes(taken) == ["VALUE_NOT_UNIQUE"]


async def test_another_property_of_persons_is_migrated_and_what_is_closed_stays_as_it_is():
    desk = await forked(CLOSED, "010-0")
    await sent(desk, "UpdateObject", DEV, type="Person", key="김0", patch={"age": "7"})
    await migrated(desk, plan("ChangePropertyType", CAST, type="Person", property="age", to="integer"))
    await sent(desk, "CreateObject", type="Person", properties={"id": "가", "phone": "010-2", "age": "8"})
    before = (await stored(desk))["가"]
    assert await merged(desk) == [1]
    assert {key: each["age"] for key, each in (await alive(desk, "Person")).items()} == {"김0": 7, "가": 8}
    assert (await stored(desk))["가"] == before
