"""One committer decides: what arrived until a transaction has begun is its group. No timer, no lingering."""

import asyncio
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from producers.ahead import Ahead
from producers.command import Submitted
from producers.decide import AGAIN, Planner
from producers.outbox import Ask, LogHead, Outbox, OutboxUnavailable, Told, Writes

Clock = Callable[[], int]
"""Microseconds since 1970-01-01T00:00:00Z."""


Tell = Callable[[bytes | OutboxUnavailable], None]
"""Hears the outcome as JSON once it is durable, or why nothing was written. It must not raise."""


class Waiting(NamedTuple):
    submitted: Submitted
    told: Tell

    @property
    def line(self) -> tuple[str, str]:
        return self.submitted.line


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
        """A group takes no more commands once those in it have `group_parts` parts."""
        self.outbox, self.planner, self.clock, self.committed = outbox, planner, clock, committed
        self.group_parts = group_parts
        self._waiting: list[Waiting] = []
        self._arrived = asyncio.Event()
        self._committing: asyncio.Future[None] | None = None  # done when the group that is on its way is through
        self._planning = False
        self._long: list[Waiting] = []  # to be decided ahead, one after the other
        self._long_arrived = asyncio.Event()
        self._queues: dict[tuple[str, str], list[Waiting]] = {}  # behind a long command, by its line

    @property
    def more(self) -> bool:
        """Whether another group is waiting."""
        return bool(self._waiting)

    def place(self, submitted: Submitted, told: Tell) -> None:
        """A place in line. No future: most commands need none, and one costs as much as reading the command."""
        waiting = Waiting(submitted, told)
        if self._queues and self._behind_long(waiting):
            return
        if submitted.long and self._planning:
            self._take_up(waiting, [])
            return
        self._line_up(waiting)

    def _take_up(self, waiting: Waiting, behind: list[Waiting]) -> None:
        """It is decided ahead, and these wait behind it."""
        self._queues[waiting.line] = behind
        self.planner.journal.kept = True
        self._long.append(waiting)
        self._long_arrived.set()

    def _line_up(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        self._arrived.set()

    def _behind_long(self, waiting: Waiting) -> bool:
        """Behind a long command of the same principal and branch it waits until that one is answered."""
        queue = self._queues.get(waiting.line)
        if queue is None:
            return False
        queue.append(waiting)
        return True

    def enqueue(self, submitted: Submitted) -> asyncio.Future[bytes]:
        """A place in line at once; awaited, the outcome as JSON, durable. Raises `OutboxUnavailable`: nothing was written."""
        outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.place(submitted, partial(_tell, outcome))
        return outcome

    async def run(self) -> None:
        """Commit group after group until cancelled; whoever still waits then gets `OutboxUnavailable`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._plan_ahead())
                self._planning = True
                while True:
                    await self._arrived.wait()
                    await self.step()
        finally:
            self._planning = False
            self._fail(
                self._all_waiting(), OutboxUnavailable("the committer stopped", "send it again under the same id")
            )

    async def _plan_ahead(self) -> None:
        """Long commands, one after the other, on a state that stands still beside the commits."""
        while True:
            await self._long_arrived.wait()
            self._long_arrived.clear()
            while self._long:
                await self._plan(self._long[0])

    async def _plan(self, waiting: Waiting) -> None:
        if self._committing is not None:  # it may have begun before the journal was kept
            await asyncio.wait([self._committing])
        submitted = waiting.submitted
        try:
            planned = replace(submitted, ahead=None if await self._known(submitted) else await self._ahead(submitted))
        except Exception:  # noqa: BLE001  it is decided in its turn, where whatever it was is told
            planned = replace(submitted, ahead=None)
        if self._long and self._long[0] is waiting:  # else all who waited were told that nothing was written
            del self._long[0]
            self._line_up(Waiting(planned, waiting.told))

    async def _known(self, submitted: Submitted) -> bool:
        """Whether it was answered before: whoever asks again, as it takes long, must not wait for another decision."""
        return (
            bool(submitted.key.id) and not submitted.dry_run and await self.outbox.remembered(submitted.key) is not None
        )

    async def _ahead(self, submitted: Submitted) -> Ahead:
        attempt = 1 if submitted.ahead is None else submitted.ahead.attempt + 1
        ahead = await self.outbox.plan(self.planner.ahead(submitted, self.clock(), attempt))
        if not submitted.dry_run:
            await self.outbox.prepare(ahead.heads)
        return ahead

    def _tell(self, answers: Sequence[tuple[Waiting, bytes]]) -> None:
        self._again(waiting for waiting, answer in answers if answer == AGAIN)
        for waiting, answer in answers:
            if answer != AGAIN:
                self._answered(waiting, answer)

    def _answered(self, waiting: Waiting, answer: bytes) -> None:
        waiting.told(answer)
        if waiting.submitted.long and waiting.line in self._queues:
            queue = self._queues.pop(waiting.line)
            self.planner.journal.kept = bool(self._queues)
            for behind in queue:
                self.place(*behind)

    def _again(self, again: Iterable[Waiting]) -> None:
        """To be decided ahead: once more, or for the first time where it was put off, with all of its line behind it."""
        lines: dict[tuple[str, str], list[Waiting]] = {}
        for waiting in again:
            lines.setdefault(waiting.line, []).append(waiting)
        for line, (first, *others) in lines.items():
            if first.submitted.long:
                self._take_up(first, self._queues[line])
                continue
            later = [waiting for waiting in (*self._waiting, *self._long) if waiting.line == line]
            self._waiting = [waiting for waiting in self._waiting if waiting.line != line]
            self._long = [waiting for waiting in self._long if waiting.line != line]
            large = Waiting(replace(first.submitted, large=True), first.told)
            self._take_up(large, [*others, *later, *self._queues.get(line, ())])

    def _all_waiting(self) -> list[Waiting]:
        """Whoever waits, taken out of line."""
        behind = [waiting for queue in self._queues.values() for waiting in queue]
        everyone = [*self._waiting, *self._long, *behind]
        for line in (self._waiting, self._long, self._queues):
            line.clear()
        self.planner.journal.kept = False
        return everyone

    async def step(self) -> int:
        """Commit one group. Returns how many commands it answered. A group that is lost takes all who wait with it."""
        group: list[Waiting] = []

        def work(head: LogHead) -> Generator[Ask, Told, Writes]:
            """Whoever came while the transaction began is one of the group. Runs in the store's thread, if it has one."""
            if not group:
                group.extend(self._next_group())
            submitted = [waiting.submitted for waiting in group]
            return self.planner.work(submitted, self.clock(), beside=self._planning)(head)

        if not self._waiting:
            return 0
        self._committing = asyncio.get_running_loop().create_future()
        try:
            writes = await self.outbox.commit(work)
            if writes.destroyed:  # before anybody hears that it was done
                await asyncio.to_thread(self.planner.ring.destroy, writes.destroyed)
        except BaseException as error:
            self.planner.forget()
            # who came later must not overtake who was lost
            lost = [*group, *self._all_waiting()]
            self._arrived.clear()
            if isinstance(error, OutboxUnavailable):
                self._fail(lost, error)
                return len(lost)
            self._fail(lost, OutboxUnavailable(repr(error), "send it again under the same id"))
            raise
        finally:
            self._committing.set_result(None)
            self._committing = None
        self._tell(list(zip(group, writes.outcomes, strict=True)))
        if not self._waiting:
            self._arrived.clear()
        if writes.rows or writes.refusals:
            self.committed(writes)
        return len(group)

    def _next_group(self) -> list[Waiting]:
        """NOTE another thread may add to those who wait meanwhile: each step on the list is one that a thread cannot split."""
        parts, size = 0, 0
        for size, waiting in enumerate(self._waiting[:], 1):  # noqa: B007 `size` is read after the loop
            parts += len(waiting.submitted.parts)
            if parts >= self.group_parts or waiting.submitted.ahead is not None:  # written as it was prepared
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
