"""One committer decides: what arrived until a transaction has begun is its group. No timer, no lingering."""

import asyncio
from collections.abc import Callable, Generator, Iterable
from functools import partial
from typing import NamedTuple

from producers.command import Submitted
from producers.decide import Planner
from producers.outbox import Ask, LogHead, Outbox, OutboxUnavailable, Told, Writes

Clock = Callable[[], int]
"""Microseconds since 1970-01-01T00:00:00Z."""


Tell = Callable[[bytes | OutboxUnavailable], None]
"""Hears the outcome as JSON once it is durable, or why nothing was written. It must not raise."""


class Waiting(NamedTuple):
    submitted: Submitted
    told: Tell


class Committer:
    """Answers are FIFO, for every principal and branch. `committed` is called on the loop after each durable group."""

    def __init__(
        self,
        outbox: Outbox,
        planner: Planner,
        clock: Clock,
        committed: Callable[[Writes], None],
        group_parts: int = 2_000,
    ) -> None:
        self.outbox, self.planner, self.clock, self.committed = outbox, planner, clock, committed
        self.group_parts = group_parts
        self._waiting: list[Waiting] = []
        self._arrived = asyncio.Event()

    @property
    def more(self) -> bool:
        """Whether another group is waiting."""
        return bool(self._waiting)

    def place(self, submitted: Submitted, told: Tell) -> None:
        """A place in line. No future: most commands need none, and one costs as much as reading the command."""
        self._waiting.append(Waiting(submitted, told))
        self._arrived.set()

    def enqueue(self, submitted: Submitted) -> asyncio.Future[bytes]:
        """A place in line at once; awaited, the outcome as JSON, durable. Raises `OutboxUnavailable`: nothing was written."""
        outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.place(submitted, partial(_tell, outcome))
        return outcome

    async def run(self) -> None:
        """Commit group after group until cancelled; whoever still waits then gets `OutboxUnavailable`."""
        try:
            while True:
                await self._arrived.wait()
                await self.step()
        finally:
            stopped = OutboxUnavailable("the committer stopped", "send it again under the same id")
            self._fail(self._waiting, stopped)
            self._waiting.clear()

    async def step(self) -> int:
        """Commit one group. Returns how many commands it answered. A group that is lost takes all who wait with it."""
        group: list[Waiting] = []

        def work(head: LogHead) -> Generator[Ask, Told, Writes]:
            """Whoever came while the transaction began is one of the group. Runs in the store's thread, if it has one."""
            if not group:
                group.extend(self._next_group())
            return self.planner.work([waiting.submitted for waiting in group], self.clock())(head)

        if not self._waiting:
            return 0
        try:
            writes = await self.outbox.commit(work)
            if writes.destroyed:  # before anybody hears that it was done
                await asyncio.to_thread(self.planner.ring.destroy, writes.destroyed)
        except BaseException as error:
            self.planner.forget()
            # who came later must not overtake who was lost
            lost = [*group, *self._waiting]
            self._waiting.clear()
            self._arrived.clear()
            if isinstance(error, OutboxUnavailable):
                self._fail(lost, error)
                return len(lost)
            self._fail(lost, OutboxUnavailable(repr(error), "send it again under the same id"))
            raise
        if not self._waiting:
            self._arrived.clear()
        for waiting, answer in zip(group, writes.outcomes, strict=True):
            waiting.told(answer)
        if writes.rows or writes.refusals:
            self.committed(writes)
        return len(group)

    def _next_group(self) -> list[Waiting]:
        """NOTE another thread may add to those who wait meanwhile: each step on the list is one that a thread cannot split."""
        parts, size = 0, 0
        for size, waiting in enumerate(self._waiting[:], 1):  # noqa: B007 `size` is read after the loop
            parts += len(waiting.submitted.parts)
            if parts >= self.group_parts:
                break
        group = self._waiting[:size]
        del self._waiting[:size]
        return group

    @staticmethod
    def _fail(group: Iterable[Waiting], error: OutboxUnavailable) -> None:
        for waiting in group:
            waiting.told(error)


def _tell(outcome: asyncio.Future[bytes], told: bytes | OutboxUnavailable) -> None:
    if outcome.done():
        return
    if isinstance(told, OutboxUnavailable):
        outcome.set_exception(told)
    else:
        outcome.set_result(told)
