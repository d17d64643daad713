"""What is encrypted, or not any more, or becomes unique, while there are objects: values are written again, and taken back."""

import json

import pytest

from events.objects.sealing import is_closed
from tests.producers.desk import Desk, asked, codes
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, sent, taken_back

MANY = 501  # more than one batch looks at
CAST = {"kind": "cast"}
OPEN = {"name": "phone", "type": "string"}
CLOSED = {**OPEN, "marking": "encrypt"}


async def people(property_: dict, *phones: str | None) -> Desk:
    """Persons 김0, 김1 … with these phones."""
    desk = await hangar()
    properties = [{"name": "id", "type": "string"}, property_]
    await sent(desk, "CreateObjectType", name="Person", primaryKey=["id"], properties=properties)
    made = ({"type": "Person", "properties": {"id": f"김{at}", "phone": phone}} for at, phone in enumerate(phones))
    await desk.group(*(asked("CreateObject", **each) for each in made))
    return desk


async def stored(desk: Desk) -> dict[str, object]:
    return {key: each.get("phone") for key, each in (await alive(desk, "Person")).items()}


async def opened(desk: Desk) -> dict[str, object]:
    """As who reads the heads opens them."""
    return {
        key: desk.ring.opened(value, f"object/Person/{key}", "/phone") if is_closed(value) else value
        for key, value in (await stored(desk)).items()
    }


def marking(to: str | None) -> dict:
    return {"type": "Person", "property": "phone", "marking": to}


async def closed(desk: Desk) -> set[bool]:
    return {is_closed(value) for value in (await stored(desk)).values() if value is not None}


async def test_values_are_closed_batch_by_batch_and_opened_again_when_it_is_taken_back():
    desk = await people(OPEN, *(f"010-{at}" for at in range(MANY)))
    before = await stored(desk)
    assert codes(await desk.send("SetMarking", **marking("encrypt"))) == ["RULE_BREAKING_UNPLANNED"]
    await begun(desk, **plan("SetMarking", CAST, **marking("encrypt")))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", type="Person", properties={"id": "가", "phone": "02-1"})
    written = (await desk.outbox.head()).position
    ended = await ran(desk, step=1)
    assert (ended["in"], ended["out"], ended["converted"]) == (MANY, MANY, MANY)
    assert (await closed(desk), await opened(desk)) == ({True}, {**before, "가": "02-1"})
    assert not any(b"010-" in row.body for row in await desk.outbox.after(written, 10_000))
    desk.restart()
    await taken_back(desk)
    assert await stored(desk) == {**before, "가": "02-1"}


async def test_values_are_opened_in_one_commit_and_closed_again_when_it_is_taken_back():
    desk = await people(CLOSED, "010-1", None, "010-3")
    await begun(desk, **plan("SetMarking", CAST, **marking(None)))
    assert (await ran(desk))["converted"] == 2
    assert await stored(desk) == {"김0": "010-1", "김1": None, "김2": "010-3"}
    await sent(desk, "UpdateObject", type="Person", key="김1", patch={"phone": "010-2"})
    await taken_back(desk)
    assert await closed(desk) == {True}
    assert await opened(desk) == {"김0": "010-1", "김1": "010-2", "김2": "010-3"}


@pytest.mark.parametrize(("was", "to"), [(OPEN, "encrypt"), (CLOSED, None)])
async def test_unique_values_stay_taken_however_they_are_kept(was, to):
    desk = await people({**was, "unique": True}, "010-1", "010-2")
    await begun(desk, **plan("SetMarking", CAST, **marking(to)))
    assert (await ran(desk))["converted"] == 2
    assert await closed(desk) == {to == "encrypt"}
    for restarted in (False, True):
        if restarted:
            await taken_back(desk)
            assert await closed(desk) == {to != "encrypt"}
        taken = await desk.send("CreateObject", type="Person", properties={"id": "가", "phone": "010-1"})
        assert codes(taken) == ["VALUE_NOT_UNIQUE"]
    await sent(desk, "UpdateObject", type="Person", key="김0", patch={"phone": None})
    await sent(desk, "CreateObject", type="Person", properties={"id": "가", "phone": "010-1"})


