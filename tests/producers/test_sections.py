"""Large values: split in the commit that writes them, written once, put together where a patch needs them."""

import json
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from documents import sections as in_sections
from documents.sections import SECTION_BYTES, encoded, stub_in
from documents.splitting import split
from documents.unfold import UnfoldableDocument
from events.wire.envelope import decode
from tests.producers.desk import MAIN, Desk, asked, codes

DEV = "dev/main/manual"
MANUAL = {
    "name": "Manual",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "내용", "type": "json", "unfoldable": True},
        {"name": "plain", "type": "json"},
    ],
}


@pytest.fixture(params=["memory", "sqlite"])
async def desk(request, tmp_path):
    outbox = MemoryOutbox("main") if request.param == "memory" else SqliteOutbox(tmp_path / "outbox.db", "main")
    desk = await Desk(outbox).open()
    outcome = await desk.send("CreateObjectType", **MANUAL)
    assert outcome["status"] == "accepted"
    yield desk
    if isinstance(outbox, SqliteOutbox):
        outbox.close()


def book(chapters: int = 90) -> dict[str, Any]:
    return {
        "title": "정비 지침",
        "sections": [{"no": n, "text": f"제{n}장 점검 {n * n} " * 150} for n in range(chapters)],
    }


def manual(content: Any, key: str = "m1") -> dict[str, Any]:
    return {"type": "Manual", "properties": {"id": key, "내용": content}}


async def sections(desk: Desk) -> dict[str, Any]:
    heads = await desk.outbox.heads_after("", "section/", 0, 10_000)
    return {h.key.removeprefix("section/"): json.loads(h.state)["content"] for h in heads if h.key[:8] == "section/"}


async def whole(desk: Desk, key: str = "m1", on: str = MAIN) -> Any:
    stored = await desk.stored(f"object/Manual/{key}", on)
    return UnfoldableDocument(stored["내용"], (await sections(desk)).__getitem__).unfold()


async def test_a_large_value_is_split_into_events_of_one_commit(desk):
    outcome = await desk.send("CreateObject", **manual(book()))
    assert outcome["status"] == "accepted"
    events = [decode(row.body) for row in await desk.outbox.after(2, 1_000)]
    assert {event.commitid for event in events} == {events[0].commitid}
    assert [event.type for event in events] == ["io.oms.section.stored.v1"] * (len(events) - 1) + ["io.oms.object.created.v1"]  # fmt: skip
    assert all(len(row.body) < SECTION_BYTES + 4_096 for row in await desk.outbox.after(2, 1_000))
    assert (await desk.stored("object/Manual/m1"))["내용"]["_folded"]["names"] == ["title", "sections"]
    assert await whole(desk) == book()


async def test_what_is_stored_already_writes_nothing_again(desk):
    await desk.send("CreateObject", **manual(book()))
    before = await sections(desk)
    again = await desk.send("UpsertObject", **manual(book()))
    assert again["status"] == "unchanged"
    other = await desk.send("CreateObject", **manual(book(), "m2"))
    assert len(other["events"]) == 1
    await desk.send("CreateBranch", name=DEV, **{"from": MAIN})
    elsewhere = await desk.send("CreateObject", on=DEV, **manual(book(), "m3"))
    assert len(elsewhere["events"]) == 1
    assert await sections(desk) == before


async def test_a_patch_of_one_part_writes_a_few_sections(desk):
    await desk.send("CreateObject", **manual(book()))
    before = await sections(desk)
    step = {"op": "replace", "path": "/내용/sections/40/text", "value": "고침"}
    outcome = await desk.send("UpdateObject", type="Manual", key="m1", operations=[step])
    assert 2 <= len(outcome["events"]) <= 6, outcome
    changed = book()
    changed["sections"][40]["text"] = "고침"
    assert await whole(desk) == changed
    outcome = await desk.send("UpdateObject", type="Manual", key="m1", patch={"내용": {"title": "새 지침"}})
    assert outcome["status"] == "accepted"
    assert await whole(desk) == changed | {"title": "새 지침"}
    assert before.keys() < (await sections(desk)).keys()


async def test_a_value_that_became_small_stays_where_it_is(desk):
    await desk.send("CreateObject", **manual(book()))
    await desk.send("UpdateObject", type="Manual", key="m1", patch={"내용": ["짧다"]})
    assert (await desk.stored("object/Manual/m1"))["내용"] == ["짧다"]


