"""Merges of migrations of documents: what the other side wrote is kept as the migration keeps it, with all of its sections."""

from typing import Any

import pytest

from events.names import Key
from events.objects.sealing import is_closed
from producers import splitting
from tests.producers.desk import MAIN, Desk, codes
from tests.producers.test_migrated_documents import CLOSED, PLAIN, WORD, behind, contents, kept, library, marking, whole
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrations import DEV, begun, plan, ran, sent, taken_back
from tests.producers.test_sections import book, sections

OTHER = book(20)


async def forked(was: str | None, **contents: Any) -> Desk:
    desk = await library(was, **contents)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def put(desk: Desk, on: str, **contents: Any) -> None:
    for key, content in contents.items():
        await sent(desk, "UpsertObject", on, type="Manual", properties={"id": key, "내용": content})


@pytest.mark.parametrize(("was", "to", "left"), [(None, "encrypt", CLOSED), ("encrypt", None, PLAIN)])
@pytest.mark.parametrize("turned", [False, True])
async def test_documents_that_the_other_side_wrote_are_kept_as_the_migration_keeps_them(was, to, left, turned):
    desk = await forked(was, m1=book(), m2=book(30), m3="짧다")
    await migrated(desk, marking(to))
    await put(desk, MAIN, m1=OTHER, m4=book(25), m5=["짧다"])
    await put(desk, DEV, m2=book(35))
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    assert await merged(desk, source, target) == (None if turned else [1])
    desk.restart()
    assert await kept(desk, target) == left
    if not turned:
        assert await contents(desk) == {"m1": OTHER, "m2": book(35), "m3": "짧다", "m4": book(25), "m5": ["짧다"]}
    await sent(desk, "MergeBranch", source, source=target)
    assert {**await contents(desk, source), **await contents(desk, target)} == await contents(desk, MAIN) | {
        "m1": OTHER
    }


async def test_a_rebase_keeps_what_the_branch_wrote_as_the_migration_of_its_parent_does():
    desk = await forked(None, m1=book())
    await put(desk, DEV, m1=OTHER, m2=book(25))
    await migrated(desk, marking("encrypt"), on=MAIN)
    written = (await desk.outbox.head()).position
    await sent(desk, "RebaseBranch", DEV)
    assert (await kept(desk, DEV), await contents(desk, DEV)) == (CLOSED, {"m1": OTHER, "m2": book(25)})
    log = await behind(desk, written)
    assert not any(word.encode() in log for word in (WORD, "_folded"))


async def test_a_document_that_both_wrote_is_a_conflict_and_the_answer_brings_its_sections():
    desk = await forked(None, m1=book())
    await migrated(desk, marking("encrypt"))
    await put(desk, MAIN, m1=OTHER)
    await put(desk, DEV, m1=book(35))
    before = await sections(desk)
    assert codes(await desk.send("MergeBranch", source=DEV)) == ["MERGE_CONFLICT_FIELD"]
    assert await sections(desk) == before
    await sent(desk, "MergeBranch", source=DEV, resolve="ours")
    assert (await kept(desk), await contents(desk)) == (CLOSED, {"m1": OTHER})


@pytest.mark.parametrize(("was", "to", "left"), [(None, "encrypt", CLOSED), ("encrypt", None, PLAIN)])
async def test_a_document_goes_through_several_migrations_of_the_other_side(was, to, left):
    desk = await forked(was, m1=book())
    await migrated(desk, marking(to))
    await sent(desk, "UpdateObject", DEV, type="Manual", key="m1", patch={"no": "하나"})
    required = plan("SetRequired", {"kind": "default", "value": "없음"}, type="Manual", property="no", required=True)
    assert codes(await desk.send("SetRequired", DEV, type="Manual", property="no", required=True)) == [
        "RULE_BREAKING_UNPLANNED"
    ]
    await migrated(desk, required, number=2)
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m2", "no": "둘", "내용": OTHER})
    assert await merged(desk) == [1, 2]
    assert (await kept(desk), await contents(desk)) == (left, {"m1": book(), "m2": OTHER})


OTHERWISE = pytest.mark.parametrize(("was", "to"), [(None, "encrypt"), ("encrypt", None)])


