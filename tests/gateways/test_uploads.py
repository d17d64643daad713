"""Sections that are sent ahead over the door: kept by what they hold, refused where they are none or too many."""

import json
from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from documents.sections import digest
from events.names import command_subject
from gateways.uploads import UPLOAD, UploadDoor
from producers.outbox import OutboxUnavailable
from producers.receive import address
from security.wrapped import Wraps
from tests.producers.desk import MAIN

ONE, OTHER = {"text": "제1장 점검"}, {"array": [1, 2, 3]}


@pytest.fixture
def door() -> UploadDoor:
    return UploadDoor(MemoryOutbox("main"), Wraps(bytes(32)), lambda: 5, 100)


async def ask(door: UploadDoor, by: str = "local", **data: Any) -> dict[str, Any]:
    body = {"id": "q", "type": UPLOAD, "branch": MAIN, "data": data}
    reply: dict[str, Any] = json.loads(
        await door.answer(address(command_subject("main", by, MAIN, UPLOAD)), {}, json.dumps(body).encode())
    )
    assert reply["command"] in ("q", "")
    return reply


async def test_what_is_lacking_is_told_and_whose_it_is_counts(door: UploadDoor) -> None:
    names = [digest(ONE), digest(OTHER)]
    assert (await ask(door, named=names))["answer"] == {"position": 0, "lacking": names}
    assert (await ask(door, sections=[ONE], named=names))["answer"]["lacking"] == names[1:]
    assert (await ask(door, sections=[OTHER]))["status"] == "unchanged"
    assert (await ask(door, named=names))["answer"]["lacking"] == []
    assert (await ask(door, "ann", named=names))["answer"]["lacking"] == names


async def test_what_is_no_section_or_too_much_is_refused_and_nothing_of_it_kept(door: UploadDoor) -> None:
    wrong = await ask(door, sections=[ONE, {"text": 1}, {"object": {"a": 1}, "folded": ["b"]}])
    assert [(f["code"], f["path"]) for f in wrong["findings"]] == [
        ("SECTION_SHAPE", "/data/sections/1"),
        ("SECTION_SHAPE", "/data/sections/2"),
    ]
    full = await ask(door, sections=[ONE, OTHER, {"text": "x" * 60}])
    assert [f["code"] for f in full["findings"]] == ["SECTION_UPLOADS_FULL"]
    assert [f["code"] for f in (await ask(door, named=["x"]))["findings"]] == ["COMMAND_SHAPE"]
    assert (await ask(door, named=[digest(ONE)]))["answer"]["lacking"] == [digest(ONE)]


async def test_a_store_that_is_away_is_asked_again() -> None:
    class Away(MemoryOutbox):
        async def lacking(self, *_: Any) -> list[str]:
            raise OutboxUnavailable("it is away", "wait")

    reply = await ask(UploadDoor(Away("main"), Wraps(bytes(32)), lambda: 5, 100), named=[])
    assert [f["code"] for f in reply["findings"]] == ["UNAVAILABLE_OUTBOX"]
