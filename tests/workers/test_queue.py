"""The queue worker over a queue in memory that can lose track of what it gave away, and a store that can be away."""

import json
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.outbox import OutboxUnavailable
from workers.queue import QueueWorker, outcome_subject

SUBJECT = "oms.queue.main.local.prod.main.main.CreateObject"


class Queued:
    def __init__(self, queue, sequence):
        self.queue, self.sequence, self.subject, self.payload = queue, sequence, SUBJECT, f"c{sequence}".encode()

    async def keep(self):
        self.queue.kept.append(self.sequence)

    async def done(self):
        assert f"c{self.sequence}" in self.queue.told
        self.queue.speak()
        self.queue.waiting.discard(self.sequence)


class MemoryQueue:
    """Commands 1…n; `give` gives each away once, until `rewind`."""

    def __init__(self, commands, most=3, away=()):
        self.waiting, self.most = set(range(1, commands + 1)), most
        self.given, self.rewound, self.spoken, self.away = 0, 0, 0, set(away)
        self.told, self.kept = [], []

    def speak(self):
        """Fails at the times numbered in `away`."""
        self.spoken += 1
        if self.spoken in self.away:
            raise ConnectionError("no answer")

    async def take(self):
        return self.give(self.most)

    def give(self, most):
        batch = sorted(n for n in self.waiting if n > self.given)[:most]
        self.given = batch[-1] if batch else self.given
        return [Queued(self, n) for n in batch]

    async def tell(self, subject, outcome):
        self.speak()
        self.told.append(json.loads(outcome)["command"])

    async def oldest(self, since):
        self.speak()
        return min((n for n in self.waiting if n >= since), default=0)

    async def rewind(self):
        self.speak()
        self.given, self.rewound = 0, self.rewound + 1

    async def wipe(self, before):
        assert not [n for n in self.waiting if n < before]
        self.wiped = before


class Store:
    """Decides in the order of the calls; the attempts numbered in `away` fail."""

    def __init__(self, away=()):
        self.away, self.attempts, self.decided = deque(away), 0, []

    def decide(self, subject, payload):
        self.attempts += 1
        if self.away and self.away[0] <= self.attempts:
            self.away.popleft()
            return self.fail()
        if payload not in self.decided:
            self.decided.append(payload)
        return self.answer(payload)

    async def fail(self):
        raise OutboxUnavailable("the disk is full", "make room")

    async def answer(self, payload):
        return json.dumps({"command": payload.decode()}).encode()


async def at_once(attempt, failure):
    assert isinstance(failure, OutboxUnavailable | ConnectionError)


async def drain(queue, worker):
    while queue.waiting:
        await worker.step()


async def test_every_command_is_answered_in_order_and_then_leaves():
    queue, store = MemoryQueue(7), Store()
    await drain(queue, QueueWorker(queue, store.decide, at_once))
    assert store.decided == [b"c1", b"c2", b"c3", b"c4", b"c5", b"c6", b"c7"]
    assert queue.told == ["c1", "c2", "c3", "c4", "c5", "c6", "c7"]
    assert queue.wiped == 8


async def test_while_the_store_is_away_the_commands_stay_in_our_hands():
    queue = MemoryQueue(3)
    pauses = []

    async def pause(attempt, failure):
        pauses.append((attempt, str(failure), list(queue.told)))

    async def decide(subject, payload):
        if payload == b"c2" and len(pauses) < 3:
            raise OutboxUnavailable("the disk is full", "make room")
        if payload == b"c3" and len(pauses) < 3:
            raise OutboxUnavailable("the disk is full", "make room")
        return json.dumps({"command": payload.decode()}).encode()

    assert await QueueWorker(queue, decide, pause).step() == 3
    assert pauses == [(n, "the disk is full; make room", ["c1"]) for n in (1, 2, 3)]
    assert queue.kept == [2, 3] * 3
    assert queue.told == ["c1", "c2", "c3"]


async def test_what_another_worker_died_with_comes_first():
    queue, store = MemoryQueue(5), Store()
    queue.give(2)  # and dies
    worker = QueueWorker(queue, store.decide, at_once)
    assert await worker.step() == 0
    assert queue.rewound == 1
    await drain(queue, worker)
    assert queue.told == ["c1", "c2", "c3", "c4", "c5"]


async def test_what_was_lost_on_the_way_comes_again_when_nothing_else_comes():
    queue, store = MemoryQueue(3), Store()
    worker = QueueWorker(queue, store.decide)
    queue.give(3)  # to nobody
    assert await worker.step() == 0
    assert await worker.step() == 3
    assert (queue.told, queue.rewound) == (["c1", "c2", "c3"], 1)
    assert await worker.step() == 0
    assert queue.rewound == 1  # nothing waits


async def test_a_hole_that_an_operator_made_stops_nothing():
    queue, store = MemoryQueue(4, most=4), Store()
    queue.waiting -= {1, 3}
    assert await QueueWorker(queue, store.decide, at_once).step() == 2
    assert queue.rewound == 0


@pytest.mark.parametrize("times", [{1}, {2}, {3}, {4}, {2, 3}, {4, 5, 6}])
async def test_a_queue_that_is_away_gets_its_answers_again(times):
    queue, store = MemoryQueue(3, away=times), Store()
    await drain(queue, QueueWorker(queue, store.decide, at_once))
    assert store.decided == [b"c1", b"c2", b"c3"]
    assert list(dict.fromkeys(queue.told)) == ["c1", "c2", "c3"]
    assert queue.rewound == 1


@given(
    st.integers(1, 12),
    st.lists(st.integers(1, 40), max_size=12, unique=True).map(sorted),
    st.lists(st.integers(0, 4), max_size=6),
    st.integers(1, 5),
    st.sets(st.integers(1, 40)),
)
async def test_whatever_fails_all_are_answered_in_order(commands, away, lost, most, deaf):
    """`away`: attempts at which the store fails; `lost`: after so many batches somebody takes one and dies; `deaf`:
    when the queue does not answer."""
    queue, store = MemoryQueue(commands, most, deaf), Store(away)
    worker = QueueWorker(queue, store.decide, at_once)
    for batches in lost:
        for _ in range(batches):
            await worker.step()
        queue.give(1)
        worker = QueueWorker(queue, store.decide, at_once)
        queue.given = 0
    await drain(queue, worker)
    told = list(dict.fromkeys(queue.told))
    assert told == [f"c{n}" for n in range(1, commands + 1)]


@pytest.mark.parametrize(
    ("command", "subject"),
    [
        ("c1", "oms.outcome.main.local.c1"),
        ("a.b>c", "oms.outcome.main.local.a%2Eb%3Ec"),
        ("", "oms.outcome.main.local.%"),
    ],
)
def test_an_outcome_is_told_to_the_principal_alone(command, subject):
    assert outcome_subject(SUBJECT, json.dumps({"command": command}).encode()) == subject
