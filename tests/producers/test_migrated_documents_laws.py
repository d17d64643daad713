"""Whatever is written while documents are encrypted, or opened, they say what they said, and none is kept otherwise than it shall be."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from documents.unfold import UnfoldableDocument
from tests.producers.desk import MAIN, Desk, asked
from tests.producers.test_migrated_documents import contents, kept, marking
from tests.producers.test_migrated_merge import migrated
from tests.producers.test_migrations import DEV, alive, begun, said, sent
from tests.producers.test_sections import book, sections

MANY = 501  # more than one batch looks at
KEYS = ("m000", "m001", "m250", "m499", "m500", "새로")
"""On both sides of where the first batch ends, and one that is not there yet."""

keys = st.sampled_from(KEYS)
DOCUMENTS: dict[str, Any] = {
    "book": book(9),
    "longer": book(12),
    "map": {"title": "짧다"},
    "list": ["목록", "점검 " * 4_000],
    "text": "줄\n" * 9_000,
    "short": "짧다",
    "none": None,
}
PATCHES: dict[str, Any] = {
    "title": {"title": "새 지침"},
    "grows": {"sections": None, "더": "x" * 20_000},
    "more": {"새": [1, 2]},
}

documents, merges = st.sampled_from(sorted(DOCUMENTS)), st.sampled_from(sorted(PATCHES))
writes = st.one_of(
    st.tuples(st.just("put"), keys, documents),
    st.tuples(st.just("patch"), keys, merges),
    st.tuples(st.just("about"), keys, st.sampled_from(["김", "이"])),
    st.tuples(st.just("delete"), keys, st.none()),
    st.tuples(st.just("restore"), keys, st.none()),
)
histories = st.lists(st.lists(writes, max_size=4), min_size=1, max_size=3)


async def library(marking_: str | None, many: int = MANY) -> Desk:
    """Each manual says everything twice: in what is migrated, and in its twin, which is not."""
    desk = await Desk(MemoryOutbox("main")).open()
    document = {"type": "json", "unfoldable": True}
    properties = [
        *({"name": name, "type": "string"} for name in ("id", "about")),
        {**document, "name": "내용", "marking": marking_},
        {**document, "name": "쌍"},
    ]
    await sent(desk, "CreateObjectType", name="Manual", primaryKey=["id"], properties=properties)
    await sent(desk, "SetSubject", type="Manual", property="about")
    made = [both("CreateObject", f"m{at:03}", book(9) if f"m{at:03}" in KEYS else at, about="김") for at in range(many)]
    await desk.group(*made)
    return desk


def both(type_: str, key: str, content: Any, **more: Any) -> dict[str, Any]:
    return asked(type_, type="Manual", properties={"id": key, "내용": content, "쌍": content, **more})


def command(what: str, key: str, value: Any) -> dict[str, Any]:
    match what:
        case "put":
            return both("UpsertObject", key, DOCUMENTS[value])
        case "patch":
            return asked("UpdateObject", type="Manual", key=key, patch=dict.fromkeys(("내용", "쌍"), PATCHES[value]))
        case "about":
            return asked("UpdateObject", type="Manual", key=key, patch={"about": value})
    return asked("DeleteObject" if what == "delete" else "RestoreObject", type="Manual", key=key)


async def written(desk: Desk, history: list[tuple[str, str, Any]], *, restarting: bool, on: str = MAIN) -> None:
    await desk.group(*[{**command(*write), "branch": on} for write in history])
    if restarting:
        desk.restart()


async def batches(desk: Desk, times: list[list[tuple[str, str, Any]]], *, restarting: bool) -> dict[str, Any]:
    """As many batches as it takes, with what others write between them; the data of the last event."""
    for step in range(100):
        if (await desk.send("ApplyMigrationBatch", migration=1, step=step))["status"] != "accepted":
            break
        if step < len(times):
            await written(desk, times[step], restarting=restarting)
    return (await said(desk))[-1]


async def check(desk: Desk, marking_: str | None) -> None:
    """Documents say what their twins say, and are kept as the property wants it, with all sections to which they lead."""
    assert await contents(desk) == await twins(desk)
    said_so, sealed = await kept(desk)
    assert said_so | sealed <= {marking_ == "encrypt"}


async def twins(desk: Desk) -> dict[str, Any]:
    stored = await sections(desk)
    said_so = {key: each.get("쌍") for key, each in (await alive(desk, "Manual")).items()}
    return {key: UnfoldableDocument(each, stored.__getitem__).unfold() for key, each in said_so.items()}


@settings(max_examples=6, deadline=None)
@given(histories, histories, st.booleans(), st.sampled_from([(None, "encrypt"), ("encrypt", None)]), st.booleans())
async def test_a_document_goes_the_way_of_one_that_is_not_migrated(done, undone, restarting, way, half):
    was, to = way
    desk = await library(was)
    await begun(desk, **marking(to))
    if half:
        await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
        for history in done:
            await written(desk, history, restarting=restarting)
        await sent(desk, "PauseMigration", migration=1)
    else:
        assert (await batches(desk, done, restarting=restarting))["said"] == "completed"
        await check(desk, to)
    await sent(desk, "RevertMigration", migration=1)
    assert (await batches(desk, undone, restarting=restarting))["said"] == "reverted"
    await check(desk, was)


beside = st.lists(
    st.one_of(
        # a small map is merged member by member, where it is not encrypted
        st.tuples(
            st.just("put"), st.sampled_from(("m000", "m001", "새로")), st.sampled_from(sorted({*DOCUMENTS} - {"map"}))
        ),
        st.tuples(st.just("delete"), st.sampled_from(("m000", "m001")), st.none()),
    ),
    max_size=3,
)


@settings(max_examples=20, deadline=None)
@given(
    st.tuples(beside, beside, beside),
    st.sampled_from([(None, "encrypt"), ("encrypt", None)]),
    st.booleans(),
    st.booleans(),
)
async def test_a_merge_makes_of_a_document_what_it_makes_of_one_that_is_not_migrated(writes_, way, here, ours):
    was, to = way
    before, behind, other = writes_
    desk = await library(was, 3)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    on, there = (MAIN, DEV) if here else (DEV, MAIN)
    await written(desk, before, restarting=False, on=on)
    await migrated(desk, marking(to), on=on)
    await written(desk, behind, restarting=True, on=on)
    await written(desk, other, restarting=True, on=there)
    outcome = await desk.send("MergeBranch", source=DEV, resolve="ours" if ours else "theirs")
    desk.restart()
    if outcome["status"] == "rejected":
        assert not any(finding["code"] == "COMMAND_FAILED" for finding in outcome["findings"]), outcome
        return
    await check(desk, to if outcome["status"] == "accepted" or here else was)
