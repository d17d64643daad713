"""A damaged log comes back byte for byte; a kill before or after any step only delays it; nothing is guessed."""

from dataclasses import dataclass, field

import msgspec
import pytest

from producers.archive import Archived, LogAhead
from producers.collect import Candidate, Lost
from producers.log import Appended, Doubt
from producers.outbox import LogHead, Row
from producers.repair import NotRepaired, Repair
from security.chain import Gap, body_hash, genesis, verify


def chain(count):
    rows, prevhash = [], genesis("main")
    for position in range(1, count + 1):
        link = {"sequence": f"{position:020d}", "prevhash": prevhash, "data": {"n": position}}
        rows.append(Row(position, f"oms.evt.{position}", msgspec.json.encode(link)))
        prevhash = body_hash(rows[-1].body)
    return rows


class Killed(BaseException):
    pass


@dataclass
class Machine:
    """What survives a kill; dies before or after the n-th call of a port."""

    rows: dict[int, Row]
    end: int
    dies_at: int = 10**9
    calls: int = 0
    noted: tuple | None = None
    archives: dict[str, list[Row]] = field(default_factory=dict)
    quarantined: list[Candidate] = field(default_factory=list)
    deleted: int = 0

    def call(self):
        self.calls += 1
        if self.calls == self.dies_at:
            raise Killed


def surviving(port):
    def run(self, *args):
        self.machine.call()
        result = port(self, *args)
        self.machine.call()
        return result

    return run


def surviving_async(port):
    async def run(self, *args):
        self.machine.call()
        result = await port(self, *args)
        self.machine.call()
        return result

    return run


@dataclass
class MemoryCopy:
    name: str
    rows: dict[int, Row]

    async def last(self):
        return max(self.rows, default=0)

    async def read(self, after, until=None):
        for position in range(after + 1, (until or await self.last()) + 1):
            if position not in self.rows:
                known = [p for p in self.rows if p > position]
                raise Gap(position, min(known) - 1 if known else None, self.name)
            yield [self.rows[position]]


@dataclass
class Live:
    machine: Machine
    name: str = "log"

    async def last(self):
        return self.machine.end

    async def read(self, after, until=None):
        copy = MemoryCopy("log", dict(self.machine.rows))
        async for rows in copy.read(after, until or self.machine.end):
            yield rows


@dataclass
class MemoryStream:
    machine: Machine

    @surviving_async
    async def delete(self):
        self.machine.rows, self.machine.end = {}, 0
        self.machine.deleted += 1

    @surviving_async
    async def create(self):
        pass

    @surviving_async
    async def append(self, rows, after):
        if after != self.machine.end:
            return Doubt(f"wrong last sequence: {self.machine.end}")
        self.machine.rows.update({row.position: row for row in rows})
        self.machine.end = rows[-1].position
        return Appended(self.machine.end)

    @surviving_async
    async def last(self):
        return self.machine.rows.get(self.machine.end)

    async def get(self, position):
        return self.machine.rows.get(position)


@dataclass
class MemoryJournal:
    machine: Machine

    def read(self):
        return self.machine.noted

    @surviving
    def note(self, step, archived):
        self.machine.noted = (step, archived)

    @surviving
    def clear(self):
        self.machine.noted = None


@dataclass
class MemoryArchives:
    machine: Machine

    def create(self):
        return MemoryArchive(self.machine, str(len(self.machine.archives)))

    def open(self, name):
        return MemoryCopy(f"archive {name}", {row.position: row for row in self.machine.archives[name]})


@dataclass
class MemoryArchive:
    machine: Machine
    name: str
    written: list[Row] = field(default_factory=list)
    refused: list[Candidate] = field(default_factory=list)

    def append(self, rows):
        self.written += rows
        verify((row.body for row in self.written), 0, genesis("main"))

    def quarantine(self, candidates):
        self.refused += candidates

    @surviving
    def finish(self):
        self.machine.archives[self.name] = self.written
        self.machine.quarantined += self.refused

    def abandon(self):
        pass


def repair(machine):
    return Repair(
        "main", MemoryStream(machine), Live(machine), MemoryArchives(machine), MemoryJournal(machine), lambda *_: None
    )


def head(rows):
    return LogHead(rows[-1].position, 0, body_hash(rows[-1].body))


def by_position(rows):
    return {row.position: row for row in rows}


def holed(rows, *missing):
    return {row.position: row for row in rows if row.position not in missing}


def healed(machine, rows):
    return list(machine.rows.values()) == rows and machine.end == len(rows) and machine.noted is None


@pytest.mark.parametrize("missing", [(1, 2), (5,), (4, 5, 6, 7), (9, 10)])
async def test_a_log_with_holes_is_healed_from_the_outbox(missing):
    rows = chain(10)
    machine = Machine(holed(rows, *missing), 10)
    repaired = await repair(machine).run([MemoryCopy("outbox", by_position(rows))], head(rows))
    assert healed(machine, rows)
    assert repaired.archived == Archived("0", 10, body_hash(rows[-1].body))


