"""Migrations through the planner: planned, approved, run batch by batch, and what objects are after them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, PLANE, Desk, asked, codes, plane

DEV = "dev/flights/seats"
SEATS = {"type": "Plane", "property": "seats", "required": True}
STATE = {"name": "state", "type": "enum", "values": ["예정", "취소", "지연"]}
STATES = {**STATE, "name": "states", "array": True}


async def hangar(*planes: dict[str, Any]) -> Desk:
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.group(asked("CreateObjectType", **PLANE), *[asked("CreateObject", **each) for each in planes])
    return desk


def plan(change: str, fix: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"change": {"type": change, "data": data}, "fix": fix}


async def sent(desk: Desk, command: str, /, on: str = MAIN, **data: Any) -> None:
    outcome = await desk.send(command, on, **data)
    assert outcome["status"] == "accepted", (command, outcome)


async def begun(desk: Desk, on: str = MAIN, number: int = 1, **planned: Any) -> None:
    await sent(desk, "PlanMigration", on, **planned)
    await sent(desk, "ApproveMigration", on, migration=number)
    await sent(desk, "RunMigration", on, migration=number)


async def ran(desk: Desk, on: str = MAIN, number: int = 1, step: int = 0) -> dict[str, Any]:
    """Batch after batch until nothing more comes of it; the data of its last event."""
    while (await desk.send("ApplyMigrationBatch", on, migration=number, step=step))["status"] == "accepted":
        step += 1
    return (await said(desk))[-1]


async def said(desk: Desk) -> list[dict[str, Any]]:
    """The data of the events of migrations, each with what became of it."""
    events = [json.loads(row.body) for row in await desk.outbox.after(0, 100_000, 1 << 30)]
    return [{"said": e["type"].split(".")[3], **e["data"]} for e in events if e["type"].startswith("io.oms.migration.")]


async def alive(desk: Desk, slug: str = "Plane", on: str = MAIN) -> dict[str, dict[str, Any]]:
    """Properties of the objects of a type, as the branch itself wrote them last."""
    heads = await desk.outbox.heads_after(on, f"object/{slug}/", 0, 100_000)
    mine = [head for head in heads if head.branch == on and head.key.startswith(f"object/{slug}/")]
    states = {head.key: json.loads(head.state or b"{}") for head in mine}
    return {state["key"]: state["properties"] for state in states.values() if not state["deleted"]}


async def test_objects_that_lack_a_value_get_it_and_then_it_is_required():
    desk = await hangar(plane("N1"), plane("N2", seats=3), plane("한1"))
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 0}, **SEATS))
    ended = await ran(desk)
    assert {key: each["seats"] for key, each in (await alive(desk)).items()} == {"N1": 0, "N2": 3, "한1": 0}
    assert ended.items() >= {"said": "completed", "in": 3, "out": 3, "dropped": 0, "converted": 2, "again": 0}.items()
    assert codes(await desk.send("CreateObject", **plane("N3"))) == ["PROPERTY_REQUIRED"]


async def test_the_plan_counts_what_does_not_fit_and_names_some_of_it():
    desk = await hangar(plane("N1"), plane("N2", seats=3))
    planned = plan("SetRequired", {"kind": "drop"}, **SEATS)
    await sent(desk, "PlanMigration", **planned)
    assert (await desk.send("PlanMigration", **planned))["status"] == "unchanged"
    (told,) = await said(desk)
    assert (told["number"], told["there"], told["lookedAt"], told["concerned"]) == (1, 2, 2, 1)
    assert told["samples"] == ["object/Plane/N1"]
    assert len(await alive(desk)) == 2


async def test_objects_are_dropped_with_the_links_that_go_with_them():
    desk = await hangar(plane("N1"), plane("N2", seats=3))
    await sent(desk, "CreateLinkType", name="beside", onDelete="unlink", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", **{"from": "N1", "to": "N2"})
    await begun(desk, **plan("SetRequired", {"kind": "drop"}, **SEATS))
    ended = await ran(desk)
    assert (list(await alive(desk)), ended["in"], ended["out"], ended["dropped"]) == (["N2"], 2, 1, 1)


@pytest.mark.parametrize(
    ("fix", "state", "states"),
    [
        ({"kind": "map", "values": {"취소": "지연"}}, "지연", ["예정", "지연"]),
        ({"kind": "default", "value": "예정"}, "예정", ["예정"]),
        ({"kind": "drop"}, None, ["예정"]),
    ],
)
async def test_a_value_that_an_enum_loses_becomes_another_or_none(fix, state, states):
    desk = await hangar()
    for each in (STATE, STATES):
        await sent(desk, "AddProperty", type="Plane", property=each)
    await sent(desk, "CreateObject", **plane("N1", state="취소", states=["예정", "취소"]))
    await sent(desk, "CreateObject", **plane("N2", state="예정"))
    for number, name in enumerate(("state", "states"), 1):
        await begun(
            desk, number=number, **plan("RemoveEnumValue", fix, type="Plane", property=name, value="취소")
        )  # fmt: skip
        assert (await ran(desk, number=number))["converted"] == 1
    found = await alive(desk)
    assert (found["N1"].get("state"), found["N1"]["states"], found["N2"]["state"]) == (state, states, "예정")


async def test_objects_of_types_below_are_migrated_too():
    desk = await hangar(plane("N1"))
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    await sent(desk, "CreateObject", type="전투기", properties={"tail": "F15"})
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 1}, **SEATS))
    assert (await ran(desk))["converted"] == 2
    assert (await alive(desk, "전투기"))["F15"]["seats"] == 1


async def test_a_type_goes_with_all_its_objects_and_a_link_type_with_all_its_links():
    desk = await hangar(plane("N1"), plane("N2"))
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", **{"from": "N1", "to": "N2"})
    await begun(desk, **plan("DeleteLinkType", {"kind": "drop"}, type="beside"))
    assert (await ran(desk))["dropped"] == 1
    await begun(desk, number=2, **plan("DeleteObjectType", {"kind": "drop"}, type="Plane"))
    assert (await ran(desk, number=2))["dropped"] == 2
    assert codes(await desk.send("CreateObject", **plane("N3"))) == ["TYPE_DELETED"]


async def retyped(
    fix: dict[str, Any], *values: Any, to: dict[str, Any], **declared: Any
) -> tuple[Desk, dict[str, Any]]:
    desk = await hangar()
    await sent(desk, "AddProperty", type="Plane", property={"name": "값", **declared})
    await desk.group(*[asked("CreateObject", **plane(f"N{at}", 값=value)) for at, value in enumerate(values)])
    await begun(desk, **plan("ChangePropertyType", fix, type="Plane", property="값", **to))
    return desk, await ran(desk)


@pytest.mark.parametrize(
    ("declared", "to", "fix", "values", "after"),
    [
        ({"type": "string"}, {"to": "integer"}, {"kind": "cast"}, ["42", None, " -7"], [42, None, -7]),
        ({"type": "integer"}, {"to": "string"}, {"kind": "cast"}, [42], ["42"]),
        ({"type": "number"}, {"to": "integer"}, {"kind": "cast", "otherwise": "drop"}, [2.0, 2.5], [2, None]),
        ({"type": "boolean"}, {"to": "string"}, {"kind": "cast"}, [True], ["true"]),
        ({"type": "date"}, {"to": "timestamp"}, {"kind": "cast"}, ["2013-01-01"], ["2013-01-01T00:00:00.000000Z"]),
        ({"type": "timestamp"}, {"to": "date"}, {"kind": "cast"}, ["2013-01-01T05:00:00Z"], ["2013-01-01"]),
        ({"type": "integer"}, {"to": "integer", "array": True}, {"kind": "cast"}, [3], [[3]]),
        ({"type": "integer", "array": True}, {"to": "integer"}, {"kind": "last"}, [[3, 4], [], [5]], [4, None, 5]),
        (
            {"type": "string"},
            {"to": "enum", "values": ["하나", "둘"]},
            {"kind": "map", "values": {"one": "하나"}, "otherwise": "default", "value": "둘"},
            ["one", "two", "하나"],
            ["하나", "둘", "하나"],
        ),
    ],
)
async def test_values_are_those_of_the_new_type(declared, to, fix, values, after):
    desk, ended = await retyped(fix, *values, to=to, **declared)
    found = await alive(desk)
    assert ([found[f"N{at}"].get("값") for at in range(len(values))], ended["said"]) == (after, "completed")


async def test_values_keep_to_the_value_type_that_their_property_gets():
    desk = await hangar(plane("N1", seats=9), plane("N2", seats=900), plane("N3"))
    await sent(desk, "CreateValueType", name="좌석", base="integer", constraint={"min": 0, "max": 100})
    change = {"type": "Plane", "property": "seats", "valueType": "좌석"}
    refused = await desk.send("PlanMigration", **plan("SetValueType", {"kind": "default", "value": 101}, **change))
    assert codes(refused) == ["VALUE_BOUND"]
    await begun(desk, **plan("SetValueType", {"kind": "default", "value": 100}, **change))
    assert (await ran(desk))["converted"] == 1
    assert (await alive(desk))["N2"]["seats"] == 100
    assert codes(await desk.send("CreateObject", **plane("N4", seats=101))) == ["VALUE_BOUND"]
    await taken_back(desk)
    assert (await alive(desk))["N2"]["seats"] == 900
    await sent(desk, "CreateObject", **plane("N4", seats=101))


async def test_a_value_that_cannot_be_cast_stops_it_and_is_told():
    desk, failed = await retyped({"kind": "cast"}, "1", "하나", to={"to": "integer"}, type="string")
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Plane/N1"])
    assert "하나" in failed["text"]
    assert (await alive(desk))["N0"]["값"] == "1"


async def test_values_that_must_be_unique_are_reserved_as_those_of_the_new_type():
    desk, _ = await retyped({"kind": "cast"}, "1", "2", to={"to": "integer"}, type="string", unique=True)
    assert codes(await desk.send("CreateObject", **plane("N9", 값=1))) == ["VALUE_NOT_UNIQUE"]
    await sent(desk, "CreateObject", **plane("N9", 값=3))


async def test_values_that_become_one_are_refused_where_they_must_be_unique():
    _, failed = await retyped({"kind": "cast"}, "1", "01", to={"to": "integer"}, type="string", unique=True)
    assert (failed["said"], failed["count"]) == ("failed", 1)


@pytest.mark.parametrize(("kind", "stay"), [("first", ["b~z"]), ("last", ["a~z"]), ("drop", [])])
async def test_of_the_links_at_an_end_one_stays(kind, stay):
    desk = await hangar(*[plane(key) for key in "abz"])
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    for key in "ba":
        await sent(desk, "CreateLink", type="beside", **{"from": key, "to": "z"})
    await begun(desk, **plan("SetCardinality", {"kind": kind}, type="beside", cardinality="1-n"))
    ended = await ran(desk)
    assert (ended["in"], ended["out"], ended["dropped"]) == (2, len(stay), 2 - len(stay))
    heads = await desk.outbox.heads_after(MAIN, "link/beside/", 0, 1_000)
    states = {head.key: json.loads(head.state or b"{}") for head in heads if head.key.startswith("link/beside/")}
    assert [key.split("/")[2] for key, state in states.items() if not state["deleted"]] == stay
    code = codes(await desk.send("CreateLink", type="beside", **{"from": "z", "to": "z"}))
    assert code == (["LINK_CARDINALITY"] if stay else [])


@pytest.mark.parametrize(("kind", "gone"), [("first", ("c", "a")), ("last", ("a", "b"))])
async def test_of_the_links_that_close_a_circle_one_goes(kind, gone):
    desk = await hangar(*[plane(key) for key in "abc"])
    await sent(desk, "CreateLinkType", name="behind", **{"from": "Plane", "to": "Plane"})
    circle = [("a", "b"), ("b", "c"), ("c", "a")]
    for one, other in circle:
        await sent(desk, "CreateLink", type="behind", **{"from": one, "to": other})
    await begun(desk, **plan("SetAcyclic", {"kind": kind}, type="behind", acyclic=True))
    assert (await ran(desk))["dropped"] == 1
    again = [await desk.send("CreateLink", type="behind", **{"from": one, "to": other}) for one, other in circle]
    assert [pair for pair, each in zip(circle, again, strict=True) if each["status"] == "rejected"] == [gone]
    assert (await taken_back(desk))["restored"] == 1


@pytest.mark.parametrize(("kind", "kept"), [("first", ["한2"]), ("last", ["한1"]), ("drop", [])])
async def test_of_the_objects_that_share_a_value_one_keeps_it(kind, kept):
    desk = await hangar(plane("한2", seats=7), plane("한1", seats=7), plane("N3", seats=8), plane("N4"))
    await begun(desk, **plan("SetUnique", {"kind": kind}, type="Plane", property="seats", unique=True))
    assert (await ran(desk))["converted"] == 2 - len(kept)
    assert [key for key, each in (await alive(desk)).items() if each.get("seats") == 7] == kept
    assert codes(await desk.send("CreateObject", **plane("N5", seats=8))) == ["VALUE_NOT_UNIQUE"]
    await taken_back(desk)
    assert [key for key, each in (await alive(desk)).items() if each.get("seats") == 7] == ["한1", "한2"]
    await sent(desk, "CreateObject", **plane("N5", seats=8))


async def test_links_go_over_to_another_type_and_back():
    desk = await hangar(*[plane(key) for key in "ab"])
    for name in ("beside", "옆"):
        properties = [{"name": "거리", "type": "integer"}]
        await sent(desk, "CreateLinkType", name=name, properties=properties, **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", properties={"거리": 3}, **{"from": "a", "to": "b"})
    nowhere = plan("DeleteLinkType", {"kind": "redirect", "to": "beside"}, type="beside")
    assert codes(await desk.send("PlanMigration", **nowhere)) == ["MIGRATION_FIX"]
    await begun(desk, **plan("DeleteLinkType", {"kind": "redirect", "to": "옆"}, type="beside"))
    assert (await ran(desk))["dropped"] == 1
    there = {"properties": {"거리": 3}, "from": "a", "to": "b"}
    assert (await desk.send("CreateLink", type="옆", **there))["status"] == "unchanged"
    await taken_back(desk)
    assert (await desk.send("CreateLink", type="beside", **there))["status"] == "unchanged"
    assert (await desk.send("CreateLink", type="옆", **there))["status"] == "accepted"


async def test_what_is_written_while_it_runs_is_converted_with_the_next_batch():
    many = [plane(f"N{number:04}") for number in range(1_100)]
    desk = await hangar(*many)
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 1}, **SEATS))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await desk.group(
        asked("CreateObject", **plane("A1")),  # before the key that it has come to
        asked("UpdateObject", type="Plane", key="N0001", patch={"seats": None}),
        asked("CreateObject", **plane("Z1")),  # behind it
        asked("DeleteObject", type="Plane", key="N1099"),
    )
    desk.restart()
    ended = await ran(desk, step=1)
    found = await alive(desk)
    assert set(found) == {f"N{number:04}" for number in range(1_099)} | {"A1", "Z1"}
    assert {each["seats"] for each in found.values()} == {1}
    assert (ended["said"], ended["in"], ended["out"], ended["converted"]) == ("completed", 1_100, 1_100, 1_100)
    assert ended["again"] == 2


async def test_a_batch_that_is_sent_again_decides_nothing():
    desk = await hangar(*[plane(f"N{number:03}") for number in range(501)])
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 1}, **SEATS))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    assert (await desk.send("ApplyMigrationBatch", migration=1, step=0))["status"] == "unchanged"


async def test_what_cannot_be_mended_stops_it_with_nothing_of_the_batch_written():
    desk = await hangar(plane("N1"), plane("N2"))
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLink", type="beside", **{"from": "N1", "to": "N1"})
    await begun(desk, **plan("SetRequired", {"kind": "drop"}, **SEATS))
    failed = await ran(desk)
    assert (failed["said"], failed["count"], failed["keys"]) == ("failed", 1, ["object/Plane/N1"])
    assert len(await alive(desk)) == 2
    await sent(desk, "DeleteLink", type="beside", **{"from": "N1", "to": "N1"})
    await sent(desk, "ResumeMigration", migration=1)
    assert (await ran(desk))["dropped"] == 2


async def test_migrations_run_in_the_order_of_their_numbers_and_stand_still_when_told_to():
    desk = await hangar(plane("N1"))
    await sent(desk, "PlanMigration", **plan("SetRequired", {"kind": "drop"}, **SEATS))
    serial = {"type": "Plane", "property": "serial", "required": True}
    await sent(desk, "PlanMigration", **plan("SetRequired", {"kind": "drop"}, **serial))
    assert codes(await desk.send("RunMigration", migration=2)) == ["MIGRATION_STATUS"]
    await sent(desk, "ApproveMigration", migration=2)
    assert codes(await desk.send("RunMigration", migration=2)) == ["MIGRATION_ORDER"]
    assert codes(await desk.send("RunMigration", migration=3)) == ["MIGRATION_UNKNOWN"]
    await sent(desk, "ApproveMigration", migration=1)
    await sent(desk, "RunMigration", migration=1)
    await sent(desk, "PauseMigration", migration=1, reason="점검")
    assert (await desk.send("ApplyMigrationBatch", migration=1, step=0))["status"] == "unchanged"
    await sent(desk, "ResumeMigration", migration=1)
    assert (await ran(desk))["said"] == "completed"
    await sent(desk, "RunMigration", migration=2)


async def test_on_a_protected_branch_somebody_else_approves():
    desk = await hangar(plane("N1"))
    await sent(desk, "ProtectBranch", name=MAIN)
    planned = asked("PlanMigration", **plan("SetRequired", {"kind": "drop"}, **SEATS))
    (outcome,) = await desk.group({**planned, "author": "ada@desk"})
    assert outcome["status"] == "accepted"
    approval = asked("ApproveMigration", migration=1)
    own, other = await desk.group({**approval, "author": "ada@desk"}, {**approval, "author": "bo@desk"})
    assert (codes(own), other["status"]) == (["MIGRATION_OWN_APPROVAL"], "accepted")
    await sent(desk, "RunMigration", migration=1)
    assert (await ran(desk))["dropped"] == 1


async def test_a_branch_that_is_rebased_meanwhile_is_looked_through_anew():
    desk = await hangar(*[plane(f"N{number:03}") for number in range(600)])
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **plan("SetRequired", {"kind": "default", "value": 1}, **SEATS))
    await sent(desk, "ApplyMigrationBatch", DEV, migration=1, step=0)
    await sent(desk, "CreateObject", **plane("A1"))
    await sent(desk, "RebaseBranch", DEV)
    ended = await ran(desk, DEV, step=1)
    assert (ended["said"], ended["in"], ended["converted"], ended["again"]) == ("completed", 601, 101, 500)
    assert (await alive(desk, on=DEV))["A1"]["seats"] == 1


@pytest.mark.parametrize(
    ("planned", "found"),
    [
        (plan("SetRequired", {"kind": "drop"}, **{**SEATS, "property": "tail"}), [("MIGRATION_NEEDLESS", "/change")]),
        (plan("RenameObjectType", {"kind": "drop"}, type="Plane"), [("MIGRATION_CHANGE", "/change/type")]),
        (
            plan("SetRequired", {"kind": "drop"}, type="Plane"),
            [("COMMAND_SHAPE", "/change/data/property"), ("COMMAND_SHAPE", "/change/data/required")],
        ),
        (
            plan("SetRequired", {"kind": "drop"}, **{**SEATS, "property": "none"}),
            [("PROPERTY_UNKNOWN", "/change/data/property")],
        ),
        (plan("SetRequired", {"kind": "map"}, **SEATS), [("MIGRATION_FIX", "/fix/from")]),
        (plan("SetRequired", {"kind": "cast"}, **SEATS), [("MIGRATION_FIX", "/fix/kind")]),
        (plan("SetRequired", {"kind": "default"}, **SEATS), [("MIGRATION_FIX", "/fix/value")]),
        (plan("SetRequired", {"kind": "default", "value": "셋"}, **SEATS), [("VALUE_TYPE", "/fix/value")]),
        (
            plan("SetRequired", {"kind": "default", "value": "s"}, **{**SEATS, "property": "serial"}),
            [("MIGRATION_FIX", "/fix/kind")],
        ),
        (plan("SetRequired", {"kind": "drop"}, **{**SEATS, "type": "Nobody"}), [("TYPE_UNKNOWN", "/change/data/type")]),
        (
            plan(
                "RemoveEnumValue",
                {"kind": "map", "values": {"예정": "지연"}},
                type="Plane",
                property="state",
                value="취소",
            ),
            [("MIGRATION_FIX", "/fix/values")],
        ),
        (
            plan("RemoveEnumValue", {"kind": "default", "value": "취소"}, type="Plane", property="state", value="취소"),
            [("MIGRATION_FIX", "/fix/value")],
        ),
    ],
)
async def test_a_plan_that_cannot_be_is_refused(planned, found):
    desk = await hangar(plane("N1"))
    await sent(desk, "AddProperty", type="Plane", property=STATE)
    outcome = await desk.send("PlanMigration", **planned)
    assert {(each["code"], each["path"].removeprefix("/data")) for each in outcome["findings"]} == set(found)


async def taken_back(desk: Desk, number: int = 1) -> dict[str, Any]:
    await sent(desk, "RevertMigration", migration=number)
    return await ran(desk, number=number)


async def test_what_was_taken_back_is_as_it_was_before():
    desk = await hangar(*[plane(f"N{at:03}", seats=at % 5 or None) for at in range(600)])
    before = await alive(desk)
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 0}, **SEATS))
    await ran(desk)
    reverted = await taken_back(desk)
    assert (reverted["said"], reverted["restored"], reverted["kept"]) == ("reverted", 120, 0)
    assert await alive(desk) == before
    await sent(desk, "CreateObject", **plane("Z1"))
    assert (await desk.send("RevertMigration", migration=1))["status"] == "unchanged"


async def test_what_was_written_since_is_kept():
    desk = await hangar(plane("N1"), plane("N2"))
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 0}, **SEATS))
    await ran(desk)
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"seats": 9})
    assert (await taken_back(desk))["kept"] == 1
    found = await alive(desk)
    assert (found["N1"]["seats"], "seats" in found["N2"]) == (9, False)


async def test_values_of_another_type_come_back_as_they_were():
    desk, _ = await retyped(
        {"kind": "cast", "otherwise": "drop"}, "007", "하나", None, to={"to": "integer"}, type="string"
    )
    assert (await taken_back(desk))["restored"] == 2
    found = await alive(desk)
    assert [found[f"N{at}"].get("값") for at in range(3)] == ["007", "하나", None]
    await sent(desk, "CreateObject", **plane("N9", 값="글"))


async def test_what_was_dropped_comes_back_with_its_links():
    desk = await hangar(*[plane(key) for key in ("A1", "B1")], plane("Z1", seats=1))
    await sent(desk, "CreateLinkType", name="beside", onDelete="unlink", **{"from": "Plane", "to": "Plane"})
    for ends in ({"from": "A1", "to": "B1"}, {"from": "Z1", "to": "A1"}):
        await sent(desk, "CreateLink", type="beside", **ends)
    before = await alive(desk)
    await begun(desk, **plan("SetRequired", {"kind": "drop"}, **SEATS))
    await ran(desk)
    assert list(await alive(desk)) == ["Z1"]
    await taken_back(desk)
    assert await alive(desk) == before
    for ends in ({"from": "A1", "to": "B1"}, {"from": "Z1", "to": "A1"}):
        assert (await desk.send("CreateLink", type="beside", **ends))["status"] == "unchanged"


async def test_one_that_did_not_begin_is_taken_off_the_list():
    desk = await hangar(plane("N1"))
    for number in (1, 2):
        serial = {"type": "Plane", "property": "serial", "required": True}
        await sent(desk, "PlanMigration", **plan("SetRequired", {"kind": "drop"}, **(SEATS if number == 1 else serial)))
        await sent(desk, "ApproveMigration", migration=number)
    await sent(desk, "RevertMigration", migration=1)
    await sent(desk, "RunMigration", migration=2)


keys = st.sampled_from([f"N{number:03}" for number in range(0, 520, 40)] + ["A1", "Z1", "김"])
values = st.none() | st.integers(0, 9)
writes = st.tuples(st.sampled_from(["upsert", "delete"]), keys, values)


def written(write: tuple[str, str, int | None]) -> dict[str, Any]:
    what, key, seats = write
    if what == "delete":
        return asked("DeleteObject", type="Plane", key=key)
    return asked("UpsertObject", **plane(key, seats=seats))


@settings(max_examples=10)
@given(st.lists(st.lists(writes, max_size=4), max_size=3), st.booleans())
async def test_after_it_every_object_is_what_the_fix_makes_of_it(histories, restarting):
    desk = await hangar(*[plane(f"N{number:03}", seats=None if number % 3 else 7) for number in range(520)])
    await begun(desk, **plan("SetRequired", {"kind": "default", "value": 1}, **SEATS))
    expected = await alive(desk)
    for step, history in enumerate([*histories, []]):
        await desk.group(*map(written, history))
        expected |= await alive(desk)
        outcome = await desk.send("ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
        if outcome["status"] == "unchanged":
            break
    ended = await ran(desk, step=len(await said(desk)) - 3)
    found = await alive(desk)
    assert all("seats" in each for each in found.values())
    assert all(found[key]["seats"] == expected[key].get("seats", 1) for key in found.keys() & expected.keys())
    assert (ended["said"], ended["in"]) == ("completed", ended["out"] + ended["dropped"])


CHANGES = [
    plan("SetRequired", {"kind": "default", "value": 0}, **SEATS),
    plan("SetRequired", {"kind": "drop"}, **SEATS),
    plan("SetUnique", {"kind": "last"}, type="Plane", property="seats", unique=True),
    plan("ChangePropertyType", {"kind": "cast"}, type="Plane", property="seats", to="string"),
    plan("RemoveEnumValue", {"kind": "drop"}, type="Plane", property="states", value="취소"),
    plan("DeleteObjectType", {"kind": "drop"}, type="Plane"),
]
hangars = st.dictionaries(
    keys, st.tuples(values, st.lists(st.sampled_from(STATES["values"]), max_size=3, unique=True)), min_size=1
)


@settings(max_examples=30)
@given(st.sampled_from(CHANGES), hangars)
async def test_what_is_run_and_taken_back_has_changed_no_object(planned, planes):
    desk = await hangar()
    await sent(desk, "AddProperty", type="Plane", property=STATES)
    await desk.group(*[asked("CreateObject", **plane(k, seats=s, states=states)) for k, (s, states) in planes.items()])
    before = await alive(desk)
    await begun(desk, **planned)
    ended = await ran(desk)
    assert ended["in"] == ended["out"] + ended["dropped"] == len(planes)
    assert len(await alive(desk)) == ended["out"]
    assert (await taken_back(desk))["kept"] == 0
    assert await alive(desk) == before
