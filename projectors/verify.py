"""Compares a view, row by row, with what a second opinion makes of the log, and names the first row that is wrong.

event p ─► the oracle's state from p and the row before it ─► is that the row at p?

Each row is compared once, against the row before it, which was compared earlier: so a view is right as a whole when
every step is, and no second copy of it is needed, however large it is. What is parked or discarded is left out.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple, Protocol

from projectors.projector import Checkpoint, Feed, Fetched
from security import chain


class Difference(NamedTuple):
    """The first row that is wrong. `row` says which; `expected` and `found` are plain values, of one column if `differs`."""

    what: str  # differs, missing, extra
    position: int
    row: str
    column: str = ""
    expected: Any = None
    found: Any = None

    def __str__(self) -> str:
        at = f"{self.row} at position {self.position}"
        if self.what == "differs":
            return f"{at}: {self.column} is {self.found!r}, the log says {self.expected!r}"
        return f"{at} is missing" if self.what == "missing" else f"{at} is in the view, but not in the log"


class Agreed(NamedTuple):
    """No row is wrong up to `position`. `left_out` are the events that are parked or were discarded."""

    position: int
    events: int
    left_out: Sequence[int]


class Check(Protocol):
    """Compares rows with the log, a contiguous stretch of it after the other from its start on."""

    def __call__(self, chunk: Sequence[Fetched], left_out: Collection[int], /) -> Difference | None: ...

    def finished(self, position: int) -> Difference | None:
        """At last: what no event led to. `position` is the last one that was checked."""


Aside = Callable[[Callable[[], Difference | None]], Awaitable[Difference | None]]
"""Runs a check where it may take its time, e.g. in the thread of the view's connection."""


async def verify(
    feed: Feed,
    reached: Checkpoint,
    ontology: str,
    left_out: Collection[int],
    check: Check,
    aside: Aside,
    told: Callable[[int], None] = lambda _: None,
) -> Agreed | Difference:
    """Check every row up to the view's checkpoint; `told(position)` is progress.

    Raises `ChainBroken` or `Gap` for what is wrong in the log.
    """
    at, digest = 0, chain.genesis(ontology)
    async with aclosing(feed.read(0, reached.position)) as chunks:
        async for chunk in chunks:
            digest = chain.verify((message.body for message in chunk), at, digest)
            found = await aside(partial(check, chunk, left_out))
            if found:
                return found
            at = chunk[-1].position
            told(at)
    if at < reached.position:
        raise chain.Gap(at + 1, reached.position, "the log")
    if digest != reached.hash:
        return Difference("differs", at, "checkpoint", "hash", digest, reached.hash)
    found = await aside(partial(check.finished, at))
    return found or Agreed(at, at - len(left_out), sorted(left_out))
