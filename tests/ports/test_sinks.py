"""What every sink must do; each adapter passes this suite unchanged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.file_sink import FileSink
from adapters.memory_outbox import MemoryOutbox
from events import catalog
from projectors.decode import Decoder
from projectors.projector import Checkpoint, Fetched, Recorded
from security.chain import genesis
from tests.producers.desk import Desk, asked, plane
from workers.sinks import Sink

Opened = Callable[[], Sink]


@pytest.fixture(params=["file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Another one each time, of the same place: as after a restart."""
    return lambda: FileSink(tmp_path / "out" / "events.ndjson")


@pytest.fixture
async def events() -> list[Recorded]:
    """Four commits; the third has three events."""
    desk = await Desk(MemoryOutbox("main")).open()
    text = {"name": "tail", "type": "string"}
    await desk.send("CreateObjectType", name="Plane", primaryKey=["tail"], properties=[text])
    parts = [asked("CreateObject", **plane(f"한{n}")) for n in range(3)]
    await desk.send("Commit", commands=[{"type": part["type"], "data": part["data"]} for part in parts])
    await desk.send("CreateObject", **plane("가"))
    rows = [Fetched(*row) for row in await desk.outbox.after(0, 100)]
    return Decoder(Checkpoint(0, genesis("main")), catalog.proven).read(rows).events


def at(recorded: Recorded) -> tuple[int, str]:
    return recorded.position, recorded.hash


async def where(sink: Sink) -> tuple[int, str] | None:
    checkpoint = await sink.checkpoint()
    return None if checkpoint is None else (checkpoint.position, checkpoint.hash)


async def test_a_sink_remembers_what_it_took(opened: Opened, events: list[Recorded]) -> None:
    sink = opened()
    assert await sink.checkpoint() is None
    await sink.take(events[:2])
    assert await where(sink) == at(events[1])
    await opened().take(events[2:5])
    assert await where(opened()) == at(events[4])
    assert opened().name == sink.name


async def test_a_file_that_was_moved_away_is_begun_anew_where_it_ended(tmp_path: Path, events: list[Recorded]) -> None:
    sink = FileSink(tmp_path / "events.ndjson")
    await sink.take(events[:2])
    sink.path.rename(tmp_path / "yesterday")
    assert await where(sink) == at(events[1])
    await sink.take(events[2:])
    assert sink.path.read_bytes().splitlines() == [event.body for event in events[2:]]


@pytest.mark.parametrize("half", [b"", b'{"specversion":"1.0","seq'])
async def test_what_a_kill_appended_is_not_appended_again(tmp_path: Path, events: list[Recorded], half: bytes) -> None:
    sink = FileSink(tmp_path / "events.ndjson")
    await sink.take(events[:2])
    noted = (tmp_path / "events.ndjson.checkpoint").read_bytes()
    await sink.take(events[2:5])
    (tmp_path / "events.ndjson.checkpoint").write_bytes(noted)
    with sink.path.open("ab") as file:
        file.write(half)
    again = FileSink(sink.path)
    assert await where(again) == at(events[4])
    await again.take(events[5:])
    assert sink.path.read_bytes().splitlines() == [event.body for event in events]
