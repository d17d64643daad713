"""Decides what was queued, in the order it was queued; a command leaves the queue only after its outcome was told.

```
take ─► places in line, in order ─► tell each outcome ─► done ─► wipe
the store is away      the rest stays in our hands, so that nothing overtakes it, and is decided again after a pause
one is missing before  (a worker died with it) the queue is rewound: all that was not done comes again, in order
nothing comes          though something waits (whoever should bring it lost it): the queue is rewound
the queue is away      it is rewound as soon as it is back
```
A crash between deciding and `done` brings a command again; its id is remembered, so it is answered the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from events.names import token

LONGEST_PAUSE: Final = 5.0  # seconds; well below the time after which the queue gives a command to somebody else
FIRST_PAUSE: Final = 0.05


class Queued(Protocol):
    """One command in the queue. Sequences rise by one; a command that is done leaves a hole."""

    @property
    def sequence(self) -> int: ...
    @property
    def subject(self) -> str: ...
    @property
    def payload(self) -> bytes: ...

    async def keep(self) -> None:
        """Still being decided: to be given to nobody else yet."""

    async def done(self) -> None:
        """Answered: to be forgotten."""


class Queue(Protocol):
    """What is not done comes again. All but `take` raise `ConnectionError`, as `keep` and `done` do: it is away."""

    async def take(self) -> Sequence[Queued]:
        """What has arrived since, in order; waits until there is something, and returns nothing after a while."""

    async def tell(self, subject: str, outcome: bytes) -> None:
        """Publish an outcome; it goes out before any `done` that follows."""

    async def oldest(self, since: int) -> int:
        """Sequence of the first command from `since` on that is still in the queue; 0 = none."""

    async def rewind(self) -> None:
        """Whatever is not done comes again, from the first on."""

    async def wipe(self, before: int) -> None:
        """Commands before that sequence are done: their bytes leave the disk, at the latest when no others wait there."""


Decide = Callable[[str, bytes], Awaitable[bytes]]
"""`decide(subject, payload)` takes its place in line when called; awaited, it is the outcome as JSON, durable."""

Pause = Callable[[int, BaseException], Awaitable[None]]
"""`pause(attempt, failure)`: waits before attempt + 1; attempts count from 1."""


async def pause(attempt: int, _: BaseException) -> None:
    """0.05 s, then twice as long each time, at most 5 s."""
    await asyncio.sleep(min(FIRST_PAUSE * 2 ** min(attempt - 1, 10), LONGEST_PAUSE))


class QueueWorker:
    """One for each queue."""

    def __init__(self, queue: Queue, decide: Decide, pause: Pause = pause) -> None:
        self.queue, self.decide, self.pause = queue, decide, pause
        self._next = 1  # all before it are done

    async def step(self) -> int:
        """Answer what has arrived, however long that takes. Returns how many commands; the rest comes again."""
        batch = await self.queue.take()
        try:
            if not batch:
                await self._look()
            return await self._answer_all(batch)
        except ConnectionError as away:
            await self._rewind(away)
            return 0

    async def _answer_all(self, batch: Sequence[Queued]) -> int:
        in_line = await self._in_line(batch)
        answered = attempt = 0
        while answered < len(in_line):
            told, failure = await self._answer(in_line[answered:])
            answered += told
            if failure is not None:
                attempt = 1 if told else attempt + 1
                for queued in in_line[answered:]:
                    await queued.keep()
                await self.pause(attempt, failure)
        if len(in_line) < len(batch):
            await self.queue.rewind()
        if in_line:
            await self.queue.wipe(in_line[-1].sequence + 1)
        return answered

    async def _look(self) -> None:
        """Nothing comes: is there nothing?"""
        if await self.queue.oldest(self._next):
            await self.queue.rewind()

    async def _rewind(self, away: ConnectionError) -> None:
        """As soon as the queue is back."""
        failure: ConnectionError | None = away
        attempt = 0
        while failure is not None:
            attempt += 1
            await self.pause(attempt, failure)
            try:
                await self.queue.rewind()
                failure = None
            except ConnectionError as still:
                failure = still

    async def _in_line(self, batch: Sequence[Queued]) -> list[Queued]:
        """The batch up to the first place where an older command should stand."""
        in_line: list[Queued] = []
        expected = self._next
        for queued in batch:
            if queued.sequence > expected and await self.queue.oldest(expected) != queued.sequence:
                break
            in_line.append(queued)
            expected = max(expected, queued.sequence + 1)
        return in_line

    async def _answer(self, batch: Sequence[Queued]) -> tuple[int, BaseException | None]:
        """How many were answered, and what kept the next one from it."""
        places = [self.decide(queued.subject, queued.payload) for queued in batch]
        outcomes = await asyncio.gather(*places, return_exceptions=True)
        for told, (queued, outcome) in enumerate(zip(batch, outcomes, strict=True)):
            if isinstance(outcome, BaseException):
                return told, outcome
            await self.queue.tell(outcome_subject(queued.subject, outcome), outcome)
            await queued.done()
            self._next = max(self._next, queued.sequence + 1)
        return len(batch), None


def outcome_subject(asked: str, outcome: bytes) -> str:
    """`oms.outcome.<o>.<principal>.<command id>` for a command on `oms.queue.<o>.<principal>.…`."""
    _, _, ontology, principal, *_ = asked.split(".")
    command: dict[str, Any] = msgspec.json.decode(outcome)
    return f"oms.outcome.{ontology}.{principal}.{token(command['command'])}"