@pytest.mark.parametrize(("kind", "left"), [("first", {"김0"}), ("last", {"김2"}), ("drop", set())])
async def test_encrypted_values_become_unique(kind, left):
    desk = await people(CLOSED, "010-1", "010-9", "010-1", None)
    unique = {"type": "Person", "property": "phone", "unique": True}
    await begun(desk, **plan("SetUnique", {"kind": kind}, **unique))
    assert (await ran(desk))["said"] == "completed"
    assert {key for key, value in (await opened(desk)).items() if value == "010-1"} == left
    taken = [
        await desk.send("CreateObject", type="Person", properties={"id": f"가{n}", "phone": f"010-{n}"}) for n in (1, 9)
    ]
    assert [outcome["status"] for outcome in taken] == ["rejected" if left else "accepted", "rejected"]
    assert not any("010-" in json.dumps(outcome) for outcome in taken)
    desk.restart()
    await taken_back(desk)
    assert (await desk.send("CreateObject", type="Person", properties={"id": "나", "phone": "010-9"}))[
        "status"
    ] == "accepted"
    assert (await opened(desk))["김0"] == (await opened(desk))["김2"] == "010-1"


async def test_values_that_were_unique_before_become_so_again_one_holder_each():
    desk = await people({**CLOSED, "unique": True}, "010-1", "010-2")
    for change in ({"unique": False}, {"unique": True}):
        if change["unique"]:
            await sent(desk, "UpdateObject", type="Person", key="김1", patch={"phone": "010-1"})
            await begun(desk, **plan("SetUnique", {"kind": "last"}, type="Person", property="phone", **change))
            assert (await ran(desk))["said"] == "completed"
        else:
            await sent(desk, "SetUnique", type="Person", property="phone", **change)
    assert await opened(desk) == {"김0": None, "김1": "010-1"}
    assert codes(await desk.send("UpdateObject", type="Person", key="김0", patch={"phone": "010-1"})) == [
        "VALUE_NOT_UNIQUE"
    ]


async def test_a_value_whose_key_is_destroyed_is_opened_no_more_and_goes():
    desk = await people(CLOSED, "010-1", "010-2")
    desk.ring.store.destroy(desk.ring.kids(desk.ring.token("object", "object/Person/김0")))
    desk.restart()
    await begun(desk, **plan("SetMarking", CAST, **marking(None)))
    assert (await ran(desk))["said"] == "completed"
    assert await stored(desk) == {"김0": None, "김1": "010-2"}


async def test_a_deleted_object_comes_back_closed():
    desk = await people(OPEN, "010-1", "010-2")
    await sent(desk, "DeleteObject", type="Person", key="김0")
    await begun(desk, **plan("SetMarking", CAST, **marking("encrypt")))
    await ran(desk)
    await sent(desk, "RestoreObject", type="Person", key="김0")
    assert (await closed(desk), (await opened(desk))["김0"]) == ({True}, "010-1")


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize(("was", "to"), [(OPEN, "encrypt"), (CLOSED, None)])
async def test_values_are_kept_otherwise_batch_by_batch_whatever_is_written_meanwhile_and_back(was, to, unique):
    desk = await people({**was, "unique": unique}, *(f"010-{at}" for at in range(MANY)))
    before = await opened(desk)
    await begun(desk, **plan("SetMarking", CAST, **marking(to)))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    assert await closed(desk) == {True, False}
    await sent(desk, "CreateObject", type="Person", properties={"id": "가", "phone": "02-1"})
    await sent(desk, "UpdateObject", type="Person", key="김99", patch={"phone": "02-2"})  # not gone through yet
    await sent(desk, "UpdateObject", type="Person", key="김0", patch={"phone": "02-3"})
    desk.restart()
    ended = await ran(desk, step=1)
    now = {**before, "가": "02-1", "김99": "02-2", "김0": "02-3"}
    assert (ended["said"], await closed(desk), await opened(desk)) == ("completed", {to == "encrypt"}, now)
    again = {"type": "Person", "properties": {"id": "나", "phone": "02-2"}}
    assert codes(await desk.send("CreateObject", **again)) == (["VALUE_NOT_UNIQUE"] if unique else [])
    await taken_back(desk)
    left = await opened(desk)
    left.pop("나", None)
    assert (await closed(desk), left) == ({to != "encrypt"}, now)


