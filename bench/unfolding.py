"""A document of 50 MB in one property: put, changed at one place, folded, and opened at one path, as whoever asks finds it.

Each answer is of a view that was just opened, without anything in memory; the pages are warm.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import msgspec

from adapters import system_clock as clock
from adapters.memory_feed import MemoryFeed
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from bench.figures import Figure, Took
from bench.flights import BRANCH, Message
from bench.stock import Stock
from bench.writing import committer, write
from documents.sections import encoded
from documents.splitting import Split, split
from events import catalog
from events.names import command_subject
from gateways.uploads import UPLOAD, UploadDoor
from producers.committer import Committer
from producers.receive import address
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import versions
from queries.cuts import cut
from queries.folding import UnfoldContext, UnfoldLevel, folded, opened
from queries.moments import Now
from queries.objects import show
from queries.replay import replay
from security.wrapped import KEY_BYTES, Wraps

CHAPTERS: Final = 5_600
CHAPTER_BYTES: Final = 10_000
QUESTIONS: Final = 40
BATCH: Final = 900_000  # bytes of sections in a message
WORDS: Final = ["비행", "gate", "delay", "정비", "runway", "fuel", "날씨", "crew", "점검", "engine"]


async def figures(stock: Stock) -> list[Figure]:
    folder = stock.folder / "unfolding"
    folder.mkdir(parents=True, exist_ok=True)
    book = made(stock.sized(CHAPTERS))
    size = len(encoded(book)) / 1e6
    with Took() as took:
        found = split(book)
    assert found is not None
    outbox = SqliteOutbox(folder / "outbox.db", "main")
    wraps = Wraps(token_bytes(KEY_BYTES))
    door = UploadDoor(outbox, wraps, clock.now, 10**9)
    async with committer(outbox, wraps=wraps) as working:
        with Took() as put:
            await _put(working, door, found)
        before = await outbox.head()
        book["sections"][7]["data"]["text"] = "고침"
        again = split(book)
        assert again is not None
        await _changed(working, door, again, found)
        after = await outbox.head()
    assert before is not None
    assert after is not None
    view = folder / "versions.db"
    with Took() as projected:
        await _projected(outbox, view)
    outbox.close()
    paths = [
        f"/content/sections/{n}/data/number" for n in random.Random(3).sample(range(len(book["sections"])), QUESTIONS)
    ]
    shallow = [_asked(view, lambda *of: folded(*of, UnfoldContext.of(UnfoldLevel.SHALLOW), "/content")) for _ in paths]
    partial = [_asked(view, lambda *of: folded(*of, UnfoldContext.of(UnfoldLevel.PARTIAL), "/content")) for _ in paths]
    one = [_asked(view, lambda *of, path=path: opened(*of, path)) for path in paths]
    whole = _asked(view, lambda *of: opened(*of, "/content"))
    with Took() as plain:
        msgspec.json.decode(encoded(book))
    return [
        Figure(f"split a document of {size:,.0f} MB into {len(found.sections):,} sections", took.wall, "s"),
        Figure("put it: sections, then the object", put.wall, "s", bound="looking for personal data"),
        Figure("project it", projected.wall, "s"),
        Figure("events of a change of one text in it", after.position - before.position, "events"),
        Figure("fold it, shallow", statistics.median(shallow), "ms", goal="≤ 50 ms"),
        Figure("fold it, partial", statistics.median(partial), "ms", goal="≤ 50 ms"),
        Figure("open one path", statistics.median(one), "ms", goal="≤ 10 ms"),
        Figure("open all of it", whole, "ms", beside="decode its JSON", other=plain.wall * 1e3),
    ]  # fmt: skip


def made(chapters: int) -> dict[str, Any]:
    """The same one in every run."""
    chance = random.Random(11)

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=CHAPTER_BYTES // 7))

    sections = [{"title": f"제{n}장", "data": {"number": n, "text": text()}} for n in range(chapters)]
    return {"title": "정비 지침", "sections": sections}


def _asked(view: Path, ask: Callable[..., object]) -> float:
    """Milliseconds, the object's own version included."""
    began = time.perf_counter()
    with reading(view) as there:
        at = cut(there, BRANCH, Now(), now=2**62)
        ask(at, show(at, "Manual", "m1"))
    return (time.perf_counter() - began) * 1e3


async def _put(working: Committer, door: UploadDoor, found: Split) -> None:
    declared = [
        {"name": "id", "type": "string"},
        {"name": "content", "type": "json", "unfoldable": True, "marking": "allow"},
    ]
    manual = {"name": "Manual", "primaryKey": ["id"], "properties": declared}
    await write(working, [_message("manual", "CreateObjectType", manual)])
    await _upload(door, list(found.sections.values()))
    properties = {"id": "m1", "content": found.stub.json()}
    await write(working, [_message("object", "CreateObject", {"type": "Manual", "properties": properties})])


async def _changed(working: Committer, door: UploadDoor, again: Split, before: Split) -> None:
    new = [content for name, content in again.sections.items() if name not in before.sections]
    await _upload(door, new)
    patch = {"type": "Manual", "key": "m1", "patch": {"content": again.stub.json()}}
    await write(working, [_message("changed", "UpdateObject", patch)])


async def _upload(door: UploadDoor, contents: list[Any]) -> None:
    for batch in _batches(contents):
        message = _message("upload", UPLOAD, {"sections": batch})
        told = msgspec.json.decode(await door.answer(address(message.subject), {}, message.body))
        assert told["findings"] == [], told


def _batches(contents: list[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size = 0
    for each in contents:
        more = len(encoded(each))
        if batch and size + more > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += more
    yield batch


def _message(identity: str, command: str, data: dict[str, Any]) -> Message:
    body = {"id": identity, "type": command, "branch": BRANCH, "data": data}
    return Message(command_subject("main", "local", BRANCH, command), msgspec.json.encode(body), 1)


async def _projected(outbox: SqliteOutbox, path: Path) -> None:
    feed = MemoryFeed()
    while rows := await outbox.after(await feed.last(), 1_000):
        feed.append([Fetched(row.position, row.subject, row.body) for row in rows])
    view = sqlite_versions(path, "main")
    await replay(feed, [Track(versions(catalog.evolve), view, await view.checkpoint())], catalog.proven, lambda _: None)
    await view.close()
