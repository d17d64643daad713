"""Documents that are kept in sections are encrypted, or opened, by a migration: their sections are written anew, and taken back."""

import asyncio
from functools import partial
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from documents.sections import encoded
from documents.splitting import split
from documents.unfold import UnfoldableDocument
from events.migrations.migration_documents import BYTES
from events.names import Key
from events.objects.sealing import is_closed
from producers import splitting
from security.sealed_sections import is_sealed, opened
from tests.producers.desk import MAIN, Desk, codes
from tests.producers.test_ahead import Office, Outbox
from tests.producers.test_migrations import DEV, alive, begun, plan, ran, said, sent, taken_back
from tests.producers.test_sections import book, sections, uploaded

CAST = {"kind": "cast"}
WORD = "점검"


@pytest.fixture(params=["memory", "sqlite"])
async def outbox(request, tmp_path):
    made = MemoryOutbox("main") if request.param == "memory" else SqliteOutbox(tmp_path / "outbox.db", "main")
    yield made
    if isinstance(made, SqliteOutbox):
        made.close()


async def library(marking: str | None, outbox: Any = None, **contents: Any) -> Desk:
    """Manuals with these contents, by key."""
    desk = await Desk(outbox or MemoryOutbox("main")).open()
    document = {"name": "내용", "type": "json", "unfoldable": True, "marking": marking}
    plain = [{"name": name, "type": "string"} for name in ("id", "no", "about")]
    await sent(desk, "CreateObjectType", name="Manual", primaryKey=["id"], properties=[*plain, document])
    for key, content in contents.items():
        await sent(desk, "CreateObject", type="Manual", properties={"id": key, "내용": content})
    return desk


def marking(to: str | None) -> dict[str, Any]:
    return plan("SetMarking", CAST, type="Manual", property="내용", marking=to)


async def stubs(desk: Desk, on: str = MAIN) -> dict[str, Any]:
    """What stands for each document, opened by who has the keys."""
    found = {key: each.get("내용") for key, each in (await alive(desk, "Manual", on)).items()}
    return {
        key: desk.ring.opened(each, Key(f"object/Manual/{key}"), "/내용") if is_closed(each) else each
        for key, each in found.items()
    }


async def contents(desk: Desk, on: str = MAIN) -> dict[str, Any]:
    """Each document, whole."""
    stored = await sections(desk)
    return {key: whole(stored, value) for key, value in (await stubs(desk, on)).items()}


def whole(stored: dict[str, Any], value: Any) -> Any:
    return UnfoldableDocument(value, partial(_opened, stored, splitting.key(value))).unfold()


def _opened(stored: dict[str, Any], key: str, section: str) -> Any:
    return opened(stored[section], key)


async def reached(desk: Desk, on: str = MAIN) -> dict[str, Any]:
    """The sections to which what objects say now leads, as they are stored."""
    stored, found = await sections(desk), dict[str, Any]()
    for value in (await stubs(desk, on)).values():
        waiting = [splitting.section(value)]
        while waiting:
            name = waiting.pop()
            if name is not None and name not in found:
                found[name] = stored[name]
                waiting += splitting.named(opened(stored[name], splitting.key(value)))
    return found


async def kept(desk: Desk, on: str = MAIN) -> tuple[set[bool], set[bool]]:
    """Whether what objects say is closed, and whether its sections are sealed."""
    said = [each["내용"] for each in (await alive(desk, "Manual", on)).values() if "내용" in each]
    return set(map(is_closed, said)), set(map(is_sealed, (await reached(desk, on)).values()))


CLOSED, PLAIN = ({True}, {True}), ({False}, {False})


async def behind(desk: Desk, position: int) -> bytes:
    """All that was written behind a position."""
    return b"".join([row.body for row in await desk.outbox.after(position, 100_000, 1 << 30)])


