"""A document of 50 MB in one property: put, changed at one place, folded, and opened at one path, as whoever asks finds it.

Plain, where personal data is looked for, and encrypted. While it is put another user sends one command after the other.

Each answer is of a view that was just opened, without anything in memory; the pages are warm.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

import msgspec

from adapters import system_clock as clock
from adapters.memory_feed import MemoryFeed
from adapters.memory_keys import MemoryKeys
from adapters.sqlite_outbox import SqliteOutbox
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from bench import flights
from bench.figures import Figure, Took
from bench.flights import BRANCH, Message
from bench.stock import Stock
from bench.writing import committer, write
from documents.sections import encoded
from documents.splitting import Split, split
from events import catalog
from events.names import Key, command_subject
from events.objects.sealing import Closed
from gateways.uploads import UPLOAD, UploadDoor
from producers.committer import Committer
from producers.keys import opened as opened_value
from producers.receive import address, receive
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import versions
from queries.cuts import cut
from queries.folding import UnfoldContext, UnfoldLevel, folded, opened
from queries.gaps import Opens
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
    with Took() as decoded:
        msgspec.json.decode(encoded(book))
    plain = await _document(folder / "plain", book, found, None)
    sealed = await _document(folder / "encrypted", book, found, "encrypt")
    whole = plain.asked(lambda *of: opened(*of, "/content"))
    return [
        Figure(f"split a document of {size:,.0f} MB into {len(found.sections):,} sections", took.wall, "s"),
        Figure("put it: sections, then the object", plain.put, "s", bound="looking for personal data"),
        Figure("commands of another user while it is decided and written, p99", *plain.waited(99), goal="≤ 50 ms"),
        Figure("the one of them that waits longest", *plain.waited(100), bound="writing 51 MB as one commit, twice"),
        Figure("project it", plain.projected, "s"),
        Figure("events of a change of one text in it", plain.changed, "events"),
        Figure("fold it, shallow", plain.folded(UnfoldLevel.SHALLOW), "ms", goal="≤ 50 ms"),
        Figure("fold it, partial", plain.folded(UnfoldLevel.PARTIAL), "ms", goal="≤ 50 ms"),
        Figure("open one path", plain.opened(len(book["sections"])), "ms", goal="≤ 10 ms"),
        Figure("open all of it", whole, "ms", beside="decode its JSON", other=decoded.wall * 1e3),
        Figure("put it, encrypted", sealed.put, "s", bound="sealing it anew"),
        Figure("commands of another user meanwhile, p99", *sealed.waited(99), goal="≤ 50 ms"),
        Figure("the one of them that waits longest", *sealed.waited(100)),
        Figure("fold it, encrypted, shallow", sealed.folded(UnfoldLevel.SHALLOW), "ms", goal="≤ 50 ms"),
        Figure("open one path of it, encrypted", sealed.opened(len(book["sections"])), "ms", goal="≤ 10 ms"),
    ]  # fmt: skip


@dataclass(slots=True)
class _Document:
    """One that was put into an outbox and projected; `waits` are seconds that another user's commands took meanwhile."""

    view: Path
    opens: Opens
    put: float
    projected: float
    changed: int
    waits: list[float]

    def waited(self, percent: int) -> tuple[float, str]:
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1e3, "ms"

    def folded(self, level: UnfoldLevel) -> float:
        context = UnfoldContext.of(level)
        return statistics.median(self.asked(lambda *of: folded(*of, context, "/content")) for _ in range(QUESTIONS))

    def opened(self, chapters: int) -> float:
        paths = [f"/content/sections/{n}/data/number" for n in random.Random(3).sample(range(chapters), QUESTIONS)]
        return statistics.median(self.asked(lambda *of, path=path: opened(*of, path)) for path in paths)

    def asked(self, ask: Callable[..., object]) -> float:
        """Milliseconds, the object's own version included."""
        began = time.perf_counter()
        with reading(self.view, self.opens) as there:
            at = cut(there, BRANCH, Now(), now=2**62)
            ask(at, show(at, "Manual", "m1"))
        return (time.perf_counter() - began) * 1e3


async def _document(folder: Path, book: dict[str, Any], found: Split, marking: str | None) -> _Document:
    outbox = SqliteOutbox(folder / "outbox.db", "main")
    wraps, keys = Wraps(token_bytes(KEY_BYTES)), MemoryKeys()
    door = UploadDoor(outbox, wraps, clock.now, 10**9)
    async with committer(outbox, wraps=wraps, keys=keys) as working:
        put, waits = await _put(working, door, found, marking)
        before = await outbox.head()
        if marking is None:
            await _changed(working, door, book, found)
        after = await outbox.head()
    view = folder / "versions.db"
    with Took() as projected:
        await _projected(outbox, view)
    outbox.close()

    def opens(closed: Closed, entity: Key, at: str) -> Any:
        return opened_value(keys.of, closed, entity, at)

    return _Document(view, opens, put, projected.wall, after.position - before.position, waits)


def made(chapters: int) -> dict[str, Any]:
    """The same one in every run."""
    chance = random.Random(11)

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=CHAPTER_BYTES // 7))

    sections = [{"title": f"제{n}장", "data": {"number": n, "text": text()}} for n in range(chapters)]
    return {"title": "정비 지침", "sections": sections}


async def _put(working: Committer, door: UploadDoor, found: Split, marking: str | None) -> tuple[float, list[float]]:
    """Seconds: of all of it, and of each command that another user sends, one after the other, once the sections are there."""
    content = {"name": "content", "type": "json", "unfoldable": True}
    declared = [{"name": "id", "type": "string"}, content | ({"marking": marking} if marking else {})]
    manual = {"name": "Manual", "primaryKey": ["id"], "properties": declared}
    await write(working, [_message("manual", "CreateObjectType", manual)])
    with Took() as uploaded:
        await _upload(door, list(found.sections.values()))
    properties = {"id": "m1", "content": found.stub.json()}
    put = _message("object", "CreateObject", {"type": "Manual", "properties": properties})
    waits: list[float] = []
    with Took() as took:
        writing = asyncio.create_task(write(working, [put]))
        await asyncio.sleep(0)  # it is in line
        while not writing.done():
            waits.append(await _other(working, len(waits)))
        await writing
    return uploaded.wall + took.wall, waits


async def _other(working: Committer, number: int) -> float:
    """Seconds."""
    began = time.perf_counter()
    part = flights.created(number)
    subject = command_subject("main", "other", BRANCH, part["type"])
    body = msgspec.json.encode({"id": f"other-{number}", "branch": BRANCH, **part})
    await working.enqueue(receive(address(subject), body))
    return time.perf_counter() - began


async def _changed(working: Committer, door: UploadDoor, book: dict[str, Any], before: Split) -> None:
    first = book["sections"][7]
    changed = {**first, "data": {**first["data"], "text": "고침"}}
    again = split({**book, "sections": [*book["sections"][:7], changed, *book["sections"][8:]]})
    assert again is not None
    await _upload(door, [content for name, content in again.sections.items() if name not in before.sections])
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