async def test_a_document_beyond_one_command_is_sent_in_sections_first(desk):
    found = split(book(900))
    assert found is not None
    contents = list(found.sections.values())
    named = {"type": "Manual", "properties": {"id": "m1", "내용": found.stub.json()}}
    assert codes(await desk.send("CreateObject", **named)) == ["SECTION_UNKNOWN"]
    plain = {"type": "Manual", "properties": {"id": "m1", "plain": found.stub.json()}}
    assert codes(await desk.send("CreateObject", **plain)) == ["PROPERTY_UNFOLDABLE", "SECTION_UNKNOWN"]
    assert codes(await desk.send("StoreSections", sections=contents[-1:])) == ["SECTION_UNKNOWN"] * len(
        set(_named(contents[-1]))
    )
    for start in range(0, len(contents), 5):
        assert (await desk.send("StoreSections", sections=contents[start : start + 5]))["status"] == "accepted"
    assert (await desk.send("StoreSections", sections=contents[:5]))["status"] == "unchanged"
    outcome = await desk.send("CreateObject", **named)
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 1)
    assert encoded(await whole(desk)) == encoded(book(900))
    assert stub_in((await desk.stored("object/Manual/m1"))["내용"]) == found.stub


async def uploaded(desk: Desk, contents: dict[str, Any], principal: str = "local") -> None:
    wrapped = {desk.wraps.hidden(name): desk.wraps.wrapped(name, encoded(each)) for name, each in contents.items()}
    await desk.outbox.upload(principal, wrapped, desk.now, 10**9)


async def test_uploaded_sections_are_events_of_the_commit_that_names_them(desk):
    found = split(book(900))
    assert found is not None
    named = {"type": "Manual", "properties": {"id": "m1", "내용": found.stub.json()}}
    await uploaded(desk, found.sections)
    assert (await desk.outbox.head()).position == 2
    outcome = await desk.send("CreateObject", **named)
    assert (outcome["status"], len(outcome["events"])) == ("accepted", len(found.sections) + 1)
    events = [decode(row.body) for row in await desk.outbox.after(2, 10_000)]
    assert {event.commitid for event in events} == {events[0].commitid}
    assert events[-1].type == "io.oms.object.created.v1"
    behind: set[str] = set()
    for data in (json.loads(bytes(event.data)) for event in events[:-1]):
        assert behind.issuperset(in_sections.named_in(data["content"]))
        behind.add(data["section"])
    assert behind == found.sections.keys()
    assert encoded(await whole(desk)) == encoded(book(900))
    assert await desk.outbox.throw_away(desk.now + 1) == 0  # the commit took them
    await uploaded(desk, found.sections)
    assert len((await desk.send("CreateObject", **manual(found.stub.json(), "m2")))["events"]) == 1


async def test_a_command_lacks_what_was_thrown_away_and_is_decided_when_that_is_there_again(desk):
    found = split(book(900))
    assert found is not None
    named = {**asked("CreateObject", **manual(found.stub.json())), "id": "put-1"}
    some = dict(list(found.sections.items())[3:])  # without some that the others name
    await uploaded(desk, some)
    for _ in range(2):
        (refused,) = await desk.group(named)
        assert set(codes(refused)) == {"SECTION_UNKNOWN"}
        assert {each["path"] for each in refused["findings"]} == {"/data/properties/내용"}
        desk.restart()
    assert await sections(desk) == {}
    await uploaded(desk, found.sections, "ann")
    assert set(codes((await desk.group(named))[0])) == {"SECTION_UNKNOWN"}
    await uploaded(desk, found.sections)
    (taken,) = await desk.group(named)
    assert taken["status"] == "accepted"
    assert await desk.group(named) == [taken]
    assert await whole(desk) == book(900)


async def test_commands_of_one_group_share_what_was_uploaded(desk):
    found = split(book(900))
    assert found is not None
    await uploaded(desk, found.sections)
    both = [asked("CreateObject", **manual(found.stub.json(), key)) for key in ("m1", "m2")]
    first, second = await desk.group(*both)
    assert [len(first["events"]), len(second["events"])] == [len(found.sections) + 1, 1]
    assert await whole(desk, "m2") == book(900)


async def test_personal_data_in_uploaded_sections_is_found_and_nothing_is_written(desk):
    found = split(book(900) | {"memo": "주민 900101-1234567"})
    assert found is not None
    await uploaded(desk, found.sections)
    outcome = await desk.send("CreateObject", **manual(found.stub.json()))
    assert [(f["code"], f["path"]) for f in outcome["findings"]] == [("PII_RRN", "/data/properties/내용")]
    assert await sections(desk) == {}
    assert await desk.outbox.lacking("local", {name: desk.wraps.hidden(name) for name in found.sections}) == []


async def test_sections_below_one_another_without_an_end_are_refused(desk):
    contents: dict[str, Any] = {}
    content: dict[str, Any] = {"text": "바닥"}
    for _ in range(201):
        name = in_sections.digest(content)
        contents[name] = content
        content = {"array": [{"kind": "text", "bytes": 1, "items": 1, "section": name}], "folded": [0]}
    await uploaded(desk, contents)
    stub = {"_folded": {"kind": "array", "bytes": 1, "items": 1, "section": name}}
    assert codes(await desk.send("CreateObject", **manual(stub))) == ["SECTION_SHAPE"]