async def test_a_log_without_its_tail_is_healed():
    rows = chain(10)
    machine = Machine(by_position(rows[:6]), 6)
    await repair(machine).run([MemoryCopy("audit", by_position(rows))], head(rows))
    assert healed(machine, rows)


async def test_copies_complete_each_other():
    rows = chain(10)
    machine = Machine(holed(rows, 3, 4, 8), 10)
    copies = [MemoryCopy("outbox", by_position(rows[5:])), MemoryCopy("segment", by_position(rows[:4]))]
    await repair(machine).run(copies, head(rows))
    assert healed(machine, rows)


async def test_positions_that_nobody_holds_stop_it_before_anything_is_deleted():
    rows = chain(10)
    machine = Machine(holed(rows, 3, 4, 8), 10)
    with pytest.raises(Lost) as lost:
        await repair(machine).run([MemoryCopy("outbox", holed(rows, 3, 4, 7, 8))], head(rows))
    assert lost.value.positions == [(3, 4), (8, 8)]
    assert machine.deleted == 0
    assert machine.archives == {}


async def test_a_foreign_message_behind_the_head_is_quarantined():
    rows = chain(5)
    stranger = Row(6, "oms.evt.x", b'{"specversion":"1.0"}')
    machine = Machine({**by_position(rows), 6: stranger}, 6)
    repaired = await repair(machine).run([MemoryCopy("outbox", by_position(rows))], head(rows))
    assert healed(machine, rows)
    assert machine.quarantined == [Candidate("log", stranger)]
    assert repaired.quarantined == 1


async def test_a_foreign_message_in_our_place_is_quarantined():
    rows = chain(7)
    stranger = Row(6, "oms.evt.x", b'{"specversion":"1.0"}')
    machine = Machine({**by_position(rows[:5]), 6: stranger}, 6)
    await repair(machine).run([MemoryCopy("outbox", by_position(rows))], head(rows))
    assert healed(machine, rows)
    assert machine.quarantined == [Candidate("log", stranger)]


async def test_a_log_that_goes_on_behind_the_outbox_is_left_alone():
    rows = chain(10)
    machine = Machine(by_position(rows), 10)
    with pytest.raises(LogAhead):
        await repair(machine).run([MemoryCopy("outbox", by_position(rows[:6]))], head(rows[:6]))
    assert machine.deleted == 0


async def test_without_an_outbox_the_log_ends_where_nothing_follows_any_more():
    rows = chain(6)
    stranger = Row(7, "oms.evt.x", b"{}")
    machine = Machine({**holed(rows, 2), 7: stranger}, 7)
    await repair(machine).run([MemoryCopy("audit", by_position(rows[:4]))], None)
    assert healed(machine, rows)
    assert machine.quarantined == [Candidate("log", stranger)]


async def test_without_an_outbox_a_hole_is_not_an_end():
    rows = chain(6)
    machine = Machine(holed(rows, 5), 6)
    with pytest.raises(Lost) as lost:
        await repair(machine).run([MemoryCopy("audit", by_position(rows[:3]))], None)
    assert lost.value.positions == [(5, 5)]


async def test_an_archive_that_was_lost_meanwhile_stops_it_before_anything_is_deleted():
    rows = chain(5)
    machine = Machine(holed(rows, 2), 5, noted=("replace", Archived("0", 5, body_hash(rows[-1].body))))
    machine.archives["0"] = rows[:4]
    with pytest.raises((NotRepaired, Gap)):
        await repair(machine).run([], None)
    assert machine.deleted == 0


async def test_a_stream_that_got_something_else_meanwhile_is_replaced_again():
    rows = chain(5)
    machine = Machine({1: Row(1, "x", b"{}")}, 1, noted=("append", Archived("0", 5, body_hash(rows[-1].body))))
    machine.archives["0"] = rows
    with pytest.raises(NotRepaired):
        await repair(machine).run([], None)
    await repair(machine).run([], None)
    assert healed(machine, rows)


async def test_an_empty_log_is_repaired_to_an_empty_log():
    machine = Machine({}, 0)
    await repair(machine).run([MemoryCopy("outbox", {})], LogHead(0, 0, genesis("main")))
    assert healed(machine, [])


async def test_a_kill_before_or_after_any_call_is_healed_by_running_again():
    rows = chain(10)
    calm = Machine(holed(rows, 4, 5), 10)
    copies = [MemoryCopy("outbox", by_position(rows))]
    await repair(calm).run(copies, head(rows))
    for dies_at in range(1, calm.calls + 1):
        machine = Machine(holed(rows, 4, 5), 10, dies_at=dies_at)
        with pytest.raises(Killed):
            await repair(machine).run(copies, head(rows))
        await repair(machine).run(copies, head(rows))
        assert healed(machine, rows), dies_at
