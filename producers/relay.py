"""Tells the log what the outbox holds. A crash in between tells a fact twice; the log refuses the second.

```
outbox  … 41 42 43 44 45 46        next two batches are in flight, each says where the log must end before it
log     … 41 42 ────┘  └──┘
```

Every doubt (an error, a timeout, another writer) has one answer: wait for what is in flight, ask the log for its last
message, compare it with that row of the outbox, go on behind it. So a log that lost its tail is told again, byte by
byte the same, and a second relay does no harm. A last message that the outbox does not know stops the relay.

A batch costs the server a millisecond and four fsyncs, however small it is. So a small one waits for the one before,
and while the committer is at it anyway also for what it commits next, but not for long.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from hashlib import sha256

from events.wire.envelope import EnvelopeError, decode
from producers.fresh import Fresh
from producers.log import Appended, Doubt, Log, LogUnavailable
from producers.outbox import LogHead, Outbox, OutboxUnavailable, Row
from producers.progress import Progress

BATCH = 1000  # rows
IN_FLIGHT = 2  # batches: one is written while the next one travels
SMALL = range(5, 256)  # rows that are worth waiting for more; fewer go one by one
GATHER_SECONDS = 0.02  # between two small batches, while there is more to come
POLL_SECONDS = (0.05, 1.0)  # a lost wake-up costs about as long as nothing has come for, within these bounds
RETRY_SECONDS = 0.1


class LogAhead(Exception):
    """The log ends with a message that the outbox does not hold: one of the two is not of this ontology, or too old."""

    def __init__(self, log: Row, outbox: LogHead, row: Row | None) -> None:
        self.log, self.outbox, self.row = log, outbox, row
        holds = f"the outbox holds {_named(row)} there" if row else f"the outbox ends at position {outbox.position}"
        super().__init__(
            f"the log ends at position {log.position} with {_named(log)}, {holds}. Nothing was written. "
            "If the log is right (the outbox was restored from an older copy): `oms adopt log`. "
            "If the outbox is right (the log belongs elsewhere or was damaged): `oms repair log`"
        )


class RowsMissing(Exception):
    """The log ends before the oldest row the outbox still holds."""

    def __init__(self, log: int, needed: int) -> None:
        self.log, self.needed = log, needed
        super().__init__(
            f"the log ends at position {log}, but row {needed} has left the outbox: `oms repair log` reads it from the segments"
        )


class Relay:
    """`wake` is set by whoever commits, or `told` is called. `progress` is how far the log holds what the outbox holds."""

    def __init__(self, outbox: Outbox, log: Log, wake: asyncio.Event, gather: float = GATHER_SECONDS) -> None:
        self._outbox, self._log, self._wake, self._gather = outbox, log, wake, gather
        self.progress = Progress()
        self.trouble: str | None = None  # why nothing moves, for who asks
        self._sent = 0  # the last position that was sent
        self._sent_at = 0.0  # loop time
        self._fresh = Fresh()
        self._more = False  # the committer is at the next group

    def told(self, rows: Sequence[Row], *, more: bool) -> None:
        """These were committed just now; `more` says whether the next group is under way."""
        if rows:
            self._fresh.add(rows)
        self._more = more
        self._wake.set()

    async def check(self) -> int:
        """Where the log ends. To be awaited before the committer accepts: else it could hand out positions that are taken.

        Raises `LogAhead`, `RowsMissing`, `LogDamaged`, `LogUnavailable`.
        """
        self._fresh.forget()
        last = await self._log.last()
        head = await self._outbox.head()
        if last is not None:
            await self._compare(last, head)
        self._sent = last.position if last is not None else 0
        if head.position > self._sent and not _follow(await self._outbox.after(self._sent, 1), self._sent):
            raise RowsMissing(self._sent, self._sent + 1)
        self.progress.move(self._sent)
        return self._sent

    async def run(self) -> None:
        """Work until it is cancelled. What `check` raises ends it, except that it waits for a log or outbox that is away."""
        doubt, idle = True, POLL_SECONDS[0]
        while True:
            self._wake.clear()
            begun = self.progress.position
            try:
                if doubt:
                    await self.check()
                relayed = await self.step()
            except (LogUnavailable, OutboxUnavailable) as away:
                relayed = Doubt(str(away))
            doubt = isinstance(relayed, Doubt)
            self.trouble = relayed.reason if isinstance(relayed, Doubt) else None
            if doubt and self.progress.position <= begun:
                await asyncio.sleep(RETRY_SECONDS)
            elif relayed:
                idle = POLL_SECONDS[0]
            elif not await self._woken(idle):
                self._fresh.forget()
                idle = min(2 * idle, POLL_SECONDS[1])

    async def step(self) -> int | Doubt:
        """Relay until the outbox has no more; how many rows that were. Behind a doubt only `check` goes on."""
        begun = self.progress.position
        flying: deque[asyncio.Task[Appended | Doubt]] = deque()
        doubt: Doubt | None = None
        async with asyncio.TaskGroup() as tasks:
            while True:
                rows: list[Row] | Doubt = []
                if doubt is None and len(flying) < IN_FLIGHT and not (flying and self._few()):
                    rows = await self._next()
                if isinstance(rows, Doubt):
                    doubt = rows
                elif rows:
                    flying.append(tasks.create_task(self._log.append(rows, self._sent)))
                    self._sent, self._sent_at = rows[-1].position, _now()
                elif flying:
                    told = await flying.popleft()
                    if isinstance(told, Doubt):
                        doubt = doubt or told
                    elif doubt is None:
                        self.progress.move(told.last)
                else:
                    return doubt or self.progress.position - begun

    def _few(self) -> bool:
        known = self._fresh.behind(self._sent)
        return known is not None and known < SMALL.stop

    async def _next(self) -> list[Row] | Doubt:
        await self._gathered()
        if self._fresh.behind(self._sent) is not None:
            return self._fresh.take(BATCH)
        try:
            rows = await self._outbox.after(self._sent, BATCH)
        except OutboxUnavailable as away:
            return Doubt(str(away))
        if rows and not _follow(rows, self._sent):
            return Doubt(f"row {self._sent + 1} has left the outbox")
        return rows

    async def _compare(self, last: Row, head: LogHead) -> None:
        row = await self._outbox.row(last.position)
        if row is None and last.position < head.position:
            raise RowsMissing(last.position, last.position)
        if row is None and (last.position, sha256(last.body).hexdigest()) == (head.position, head.hash):
            return  # all rows have left into segments
        if row != last:
            raise LogAhead(last, head, row)

    async def _gathered(self) -> None:
        while self._more and self._fresh.behind(self._sent) in SMALL:
            left = self._sent_at + self._gather - _now()
            if left <= 0 or not await self._woken(left):
                return
            self._wake.clear()

    async def _woken(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._wake.wait()
        except TimeoutError:
            return False


def _now() -> float:
    return asyncio.get_running_loop().time()


def _follow(rows: Sequence[Row], position: int) -> bool:
    return bool(rows) and rows[0].position == position + 1


def _named(row: Row) -> str:
    try:
        return f"the event {decode(row.body).id}"
    except EnvelopeError:
        return f"a message that is no event of ours (SHA-256 {sha256(row.body).hexdigest()[:16]}…, {row.subject})"
