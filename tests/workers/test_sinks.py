"""Sinks get whole commits in order, whatever fails; one that fails keeps neither another one nor a commit."""

import asyncio
from contextlib import suppress

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from events import catalog
from projectors.projector import Checkpoint, Fetched
from security.chain import ChainBroken, genesis
from tests.producers.desk import Desk, asked, plane
from workers.sinks import carry

START = Checkpoint(0, genesis("main"))


class Sink:
    """In memory. Fails at the calls numbered in `fails`, before or after it has taken the events."""

    def __init__(self, until, fails=(), late=False):
        self.name, self.until, self.fails, self.late = "한", until, set(fails), late
        self.taken, self.calls, self.done = [], 0, asyncio.Event()

    async def checkpoint(self):
        return Checkpoint(self.taken[-1].position, self.taken[-1].hash) if self.taken else None

    async def take(self, events):
        self.calls += 1
        if self.calls in self.fails and not self.late:
            raise OSError("away")
        self.taken += events
        if self.taken[-1].position == self.until:
            self.done.set()
        if self.calls in self.fails:
            raise OSError("died behind it")


@pytest.fixture
async def messages():
    desk = await Desk(MemoryOutbox("main")).open()
    text = {"name": "tail", "type": "string"}
    await desk.send("CreateObjectType", name="Plane", primaryKey=["tail"], properties=[text])
    for commit in range(4):
        parts = [asked("CreateObject", **plane(f"한{commit}-{n}")) for n in range(3)]
        await desk.send("Commit", commands=[{"type": part["type"], "data": part["data"]} for part in parts])
    return [Fetched(*row) for row in await desk.outbox.after(0, 100)]


async def carried(sink, feed, alarms, until=None):
    """Until the sink has what it waits for, or `until` is set."""

    async def at_once(_):
        await asyncio.sleep(0)

    def alarm(*told):
        alarms.append(told)
        if until is not None:
            until.set()

    task = asyncio.create_task(carry(sink, feed, START, catalog.proven, alarm, at_once))
    async with asyncio.timeout(20):
        await (until or sink.done).wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("fails", [(), (1,), (2, 3, 4)])
@pytest.mark.parametrize("chunk", [1, 4, 100])
async def test_a_sink_gets_everything_in_order_whatever_fails(messages, chunk, fails, late):
    sink, alarms = Sink(len(messages), fails, late), []
    await carried(sink, MemoryFeed(messages, chunk), alarms)
    assert [event.position for event in sink.taken] == list(range(1, len(messages) + 1))
    assert {part for part, _ in alarms} <= {"sink 한"}


async def test_what_keeps_a_sink_is_told_once_until_it_goes_on(messages):
    sink, alarms = Sink(len(messages), (1, 2, 3, 5)), []
    await carried(sink, MemoryFeed(messages, 1), alarms)
    assert [str(error) for _, error in alarms] == ["away", "away"]


async def test_a_commit_that_is_not_whole_is_held_back_and_a_changed_event_passed_to_nobody(messages):
    sink, alarms = Sink(2), []
    await carried(sink, MemoryFeed(messages[:4]), alarms)
    assert [event.position for event in sink.taken] == [1, 2]
    changed = messages[3]._replace(body=messages[3].body.replace("한0-1".encode(), "한9-9".encode()))
    sink, alarms = Sink(len(messages)), []
    await carried(sink, MemoryFeed([*messages[:3], changed, *messages[4:]]), alarms, asyncio.Event())
    assert [event.position for event in sink.taken] == [1, 2]
    assert isinstance(alarms[0][1], ChainBroken)
