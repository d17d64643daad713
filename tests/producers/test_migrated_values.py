"""Values that become others batch by batch where they are unique, part of a key, or mapped upon each other; and back."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import DEV, alive, begun, hangar, plan, ran, said, sent, taken_back

PLANES = 1_040  # three batches
SERIAL = {"type": "Plane", "property": "serial"}
TO_NUMBER = plan("ChangePropertyType", {"kind": "cast"}, **SERIAL, to="integer")


async def fleet(of: Any = str) -> Desk:
    desk = await hangar()
    await desk.group(*[asked("CreateObject", **plane(f"N{at:04}", serial=of(at), seats=at)) for at in range(PLANES)])
    return desk


async def reserved(desk: Desk, field: str = "serial") -> dict[str, str]:
    """By value, who holds it under the newest name by which the field is reserved."""
    heads = await desk.outbox.heads_after(MAIN, f"unique/Plane/{field}", 0, 100_000)
    newest = {head.key: head.state for head in heads if head.key.startswith(f"unique/Plane/{field}")}
    by = max(key.split("/")[2] for key in newest)
    return {
        key.split("/", 3)[3]: json.loads(state)["owner"]
        for key, state in newest.items()
        if state is not None and key.split("/")[2] == by
    }


async def held(desk: Desk, field: str = "serial") -> dict[str, str]:
    """What would be reserved, by what objects hold."""
    found = await alive(desk)
    return {
        json.dumps(each[field], ensure_ascii=False): f"object/Plane/{key}"
        for key, each in found.items()
        if field in each
    }


@pytest.mark.parametrize("restarting", [False, True])
async def test_unique_values_become_those_of_another_type_whatever_is_written_meanwhile_and_back(restarting):
    desk = await fleet()
    before = await alive(desk)
    await begun(desk, **TO_NUMBER)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await desk.group(
        asked("UpdateObject", type="Plane", key="N0001", patch={"serial": "7001"}),  # gone through already
        asked("CreateObject", **plane("A1", serial="7002")),
        asked("DeleteObject", type="Plane", key="N0002"),
        asked("CreateObject", **plane("A2", serial=2)),
    )
    if restarting:
        desk.restart()
    ended = await ran(desk, step=1)
    assert (ended["said"], ended["in"] == ended["out"]) == ("completed", True)
    found = await alive(desk)
    assert {type(each["serial"]) for each in found.values()} == {int}
    assert (found["N0001"]["serial"], found["A1"]["serial"], found["A2"]["serial"]) == (7001, 7002, 2)
    assert await reserved(desk) == await held(desk)
    assert codes(await desk.send("CreateObject", **plane("Z1", serial=7001))) == ["VALUE_NOT_UNIQUE"]
    await taken_back(desk)
    after = await alive(desk)
    assert {key: after[key]["serial"] for key in ("N0001", "A1", "A2")} == {"N0001": "7001", "A1": "7002", "A2": "2"}
    untouched = before.keys() - {"N0001", "N0002"}
    assert {key: after[key] for key in untouched} == {key: before[key] for key in untouched}
    assert await reserved(desk) == await held(desk)
    assert codes(await desk.send("CreateObject", **plane("Z1", serial="1000"))) == ["VALUE_NOT_UNIQUE"]


async def test_values_of_two_batches_that_would_be_the_same_stop_it_and_can_be_mended():
    desk = await fleet(lambda at: "00" if at == 1_000 else str(at))
    await begun(desk, **TO_NUMBER)
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Plane/N1000"])
    assert "object/Plane/N0000 would have the same value" in failed["text"]
    await sent(desk, "UpdateObject", type="Plane", key="N1000", patch={"serial": "1000"})
    await sent(desk, "ResumeMigration", migration=1)
    assert (await ran(desk, step=2))["said"] == "completed"
    assert await reserved(desk) == await held(desk)


async def test_what_others_wrote_since_is_cast_back_with_the_rest_and_unique_with_it():
    desk = await hangar(plane("N1", serial="1"), plane("N2", serial="2"))
    await begun(desk, **TO_NUMBER)
    await ran(desk)
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"serial": 3})
    await sent(desk, "CreateObject", **plane("N3", serial=1))
    await taken_back(desk)
    assert {key: each["serial"] for key, each in (await alive(desk)).items()} == {"N1": "3", "N2": "2", "N3": "1"}


async def test_a_key_may_be_of_another_type_as_long_as_it_says_the_same():
    desk = await hangar()
    properties = [{"name": "no", "type": "integer"}]
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=properties)
    await desk.group(*[asked("CreateObject", type="Flight", properties={"no": at}) for at in range(1_100)])
    to_text = plan("ChangePropertyType", {"kind": "cast"}, type="Flight", property="no", to="string")
    await begun(desk, **to_text)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", type="Flight", properties={"no": "칠"})
    assert (await ran(desk, step=1))["said"] == "completed"
    found = await alive(desk, "Flight")
    assert len(found) == 1_101
    assert all(each["no"] == key for key, each in found.items())
    assert codes(await desk.send("CreateObject", type="Flight", properties={"no": 7})) == ["VALUE_TYPE"]
    assert codes(await desk.send("UpdateObject", type="Flight", key="7", patch={"no": "8"})) == ["OBJECT_KEY_CHANGED"]


@pytest.mark.parametrize(
    ("strange", "to", "fix"),
    [
        ("007", "integer", {"kind": "cast"}),
        ("007", "integer", {"kind": "map", "values": {"007": 9}}),
        (
            "2013-01-01",
            "timestamp",
            {"kind": "map", "values": {}, "otherwise": "default", "value": "2013-01-01T00:00:00Z"},
        ),
    ],
)
async def test_a_key_that_would_become_another_is_refused_before_anything_is_changed(strange, to, fix):
    desk = await hangar()
    properties = [{"name": "no", "type": "string"}]
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=properties)
    await desk.group(*[asked("CreateObject", type="Flight", properties={"no": no}) for no in ("7", "8", strange)])
    planned = plan("ChangePropertyType", fix, type="Flight", property="no", to=to)
    refused = await desk.send("PlanMigration", **planned)
    text = refused["findings"][0]["text"]
    assert codes(refused) == ["OBJECT_KEY_CHANGED"]
    assert (f"object/Flight/{strange} (as " in text.replace("%3A", ":"), "SetPrimaryKey" in text) == (True, True)


async def test_of_a_property_with_the_new_values_the_key_is_made():
    desk = await hangar()
    properties = [{"name": "no", "type": "string"}]
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=properties)
    await desk.group(*[asked("CreateObject", type="Flight", properties={"no": f"{at:04}"}) for at in range(600)])
    number = {"name": "number", "type": "integer", "required": True}
    await begun(desk, **plan("AddProperty", {"kind": "map", "from": "no"}, type="Flight", property=number))
    assert (await ran(desk))["said"] == "completed"
    await begun(desk, number=2, **plan("SetPrimaryKey", {"kind": "move"}, type="Flight", primaryKey=["number"]))
    assert (await ran(desk, number=2))["converted"] == 600
    assert {key: each["no"] for key, each in (await alive(desk, "Flight")).items()} == {
        str(at): f"{at:04}" for at in range(600)
    }


TURNS = {"kind": "map", "values": {"예정": "취소", "취소": "지연", "지연": "예정"}}
STATES = ["예정", "취소", "지연"]


@pytest.mark.parametrize("restarting", [False, True])
async def test_values_that_are_mapped_upon_each_other_are_mapped_once_each(restarting):
    desk = await hangar()
    await sent(desk, "AddProperty", type="Plane", property={"name": "state", "type": "string"})
    made = [plane(f"N{at:04}", state=STATES[at % 3]) for at in range(PLANES)]
    await desk.group(*[asked("CreateObject", **each) for each in made])
    before = await alive(desk)
    to = {"type": "Plane", "property": "state", "to": "enum", "values": STATES}
    await begun(desk, **plan("ChangePropertyType", TURNS, **to))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(
        desk, "UpdateObject", type="Plane", key="N0001", patch={"seats": 1}
    )  # its state is what it was mapped to
    await sent(desk, "UpdateObject", type="Plane", key="N0003", patch={"state": "지연"})  # a new one, of before
    if restarting:
        desk.restart()
    ended = await ran(desk, step=1)
    found = {key: each["state"] for key, each in (await alive(desk)).items()}
    expected = {key: TURNS["values"][each["state"]] for key, each in before.items()} | {"N0003": "예정"}
    assert (ended["said"], ended["in"], found) == ("completed", PLANES, expected)
    await taken_back(desk)
    after = {key: each["state"] for key, each in (await alive(desk)).items() if key != "N0003"}
    assert after == {key: each["state"] for key, each in before.items() if key != "N0003"}


async def test_unique_values_of_a_shared_property_become_others_in_all_types_that_have_it():
    desk = await hangar()
    await sent(desk, "CreateSharedProperty", name="code", property={"type": "integer"})
    for name in ("Plane", "공항"):
        if name == "공항":
            key = [{"name": "tail", "type": "string"}]
            await sent(desk, "CreateObjectType", name=name, primaryKey=["tail"], properties=key)
        await sent(desk, "AddProperty", type=name, property={"name": "code", "shared": "code", "unique": True})
        made = [{"tail": f"N{at:03}", "code": at} for at in range(520)]
        await desk.group(*[asked("CreateObject", type=name, properties=each) for each in made])
    before = [await alive(desk, each) for each in ("Plane", "공항")]
    change = plan("UpdateSharedProperty", {"kind": "cast"}, shared="code", property={"type": "string"})
    await begun(desk, **change)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    assert (await ran(desk, step=1))["said"] == "completed"
    for name in ("Plane", "공항"):
        assert all(each["code"] == str(int(key[1:])) for key, each in (await alive(desk, name)).items())
        twice = {"type": name, "properties": {"tail": "Z1", "code": "7"}}
        assert codes(await desk.send("CreateObject", **twice)) == ["VALUE_NOT_UNIQUE"]
    await taken_back(desk)
    assert [await alive(desk, each) for each in ("Plane", "공항")] == before
    assert codes(await desk.send("CreateObject", type="공항", properties={"tail": "Z1", "code": 7})) == [
        "VALUE_NOT_UNIQUE"
    ]


async def test_a_unique_property_that_was_removed_comes_back_with_its_values_reserved_batch_by_batch():
    desk = await fleet()
    before = await alive(desk)
    await begun(desk, **plan("RemoveProperty", {"kind": "drop"}, **SERIAL))
    assert (await ran(desk))["said"] == "completed"
    await sent(desk, "RevertMigration", migration=1)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1", serial="아"))
    desk.restart()
    await ran(desk, step=1)
    assert {key: each for key, each in (await alive(desk)).items() if key != "A1"} == before
    assert await reserved(desk) == await held(desk)
    assert codes(await desk.send("CreateObject", **plane("A2", serial="아"))) == ["VALUE_NOT_UNIQUE"]


keys = st.sampled_from([f"N{number:04}" for number in range(0, PLANES, 130)] + ["A1", "Z1", "김"])
writes = st.tuples(st.sampled_from(["upsert", "delete"]), keys, st.none() | st.integers(5_000, 5_009) | st.just("5000"))


@settings(max_examples=4)
@given(st.lists(st.lists(writes, max_size=5), min_size=1, max_size=4), st.booleans())
async def test_after_it_every_value_is_held_once_and_reserved_or_it_says_which_are_not(histories, restarting):
    desk = await fleet()
    await begun(desk, **TO_NUMBER)
    for step, history in enumerate(histories):
        await desk.group(*[_written(*write) for write in history])
        await desk.send("ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
    if (await said(desk))[-1]["said"] == "failed":
        await sent(desk, "ResumeMigration", migration=1)
    ended = await ran(desk, step=(await _steps(desk)))
    values = [each["serial"] for each in (await alive(desk)).values() if "serial" in each]
    if ended["said"] == "completed":
        assert (sorted(values), {type(each) for each in values}) == (sorted(set(values)), {int})
        assert await reserved(desk) == await held(desk)
    else:
        assert len({str(each) for each in values}) < len(values)


async def _steps(desk: Desk) -> int:
    return sum(each["said"] == "batchApplied" for each in await said(desk))


def _written(what: str, key: str, serial: Any) -> dict[str, Any]:
    if what == "delete":
        return asked("DeleteObject", type="Plane", key=key)
    return asked("UpsertObject", **plane(key, serial=serial if serial is None else str(serial)))


MOTHER = {"name": "mother", "type": "string", "required": True}
TO_PLANE = {"type": "Plane", "property": "mother", "to": "reference", "target": "Plane"}


async def test_texts_become_references_that_are_counted_though_they_say_the_same_and_back():
    desk = await hangar()
    await sent(desk, "AddProperty", type="Plane", property=MOTHER)
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    await sent(desk, "CreateObject", **plane("N1", mother="N1"))
    await sent(desk, "CreateObject", **plane("N2", mother="N1"))
    await sent(desk, "CreateObject", type="전투기", properties={"tail": "F15", "mother": "N2"})
    before = [await alive(desk, each) for each in ("Plane", "전투기")]
    await begun(desk, **plan("ChangePropertyType", {"kind": "cast"}, **TO_PLANE))
    ended = await ran(desk)
    assert (ended["said"], ended["in"], ended["out"]) == ("completed", 3, 3)
    assert [await alive(desk, each) for each in ("Plane", "전투기")] == before
    refused = await desk.send("DeleteObject", type="Plane", key="N2")
    assert (codes(refused), "1 reference;" in refused["findings"][0]["text"]) == (["OBJECT_IN_USE"], True)
    assert codes(await desk.send("CreateObject", **plane("N3", mother="N9"))) == ["VALUE_REFERENCE"]
    assert codes(await desk.send("CreateObject", **plane("N3"))) == ["PROPERTY_REQUIRED"]
    await taken_back(desk)
    assert [await alive(desk, each) for each in ("Plane", "전투기")] == before
    await sent(desk, "DeleteObject", type="Plane", key="N2")
    await sent(desk, "CreateObject", **plane("N3", mother="아무개"))


async def test_a_text_that_refers_to_nothing_stops_it_and_is_named():
    desk = await hangar()
    await sent(desk, "AddProperty", type="Plane", property=MOTHER)
    await sent(desk, "CreateObject", **plane("N1", mother="N9"))
    await begun(desk, **plan("ChangePropertyType", {"kind": "cast"}, **TO_PLANE))
    failed = await ran(desk)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Plane/N1"])
    assert "object/Plane/N9, which is not there" in failed["text"]


async def test_a_merge_reserves_what_it_brings_and_what_was_there_in_the_new_form():
    desk = await hangar(plane("N1", serial="1"), plane("N2", serial="2"))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **TO_NUMBER)
    assert (await ran(desk, DEV))["said"] == "completed"
    await sent(desk, "CreateObject", DEV, **plane("N3", serial=3))
    await sent(desk, "CreateObject", **plane("N4", serial="4"))
    await sent(desk, "MergeBranch", source=DEV)
    assert {key: each["serial"] for key, each in (await alive(desk)).items()} == {"N1": 1, "N2": 2, "N3": 3, "N4": 4}
    assert await reserved(desk) == await held(desk)
    for serial in (1, 3, 4):
        assert codes(await desk.send("CreateObject", **plane("Z1", serial=serial))) == ["VALUE_NOT_UNIQUE"]
    assert (await desk.send("MergeBranch", source=DEV))["status"] == "unchanged"


@pytest.mark.parametrize("given_up", [False, True])
async def test_values_are_unique_again_though_the_branch_was_rebased_meanwhile(given_up):
    desk = await fleet()
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **TO_NUMBER)
    await sent(desk, "ApplyMigrationBatch", DEV, migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1", serial="9001"))
    await sent(desk, "RebaseBranch", DEV)
    if given_up:
        await sent(desk, "RevertMigration", DEV, migration=1)
    assert (await ran(desk, DEV, step=0 if given_up else 1))["said"] == ("reverted" if given_up else "completed")
    twice = plane("Z1", serial="9001" if given_up else 9001)
    assert codes(await desk.send("CreateObject", DEV, **twice)) == ["VALUE_NOT_UNIQUE"]
