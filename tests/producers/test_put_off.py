"""A command that needs many sections is put off: decided beside the commits, where nobody waits for it but its own line."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from documents.splitting import split
from documents.unfold import UnfoldableDocument
from events.names import Key
from events.objects.sealing import PURGED
from producers import splitting
from tests.producers.desk import Desk, codes
from tests.producers.test_ahead import Office, Outbox
from tests.producers.test_closed_sections import DEV, MANUAL, manual
from tests.producers.test_sections import book, sections, uploaded

BOOK = book(900)
FOUND = split(BOOK)
assert FOUND is not None
STUB, SECTIONS = FOUND.stub.json(), FOUND.sections
PLAIN, ENCRYPTED = "plain", "내용"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Ann has sent the sections of a book ahead."""
    outbox = Outbox()
    desk = await Desk(outbox).open()
    await desk.send("CreateObjectType", **MANUAL)
    await desk.send("SetSubject", type="Manual", property="about")
    await desk.send("CreateBranch", name=DEV)
    await uploaded(desk, SECTIONS, "ann")
    office = Office(outbox, desk)
    async with asyncio.TaskGroup() as tasks:
        office.running = tasks.create_task(office.committer.run())
        yield office
        office.running.cancel()


def put(field: str = PLAIN, key: str = "m1", **more: Any) -> dict[str, Any]:
    return {"type": "Manual", "properties": {"id": key, field: STUB, **more}}


async def opened(desk: Desk, field: str = PLAIN, key: str = "m1") -> Any:
    """As who has the keys reads it."""
    value = (await desk.stored(f"object/Manual/{key}"))[field]
    if field == ENCRYPTED:
        value = desk.ring.opened(value, Key(f"object/Manual/{key}"), f"/{field}")
    stored, secret = await sections(desk), splitting.key(value)
    return UnfoldableDocument(value, lambda name: splitting.opened(stored[name], secret)).unfold()


@pytest.mark.parametrize("field", [PLAIN, ENCRYPTED])
async def test_others_write_while_a_large_document_is_decided(office: Office, field: str) -> None:
    meanwhile: list[dict[str, Any]] = []

    async def between() -> None:
        meanwhile.append(await office.send("CreateObject", by="bob", **manual("짧다", f"b{len(meanwhile)}")))

    office.outbox.between = between
    outcome = await office.send("CreateObject", **put(field))
    assert (outcome["status"], office.outbox.plans) == ("accepted", 1)
    assert meanwhile[0]["position"] < outcome["position"] - len(SECTIONS)
    assert await opened(office.desk, field) == BOOK
    assert await office.outbox.lacking("ann", {n: office.desk.wraps.hidden(n) for n in SECTIONS}) == (
        [] if field == PLAIN else list(SECTIONS)
    )
    office.desk.restart()
    assert await opened(office.desk, field) == BOOK


@pytest.mark.parametrize("field", [PLAIN, ENCRYPTED])
async def test_a_patch_within_it_is_decided_beside_too_and_what_is_small_is_not(office: Office, field: str) -> None:
    assert (await office.send("CreateObject", **manual("짧다", "m0")))["status"] == "accepted"
    assert office.outbox.plans == 0
    await office.send("CreateObject", **put(field))
    assert office.outbox.plans == 1
    step = {"op": "replace", "path": f"/{field}/sections/40/text", "value": "고침"}
    rehearsed = json.loads(await office.sent("UpdateObject", dry=True, type="Manual", key="m1", operations=[step]))
    assert rehearsed["status"] == "accepted"
    assert await opened(office.desk, field) == BOOK
    outcome = await office.send("UpdateObject", type="Manual", key="m1", operations=[step])
    assert 2 <= len(outcome["events"]) <= 8
    assert office.outbox.plans == 3
    changed = book(900)
    changed["sections"][40]["text"] = "고침"
    assert await opened(office.desk, field) == changed


