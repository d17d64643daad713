"""Encrypted documents: their sections are sealed, say nothing by what they are called, and are gone with the data key."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from documents.sections import encoded, stub_in
from documents.splitting import split
from documents.unfold import UnfoldableDocument
from events.names import Key
from events.objects.sealing import PURGED, is_closed
from producers.outbox import Ask, Told, Work, Writes
from security.sealed_sections import is_sealed, opened
from tests.producers.desk import MAIN, Desk, asked, codes
from tests.producers.test_migrations import begun, plan, ran, sent
from tests.producers.test_sections import book, sections, uploaded

DEV = "dev/main/manual"
MANUAL = {
    "name": "Manual",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string", "required": True},
        {"name": "no", "type": "string"},
        {"name": "내용", "type": "json", "unfoldable": True, "marking": "encrypt"},
        {"name": "plain", "type": "json", "unfoldable": True},
        {"name": "about", "type": "string"},
    ],
}


@pytest.fixture(params=["memory", "sqlite"])
async def desk(request, tmp_path):
    outbox = MemoryOutbox("main") if request.param == "memory" else SqliteOutbox(tmp_path / "outbox.db", "main")
    desk = await Desk(outbox).open()
    await sent(desk, "CreateObjectType", **MANUAL)
    yield desk
    if isinstance(outbox, SqliteOutbox):
        outbox.close()


def manual(content: Any, key: str = "m1", **more: Any) -> dict[str, Any]:
    return {"type": "Manual", "properties": {"id": key, "내용": content, **more}}


async def stub(desk: Desk, key: str = "m1", on: str = MAIN) -> Any:
    """The document as who has the keys finds it."""
    closed = (await desk.stored(f"object/Manual/{key}", on))["내용"]
    assert is_closed(closed)
    return desk.ring.opened(closed, Key(f"object/Manual/{key}"), "/내용")


async def whole(desk: Desk, key: str = "m1", on: str = MAIN) -> Any:
    value, stored = await stub(desk, key, on), await sections(desk)
    found = stub_in(value)
    return value if found is None else UnfoldableDocument(value, lambda name: opened(stored[name], found.key)).unfold()


async def written(desk: Desk) -> bytes:
    return b"".join([row.body for row in await desk.outbox.after(0, 10_000, 1 << 30)])


async def test_nothing_of_it_is_written_in_plain_and_all_of_it_is_read_back(desk):
    outcome = await desk.send("CreateObject", **manual(book()))
    assert len(outcome["events"]) > 3
    stored = await sections(desk)
    assert all(map(is_sealed, stored.values()))
    found = split(book())
    assert stored.keys().isdisjoint(found.sections)
    log = await written(desk)
    for word in ["정비 지침", "점검", "_folded", (await stub(desk))["_folded"]["key"], *found.sections]:
        assert word.encode() not in log
    assert await whole(desk) == book()
    assert await desk.outbox.heads_after("", "", 0, 10_000)


async def test_equal_documents_of_two_objects_have_nothing_in_common(desk):
    await sent(desk, "CreateObject", **manual(book()))
    first = await sections(desk)
    await sent(desk, "CreateObject", **manual(book(), "m2"))
    assert len((await sections(desk)).keys() - first.keys()) == len(first)
    assert await whole(desk, "m2") == book()


async def test_what_is_equal_writes_nothing_and_a_patch_a_few_sections(desk):
    await sent(desk, "CreateObject", **manual(book()))
    desk.restart()
    assert (await desk.send("CreateObject", **manual(book())))["status"] == "unchanged"
    assert (await desk.send("UpsertObject", **manual(book())))["status"] == "unchanged"
    step = {"op": "replace", "path": "/내용/sections/40/text", "value": "고침"}
    outcome = await desk.send("UpdateObject", type="Manual", key="m1", operations=[step])
    assert 2 <= len(outcome["events"]) <= 6, outcome
    changed = book()
    changed["sections"][40]["text"] = "고침"
    assert await whole(desk) == changed
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"내용": {"title": "새 지침"}})
    assert await whole(desk) == changed | {"title": "새 지침"}
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"내용": ["짧다"]})
    assert await whole(desk) == ["짧다"]


async def test_uploaded_sections_are_sealed_on_their_way_into_the_commit(desk):
    found = split(book(900))
    await uploaded(desk, found.sections)
    outcome = await desk.send("CreateObject", **manual(found.stub.json()))
    assert outcome["status"] == "accepted", outcome
    assert all(map(is_sealed, (await sections(desk)).values()))
    assert "점검".encode() not in await written(desk)
    assert encoded(await whole(desk)) == encoded(book(900))
    assert await desk.outbox.throw_away(desk.now + 1) == 0
    assert set(codes(await desk.send("UpsertObject", **manual(found.stub.json())))) == {"SECTION_UNKNOWN"}


async def test_a_purge_takes_the_key_of_the_document_with_it(desk):
    await sent(desk, "CreateObject", **manual(book()))
    before = await sections(desk)
    closed = (await desk.stored("object/Manual/m1"))["내용"]
    await sent(desk, "PurgeObject", type="Manual", key="m1", reason="요청")
    assert desk.ring.opened(closed, Key("object/Manual/m1"), "/내용") == PURGED
    await sent(desk, "CreateObject", **manual(book()))
    assert len((await sections(desk)).keys() - before.keys()) == len(before)
    assert await whole(desk) == book()


async def test_a_document_goes_with_its_object_to_another_person_and_is_forgotten_with_that_one(desk):
    await sent(desk, "SetSubject", type="Manual", property="about")
    await sent(desk, "CreateObject", **manual(book(), about="김"))
    before = await sections(desk)
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"about": "이"})
    assert await sections(desk) == before
    assert (await desk.send("PurgeDataSubject", subject="김", reason="요청"))["status"] == "accepted"
    assert await whole(desk) == book()
    closed = (await desk.stored("object/Manual/m1"))["내용"]
    await sent(desk, "PurgeDataSubject", subject="이", reason="요청")
    assert desk.ring.opened(closed, Key("object/Manual/m1"), "/내용") == PURGED


async def test_a_merge_brings_it_without_writing_a_section(desk):
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await sent(desk, "CreateObject", DEV, **manual(book()))
    before = await sections(desk)
    await sent(desk, "MergeBranch", source=DEV)
    assert await whole(desk) == book()
    assert await sections(desk) == before


async def test_it_goes_under_another_key_and_is_changed_there(desk):
    await sent(desk, "SetRequired", type="Manual", property="no", required=True)
    await sent(desk, "CreateObject", **manual(book(), no="하나"))
    await begun(desk, **plan("SetPrimaryKey", {"kind": "move"}, type="Manual", primaryKey=["no"]))
    await ran(desk)
    assert await whole(desk, "하나") == book()
    await sent(desk, "CreateObject", **manual("다른", "m1", no="m1"))  # under the key that it had, and forgotten there
    await sent(desk, "PurgeObject", type="Manual", key="m1", reason="요청")
    assert await whole(desk, "하나") == book()
    await sent(desk, "UpdateObject", type="Manual", key="하나", patch={"내용": {"title": "새 지침"}})
    assert await whole(desk, "하나") == book() | {"title": "새 지침"}
    assert "점검".encode() not in await written(desk)


async def test_what_others_sealed_is_given_to_nobody(desk):
    await sent(desk, "CreateObject", **manual(book()))
    value = await stub(desk)
    with_key = await desk.send("CreateObject", type="Manual", properties={"id": "m2", "plain": value})
    assert set(codes(with_key)) == {"SECTION_SHAPE"}
    without = {"_folded": {name: each for name, each in value["_folded"].items() if name != "key"}}
    for field in ("plain", "내용"):
        refused = await desk.send("CreateObject", type="Manual", properties={"id": "m2", field: without})
        assert codes(refused) == ["SECTION_SHAPE"]
    sealed = next(iter((await sections(desk)).values()))
    assert codes(await desk.send("StoreSections", sections=[sealed])) == ["SECTION_SHAPE"]
    outer = {"object": {"a": without["_folded"]}, "folded": ["a"]}
    assert codes(await desk.send("StoreSections", sections=[outer])) == ["SECTION_SHAPE"]
    name = split(book()).stub.section
    await uploaded(desk, {name: outer})
    around = {"_folded": {**without["_folded"], "section": name}}
    assert codes(await desk.send("CreateObject", type="Manual", properties={"id": "m2", "plain": around})) == [
        "SECTION_SHAPE"
    ]


async def test_whether_sections_are_sealed_is_said_otherwise_while_there_are_none(desk):
    for field, marking in (("내용", None), ("plain", "encrypt")):
        await sent(desk, "SetMarking", type="Manual", property=field, marking=marking)
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m0", "plain": book(20)})
    assert all(map(is_sealed, (await sections(desk)).values()))
    for field, marking in (("내용", "encrypt"), ("plain", None), ("plain", "mark")):
        outcome = await desk.send("SetMarking", type="Manual", property=field, marking=marking)
        assert codes(outcome) == ["RULE_BREAKING_UNPLANNED"], outcome


async def test_a_property_that_is_encrypted_becomes_unfoldable_later(desk):
    await sent(desk, "AddProperty", type="Manual", property={"name": "x", "type": "json", "marking": "encrypt"})
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m1", "x": book(20)})
    assert await sections(desk) == {}
    await sent(desk, "SetUnfoldable", type="Manual", property="x", unfoldable=True)
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"x": {"title": "고침"}})
    assert all(map(is_sealed, (await sections(desk)).values()))
    assert await sections(desk) != {}


async def test_commands_of_one_group_and_a_dry_run_leave_nothing_behind(desk):
    dry = {**asked("CreateObject", **manual(book())), "dryRun": True}
    first, second = await desk.group(dry, asked("CreateObject", **manual(book(20))))
    assert [first["status"], second["status"]] == ["accepted", "accepted"]
    assert "점검" not in json.dumps(first, ensure_ascii=False)
    assert await whole(desk) == book(20)


@pytest.mark.parametrize("field", ["내용", "plain"])
async def test_parts_that_were_sent_ahead_take_their_place_in_a_patch(desk, field):
    found = split(book(40)["sections"])
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m1", field: {"title": "지침", "old": [1]}})
    lacking = await desk.send("UpdateObject", type="Manual", key="m1", patch={field: {"sections": found.stub.json()}})
    assert (set(codes(lacking)), lacking["findings"][0]["path"]) == (
        {"SECTION_UNKNOWN"},
        f"/data/patch/{field}/sections",
    )
    await uploaded(desk, found.sections)
    await sent(
        desk, "UpdateObject", type="Manual", key="m1", patch={field: {"sections": found.stub.json(), "old": None}}
    )
    whole_now = {"title": "지침", "sections": book(40)["sections"]}
    assert await there(desk, field) == whole_now
    await uploaded(desk, found.sections)
    step = {"op": "add", "path": f"/{field}/more", "value": found.stub.json()}
    await sent(desk, "UpdateObject", type="Manual", key="m1", operations=[step])
    assert await there(desk, field) == whole_now | {"more": book(40)["sections"]}
    await desk.outbox.throw_away(desk.now + 1)
    other = split(book(50)["sections"]).stub.json()
    refused = await desk.send("UpdateObject", type="Manual", key="m1", operations=[step | {"value": other}])
    assert (set(codes(refused)), refused["findings"][0]["path"]) == ({"SECTION_UNKNOWN"}, "/data/operations/0/value")


async def there(desk: Desk, field: str) -> Any:
    if field == "내용":
        return await whole(desk)
    stored = await desk.stored("object/Manual/m1")
    return UnfoldableDocument(stored[field], (await sections(desk)).__getitem__).unfold()


class Noting(MemoryOutbox):
    """Notes which sections are read."""

    def __init__(self) -> None:
        super().__init__("main")
        self.read: list[str] = []

    async def commit(self, work: Work) -> Writes:
        return await super().commit(lambda head: self._noting(work(head)))

    def _noting(self, work: Generator[Ask, Told, Writes]) -> Generator[Ask, Told, Writes]:
        try:
            ask = next(work)
            while True:
                self.read += [read.key for read in ask.heads if read.key.startswith("section/")]
                ask = work.send((yield ask))
        except StopIteration as ended:
            writes: Writes = ended.value
            return writes


async def test_a_document_given_again_is_known_without_a_look_into_what_is_stored():
    outbox = Noting()
    desk = await Desk(outbox).open()
    await sent(desk, "CreateObjectType", **MANUAL)
    await sent(desk, "CreateObject", **manual(book()))
    outbox.read.clear()
    desk.restart()
    assert (await desk.send("UpsertObject", **manual(book())))["status"] == "unchanged"
    assert outbox.read == []
    await sent(desk, "UpsertObject", **manual(book() | {"title": "다른"}))
    assert await whole(desk) == book() | {"title": "다른"}