async def test_documents_are_encrypted_with_their_sections_and_opened_again_when_it_is_taken_back(outbox):
    desk = await library(None, outbox, m1=book(), m2=book(), m3="짧다", m4=None)
    before, was = await contents(desk), await reached(desk)
    written = (await desk.outbox.head()).position
    assert codes(await desk.send("SetMarking", type="Manual", property="내용", marking="encrypt")) == [
        "RULE_BREAKING_UNPLANNED"
    ]
    await begun(desk, **marking("encrypt"))
    ended = await ran(desk)
    assert (ended["said"], ended["in"], ended["out"], ended["converted"]) == ("completed", 4, 4, 3)
    assert (await kept(desk), await contents(desk)) == (CLOSED, before)
    now = await reached(desk)
    assert now.keys().isdisjoint(was)
    assert len(now) == 2 * len(was)  # equal documents of two objects have nothing in common
    log = await behind(desk, written)
    assert not any(word.encode() in log for word in (WORD, "정비 지침", "짧다", "_folded", *was))
    desk.restart()
    stored = await sections(desk)
    await taken_back(desk)
    assert (await kept(desk), await contents(desk)) == (PLAIN, before)
    assert (await reached(desk), await sections(desk)) == (was, stored)  # they are where they were


async def test_encrypted_documents_are_opened_and_closed_again_when_it_is_taken_back(outbox):
    desk = await library("encrypt", outbox, m1=book(), m2=["짧다"])
    before, was = await contents(desk), await reached(desk)
    key = splitting.key((await stubs(desk))["m1"])
    await begun(desk, **marking(None))
    assert (await ran(desk))["converted"] == 2
    assert (await kept(desk), await contents(desk)) == (PLAIN, before)
    assert (await reached(desk)).keys() == split(book()).sections.keys()
    assert key.encode() not in await behind(desk, 0)
    desk.restart()
    stored = await sections(desk)
    await taken_back(desk)
    assert (await kept(desk), await contents(desk)) == (CLOSED, before)
    assert (await reached(desk), await sections(desk)) == (was, stored)
    assert key.encode() not in await behind(desk, 0)


def large(number: int, megabytes: int) -> Any:
    """A document of so many MB: other texts in each."""
    lines = [f"{number}권 {at} {WORD * 166}" for at in range(megabytes * 1_000)]
    return {"title": f"{number}권", "lines": lines}


async def put(desk: Desk, key: str, content: Any, on: str = MAIN) -> None:
    """As one that is too large for a command is sent."""
    found = split(content)
    if found is not None:
        await uploaded(desk, found.sections)
        content = found.stub.json()
    await sent(desk, "UpsertObject", on, type="Manual", properties={"id": key, "내용": content})


@pytest.mark.parametrize(("was", "to", "left"), [(None, "encrypt", CLOSED), ("encrypt", None, PLAIN)])
async def test_a_batch_takes_as_many_documents_as_one_commit_should_hold(was, to, left):
    desk = await library(was)
    before = {f"m{at}": large(at, 9) for at in range(3)} | {"m3": large(3, 1), "m4": "짧다", "m5": large(5, 20)}
    assert BYTES / 2 < len(encoded(before["m0"])) < BYTES < len(encoded(before["m5"]))
    for key, content in before.items():
        await put(desk, key, content)
    await begun(desk, **marking(to))
    ended = await ran(desk)
    steps = [each for each in await said(desk) if each["said"] in ("batchApplied", "completed")]
    assert [each.get("after", "")[-2:] for each in steps] == [
        "",
        "m0",
        "m1",
        "m4",
        "m5",
        "",
    ]  # the schema changes in batches of little
    assert (ended["in"], ended["converted"], ended["again"]) == (6, 6, 0)
    assert (await kept(desk), await contents(desk)) == (left, before)
    await put(desk, "m1", large(7, 9))
    desk.restart()
    reverted = await taken_back(desk)
    assert (reverted["restored"], reverted["kept"]) == (6, 1)
    assert len([each for each in await said(desk) if each["said"] == "revertedBatch"]) == 3
    assert (await kept(desk), await contents(desk)) == (CLOSED if was else PLAIN, before | {"m1": large(7, 9)})


