"""Two branches meet that call things alike: everybody keeps a name, and no name is claimed twice."""

from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, PLANE, Desk, plane
from tests.producers.states import entities
from tests.producers.test_merge import DEV, Story

X = {"name": "x", "type": "string"}
ENDS = {"from": "Plane", "to": "Plane"}


@pytest.fixture
async def story() -> Story:
    """A type, one below it, and a branch from there."""
    told = Story(await Desk(MemoryOutbox("main")).open())
    await told.do("CreateObjectType", **PLANE)
    await told.do("CreateObjectType", name="제트", parents=["Plane"])
    await told.do("CreateBranch", name=DEV)
    return told


async def called(story: Story, kind: str, on: str = MAIN) -> dict[str, str]:
    """The API names of elements of a kind, by key."""
    found = (await entities(story.desk.outbox, on)).items()
    return {key: state["name"] for key, state in found if key.startswith(f"{kind}/")}


@pytest.mark.parametrize("answer", ["ours", "theirs"])
@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("ObjectType", {"primaryKey": ["x"], "properties": [X]}),
        ("LinkType", {**ENDS, "inverse": "뒤"}),
        ("Interface", {}),
        ("ValueType", {"base": "string"}),
        ("StructType", {"fields": [X]}),
        ("SharedProperty", {"property": {"type": "string"}}),
    ],
)
async def test_two_new_elements_of_one_name_are_told_apart_by_a_name_only(
    story: Story, kind: str, spec: dict[str, Any], answer: str
) -> None:
    await story.do(f"Create{kind}", name="문", **spec)
    await story.do(f"Create{kind}", DEV, name="문", **spec)
    member = f"{kind[0].lower()}{kind[1:]}"
    (theirs,) = (await called(story, member, DEV)).keys() - (await called(story, member)).keys()
    places = [f"{theirs}/name", *([f"{theirs}/inverse"] if "inverse" in spec else [])]
    assert await story.conflicts("MergeBranch", source=DEV, resolve=answer) == [("ADD_ADD", each) for each in places]
    paths = [place.removeprefix(theirs) for place in places]
    names = [{"key": theirs, "path": path, "choice": "custom", "value": f"문{path[1:3]}"} for path in paths]
    await story.do("MergeBranch", source=DEV, resolutions=names)
    assert (await called(story, member))[theirs] == "문na"
    await story.do(f"Rename{kind}", type="문", name="다른") if kind.endswith("ctType") else None


async def test_a_renamed_type_keeps_its_name_where_another_has_the_new_one(story: Story) -> None:
    await story.do("CreateObjectType", name="Jet", primaryKey=["x"], properties=[X])
    await story.do("RenameObjectType", DEV, type="제트", name="Jet")
    key = next(key for key, name in (await called(story, "objectType")).items() if name == "제트")
    assert await story.conflicts("MergeBranch", source=DEV, resolve="theirs") == [("ADD_ADD", f"{key}/name")]
    await story.do("MergeBranch", source=DEV, resolve="ours")
    assert sorted((await called(story, "objectType")).values()) == ["Jet", "Plane", "제트"]


@pytest.mark.parametrize("value", [None, 5, "", "a b", {"a": 1}, "Query"])
async def test_an_answer_that_is_no_name_is_none(story: Story, value: Any) -> None:
    await story.do("RenameObjectType", type="Plane", name="Aircraft")
    await story.do("RenameObjectType", DEV, type="Plane", name="비행기")
    key = next(key for key, name in (await called(story, "objectType")).items() if name == "Aircraft")
    answer = {"key": key, "path": "/name", "choice": "custom", "value": value}
    found = await story.conflicts("MergeBranch", source=DEV, resolutions=[answer])
    assert found == [("RENAME_RENAME", f"{key}/name")]
    await story.do("MergeBranch", source=DEV, resolutions=[{**answer, "value": "항공기"}])
    assert (await called(story, "objectType"))[key] == "항공기"


async def renamed(story: Story, on: str, of: str, name: str) -> None:
    """A property of that name, which was added under another."""
    await story.do("AddProperty", on, type=of, property={"name": name, "type": "string"})
    await story.do("RenameProperty", on, type=of, property=name, name="게이트")


@pytest.mark.parametrize("above", [MAIN, DEV])
async def test_a_property_and_one_of_a_type_above_are_called_alike(story: Story, above: str) -> None:
    await renamed(story, above, "Plane", "a")
    await renamed(story, DEV if above == MAIN else MAIN, "제트", "b")
    types = {name: key for key, name in (await called(story, "objectType")).items()}
    key, field = (types["제트"], "b") if above == MAIN else (types["Plane"], "a")
    place = f"/properties/{field}/name"
    assert await story.conflicts("MergeBranch", source=DEV, resolve="ours") == [("ADD_ADD", key + place)]
    answer = {"key": key, "path": place, "choice": "custom", "value": "탑승구"}
    await story.do("MergeBranch", source=DEV, resolutions=[answer])
    await story.do("CreateObject", type="제트", properties={"tail": "J1", "탑승구": "A", "게이트": "B"})


