"""Whatever is written while documents are encrypted, or opened, they say what they said, and none is kept otherwise than it shall be."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import Desk, asked
from tests.producers.test_migrated_documents import contents, kept, marking
from tests.producers.test_migrations import alive, begun, said, sent
from tests.producers.test_sections import book, sections

MANY = 501  # more than one batch looks at
KEYS = ("m000", "m001", "m250", "m499", "m500", "새로")
"""On both sides of where the first batch ends, and one that is not there yet."""

keys = st.sampled_from(KEYS)
documents = st.sampled_from([book(9), book(12), {"title": "짧다"}, ["목록", "점검 " * 4_000], "줄\n" * 9_000, None])
merges = st.sampled_from([{"title": "새 지침"}, {"sections": None, "더": "x" * 20_000}, {"새": [1, 2]}])
writes = st.one_of(
    st.tuples(st.just("put"), keys, documents),
    st.tuples(st.just("patch"), keys, merges),
    st.tuples(st.just("about"), keys, st.sampled_from(["김", "이"])),
    st.tuples(st.just("delete"), keys, st.none()),
    st.tuples(st.just("restore"), keys, st.none()),
)
histories = st.lists(st.lists(writes, max_size=4), min_size=1, max_size=3)


async def library(marking_: str | None) -> Desk:
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
    made = [both("CreateObject", f"m{at:03}", book(9) if f"m{at:03}" in KEYS else at, about="김") for at in range(MANY)]
    await desk.group(*made)
    return desk


def both(type_: str, key: str, content: Any, **more: Any) -> dict[str, Any]:
    return asked(type_, type="Manual", properties={"id": key, "내용": content, "쌍": content, **more})


def command(what: str, key: str, value: Any) -> dict[str, Any]:
    match what:
        case "put":
            return both("UpsertObject", key, value)
        case "patch":
            return asked("UpdateObject", type="Manual", key=key, patch={"내용": value, "쌍": value})
        case "about":
            return asked("UpdateObject", type="Manual", key=key, patch={"about": value})
    return asked("DeleteObject" if what == "delete" else "RestoreObject", type="Manual", key=key)


async def written(desk: Desk, history: list[tuple[str, str, Any]], *, restarting: bool) -> None:
    await desk.group(*[command(*write) for write in history])
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
    from documents.unfold import UnfoldableDocument

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