@pytest.mark.parametrize(("was", "to", "left"), [(None, "encrypt", CLOSED), ("encrypt", None, PLAIN)])
async def test_others_write_while_a_batch_of_documents_is_decided_and_nothing_of_it_is_missed(was, to, left):
    outbox = Outbox()
    desk = await library(was, outbox, m2=book(20))
    await put(desk, "m1", book(900))
    office = Office(outbox, desk)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(office.committer.run())
        for command, data in (
            ("PlanMigration", marking(to)),
            ("ApproveMigration", {"migration": 1}),
            ("RunMigration", {"migration": 1}),
        ):
            assert (await office.send(command, **data))["status"] == "accepted"
        meanwhile: list[str] = []

        async def between() -> None:
            new = {"id": f"m0{len(meanwhile)}", "내용": book(10)}
            outcome = await office.send("CreateObject", by="bob", type="Manual", properties=new)
            meanwhile.append(outcome["status"])

        outbox.between = between
        step = 0
        while (await office.send("ApplyMigrationBatch", migration=1, step=step))["status"] == "accepted":
            step += 1
        outbox.between = None
        running.cancel()
    assert set(meanwhile) == {"accepted"}
    desk.restart()
    assert await kept(desk) == left
    assert await contents(desk) == {f"m0{at}": book(10) for at in range(len(meanwhile))} | {
        "m1": book(900),
        "m2": book(20),
    }


async def test_documents_that_a_merge_brings_behind_a_batch_are_opened_by_as_many_batches_as_they_need():
    desk = await library("encrypt")
    await put(desk, "m9", large(9, 9))
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    for at in range(2):
        await put(desk, f"m{at}", large(at, 9), DEV)
    await begun(desk, **marking(None))
    for step in range(2):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
    await sent(desk, "MergeBranch", source=DEV)
    ended = await ran(desk, step=2)
    assert (ended["converted"], ended["again"]) == (1, 2)
    assert (await kept(desk), sorted(await contents(desk))) == (PLAIN, ["m0", "m1", "m9"])


async def about_people(marking_: str | None, *keys: str) -> Desk:
    """Manuals that are about a person, 김."""
    desk = await Desk(MemoryOutbox("main")).open()
    document = {"name": "내용", "type": "json", "unfoldable": True, "marking": marking_}
    plain = [{"name": name, "type": "string"} for name in ("id", "about")]
    await sent(desk, "CreateObjectType", name="Manual", primaryKey=["id"], properties=[*plain, document])
    await sent(desk, "SetSubject", type="Manual", property="about")
    for key in keys:
        await sent(desk, "CreateObject", type="Manual", properties={"id": key, "내용": book(), "about": "김"})
    return desk


async def test_a_deleted_document_comes_back_sealed_and_is_forgotten_with_another_person():
    desk = await about_people(None, "m1", "m2")
    await sent(desk, "DeleteObject", type="Manual", key="m1")
    await begun(desk, **marking("encrypt"))
    await ran(desk)
    await sent(desk, "RestoreObject", type="Manual", key="m1")
    await sent(desk, "UpdateObject", type="Manual", key="m2", patch={"about": "이"})
    assert (await kept(desk), await contents(desk)) == (CLOSED, {"m1": book(), "m2": book()})
    await sent(desk, "PurgeDataSubject", subject="이", reason="요청")
    assert await contents(desk) == {"m1": book()}