async def document(desk: Desk, key: str, field: str = "본문") -> Any:
    """A document, whole; in plain no key of it is shown."""
    value = (await desk.stored(key))[field]
    if is_closed(value):
        value = desk.ring.opened(value, Key(key), f"/{field}")
    else:
        assert not splitting.key(value)
    return whole(await sections(desk), value)


@OTHERWISE
@pytest.mark.parametrize("merging", [False, True])
async def test_a_document_of_a_deleted_type_goes_over_to_a_property_that_is_kept_otherwise(was, to, merging):
    desk = await forked(was, m1=book())
    on = DEV if merging else MAIN
    key = {"name": "id", "type": "string"}
    other = {"name": "본문", "type": "json", "unfoldable": True, "marking": to}
    await sent(desk, "CreateObjectType", on, name="File", primaryKey=["id"], properties=[key, other])
    fix = {"kind": "move", "to": "File", "values": {"내용": "본문"}, "otherwise": "drop"}
    await migrated(desk, plan("DeleteObjectType", fix, type="Manual"), on=on)
    if merging:
        await put(desk, MAIN, m1=OTHER, m2=OTHER)
        await sent(desk, "MergeBranch", source=DEV)
        assert await document(desk, "object/File/m2") == OTHER
    assert await document(desk, "object/File/m1") == (OTHER if merging else book())


@OTHERWISE
async def test_a_document_comes_under_parents_that_keep_it_otherwise_and_goes_back(was, to):
    desk = await library(None)
    for name, key, marked in (("A", "a", was), ("B", "b", to)):
        properties = [
            {"name": key, "type": "string"},
            {"name": "본문", "type": "json", "unfoldable": True, "marking": marked},
        ]
        await sent(desk, "CreateObjectType", name=name, abstract=True, primaryKey=[key], properties=properties)
    await sent(desk, "CreateObjectType", name="C", parents=["A"])
    await sent(desk, "CreateObject", type="C", properties={"a": "가", "본문": book()})
    await begun(desk, **plan("ChangeParents", {"kind": "move", "values": {"b": "나"}}, type="C", parents=["B"]))
    assert (await ran(desk))["said"] == "completed"
    (field,) = (each for each in await desk.stored("object/C/나") if each.startswith("본문"))
    assert await document(desk, "object/C/나", field) == book()
    await taken_back(desk)
    assert await document(desk, "object/C/가") == book()


MOVE = plan("SetPrimaryKey", {"kind": "move"}, type="Manual", primaryKey=["no"])


async def numbered(was: str | None, content: Any) -> Desk:
    """A manual on both branches, with what shall be its key."""
    desk = await library(was)
    await sent(desk, "SetRequired", type="Manual", property="no", required=True)
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m1", "no": "하나", "내용": content})
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("old", "new"), [("짧다", "다른"), (book(), OTHER)])
async def test_what_is_encrypted_is_closed_for_the_key_under_which_a_merge_brings_it(old, new, turned):
    desk = await numbered("encrypt", old)
    await migrated(desk, MOVE)
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"내용": new})
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m2", "no": "둘", "내용": old})
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    await sent(desk, "MergeBranch", target, source=source)
    desk.restart()
    assert await contents(desk, target) == {"하나": new, "둘": old}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("old", "new"), [("짧다", "다른"), (book(), OTHER)])
async def test_what_is_encrypted_goes_with_an_object_that_both_sides_gave_another_key(old, new, turned):
    desk = await numbered("encrypt", old)
    await sent(desk, "UpdateObject", DEV, type="Manual", key="m1", patch={"내용": new})
    await migrated(desk, MOVE)
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"no": "셋"})
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    await sent(desk, "MergeBranch", target, source=source)
    desk.restart()
    assert await contents(desk, target) == {"셋": new}


@pytest.mark.parametrize(("was", "to", "left"), [(None, "encrypt", CLOSED), ("encrypt", None, PLAIN)])
async def test_a_document_is_kept_otherwise_and_goes_under_another_key_by_one_merge(was, to, left):
    desk = await numbered(was, book())
    await migrated(desk, marking(to))
    await migrated(desk, MOVE, number=2)
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"내용": OTHER})
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m2", "no": "둘", "내용": book(25)})
    assert await merged(desk) == [1, 2]
    desk.restart()
    assert (await kept(desk), await contents(desk)) == (left, {"하나": OTHER, "둘": book(25)})
