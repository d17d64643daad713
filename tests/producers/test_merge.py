"""Merging, rebasing, reverting and resetting branches through the planner, as people meet it: one case, one test."""

import json
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, PLANE, Desk, codes, plane
from tests.producers.states import entities

DEV, OTHER = "dev/main/gates", "dev/main/fees"
OWNER = {"name": "Owner", "primaryKey": ["이름"], "properties": [{"name": "이름", "type": "string"}]}
OWNED = {"name": "owned", "from": "Plane", "to": "Owner", "cardinality": "n-1"}


class Story:
    """A desk whose commands are expected to be accepted."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def do(self, type_: str, /, on: str = MAIN, **data: Any) -> int:
        outcome = await self.desk.send(type_, on, **data)
        assert outcome["status"] == "accepted", outcome["findings"]
        return outcome["position"]

    async def planes(self, on: str = MAIN) -> dict[str, dict[str, Any]]:
        """Living planes by key, without the key."""
        found = (await entities(self.desk.outbox, on)).items()
        objects = {key: state["properties"] for key, state in found if key.startswith("object/Plane/")}
        return {p["tail"]: {name: value for name, value in p.items() if name != "tail"} for p in objects.values()}

    async def conflicts(self, type_: str, /, on: str = MAIN, **data: Any) -> list[tuple[str, str]]:
        """Codes and places of a merge that must be refused, and leave nothing behind."""
        before = await self.desk.outbox.head()
        outcome = await self.desk.send(type_, on, **data)
        assert outcome["status"] == "rejected", outcome
        assert await self.desk.outbox.head() == before
        return [(f["code"].removeprefix("MERGE_CONFLICT_"), f["text"].split(": ")[0]) for f in outcome["findings"]]


@pytest.fixture
async def story() -> Story:
    """Two planes and two owners on main, and a branch from there."""
    story = Story(await Desk(MemoryOutbox("main")).open())
    await story.do("CreateObjectType", **PLANE)
    await story.do("CreateObjectType", **OWNER)
    await story.do("CreateLinkType", **OWNED)
    for tail, serial in (("HL1", "가"), ("HL2", "나")):
        await story.do("CreateObject", **plane(tail, seats=1, serial=serial))
    for name in ("김", "이"):
        await story.do("CreateObject", type="Owner", properties={"이름": name})
    await story.do("CreateBranch", name=DEV)
    return story


def seats(tail: str, number: int) -> dict[str, Any]:
    return {"type": "Plane", "key": tail, "patch": {"seats": number}}


def owned(tail: str, owner: str) -> dict[str, Any]:
    return {"type": "owned", "from": tail, "to": owner}


async def test_what_both_sides_changed_apart_is_together_afterwards(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("UpdateObject", **seats("HL2", 20))
    await story.do("UpdateObject", type="Plane", key="HL1", patch={"serial": "다"})
    await story.do("MergeBranch", source=DEV)
    assert await story.planes() == {"HL1": {"seats": 10, "serial": "다"}, "HL2": {"seats": 20, "serial": "나"}}


async def test_merged_twice_changes_nothing(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("MergeBranch", source=DEV)
    assert (await story.desk.send("MergeBranch", source=DEV))["status"] == "unchanged"
    await story.do("UpdateObject", DEV, **seats("HL1", 1))
    await story.do("MergeBranch", source=DEV)
    assert (await story.planes())["HL1"]["seats"] == 1


@pytest.mark.parametrize(("choice", "expected"), [("ours", 11), ("theirs", 10), ("base", 1), ("custom", 12)])
async def test_both_changed_a_field(story: Story, choice: str, expected: int) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("UpdateObject", **seats("HL1", 11))
    answer = {"key": "object/Plane/HL1", "path": "/properties/seats", "choice": choice}
    custom = {"value": 12} if choice == "custom" else {}
    assert await story.conflicts("MergeBranch", source=DEV) == [("FIELD", "object/Plane/HL1/properties/seats")]
    await story.do("MergeBranch", source=DEV, resolutions=[answer | custom])
    assert (await story.planes())["HL1"]["seats"] == expected


async def test_the_answers_are_recorded(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    at = await story.do("UpdateObject", DEV, **seats("HL2", 20))
    await story.do("UpdateObject", **seats("HL1", 11))
    await story.do("UpdateObject", **seats("HL2", 21))
    answer = {"key": "object/Plane/HL1", "path": "/properties/seats", "choice": "custom", "value": 5}
    end = await story.do("MergeBranch", source=DEV, resolutions=[answer], resolve="theirs")
    row = await story.desk.outbox.row(end - 2)
    assert row is not None
    event = json.loads(row.body)
    assert event["type"] == "io.oms.branch.merged.v1"
    assert {name: event["data"][name] for name in ("source", "at", "fastForward")} == {
        "source": DEV,
        "at": at,
        "fastForward": False,
    }
    other = {"kind": "FIELD", "key": "object/Plane/HL2", "path": "/properties/seats", "choice": "theirs"}
    assert event["data"]["resolutions"] == [{"kind": "FIELD", **answer}, other]
    assert {tail: each["seats"] for tail, each in (await story.planes()).items()} == {"HL1": 5, "HL2": 20}


async def test_a_value_of_ones_own_is_stored_like_any_other(story: Story) -> None:
    await story.do("AddProperty", type="Plane", property={"name": "무게", "type": "number"})
    await story.do("CreateBranch", name=OTHER)
    for on, weight in ((OTHER, 1.5), (MAIN, 2.5)):
        await story.do("UpdateObject", on, type="Plane", key="HL1", patch={"무게": weight})
    answer = {"key": "object/Plane/HL1", "path": "/properties/무게", "choice": "custom"}
    wrong = await story.conflicts("MergeBranch", source=OTHER, resolutions=[answer | {"value": "무겁다"}])
    assert wrong == [("SCHEMA_DATA", "object/Plane/HL1/properties/무게")]
    await story.do("MergeBranch", source=OTHER, resolutions=[answer | {"value": 3}])
    assert repr((await story.planes())["HL1"]["무게"]) == "3.0"


async def test_an_answer_to_no_conflict_is_refused(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    answer = {"key": "object/Plane/HL1", "path": "/properties/seats", "choice": "ours"}
    outcome = await story.desk.send("MergeBranch", source=DEV, resolutions=[answer])
    assert codes(outcome) == ["MERGE_RESOLUTION_UNUSED"]


async def test_both_created_an_object_with_one_key(story: Story) -> None:
    await story.do("CreateObject", DEV, **plane("HL3", seats=3, serial="다"))
    await story.do("CreateObject", **plane("HL3", seats=4))
    assert await story.conflicts("MergeBranch", source=DEV) == [("ADD_ADD", "object/Plane/HL3/properties/seats")]
    await story.do("MergeBranch", source=DEV, resolve="theirs")
    assert (await story.planes())["HL3"] == {"seats": 3, "serial": "다"}


@pytest.mark.parametrize(("resolve", "expected"), [("ours", {"seats": 11, "serial": "가"}), ("theirs", None)])
async def test_one_deleted_what_the_other_changed(story: Story, resolve: str, expected: Any) -> None:
    await story.do("DeleteObject", DEV, type="Plane", key="HL1")
    await story.do("UpdateObject", **seats("HL1", 11))
    assert await story.conflicts("MergeBranch", source=DEV) == [("MODIFY_DELETE", "object/Plane/HL1")]
    await story.do("MergeBranch", source=DEV, resolve=resolve)
    assert (await story.planes()).get("HL1") == expected


@pytest.mark.parametrize("resolve", ["ours", "theirs"])
@pytest.mark.parametrize("turned", [False, True])
async def test_one_deleted_what_the_other_links(story: Story, resolve: str, turned: bool) -> None:
    one, other = (MAIN, DEV) if turned else (DEV, MAIN)
    await story.do("DeleteObject", one, type="Owner", key="김")
    await story.do("CreateLink", other, **owned("HL1", "김"))
    place = "link/owned/HL1~김" if turned else "object/Owner/김"
    assert await story.conflicts("MergeBranch", source=DEV) == [("DELETE_LINK", place)]
    await story.do("MergeBranch", source=DEV, resolve=resolve)
    there = await entities(story.desk.outbox, MAIN)
    deleted = (resolve == "ours") is turned
    assert ("object/Owner/김" in there, "link/owned/HL1~김" in there) == (not deleted, not deleted)


@pytest.mark.parametrize(("resolve", "owner"), [("ours", "이"), ("theirs", "김")])
async def test_together_there_are_too_many_links(story: Story, resolve: str, owner: str) -> None:
    await story.do("CreateLink", DEV, **owned("HL1", "김"))
    await story.do("CreateLink", **owned("HL1", "이"))
    assert await story.conflicts("MergeBranch", source=DEV) == [("CARDINALITY", "link/owned/HL1~김")]
    await story.do("MergeBranch", source=DEV, resolve=resolve)
    links = [key for key in await entities(story.desk.outbox, MAIN) if key.startswith("link/")]
    assert links == [f"link/owned/HL1~{owner}"]


@pytest.mark.parametrize(("resolve", "holder"), [("ours", "HL2"), ("theirs", "HL1")])
async def test_together_two_have_one_unique_value(story: Story, resolve: str, holder: str) -> None:
    await story.do("UpdateObject", DEV, type="Plane", key="HL1", patch={"serial": "다"})
    await story.do("UpdateObject", type="Plane", key="HL2", patch={"serial": "다"})
    assert await story.conflicts("MergeBranch", source=DEV) == [("UNIQUE", "object/Plane/HL1/properties/serial")]
    await story.do("MergeBranch", source=DEV, resolve=resolve)
    assert [tail for tail, each in (await story.planes()).items() if each["serial"] == "다"] == [holder]


async def test_unique_values_that_were_exchanged_come_over(story: Story) -> None:
    for tail, serial in (("HL1", "다"), ("HL2", "가"), ("HL1", "나")):
        await story.do("UpdateObject", DEV, type="Plane", key=tail, patch={"serial": serial})
    await story.do("MergeBranch", source=DEV)
    assert {tail: each["serial"] for tail, each in (await story.planes()).items()} == {"HL1": "나", "HL2": "가"}
    outcome = await story.desk.send("CreateObject", **plane("HL3", serial="가"))
    assert codes(outcome) == ["VALUE_NOT_UNIQUE"]


async def test_a_renamed_type_and_its_edited_objects_merge(story: Story) -> None:
    await story.do("RenameObjectType", DEV, type="Plane", name="Aircraft")
    await story.do("AddProperty", DEV, type="Aircraft", property={"name": "도색", "type": "string"})
    await story.do("UpdateObject", DEV, type="Aircraft", key="HL1", patch={"도색": "파랑"})
    await story.do("UpdateObject", **seats("HL1", 11))
    await story.do("MergeBranch", source=DEV)
    await story.do("UpdateObject", type="Aircraft", key="HL1", patch={"seats": 12})
    assert (await story.planes())["HL1"] == {"seats": 12, "serial": "가", "도색": "파랑"}


async def test_both_renamed_a_type(story: Story) -> None:
    await story.do("RenameObjectType", DEV, type="Plane", name="Aircraft")
    await story.do("RenameObjectType", type="Plane", name="Jet")
    ((code, place),) = await story.conflicts("MergeBranch", source=DEV)
    assert (code, place.rpartition("/")[2]) == ("RENAME_RENAME", "name")
    await story.do("MergeBranch", source=DEV, resolve="theirs")
    await story.do("UpdateObject", type="Aircraft", key="HL1", patch={"seats": 2})


async def test_both_created_a_type_of_one_name(story: Story) -> None:
    gate = {"name": "Gate", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    await story.do("CreateObjectType", DEV, **gate)
    await story.do("CreateObjectType", **gate)
    ((code, place),) = await story.conflicts("MergeBranch", source=DEV)
    assert (code, place.rpartition("/")[2]) == ("ADD_ADD", "name")
    key, path = place.removesuffix("/name"), "/name"
    answer = {"key": key, "path": path, "choice": "custom", "value": "탑승구"}
    await story.do("MergeBranch", source=DEV, resolutions=[answer])
    await story.do("CreateObject", type="탑승구", properties={"id": "A1"})


async def test_both_gave_one_table_name(story: Story) -> None:
    gate = {"primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    await story.do("CreateObjectType", DEV, name="Gate", table="gates", **gate)
    await story.do("CreateLinkType", name="gates", **{"from": "Plane", "to": "Plane"})
    ((code, place),) = await story.conflicts("MergeBranch", source=DEV)
    assert (code, place.rpartition("/")[2]) == ("ADD_ADD", "table")
    key, path = place.removesuffix("/table"), "/table"
    answer = {"key": key, "path": path, "choice": "custom", "value": "탑승구"}
    await story.do("MergeBranch", source=DEV, resolutions=[answer])
    assert codes(await story.desk.send("UpdateLinkTypeMetadata", type="gates", table="탑승구")) == ["TABLE_TAKEN"]


async def test_a_table_given_on_one_branch_is_the_default_of_a_type_of_the_other(story: Story) -> None:
    gate = {"primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    await story.do("UpdateObjectTypeMetadata", type="Plane", table="gate")
    await story.do("CreateObjectType", DEV, name="Gate", **gate)
    ((code, place),) = await story.conflicts("MergeBranch", source=DEV)
    assert (code, place.rpartition("/")[2]) == ("ADD_ADD", "table")
    await story.do("MergeBranch", source=DEV, resolve="theirs")
    assert codes(await story.desk.send("UpdateObjectTypeMetadata", type="Plane", table="gate")) == ["TABLE_TAKEN"]


async def test_both_added_a_property_of_one_name(story: Story) -> None:
    await story.do("AddProperty", DEV, type="Plane", property={"name": "gate", "type": "string"})
    await story.do("AddProperty", type="Plane", property={"name": "gate", "type": "integer"})
    ((code, place),) = await story.conflicts("MergeBranch", source=DEV)
    assert (code, place.rpartition("/")[2]) == ("ADD_ADD", "gate")


async def test_both_added_the_same_property(story: Story) -> None:
    for on in (DEV, MAIN):
        await story.do("AddProperty", on, type="Plane", property={"name": "gate", "type": "string"})
    await story.do("UpdateObject", DEV, type="Plane", key="HL1", patch={"gate": "A1"})
    await story.do("MergeBranch", source=DEV)
    assert (await story.planes())["HL1"]["gate"] == "A1"


async def test_one_required_what_the_other_leaves_out(story: Story) -> None:
    fees = {"name": "Fee", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    await story.do("CreateObjectType", **fees)
    await story.do("CreateBranch", name=OTHER)
    await story.do("AddProperty", type="Fee", property={"name": "won", "type": "integer", "required": True})
    await story.do("CreateObject", OTHER, type="Fee", properties={"id": "f1"})
    assert await story.conflicts("MergeBranch", source=OTHER) == [("SCHEMA_DATA", "object/Fee/f1/properties/won")]
    answer = {"key": "object/Fee/f1", "path": "/properties/won", "choice": "custom", "value": 1000}
    await story.do("MergeBranch", source=OTHER, resolutions=[answer])
    assert (await entities(story.desk.outbox, MAIN))["object/Fee/f1"]["properties"] == {"id": "f1", "won": 1000}


async def test_the_source_requires_what_this_branch_left_out(story: Story) -> None:
    fees = {"name": "Fee", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    await story.do("CreateObjectType", **fees)
    await story.do("CreateBranch", name=OTHER)
    await story.do("AddProperty", OTHER, type="Fee", property={"name": "won", "type": "integer", "required": True})
    await story.do("CreateObject", type="Fee", properties={"id": "f1"})
    ((code, place),) = await story.conflicts("MergeBranch", source=OTHER)
    assert (code, place.rpartition("/")[2]) == ("SCHEMA_DATA", "won")
    answer = {"key": "object/Fee/f1", "path": "/properties/won", "choice": "custom", "value": 1000}
    await story.do("MergeBranch", source=OTHER, resolutions=[answer])
    assert (await entities(story.desk.outbox, MAIN))["object/Fee/f1"]["properties"] == {"id": "f1", "won": 1000}


async def test_both_marked_a_property_and_the_stricter_is_taken(story: Story) -> None:
    for on, marking in ((DEV, "redact"), (MAIN, "mark")):
        pilot = {"name": "pilot", "type": "string", "marking": marking}
        await story.do("AddProperty", on, type="Owner", property=pilot)
    await story.do("MergeBranch", source=DEV, resolve="ours")
    kinds = await entities(story.desk.outbox, MAIN)
    owner = next(
        state for key, state in kinds.items() if state.get("slug") == "Owner" and key.startswith("objectType/")
    )
    assert owner["properties"]["pilot"]["marking"] == "mark"


async def test_a_branch_that_wrote_nothing_only_moves_forward(story: Story) -> None:
    await story.do("UpdateObject", **seats("HL1", 11))
    before = (await story.desk.outbox.head()).position
    assert await story.do("MergeBranch", DEV, source=MAIN) == before + 2
    assert await story.planes(DEV) == await story.planes()
    assert (await story.desk.send("MergeBranch", DEV, source=MAIN))["status"] == "unchanged"


async def test_a_rebase_keeps_what_is_the_branchs_own(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("UpdateObject", **seats("HL2", 20))
    await story.do("RebaseBranch", DEV)
    assert await story.planes(DEV) == {"HL1": {"seats": 10, "serial": "가"}, "HL2": {"seats": 20, "serial": "나"}}
    assert (await story.desk.send("RebaseBranch", DEV))["status"] == "unchanged"
    await story.do("MergeBranch", source=DEV)
    assert await story.planes(DEV) == await story.planes()


async def test_a_rebase_onto_a_time_before_its_parent_began_keeps_all_that_the_branch_shows(story: Story) -> None:
    await story.do("CreateBranch", name=OTHER, **{"from": DEV})
    await story.do("UpdateObject", OTHER, **seats("HL1", 10))
    await story.do("UpdateObject", **seats("HL2", 20))
    for branch in (OTHER, DEV):
        await story.do("MergeBranch", branch, source=MAIN)
    await story.do("UpdateObject", **seats("HL2", 21))
    shown = await story.planes(OTHER)
    await story.do("RebaseBranch", OTHER, onto=1)
    assert (
        await story.planes(OTHER)
        == shown
        == {"HL1": {"seats": 10, "serial": "가"}, "HL2": {"seats": 20, "serial": "나"}}
    )


async def test_a_rebase_that_conflicts_is_refused(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("UpdateObject", **seats("HL1", 11))
    assert await story.conflicts("RebaseBranch", DEV) == [("FIELD", "object/Plane/HL1/properties/seats")]
    await story.do("RebaseBranch", DEV, resolve="theirs")
    assert (await story.planes(DEV))["HL1"]["seats"] == 10


async def test_the_default_branch_has_nothing_to_be_rebased_onto(story: Story) -> None:
    assert codes(await story.desk.send("RebaseBranch")) == ["BRANCH_ROOT"]


async def test_a_reverted_commit_leaves_what_came_later(story: Story) -> None:
    wrong = await story.do("UpdateObject", type="Plane", key="HL1", patch={"seats": 9, "serial": "다"})
    await story.do("UpdateObject", type="Plane", key="HL1", patch={"serial": "라"})
    assert await story.conflicts("RevertCommit", position=wrong) == [("FIELD", "object/Plane/HL1/properties/serial")]
    await story.do("RevertCommit", position=wrong, resolve="ours")
    assert (await story.planes())["HL1"] == {"seats": 1, "serial": "라"}


async def test_a_commit_is_found_by_its_id(story: Story) -> None:
    before = await story.planes()
    end = await story.do("UpdateObject", **seats("HL1", 9))
    row = await story.desk.outbox.row(end)
    assert row is not None
    identity = json.loads(row.body)["commitid"]
    assert codes(await story.desk.send("RevertCommit", commit="none")) == ["COMMIT_UNKNOWN"]
    assert codes(await story.desk.send("RevertCommit", DEV, commit=identity)) == ["COMMIT_UNKNOWN"]
    await story.do("RevertCommit", commit=identity)
    assert await story.planes() == before
    await story.do("ResetBranch", commit=identity)
    assert (await story.planes())["HL1"]["seats"] == 9


async def test_a_reset_brings_back_all_as_it_was(story: Story) -> None:
    start = (await story.desk.outbox.head()).position
    before = await entities(story.desk.outbox, MAIN)
    await story.do("RenameObjectType", type="Plane", name="Jet")
    await story.do("CreateObject", type="Jet", properties={"tail": "HL3", "serial": "다"})
    await story.do("CreateLink", **owned("HL3", "김"))
    await story.do("DeleteObject", type="Jet", key="HL1")
    await story.do("UpdateObject", type="Jet", key="HL2", patch={"serial": "가"})
    await story.do("ResetBranch", to=start)
    assert await entities(story.desk.outbox, MAIN) == before
    assert (await story.desk.send("ResetBranch", to=start))["status"] == "unchanged"


async def test_a_reset_goes_to_a_tag(story: Story) -> None:
    await story.do("TagCommit", name="출시")
    await story.do("UpdateObject", **seats("HL1", 9))
    assert codes(await story.desk.send("ResetBranch", tag="v1")) == ["TAG_UNKNOWN"]
    await story.do("ResetBranch", tag="출시")
    assert (await story.planes())["HL1"]["seats"] == 1


async def test_a_protected_branch_is_not_merged_into(story: Story) -> None:
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("ProtectBranch", name=MAIN)
    assert codes(await story.desk.send("MergeBranch", source=DEV)) == ["RULE_PROTECTED"]


async def test_what_cannot_be_merged_is_said(story: Story) -> None:
    head = (await story.desk.outbox.head()).position
    assert codes(await story.desk.send("MergeBranch", source=MAIN)) == ["MERGE_ITSELF"]
    assert codes(await story.desk.send("MergeBranch", source="dev/no/such")) == ["BRANCH_UNKNOWN"]
    assert codes(await story.desk.send("MergeBranch", source=DEV, at=head + 1)) == ["BRANCH_POSITION"]
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    assert codes(await story.desk.send("MergeBranch", source=DEV, expectedSource=3)) == ["MERGE_SOURCE_MOVED"]


async def test_a_merge_sees_what_its_own_group_wrote(story: Story) -> None:
    commands = [
        {"type": "UpdateObject", "branch": DEV, "data": seats("HL1", 10)},
        {"type": "UpdateObject", "data": seats("HL1", 11)},
        {"type": "MergeBranch", "data": {"source": DEV}},
        {"type": "MergeBranch", "data": {"source": DEV, "resolve": "theirs"}},
        {"type": "RebaseBranch", "branch": DEV, "data": {}},
        {"type": "UpdateObject", "branch": DEV, "data": seats("HL1", 12)},
        {"type": "MergeBranch", "data": {"source": DEV}},
    ]
    outcomes = await story.desk.group(*commands)
    statuses = [outcome["status"] for outcome in outcomes]
    assert statuses == ["accepted", "accepted", "rejected", "accepted", "accepted", "accepted", "accepted"], outcomes
    assert (await story.planes())["HL1"]["seats"] == 12


async def test_merges_that_crossed_have_a_virtual_base(story: Story) -> None:
    await story.do("CreateBranch", name=OTHER)
    await story.do("UpdateObject", DEV, **seats("HL1", 10))
    await story.do("UpdateObject", OTHER, **seats("HL2", 20))
    at = (await story.desk.outbox.head()).position
    await story.do("MergeBranch", DEV, source=OTHER, at=at)
    await story.do("MergeBranch", OTHER, source=DEV, at=at)
    await story.do("UpdateObject", DEV, **seats("HL1", 11))
    await story.do("UpdateObject", OTHER, **seats("HL2", 21))
    await story.do("MergeBranch", DEV, source=OTHER)
    assert {tail: each["seats"] for tail, each in (await story.planes(DEV)).items()} == {"HL1": 11, "HL2": 21}


NEXT = {
    "name": "next",
    "from": "Plane",
    "to": "Plane",
    "acyclic": True,
    "properties": [{"name": "사유", "type": "string"}],
}


def following(one: str, other: str, **more: Any) -> dict[str, Any]:
    return {"type": "next", "from": one, "to": other, **more}


async def test_neither_side_has_a_circle_of_links_and_together_they_have(story: Story) -> None:
    await story.do("CreateLinkType", **NEXT)
    await story.do("CreateBranch", name=OTHER)
    await story.do("CreateLink", OTHER, **following("HL1", "HL2"))
    await story.do("CreateLink", **following("HL2", "HL1"))
    assert await story.conflicts("MergeBranch", source=OTHER) == [("CYCLE", "link/next/HL1~HL2")]
    await story.do("MergeBranch", source=OTHER, resolve="theirs")
    assert [key for key in await entities(story.desk.outbox, MAIN) if key.startswith("link/")] == ["link/next/HL1~HL2"]


async def test_what_is_known_of_a_link_is_merged(story: Story) -> None:
    await story.do("CreateLinkType", **NEXT)
    await story.do("CreateLink", **following("HL1", "HL2", properties={"사유": "정비"}))
    await story.do("CreateBranch", name=OTHER)
    await story.do("UpdateLink", OTHER, **following("HL1", "HL2", patch={"사유": "안개"}))
    await story.do("MergeBranch", source=OTHER)
    await story.do("UpdateLink", OTHER, **following("HL1", "HL2", patch={"사유": None}))
    await story.do("UpdateLink", **following("HL1", "HL2", patch={"사유": "눈"}))
    place = "link/next/HL1~HL2/properties/사유"
    assert await story.conflicts("MergeBranch", source=OTHER) == [("FIELD", place)]
    await story.do("MergeBranch", source=OTHER, resolve="theirs")
    assert "properties" not in (await entities(story.desk.outbox, MAIN))["link/next/HL1~HL2"]


async def test_a_property_that_one_removed_and_the_other_wrote(story: Story) -> None:
    await story.do("RemoveProperty", DEV, type="Plane", property="seats")
    await story.do("UpdateObject", **seats("HL1", 11))
    ((code, place),) = await story.conflicts("MergeBranch", source=DEV)
    assert (code, place.rpartition("/")[2]) == ("SCHEMA_DATA", "seats")
    await story.do("MergeBranch", source=DEV, resolve="ours")
    await story.do("UpdateObject", **seats("HL1", 12))


async def test_neither_side_has_a_circle_of_types_and_together_they_have(story: Story) -> None:
    for name in ("Left", "Right"):
        await story.do("CreateObjectType", name=name, primaryKey=[], properties=[], abstract=True)
    await story.do("CreateBranch", name=OTHER)
    await story.do("ChangeParents", OTHER, type="Left", parents=["Right"])
    await story.do("ChangeParents", type="Right", parents=["Left"])
    ((code, place),) = await story.conflicts("MergeBranch", source=OTHER)
    assert (code, place.rpartition("/")[2]) == ("CYCLE", "parents")
    await story.do("MergeBranch", source=OTHER, resolve="ours")


async def test_objects_of_a_subtype_and_references_to_them_come_over(story: Story) -> None:
    crew = {"name": "Crew", "primaryKey": ["id"], "properties": [
        {"name": "id", "type": "string"}, {"name": "flies", "type": "reference", "target": "Plane"}
    ]}  # fmt: skip
    await story.do("CreateObjectType", **crew)
    await story.do("CreateBranch", name=OTHER)
    await story.do("CreateObjectType", OTHER, name="Jet", parents=["Plane"], primaryKey=[], properties=[])
    await story.do("CreateObject", OTHER, type="Jet", properties={"tail": "HL9", "seats": 4})
    await story.do("CreateObject", OTHER, type="Crew", properties={"id": "김", "flies": "HL9"})
    await story.do("MergeBranch", source=OTHER)
    assert codes(await story.desk.send("DeleteObject", type="Jet", key="HL9")) == ["OBJECT_IN_USE"]
    assert codes(await story.desk.send("CreateObject", **plane("HL9"))) == ["OBJECT_KEY_TAKEN"]
    await story.do("DeleteObject", OTHER, type="Crew", key="김")
    await story.do("DeleteObject", OTHER, type="Jet", key="HL9")
    await story.do("MergeBranch", source=OTHER)
    await story.do("CreateObject", **plane("HL9"))


async def test_one_key_in_a_hierarchy_that_both_gave(story: Story) -> None:
    await story.do("CreateObjectType", name="Jet", parents=["Plane"], primaryKey=[], properties=[])
    await story.do("CreateBranch", name=OTHER)
    await story.do("CreateObject", OTHER, type="Jet", properties={"tail": "HL9"})
    await story.do("CreateObject", **plane("HL9"))
    assert await story.conflicts("MergeBranch", source=OTHER) == [("ADD_ADD", "object/Jet/HL9")]
    await story.do("MergeBranch", source=OTHER, resolve="theirs")
    there = await entities(story.desk.outbox, MAIN)
    assert ("object/Jet/HL9" in there, "object/Plane/HL9" in there) == (True, False)


async def test_a_type_that_one_deleted_and_the_other_uses(story: Story) -> None:
    gate = {"name": "Gate", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    await story.do("CreateObjectType", **gate)
    await story.do("CreateBranch", name=OTHER)
    await story.do("DeleteObjectType", OTHER, type="Gate")
    await story.do("CreateObject", type="Gate", properties={"id": "A1"})
    ((code, place),) = await story.conflicts("MergeBranch", source=OTHER)
    assert (code, place.partition("/")[0]) == ("SCHEMA_DATA", "objectType")
    await story.do("MergeBranch", source=OTHER, resolve="ours")
    await story.do("CreateObject", type="Gate", properties={"id": "A2"})


@pytest.mark.parametrize("purged", [MAIN, DEV])
async def test_what_one_purged_is_gone_whatever_the_other_did(story: Story, purged: str) -> None:
    await story.do("UpdateObject", DEV if purged == MAIN else MAIN, **seats("HL1", 10))
    await story.do("PurgeObject", purged, type="Plane", key="HL1", reason="지워 달라는 요청")
    await story.do("MergeBranch", source=DEV)
    assert "HL1" not in await story.planes()


@pytest.mark.parametrize("turned", [False, True])
async def test_a_value_that_both_wrote_is_let_be_where_one_of_them_took_its_property_away(
    story: Story, turned: bool
) -> None:
    for on in (DEV, MAIN):
        await story.do("UpdateObject", on, **seats("HL1", 7))
    await story.do("RemoveProperty", DEV, type="Plane", property="seats")
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    await story.do("MergeBranch", target, source=source)