@pytest.mark.parametrize(("was", "to", "left"), [(None, "encrypt", CLOSED), ("encrypt", None, PLAIN)])
async def test_one_that_is_not_gone_through_yet_is_kept_anew_when_it_is_written_for_another_reason(was, to, left):
    desk = await about_people(was, "m1", "m2")
    keys = {splitting.key(each).encode() for each in (await stubs(desk)).values()} - {b""}
    await put(desk, "m0", large(0, 2))
    await begun(desk, **marking(to))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)  # m0 is too large for it
    assert await kept(desk) == (CLOSED if was else PLAIN)
    await sent(desk, "UpdateObject", type="Manual", key="m1", patch={"about": "이"})
    await sent(desk, "DeleteObject", type="Manual", key="m2")
    await sent(desk, "RestoreObject", type="Manual", key="m2")
    stored = await alive(desk, "Manual")
    assert {is_closed(stored[key]["내용"]) for key in ("m1", "m2")} == {bool(to)}
    assert (await ran(desk, step=1))["converted"] == 1
    assert (await kept(desk), await contents(desk)) == (left, {"m0": large(0, 2), "m1": book(), "m2": book()})
    log = await behind(desk, 0)
    assert not any(key in log for key in keys)
    await taken_back(desk)
    assert await kept(desk) == (CLOSED if was else PLAIN)


async def test_what_is_purged_is_opened_no_more_and_goes():
    desk = await library("encrypt", m1=book(), m2=book())
    desk.ring.store.destroy(desk.ring.kids(desk.ring.token("object", "object/Manual/m1")))
    desk.restart()
    await begun(desk, **marking(None))
    assert (await ran(desk))["said"] == "completed"
    assert await contents(desk) == {"m1": None, "m2": book()}
    reverted = await taken_back(desk)
    assert (reverted["restored"], reverted["kept"]) == (1, 1)
    assert await contents(desk) == {"m1": None, "m2": book()}


async def test_what_is_not_unfoldable_any_more_stays_in_sections():
    desk = await library(None, m1=book())
    await sent(desk, "SetUnfoldable", type="Manual", property="내용", unfoldable=False)
    before = await reached(desk)
    await begun(desk, **marking("encrypt"))
    await ran(desk)
    assert (await kept(desk), await contents(desk), len(await reached(desk))) == (CLOSED, {"m1": book()}, len(before))
    await taken_back(desk)
    assert (await kept(desk), await reached(desk)) == (PLAIN, before)


async def test_documents_are_given_what_a_migration_says_and_what_another_property_says():
    desk = await library("encrypt", m1=book(), m2=None)
    added = {"name": "부록", "type": "json", "unfoldable": True, "required": True}
    fix = {"kind": "map", "from": "내용", "otherwise": "default", "value": book(12)}
    await begun(desk, **plan("AddProperty", fix, type="Manual", property=added))
    assert (await ran(desk))["said"] == "completed"
    stored = await sections(desk)
    given = {key: each["부록"] for key, each in (await alive(desk, "Manual")).items()}
    assert {key: whole(stored, each) for key, each in given.items()} == {"m1": book(), "m2": book(12)}
    assert not any(map(splitting.key, given.values()))


async def test_a_shared_property_encrypts_the_documents_of_all_types_that_have_it_and_opens_them_again():
    desk = await library(None)
    await sent(desk, "CreateSharedProperty", name="문서", property={"type": "json"})
    await sent(desk, "AddProperty", type="Manual", property={"name": "본문", "shared": "문서", "unfoldable": True})
    await sent(desk, "CreateObject", type="Manual", properties={"id": "m1", "본문": book()})
    before = (await alive(desk, "Manual"))["m1"]["본문"]
    changed = {"shared": "문서", "property": {"type": "json", "marking": "encrypt"}}
    await begun(desk, **plan("UpdateSharedProperty", CAST, **changed))
    assert (await ran(desk))["said"] == "completed"
    closed = (await alive(desk, "Manual"))["m1"]["본문"]
    value = desk.ring.opened(closed, Key("object/Manual/m1"), "/본문")
    stored = await sections(desk)
    assert whole(stored, value) == book()
    assert is_sealed(stored[splitting.section(value) or ""])
    await taken_back(desk)
    assert (await alive(desk, "Manual"))["m1"]["본문"] == before
