"""The relay over memory: every doubt heals, a foreign log stops it."""

import asyncio
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_log import MemoryLog
from adapters.memory_outbox import MemoryOutbox
from producers import relay as relay_module
from producers.fresh import MOST_BYTES
from producers.log import Appended, Doubt, LogUnavailable
from producers.outbox import LogHead, Row, Writes
from producers.relay import LogAhead, Relay, RowsMissing


def rows(first, last, text="fact"):
    return [Row(n, f"oms.evt.main.prod.a.main.object.X.{n}", f"{text} {n}".encode()) for n in range(first, last + 1)]


async def commit(outbox, new):
    head = LogHead(new[-1].position, new[-1].position, sha256(new[-1].body).hexdigest())
    await outbox.restore(Writes(head, rows=list(new)))


async def holding(*new):
    outbox = MemoryOutbox("main")
    if new:
        await commit(outbox, list(new))
    return outbox


async def finish(relay):
    """Steps until the log holds everything, as `run` does."""
    relayed = Doubt("started")
    while relayed != 0:
        if isinstance(relayed, Doubt):
            await relay.check()
        relayed = await relay.step()


class Unreliable:
    """A log whose n-th append meets the n-th fault."""

    def __init__(self, log, faults=()):
        self.log, self.faults = log, iter(faults)
        self.last, self.get = log.last, log.get

    async def append(self, rows, after):
        fault = next(self.faults, "none")
        if fault == "not sent":
            return Doubt(fault)
        if fault == "another relay":
            await self.log.append(rows[:2], after)
        told = await self.log.append(rows, after)
        return Doubt(fault) if fault == "answer lost" else told


FAULTS = st.lists(st.sampled_from(["none", "not sent", "answer lost", "another relay"]), max_size=12)


@settings(deadline=None)
@given(FAULTS, st.integers(0, 40), st.integers(0, 40))
async def test_whatever_goes_wrong_the_log_becomes_the_outbox(faults, told, waiting):
    written = rows(1, told + waiting)
    outbox, log = await holding(*written), MemoryLog()
    log.rows = written[:told]
    relay = Relay(SmallBatches(outbox), Unreliable(log, faults), asyncio.Event())
    await finish(relay)
    assert log.rows == written
    assert relay.progress.position == len(written)


class SmallBatches:
    """Three rows at a time, so that a few rows make many batches."""

    def __init__(self, outbox):
        self._outbox, self.head, self.row = outbox, outbox.head, outbox.row

    async def after(self, position, limit, max_bytes=0):
        return await self._outbox.after(position, min(limit, 3))


class Crash(Exception):
    pass


class Mortal:
    """Dies before or after the n-th append."""

    def __init__(self, log, nth, after):
        self.log, self.left, self.after_it = log, nth, after
        self.last, self.get = log.last, log.get

    async def append(self, rows, after):
        self.left -= 1
        if self.left == 0 and not self.after_it:
            raise Crash
        told = await self.log.append(rows, after)
        if self.left == 0:
            raise Crash
        return told


@pytest.mark.parametrize("after_it", [False, True])
@pytest.mark.parametrize("nth", range(1, 8))
async def test_a_restart_heals_wherever_it_died(nth, after_it):
    written = rows(1, 20)
    outbox, log = SmallBatches(await holding(*written)), MemoryLog()
    with pytest.raises(ExceptionGroup):
        await finish(Relay(outbox, Mortal(log, nth, after_it), asyncio.Event()))
    await finish(Relay(outbox, log, asyncio.Event()))
    assert log.rows == written


async def test_an_outbox_older_than_the_log_stops_and_names_the_ways_out():
    outbox, log = await holding(*rows(1, 5)), MemoryLog()
    log.rows = rows(1, 8)
    with pytest.raises(
        LogAhead, match=r"log ends at position 8 .* outbox ends at position 5.*oms adopt log.*oms repair"
    ):
        await Relay(outbox, log, asyncio.Event()).check()


async def test_a_message_at_the_head_that_is_not_ours_stops():
    outbox, log = await holding(*rows(1, 5)), MemoryLog()
    log.rows = [*rows(1, 3), *rows(4, 4, "foreign")]
    with pytest.raises(LogAhead, match=r"position 4 with a message that is no event of ours .* outbox holds"):
        await Relay(outbox, log, asyncio.Event()).check()
    assert len(log.rows) == 4


async def test_rows_that_left_the_outbox_are_asked_for_by_name():
    outbox, log = await holding(*rows(6, 9)), MemoryLog()
    log.rows = rows(1, 3)
    with pytest.raises(RowsMissing, match=r"ends at position 3.*oms repair log"):
        await Relay(outbox, log, asyncio.Event()).check()
    log.rows = []
    with pytest.raises(RowsMissing, match="row 1 has left"):
        await Relay(outbox, log, asyncio.Event()).check()