async def test_the_committer_does_not_keep_sections_in_memory(desk):
    await desk.send("CreateObject", **manual(book()))
    await desk.send("CreateObject", **manual("짧다", "m2"))
    _, everyones = desk.planner.heads.seen(MAIN)
    assert not [key for key in everyones if key.startswith("section/")]


async def test_what_is_no_section_is_refused(desk):
    assert codes(await desk.send("StoreSections", sections=[{"array": [1], "folded": ["x", 0]}])) == ["SECTION_SHAPE"]
    assert codes(await desk.send("StoreSections", sections=[{"text": "x" * 300_000}])) == ["SECTION_SHAPE"]
    stub = {"kind": "text", "bytes": 1, "items": 1, "section": "x"}
    wrong = [
        {"object": 5},
        {},
        {"text": 1},
        {"array": [], "object": {}},
        {"array": [1], "folded": [[]]},
        {"kind": "text", "runs": []},
        {"kind": "text", "runs": [stub]},
        {"object": {"a": stub}, "folded": {}},
    ]
    assert codes(await desk.send("StoreSections", sections=wrong)) == ["SECTION_SHAPE"] * len(wrong)


async def test_a_merge_brings_large_values_without_writing_their_sections_again(desk):
    await desk.send("CreateBranch", name=DEV, **{"from": MAIN})
    await desk.send("CreateObject", on=DEV, **manual(book()))
    before = await sections(desk)
    outcome = await desk.send("MergeBranch", source=DEV)
    assert outcome["status"] == "accepted", outcome
    assert await whole(desk) == book()
    assert await sections(desk) == before


async def test_only_json_that_nothing_masks_or_closes_is_kept_in_sections(desk):
    for index, said in enumerate(
        [{"type": "string"}, {"type": "json", "array": True}, {"type": "json", "marking": "redact"}]
    ):
        declared = {"name": "x", "unfoldable": True, **said}
        outcome = await desk.send("AddProperty", type="Manual", property=declared)
        assert codes(outcome)[:1] == ["PROPERTY_UNFOLDABLE"], index
    assert codes(await desk.send("SetMarking", type="Manual", property="내용", marking="redact")) == [
        "PROPERTY_UNFOLDABLE"
    ]
    assert codes(await desk.send("ChangePropertyType", type="Manual", property="내용", to="string")) != []


async def test_unfolding_is_set_and_unset_and_what_is_kept_stays_readable(desk):
    await desk.send("CreateObject", **manual(book()))
    assert (await desk.send("SetUnfoldable", type="Manual", property="내용", unfoldable=True))["status"] == "unchanged"
    assert (await desk.send("SetUnfoldable", type="Manual", property="내용", unfoldable=False))["status"] == "accepted"
    outcome = await desk.send("UpdateObject", type="Manual", key="m1", patch={"plain": 1})
    assert outcome["status"] == "accepted"
    assert await whole(desk) == book()
    assert (await desk.send("SetUnfoldable", type="Manual", property="plain", unfoldable=True))["status"] == "accepted"


async def test_personal_data_in_a_section_is_found(desk):
    content = book() | {"memo": "주민 900101-1234567"}
    outcome = await desk.send("CreateObject", **manual(content))
    assert [(f["code"], f["path"]) for f in outcome["findings"]] == [("PII_RRN", "/data/properties/내용")]
    assert outcome["status"] == "rejected"
    await desk.send("SetMarking", type="Manual", property="내용", marking="allow")
    assert (await desk.send("CreateObject", **manual(content)))["status"] == "accepted"


def _named(content: Any) -> list[str]:
    return [stub["section"] for stub in content.get("runs", [])] or [
        value["section"] for name, value in content["object"].items() if name in content["folded"]
    ]


CHANGED = book() | {"sections": [*book()["sections"][:40], {"no": 40, "text": "고침"}, *book()["sections"][41:]]}


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (book(), CHANGED, book() | {"new": 1}),
        ({"a": 1}, book(), {"a": 1, "b": 2}),
        (book(), {"b": 1}, book() | {"new": 1}),
        (book(), {"a": 1}, {"b": 2}),
        (None, book(), CHANGED),
    ],
)
@pytest.mark.parametrize("answer", ["ours", "theirs"])
async def test_a_merge_takes_it_as_a_whole(desk, base, ours, theirs, answer):
    await desk.send("CreateObject", **manual(base))
    await desk.send("CreateBranch", name=DEV, **{"from": MAIN})
    for branch, content in ((MAIN, ours), (DEV, theirs)):
        assert (await desk.send("UpsertObject", branch, **manual(content)))["status"] == "accepted"
    refused = await desk.send("MergeBranch", source=DEV)
    assert codes(refused) == ["MERGE_CONFLICT_FIELD"]
    assert (await desk.send("MergeBranch", source=DEV, resolve=answer))["status"] == "accepted"
    assert await whole(desk) == (ours if answer == "ours" else theirs)
