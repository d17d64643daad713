"""Carries what was committed out to sinks: whole commits, in order, at least once. A sink that fails takes nothing back.

log ──► decode (the chain is proved) ──► whole commits ──► sink.take ──► the next ones
                                                              └── fails: told once; the same again after a while

Each sink goes along the log by itself, from where it is: one that is away for a day keeps nobody waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final, Protocol

from projectors.decode import Decoder
from projectors.projector import Checkpoint, Feed, PayloadOf, Recorded

FIRST_PAUSE: Final = 0.25  # seconds; doubles
LONGEST_PAUSE: Final = 60.0


class Sink(Protocol):
    """Where committed events are carried to. Adapters pass `tests/ports/test_sinks.py` unchanged."""

    @property
    def name(self) -> str:
        """How a person would call it."""

    async def checkpoint(self) -> Checkpoint | None:
        """Up to where it has taken everything, as far as it remembers; `None` = nothing yet."""

    async def take(self, events: Sequence[Recorded]) -> None:
        """Whole commits, the first behind the last that was taken; it has them for good when it returns.

        Whatever it raises: the same events come again, maybe with more behind them.
        """


Alarm = Callable[[str, BaseException], None]
Pause = Callable[[int], Awaitable[None]]
"""`pause(attempt)`: waits before attempt + 1; attempts count from 1."""


async def pause(attempt: int) -> None:
    """0.25 s, then twice as long each time, at most a minute."""
    await asyncio.sleep(min(FIRST_PAUSE * 2 ** min(attempt - 1, 20), LONGEST_PAUSE))


async def carry(
    sink: Sink, feed: Feed, genesis: Checkpoint, payload_of: PayloadOf, alarm: Alarm, pause: Pause = pause
) -> None:
    """Until cancelled. `genesis`: the log's beginning; `alarm` hears what keeps the sink, once until it goes on."""
    attempt, said = 0, ""

    def went_on() -> None:
        nonlocal attempt, said
        attempt, said = 0, ""

    while True:
        try:
            await along(sink, feed, await sink.checkpoint() or genesis, payload_of, went_on)
        except Exception as error:  # noqa: BLE001  whatever it was, nobody else waits for this sink
            attempt += 1
            if repr(error) != said:
                alarm(f"sink {sink.name}", error)
            said = repr(error)
            await pause(attempt)


async def along(
    sink: Sink, feed: Feed, start: Checkpoint, payload_of: PayloadOf, went_on: Callable[[], None] = lambda: None
) -> None:
    """From `start` on for ever. Raises what the sink does, `ChainBroken`, `Gap`."""
    decoder, held = Decoder(start, payload_of), list[Recorded]()
    async with aclosing(feed.read(start.position)) as chunks:
        async for chunk in chunks:
            decoded = decoder.read(chunk)
            held += decoded.events
            whole = next((n for n in range(len(held), 0, -1) if _ends_commit(held[n - 1])), 0)
            if whole:
                await sink.take(held[:whole])
                del held[:whole]
                went_on()
            if decoded.broken:
                raise decoded.broken


def _ends_commit(recorded: Recorded) -> bool:
    return recorded.event.commitindex == recorded.event.commitsize - 1