@pytest.mark.parametrize("above", [MAIN, DEV])
@pytest.mark.parametrize(("answer", "left"), [("ours", MAIN), ("theirs", DEV)])
async def test_a_property_and_one_of_a_type_above_are_stored_alike(
    story: Story, above: str, answer: str, left: str
) -> None:
    below = DEV if above == MAIN else MAIN
    await story.do("AddProperty", above, type="Plane", property={"name": "게이트", "type": "integer"})
    await story.do("AddProperty", below, type="제트", property={"name": "게이트", "type": "string"})
    assert [kind for kind, _ in await story.conflicts("MergeBranch", source=DEV)] == ["ADD_ADD"]
    await story.do("MergeBranch", source=DEV, resolve=answer)
    value = 7 if left == above else "B"
    await story.do("CreateObject", type="제트", properties={"tail": "J1", "게이트": value})


async def test_a_type_is_unfoldable_as_the_one_side_says_who_changed_it(story: Story) -> None:
    await story.do("SetTypeUnfoldable", DEV, type="Plane", unfoldable=True)
    await story.do("SetTitleProperty", type="Plane", property="seats")
    await story.do("MergeBranch", source=DEV)
    found = (await entities(story.desk.outbox, MAIN)).values()
    state = next(each for each in found if each.get("name") == "Plane")
    assert (state["unfoldable"], state["titleProperty"]) == (True, "seats")


async def test_a_property_that_went_was_made_the_title_meanwhile(story: Story) -> None:
    await story.do("SetTitleProperty", type="Plane", property="seats")
    await story.do("RemoveProperty", DEV, type="Plane", property="seats")
    assert [kind for kind, _ in await story.conflicts("MergeBranch", source=DEV)] == ["SCHEMA_SCHEMA"]
    await story.do("SetTitleProperty", type="Plane", property=None)
    await story.do("MergeBranch", source=DEV)


@pytest.mark.parametrize("kind", ["LinkType", "StructType"])
async def test_members_that_are_called_alike_are_a_conflict_of_the_two(story: Story, kind: str) -> None:
    spec = ENDS if kind == "LinkType" else {"fields": [X]}
    add, rename, member = (
        ("AddLinkProperty", "RenameLinkProperty", "property")
        if kind == "LinkType"
        else ("AddStructField", "RenameStructField", "field")
    )
    await story.do(f"Create{kind}", name="S", **spec)
    await story.do("RebaseBranch", DEV)
    for on, name in ((MAIN, "a"), (DEV, "b")):
        await story.do(add, on, type="S", **{member: {"name": name, "type": "string"}})
        await story.do(rename, on, type="S", **{member: name}, name="이름")
    (key,) = await called(story, f"{kind[0].lower()}{kind[1:]}")
    place = f"/{'properties' if kind == 'LinkType' else 'fields'}/b/name"
    assert await story.conflicts("MergeBranch", source=DEV, resolve="theirs") == [("ADD_ADD", key + place)]
    await story.do(
        "MergeBranch", source=DEV, resolutions=[{"key": key, "path": place, "choice": "custom", "value": "별명"}]
    )


@pytest.mark.parametrize("value", [5, {}, {"properties": 1}])
async def test_an_answer_that_is_no_object_is_none(story: Story, value: Any) -> None:
    await story.do("CreateObject", **plane("HL1"))
    await story.do("RebaseBranch", DEV)
    await story.do("UpdateObject", type="Plane", key="HL1", patch={"seats": 2})
    await story.do("DeleteObject", DEV, type="Plane", key="HL1")
    answer = {"key": "object/Plane/HL1", "path": "", "choice": "custom", "value": value}
    assert [kind for kind, _ in await story.conflicts("MergeBranch", source=DEV, resolutions=[answer])] == [
        "MODIFY_DELETE"
    ]


async def test_a_value_of_ones_own_in_the_schema_is_of_the_kind_that_stands_there(story: Story) -> None:
    await story.do("AddProperty", type="Plane", property={"name": "gate", "type": "string"})
    await story.do("AddProperty", DEV, type="Plane", property={"name": "gate", "type": "integer"})
    (key,) = [key for key, name in (await called(story, "objectType")).items() if name == "Plane"]
    state = (await entities(story.desk.outbox, MAIN))[key]["properties"]["gate"]
    answer = {"key": key, "path": "/properties/gate", "choice": "custom"}
    for wrong in (
        {**state, "type": "nonsense"},
        {**state, "required": "yes"},
        {**state, "more": 1},
        {"name": "gate"},
        5,
    ):
        found = await story.conflicts("MergeBranch", source=DEV, resolutions=[{**answer, "value": wrong}])
        assert found == [("ADD_ADD", f"{key}/properties/gate")]
    await story.do("MergeBranch", source=DEV, resolutions=[{**answer, "value": {**state, "name": "게이트"}}])
    await story.do("CreateObject", **plane("HL1", 게이트="A1"))


async def test_a_conflict_with_a_type_above_is_told_once_however_many_stand_below(story: Story) -> None:
    await story.do("CreateObjectType", name="J1", parents=["제트"])
    await story.do("CreateObjectType", name="J2", parents=["제트"])
    await story.do("RebaseBranch", DEV)
    await story.do("AddProperty", type="제트", property={"name": "gate", "type": "string"})
    await story.do("AddProperty", DEV, type="Plane", property={"name": "gate", "type": "string"})
    assert len(await story.conflicts("MergeBranch", source=DEV)) == 1