async def test_an_outbox_whose_rows_have_all_left_is_compared_by_hash():
    outbox, log = MemoryOutbox("main"), MemoryLog()
    log.rows = rows(1, 3)
    await outbox.restore(Writes(LogHead(3, 3, sha256(log.rows[-1].body).hexdigest())))
    assert await Relay(outbox, log, asyncio.Event()).check() == 3
    await outbox.restore(Writes(LogHead(3, 3, sha256(b"other").hexdigest())))
    with pytest.raises(LogAhead):
        await Relay(outbox, log, asyncio.Event()).check()


async def test_two_batches_are_in_flight_and_no_more():
    written = rows(1, 12)
    outbox, log = SmallBatches(await holding(*written)), MemoryLog()
    flying, most = 0, 0

    class Watched(Unreliable):
        async def append(self, rows, after):
            nonlocal flying, most
            flying += 1
            most = max(most, flying)
            told = await super().append(rows, after)
            await asyncio.sleep(0)
            flying -= 1
            return told

    relay = Relay(outbox, Watched(log), asyncio.Event())
    await relay.check()
    assert await relay.step() == 12
    assert most == relay_module.IN_FLIGHT


async def test_a_commit_wakes_the_relay_and_those_who_wait_are_told():
    outbox, log, wake = await holding(), MemoryLog(), asyncio.Event()
    relay = Relay(outbox, log, wake)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(relay.run())
        for n in range(1, 6):
            await commit(outbox, rows(n, n))
            wake.set()
            await relay.progress.reached(n)
            assert log.rows == rows(1, n)
        running.cancel()


class Closed:
    """An outbox that may be asked for its head only."""

    def __init__(self, outbox):
        self.head, self.row = outbox.head, outbox.row

    async def after(self, position, limit, max_bytes=0):
        raise AssertionError


async def test_what_was_told_is_not_read_from_the_outbox():
    outbox, log = await holding(), MemoryLog()
    relay = Relay(Closed(outbox), log, asyncio.Event())
    await relay.check()
    for first, last in ((1, 1), (2, 1500), (1501, 1503)):
        await commit(outbox, rows(first, last))
        relay.told(rows(first, last), more=False)
        assert await relay.step() == last - first + 1
    assert await relay.step() == 0
    assert log.rows == rows(1, 1503)


LARGE = "x" * (MOST_BYTES // 3)
COMMITS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["told", "too large", "not told"]), st.booleans()), max_size=6
)


@settings(deadline=None)
@given(COMMITS, FAULTS)
async def test_whatever_is_told_or_not_the_log_becomes_the_outbox(commits, faults):
    outbox, log, written = await holding(), MemoryLog(), []
    relay = Relay(SmallBatches(outbox), Unreliable(log, faults), asyncio.Event())
    for count, told, relayed in commits:
        new = rows(len(written) + 1, len(written) + count, LARGE if told == "too large" else "fact")
        await commit(outbox, new)
        written += new
        if told != "not told":
            relay.told(new, more=False)
        if relayed:
            await finish(relay)
    await relay.check()
    await finish(relay)
    assert log.rows == written


class Noted(MemoryLog):
    """Remembers how large the batches were."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    async def append(self, rows, after):
        self.sizes.append(len(rows))
        return await super().append(rows, after)


async def test_a_small_batch_waits_while_the_committer_is_at_the_next_group():
    outbox, log = await holding(), Noted()
    relay = Relay(outbox, log, asyncio.Event(), gather=60)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(relay.run())
        await told(relay, outbox, rows(1, 10), more=True)
        await relay.progress.reached(10)
        await told(relay, outbox, rows(11, 20), more=True)
        await told(relay, outbox, rows(21, 30), more=True)
        await told(relay, outbox, rows(31, 40), more=False)
        await relay.progress.reached(40)
        running.cancel()
    assert log.sizes == [10, 30]


async def test_a_small_batch_does_not_wait_for_long():
    outbox, log = await holding(), Noted()
    relay = Relay(outbox, log, asyncio.Event(), gather=0)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(relay.run())
        for last in (10, 20, 30):
            await told(relay, outbox, rows(last - 9, last), more=True)
            await relay.progress.reached(last)
        running.cancel()
    assert log.sizes == [10, 10, 10]


async def told(relay, outbox, new, *, more):
    """Committed and told, and the relay has had its turns."""
    await commit(outbox, new)
    relay.told(new, more=more)
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_log_that_is_away_is_waited_for():
    class Away(MemoryLog):
        asked = 0

        async def last(self):
            self.asked += 1
            if self.asked < 3:
                raise LogUnavailable("restarting")
            return await super().last()

    outbox, log = await holding(*rows(1, 3)), Away()
    relay = Relay(outbox, log, asyncio.Event())
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(relay.run())
        await relay.progress.reached(3)
        assert relay.trouble is None
        running.cancel()
    assert isinstance(await log.append(rows(4, 4), 3), Appended)
