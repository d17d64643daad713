"""One committer decides: what arrived while the last group committed becomes the next group. No timer, no lingering."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from producers.command import Submitted
from producers.decide import Planner
from producers.outbox import Outbox, OutboxUnavailable, Writes

Clock = Callable[[], int]
"""Microseconds since 1970-01-01T00:00:00Z."""


Lost = Callable[[Submitted, OutboxUnavailable], bytes]
"""What to answer to a command of which nothing was written."""


class Waiting(NamedTuple):
    submitted: Submitted
    outcome: asyncio.Future[bytes]
    lost: Lost | None


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
        self._loop = asyncio.get_running_loop()  # to ask for it at each command costs a system call

    @property
    def more(self) -> bool:
        """Whether another group is waiting."""
        return bool(self._waiting)

    async def submit(self, submitted: Submitted) -> bytes:
        """The outcome as JSON, when it is durable. Raises `OutboxUnavailable` with nothing written."""
        return await self.enqueue(submitted)

    def enqueue(self, submitted: Submitted, lost: Lost | None = None) -> asyncio.Future[bytes]:
        """As `submit`, without waiting; with `lost` it is answered even where nothing was written."""
        outcome: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting.append(Waiting(submitted, outcome, lost))
        self._arrived.set()
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
            self._waiting = []

    async def step(self) -> int:
        """Commit one group. Returns how many commands it answered. A group that is lost takes all who wait with it."""
        group = self._next_group()
        if not group:
            return 0
        try:
            writes = await self.outbox.commit(self.planner.work([w.submitted for w in group], self.clock()))
        except BaseException as error:
            self.planner.forget()
            # who came later must not overtake who was lost
            behind, self._waiting = self._waiting, []
            self._arrived.clear()
            if isinstance(error, OutboxUnavailable):
                self._fail([*group, *behind], error)
                return len(group)
            self._fail([*group, *behind], OutboxUnavailable(repr(error), "send it again under the same id"))
            raise
        for waiting, answer in zip(group, writes.outcomes, strict=True):
            if not waiting.outcome.done():
                waiting.outcome.set_result(answer)
        if writes.rows or writes.refusals:
            self.committed(writes)
        return len(group)

    def _next_group(self) -> list[Waiting]:
        parts, size = 0, 0
        for size, waiting in enumerate(self._waiting, 1):  # noqa: B007 `size` is read after the loop
            parts += len(waiting.submitted.parts)
            if parts >= self.group_parts:
                break
        group, self._waiting = self._waiting[:size], self._waiting[size:]
        if not self._waiting:
            self._arrived.clear()
        return group

    @staticmethod
    def _fail(group: list[Waiting], error: OutboxUnavailable) -> None:
        for submitted, outcome, lost in group:
            if outcome.done():
                continue
            if lost is None:
                outcome.set_exception(error)
            else:
                outcome.set_result(lost(submitted, error))
