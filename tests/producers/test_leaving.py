"""Rows leave the outbox for segments; a kill before or after any step loses none, and the next run goes on."""

from contextlib import suppress

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.segment_folder import SegmentFolder
from adapters.segments import SegmentFeed
from producers.leaving import Left, NotArchived, leave
from producers.outbox import Row
from security.chain import ChainBroken, Gap
from tests.producers.desk import Desk, plane

ALL = 30


class Log:
    """A copy in memory, a few rows at a time."""

    name = "log"

    def __init__(self, rows):
        self.rows = rows

    async def last(self):
        return len(self.rows)

    async def read(self, after, until=None):
        for at in range(after, until, 4):
            yield self.rows[at : min(at + 4, until)]


class Killed(BaseException):
    pass


class Dying:
    """Hands on to `port`; the process dies before or after the n-th call of all ports that share `lives`."""

    def __init__(self, port, lives):
        self._port, self._lives = port, lives

    def __getattr__(self, name):
        found = getattr(self._port, name)
        if name in ("name", "ontology"):
            return found
        if name in ("open", "read"):
            return lambda *a: self._lived() or found(*a)
        if name == "behind":
            return lambda *a: self._lived() or Dying(found(*a), self._lives)
        if name in ("append", "finish", "abandon"):
            return lambda *a: (self._lived(), found(*a), self._lived())[1]

        async def called(*a):
            self._lived()
            answer = await found(*a)
            self._lived()
            return answer

        return called

    def _lived(self):
        self._lives[0] -= 1
        if self._lives[0] == 0:
            raise Killed


@pytest.fixture
async def desk():
    """An outbox with 30 events, and the log of them."""
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send(
        "CreateObjectType", name="Plane", primaryKey=["tail"], properties=[{"name": "tail", "type": "string"}]
    )
    for n in range(ALL - 2):
        await desk.send("CreateObject", **plane(f"한{n}"))
    return desk


async def held(folder):
    """What segments hold."""
    feed = SegmentFeed(folder, "main")
    return [Row(*row) async for rows in feed.read(0) for row in rows]


async def test_old_rows_leave_and_segments_hold_them(desk, tmp_path):
    rows = await desk.outbox.after(0, 100)
    segments = SegmentFolder(tmp_path, "main")
    assert await leave(desk.outbox, Log(rows), segments, 10) == Left(20, 20, 20)
    assert (await held(tmp_path), await desk.outbox.after(0, 100)) == (rows[:20], rows[20:])
    assert await leave(desk.outbox, Log(rows), segments, 10) == Left(20, 20, 0)
    assert await leave(desk.outbox, Log(rows[:25]), segments, 1) == Left(24, 24, 4)
    assert await leave(desk.outbox, Log(rows), segments, 1) == Left(29, 29, 5)
    assert (await held(tmp_path), await desk.outbox.after(0, 100)) == (rows[:29], rows[29:])
    assert len(list(tmp_path.glob("*.zst"))) == 3


async def test_what_was_written_before_is_still_merged(desk, tmp_path):
    await desk.send("CreateBranch", name="dev/main/x")
    await desk.send("CreateObject", on="dev/main/x", **plane("가"))
    rows = await desk.outbox.after(0, 100)
    await leave(desk.outbox, Log(rows), SegmentFolder(tmp_path, "main"), 1)
    desk.restart()
    outcome = await desk.send("MergeBranch", source="dev/main/x")
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 2)


@pytest.mark.parametrize("dies_at", range(1, 60))
async def test_a_kill_at_any_step_loses_nothing(desk, tmp_path, dies_at):
    rows = await desk.outbox.after(0, 100)
    lives = [dies_at]
    ports = [Dying(port, lives) for port in (desk.outbox, Log(rows), SegmentFolder(tmp_path, "main"))]
    with suppress(Killed):
        await leave(*ports, 10)
    left = await desk.outbox.after(0, 100)
    assert sorted({*left, *await held(tmp_path)}) == rows
    await leave(desk.outbox, Log(rows), SegmentFolder(tmp_path, "main"), 10)
    assert (await held(tmp_path), await desk.outbox.after(0, 100)) == (rows[:20], rows[20:])
    assert list(tmp_path.glob(".*.part")) == []


async def test_rows_that_segments_hold_otherwise_stay(desk, tmp_path):
    rows = await desk.outbox.after(0, 100)
    segments = SegmentFolder(tmp_path, "main")
    other = await Desk(MemoryOutbox("main"), None).open()
    for name in ("Other", "Another"):
        await other.send(
            "CreateObjectType", name=name, primaryKey=["id"], properties=[{"name": "id", "type": "string"}]
        )
    foreign = await other.outbox.after(0, 100)
    await leave(other.outbox, Log(foreign), segments, 1)
    with pytest.raises(NotArchived, match="position 2"):
        await leave(desk.outbox, Log(rows), segments, ALL - 2)
    assert len(await desk.outbox.after(0, 100)) == ALL


async def test_segments_of_another_log_or_with_a_hole_are_not_continued(desk, tmp_path):
    rows = await desk.outbox.after(0, 100)
    segments = SegmentFolder(tmp_path, "main")
    for keep in (20, 10):
        await leave(desk.outbox, Log(rows), segments, keep)
    changed = [*rows[:19], rows[19]._replace(body=rows[18].body), *rows[20:]]
    with pytest.raises(ChainBroken, match="the end of"):
        await leave(desk.outbox, Log(changed), segments, 1)
    min(tmp_path.glob("*.zst")).unlink()
    with pytest.raises(Gap, match="positions 1 to 10"):
        await leave(desk.outbox, Log(rows), segments, 1)