async def test_encrypted_values_become_those_of_another_type_and_stay_closed():
    desk = await people({**CLOSED, "type": "integer"}, *range(MANY))
    before = await opened(desk)
    await begun(desk, **plan("ChangePropertyType", CAST, type="Person", property="phone", to="string"))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    assert (await ran(desk, step=1))["said"] == "completed"
    assert (await closed(desk), await opened(desk)) == ({True}, {key: str(value) for key, value in before.items()})
    await taken_back(desk)
    assert (await closed(desk), await opened(desk)) == ({True}, before)


@pytest.mark.parametrize("kind", ["string", "integer"])
async def test_a_shared_property_closes_the_values_of_all_types_that_have_it_and_opens_them_again(kind):
    desk = await people(OPEN)
    await sent(desk, "CreateSharedProperty", name="번호", property={"type": "string"})
    await sent(desk, "AddProperty", type="Person", property={"name": "tel", "shared": "번호", "unique": True})
    await sent(desk, "CreateObjectType", name="Firm", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    await sent(desk, "AddProperty", type="Firm", property={"name": "전화", "shared": "번호"})
    for type_, name in (("Person", "tel"), ("Firm", "전화")):
        made = [{"id": f"가{at}", name: str(at)} for at in range(300)]
        await desk.group(*(asked("CreateObject", type=type_, properties=each) for each in made))
    before = [await alive(desk, each) for each in ("Person", "Firm")]
    changed = {"shared": "번호", "property": {"type": kind, "marking": "encrypt"}}
    await begun(desk, **plan("UpdateSharedProperty", CAST, **changed))
    assert (await ran(desk))["said"] == "completed"
    assert all(is_closed(each["tel"]) for each in (await alive(desk, "Person")).values())
    assert all(is_closed(each["전화"]) for each in (await alive(desk, "Firm")).values())
    twice = {"type": "Person", "properties": {"id": "나", "tel": "7" if kind == "string" else 7}}
    assert codes(await desk.send("CreateObject", **twice)) == ["VALUE_NOT_UNIQUE"]
    await taken_back(desk)
    assert [await alive(desk, each) for each in ("Person", "Firm")] == before
    assert codes(await desk.send("CreateObject", type="Person", properties={"id": "나", "tel": "7"})) == [
        "VALUE_NOT_UNIQUE"
    ]


@pytest.mark.parametrize("kind", ["first", "last", "drop"])
async def test_encrypted_values_become_unique_in_whatever_batch_they_come(kind):
    desk = await people(CLOSED, *(f"010-{at % 400}" for at in range(MANY)))
    before = await opened(desk)
    await begun(desk, **plan("SetUnique", {"kind": kind}, type="Person", property="phone", unique=True))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", type="Person", properties={"id": "나", "phone": "010-399"})
    desk.restart()
    ended = await ran(desk, step=1)
    values = [each for each in (await opened(desk)).values() if each is not None]
    twice = MANY - 400
    assert (ended["said"], len(values)) == ("completed", 400 - twice - 1 if kind == "drop" else 400)
    assert len(set(values)) == len(values)
    taken = await desk.send("CreateObject", type="Person", properties={"id": "하", "phone": "010-200"})
    assert codes(taken) == ["VALUE_NOT_UNIQUE"]
    await taken_back(desk)
    assert {key: each for key, each in (await opened(desk)).items() if key != "나"} == before


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize(("was", "to"), [(OPEN, "encrypt"), (CLOSED, None)])
async def test_one_that_is_given_up_half_way_leaves_all_kept_as_they_were(was, to, unique):
    desk = await people({**was, "unique": unique}, *(f"010-{at}" for at in range(MANY)))
    before = await opened(desk)
    await begun(desk, **plan("SetMarking", CAST, **marking(to)))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "UpdateObject", type="Person", key="김0", patch={"phone": "02-3"})
    await sent(desk, "PauseMigration", migration=1)
    await taken_back(desk)
    assert (await closed(desk), await opened(desk)) == ({to != "encrypt"}, {**before, "김0": "02-3"})
    for phone in ("02-3", "010-500"):
        made = await desk.send("CreateObject", type="Person", properties={"id": phone, "phone": phone})
        assert codes(made) == (["VALUE_NOT_UNIQUE"] if unique else [])
    assert await closed(desk) == {to != "encrypt"}