async def test_what_changes_of_the_schema_meanwhile_counts(office: Office) -> None:
    async def between() -> None:
        office.outbox.between = None
        await office.send("RemoveProperty", by="bob", type="Manual", property=PLAIN)

    office.outbox.between = between
    outcome = await office.send("CreateObject", **put())
    assert (codes(outcome), office.outbox.plans) == (["PROPERTY_UNKNOWN"], 2)
    assert await sections(office.desk) == {}


async def test_a_key_that_another_made_meanwhile_for_the_same_person_is_used(office: Office) -> None:
    async def between() -> None:
        office.outbox.between = None
        await office.send("CreateObject", by="bob", **manual("짧다", "m2", about="김"))

    office.outbox.between = between
    outcome = await office.send("CreateObject", **put(ENCRYPTED, about="김"))
    assert (outcome["status"], office.outbox.plans) == ("accepted", 2)
    assert await opened(office.desk, ENCRYPTED) == BOOK
    values = {each: (await office.desk.stored(f"object/Manual/{each}"))[ENCRYPTED] for each in ("m1", "m2")}
    await office.send("PurgeDataSubject", by="bob", subject="김", reason="요청")
    entities = {Key(f"object/Manual/{each}"): value for each, value in values.items()}
    assert [office.desk.ring.opened(value, at, "/내용") for at, value in entities.items()] == [PURGED, PURGED]


async def test_a_key_that_is_destroyed_meanwhile_is_not_used(office: Office) -> None:
    await office.send("CreateObject", by="bob", **manual("짧다", "m2", about="김"))

    async def between() -> None:
        office.outbox.between = None
        await office.send("PurgeDataSubject", by="bob", subject="김", reason="요청")

    office.outbox.between = between
    outcome = await office.send("CreateObject", **put(ENCRYPTED, about="김"))
    assert (outcome["status"], office.outbox.plans) == ("accepted", 2)
    assert await opened(office.desk, ENCRYPTED) == BOOK


async def test_nobody_of_its_line_overtakes_what_is_put_off(office: Office) -> None:
    first = office.sent("CreateObject", **put())
    behind = [
        office.sent("UpdateObject", type="Manual", key="m1", patch={"no": "하나"}),
        office.sent("MergeBranch", source=DEV),
        office.sent("UpdateObject", type="Manual", key="m1", patch={"no": "둘"}),
    ]
    other = office.sent("CreateObject", by="bob", **manual("짧다", "m2"))
    answers = [json.loads(await each) for each in (other, first, *behind)]
    assert [each["status"] for each in answers] == ["accepted", "accepted", "accepted", "unchanged", "accepted"]
    positions = [each["position"] for each in answers]
    assert positions == sorted(positions)
    assert (await office.desk.stored("object/Manual/m1"))["no"] == "둘"


async def test_sections_that_are_lacking_are_said_and_the_id_stays_free(office: Office) -> None:
    await office.outbox.throw_away(office.desk.now + 1)
    some = dict(list(SECTIONS.items())[3:])
    await uploaded(office.desk, some, "ann")
    refused = json.loads(await office.sent("CreateObject", named="put-1", **put()))
    assert set(codes(refused)) == {"SECTION_UNKNOWN"}
    await uploaded(office.desk, SECTIONS, "ann")
    taken = await office.sent("CreateObject", named="put-1", **put())
    assert json.loads(taken)["status"] == "accepted"
    assert await office.sent("CreateObject", named="put-1", **put()) == taken


async def test_who_waits_behind_it_is_told_when_the_committer_stops(office: Office) -> None:
    planned, never = asyncio.Event(), asyncio.Event()

    async def between() -> None:
        planned.set()
        await never.wait()

    office.outbox.between = between
    waiting = [office.sent("CreateObject", **put()), office.sent("CreateObject", **manual("짧다", "m2"))]
    await planned.wait()
    office.running.cancel()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert ["stopped" in str(each) for each in told] == [True, True]
    assert await sections(office.desk) == {}
