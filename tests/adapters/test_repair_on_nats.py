"""A bit flipped in a real JetStream store is found, named and repaired; a store folder is read without being touched."""

from contextlib import asynccontextmanager
from hashlib import sha256
from inspect import iscoroutinefunction

import msgspec
import pytest

from adapters.nats_repair import repairable
from adapters.nats_server import NatsServer
from adapters.outbox_tables import metadata
from adapters.repair_files import RepairArchives, RepairJournal
from adapters.segment_writer import SegmentWriter
from adapters.segments import SegmentFeed
from adapters.sqlite_copies import outbox_copy
from adapters.sqlite_file import create, writer
from adapters.store_folder import store_reader
from producers.outbox import LogHead, Row
from producers.repair import Repair
from producers.verify_log import verify_log
from security.chain import body_hash, genesis

BLOCK = 8 << 20  # bytes in a JetStream block


def chain(count, size=100):
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash, "data": "x" * size}
        rows.append(Row(position, f"oms.evt.main.prod.main.main.object.T.{position}", msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


@pytest.fixture(scope="module")
def blocks():
    """A log of four blocks."""
    return chain(1_100, 28 * 1024)


def quiet(*_):
    pass


async def fill(stream, rows, step):
    await stream.create()
    for start in range(0, len(rows), step):
        assert (await stream.append(rows[start : start + step], start)).last == min(start + step, len(rows))


async def read(copy, after=0, until=None):
    return [Row(*row) async for rows in copy.read(after, until or await copy.last()) for row in rows]


def head(rows):
    return LogHead(rows[-1].position, 0, body_hash(rows[-1].body))


def outbox(folder, rows):
    connection = writer(folder / "outbox.db")
    create(connection, metadata)
    connection.executemany("INSERT INTO outbox (position, subject, body) VALUES (?, ?, ?)", rows)
    connection.close()
    return outbox_copy(folder / "outbox.db")


def flip(folder, which):
    """One bit, in the middle of a block."""
    path = sorted(folder.rglob("OMS_LOG_main/msgs/*.blk"), key=lambda p: int(p.stem))[which]
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 4]))


@asynccontextmanager
async def running(folder):
    server = NatsServer(folder)
    await server.start()
    try:
        async with repairable(server.endpoint, "main") as (stream, live):
            yield stream, live
    finally:
        await server.stop()


def repairing(folder, stream, live):
    return Repair("main", stream, live, RepairArchives(folder, "main"), RepairJournal(folder), quiet)


@pytest.mark.parametrize("which", [0, 2, -1])
async def test_a_flipped_bit_is_named_and_healed_byte_for_byte(which, blocks, tmp_path):
    async with running(tmp_path / "nats") as (stream, _):
        await fill(stream, blocks, 250)
    flip(tmp_path / "nats", which)
    copy = outbox(tmp_path, blocks)
    async with running(tmp_path / "nats") as (stream, live):
        found = await verify_log("main", live, await live.last(), copy, head(blocks), quiet)
        assert found.behind or any(flaw.code == "LOG_GAP" for flaw in found.flaws), found
        repaired = await repairing(tmp_path / "repair", stream, live).run([copy], head(blocks))
        assert repaired.archived.hash == head(blocks).hash
        assert (await verify_log("main", live, await live.last(), copy, head(blocks), quiet)).whole
        assert await read(live) == blocks


async def test_a_foreign_message_is_put_aside(tmp_path):
    rows = chain(30)
    async with running(tmp_path / "nats") as (stream, live):
        stranger = Row(21, "oms.evt.main.prod.main.main.object.T.x", b'{"a":"stranger"}')
        await fill(stream, [*rows[:20], stranger], 10)
        copy = outbox(tmp_path, rows)
        found = await verify_log("main", live, await live.last(), copy, head(rows), quiet)
        assert [flaw[:3] for flaw in found.flaws] == [("LOG_FOREIGN", 21, 21), ("LOG_DIFFERS", 21, 21)]
        repaired = await repairing(tmp_path / "repair", stream, live).run([copy], head(rows))
        assert repaired.quarantined == 1
        assert await read(live) == rows


async def test_a_stream_that_is_gone_comes_back_from_segments(tmp_path):
    rows = chain(30)
    segments = SegmentWriter(tmp_path / "segments", "main", 0, genesis("main"))
    segments.append(rows)
    segments.finish()
    async with running(tmp_path / "nats") as (stream, live):
        copy = SegmentFeed(tmp_path / "segments", "main")
        await repairing(tmp_path / "repair", stream, live).run([copy], None)
        assert await read(live) == rows


class Killed(BaseException):
    """As if the process had died."""


class Dying:
    """Any port of a repair; the n-th call of any of them is the last, before or after it was carried out."""

    def __init__(self, port, calls, dies_at):
        self._port, self._calls, self._dies_at = port, calls, dies_at

    def __getattr__(self, name):
        called = getattr(self._port, name)

        def count():
            self._calls.append(name)
            if len(self._calls) == self._dies_at:
                raise Killed

        async def wait(*args):
            count()
            result = await called(*args)
            count()
            return result

        def run(*args):
            count()
            result = called(*args)
            count()
            return result

        return wait if iscoroutinefunction(called) else run


async def test_a_kill_at_any_call_is_healed_by_running_it_again(tmp_path):
    rows = chain(30)
    copy = outbox(tmp_path, rows)
    async with running(tmp_path / "nats") as (stream, live):
        for dies_at in range(1, 100):
            await stream.delete()
            await fill(stream, rows[:20], 10)
            folder, calls = tmp_path / str(dies_at), []
            dying = Repair(
                "main",
                Dying(stream, calls, dies_at),
                live,
                RepairArchives(folder, "main"),
                Dying(RepairJournal(folder), calls, dies_at),
                quiet,
            )
            try:
                await dying.run([copy], head(rows))
                break
            except Killed:
                await repairing(folder, stream, live).run([copy], head(rows))
            assert await read(live) == rows, dies_at
        assert 10 < dies_at < 99


def content(folder):
    return {p.relative_to(folder): sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("where", ["nats", "nats/jetstream", "."])
async def test_a_store_folder_is_read_and_stays_as_it_is(where, tmp_path):
    rows = chain(2_500)
    async with running(tmp_path / "data" / "nats") as (stream, _):
        await fill(stream, rows, 1_000)
    before = content(tmp_path / "data")
    async with store_reader(tmp_path / "data" / where, "main") as reader:
        assert await reader.last() == 2_500
        assert await read(reader) == rows
    assert content(tmp_path / "data") == before


async def test_a_folder_without_a_store_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="OMS_LOG_main"):
        async with store_reader(tmp_path, "main"):
            pass
