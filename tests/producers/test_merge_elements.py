"""Value types, structs, shared properties and interfaces of two branches meet: together they must still make sense."""

from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import PLANE, Desk, codes, plane
from tests.producers.test_merge import DEV, Story

X = {"name": "x", "type": "string"}


@pytest.fixture
async def story() -> Story:
    """Two struct types, two interfaces, a value type and an object type on main, and a branch from there."""
    told = Story(await Desk(MemoryOutbox("main")).open())
    await told.do("CreateStructType", name="A", fields=[X])
    await told.do("CreateStructType", name="B", fields=[X])
    await told.do("CreateInterface", name="I")
    await told.do("CreateInterface", name="J")
    await told.do("CreateValueType", name="좌석", base="integer")
    await told.do("CreateSharedProperty", name="Seats", property={"type": "integer"})
    await told.do("CreateObjectType", **PLANE)
    await told.do("CreateBranch", name=DEV)
    return told


def struct(of: str, holds: str) -> dict[str, Any]:
    return {"type": of, "field": {"name": f"in{holds}", "struct": holds}}


async def kinds(story: Story, type_: str, **data: Any) -> set[str]:
    """The kinds of conflict of a merge of the branch into main."""
    return {code for code, _ in await story.conflicts(type_, source=DEV, **data)}


async def test_an_element_that_goes_is_told_once(story: Story) -> None:
    await story.do("DeleteStructType", DEV, type="B")
    merged = await story.desk.send("MergeBranch", source=DEV)
    assert len(merged["events"]) == 2


async def test_structs_that_would_hold_each_other(story: Story) -> None:
    await story.do("AddStructField", **struct("A", "B"))
    await story.do("AddStructField", DEV, **struct("B", "A"))
    assert await kinds(story, "MergeBranch") == {"CYCLE"}
    await story.do("AddProperty", type="Plane", property={"name": "a", "struct": "A"})
    assert await kinds(story, "MergeBranch") == {"CYCLE"}


async def test_structs_that_would_stand_too_deep(story: Story) -> None:
    await story.do("CreateStructType", name="C", fields=[{"name": "in", "struct": "A"}])
    await story.do("CreateStructType", name="D", fields=[{"name": "in", "struct": "C"}])
    for inner in ("E", "F"):
        fields = [{"name": "in", "struct": "E"}] if inner == "F" else [X]
        await story.do("CreateStructType", DEV, name=inner, fields=fields)
    await story.do("AddStructField", DEV, type="A", field={"name": "in", "struct": "F"})
    assert await kinds(story, "MergeBranch") == {"SCHEMA_SCHEMA"}


async def test_interfaces_that_would_extend_each_other(story: Story) -> None:
    await story.do("ExtendInterface", interface="I", extends="J")
    await story.do("ExtendInterface", DEV, interface="J", extends="I")
    assert "CYCLE" in await kinds(story, "MergeBranch")


async def test_an_interface_that_asks_for_more_than_its_new_implementer_has(story: Story) -> None:
    await story.do("ImplementInterface", type="Plane", interface="I")
    age = {"name": "age", "type": "integer", "required": True}
    await story.do("AddInterfaceProperty", DEV, interface="I", property=age)
    assert await kinds(story, "MergeBranch") == {"SCHEMA_SCHEMA"}
    await story.do("AddProperty", type="Plane", property=age)
    await story.do("MergeBranch", source=DEV)


async def test_a_shared_property_that_the_source_changed_under_an_interface(story: Story) -> None:
    await story.do("AddProperty", type="Plane", property={"name": "many", "shared": "Seats"})
    await story.do("AddInterfaceProperty", interface="I", property={"name": "many", "type": "integer"})
    await story.do("ImplementInterface", type="Plane", interface="I")
    await story.do("UpdateSharedProperty", DEV, shared="Seats", property={"type": "string"})
    assert await kinds(story, "MergeBranch") == {"SCHEMA_SCHEMA"}


async def test_a_value_that_a_narrower_version_of_the_source_refuses(story: Story) -> None:
    await story.do("AddProperty", type="Plane", property={"name": "many", "valueType": "좌석"})
    await story.do("PublishValueTypeVersion", DEV, type="좌석", constraint={"max": 9})
    await story.do("CreateObject", **plane("HL1", many=10))
    assert await kinds(story, "MergeBranch") == {"SCHEMA_DATA"}
    await story.do("UpdateObject", type="Plane", key="HL1", patch={"many": 9})
    await story.do("MergeBranch", source=DEV)


async def test_fields_and_versions_of_both_sides_are_together_afterwards(story: Story) -> None:
    await story.do("AddStructField", type="A", field={"name": "y", "type": "date"})
    await story.do("RenameStructField", DEV, type="A", field="x", name="이름")
    await story.do("PublishValueTypeVersion", DEV, type="좌석", constraint={"unit": "석"})
    await story.do("MergeBranch", source=DEV)
    await story.do("AddProperty", type="Plane", property={"name": "a", "struct": "A"})
    await story.do("AddProperty", type="Plane", property={"name": "n", "valueType": "좌석", "version": 2})
    await story.do("CreateObject", **plane("HL1", a={"이름": "김", "y": "2024-02-29"}, n=1))
    assert (await story.planes())["HL1"]["a"] == {"x": "김", "y": "2024-02-29"}


async def test_elements_of_the_source_come_with_the_objects_that_need_them(story: Story) -> None:
    await story.do("CreateValueType", DEV, name="Zip", base="string", constraint={"regex": "[0-9]{5}"})
    await story.do("CreateStructType", DEV, name="주소", fields=[{"name": "zip", "valueType": "Zip"}])
    await story.do("CreateSharedProperty", DEV, name="Home", property={"struct": "주소"})
    await story.do("AddProperty", DEV, type="Plane", property={"name": "home", "shared": "Home"})
    await story.do("CreateObject", DEV, **plane("HL1", home={"zip": "04524"}))
    await story.do("MergeBranch", source=DEV)
    assert await story.planes() == {"HL1": {"home": {"zip": "04524"}}}
    outcome = await story.desk.send("CreateObject", **plane("HL2", home={"zip": "x"}))
    assert [(f["code"], f["path"]) for f in outcome["findings"]] == [("VALUE_PATTERN", "/data/properties/home/zip")]
    story.desk.restart()
    await story.do("RenameValueType", type="Zip", name="우편번호")
    await story.do("CreateObject", **plane("HL2", home={"zip": "04525"}))


async def test_reverting_the_commit_that_narrowed_lets_values_through_again(story: Story) -> None:
    await story.do("AddProperty", type="Plane", property={"name": "many", "valueType": "좌석"})
    narrowed = await story.do("PublishValueTypeVersion", type="좌석", constraint={"max": 9})
    assert (await story.desk.send("CreateObject", **plane("HL1", many=10)))["status"] == "rejected"
    await story.do("RevertCommit", position=narrowed)
    await story.do("CreateObject", **plane("HL1", many=10))


async def test_a_version_that_is_pinned_is_not_reverted(story: Story) -> None:
    published = await story.do("PublishValueTypeVersion", type="좌석", constraint={"max": 9})
    await story.do("AddProperty", type="Plane", property={"name": "many", "valueType": "좌석", "version": 2})
    found = await story.conflicts("RevertCommit", position=published)
    assert [code for code, _ in found] == ["SCHEMA_SCHEMA"]


async def test_a_type_that_a_subscription_selects_on_the_target_does_not_go(story: Story) -> None:
    out = {"name": "planes-out", "sink": "https://example.com", "objectTypes": ["Plane"], "branches": ["prod/*/*"]}
    await story.do("RegisterSubscription", **out)
    await story.do("DeleteObjectType", DEV, type="Plane")
    assert await kinds(story, "MergeBranch") == {"SCHEMA_SCHEMA"}
    await story.do("UpdateSubscription", subscription="planes-out", branches=[DEV])
    await story.do("MergeBranch", source=DEV)


async def test_first_members_that_both_sides_gave_an_element_are_together_afterwards(story: Story) -> None:
    await story.do("CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await story.do("RebaseBranch", DEV)
    for on, name, interface in (("prod/main/main", "길이", "I"), (DEV, "폭", "J")):
        await story.do("AddLinkProperty", on, type="beside", property={"name": name, "type": "number"})
        await story.do("ImplementInterface", on, type="Plane", interface=interface)
    await story.do("MergeBranch", source=DEV)
    await story.do("CreateObject", **plane("HL1"))
    await story.do("CreateLink", type="beside", properties={"길이": 1, "폭": 2}, **{"from": "HL1", "to": "HL1"})
    for interface in ("I", "J"):
        assert codes(await story.desk.send("DeleteInterface", interface=interface)) == ["TYPE_IN_USE"]
