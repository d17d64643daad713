"""The letters that wait for one endpoint, as many as there is room for; in mode `batch` several of them make one request.

letters in order ─► one request each
                └─► batches: up to so many events, or bytes, of what has come within a time; what was one batch stays one
"""

import asyncio
from collections import deque
from typing import Final, NamedTuple

from events.decider import State
from events.subscriptions.letters import Letter
from events.subscriptions.terms import BatchLimits
from events.wire.envelope import proven

ROOM: Final = 500  # letters that wait in memory
ROOM_BYTES: Final = 1 << 20  # of their bodies, or one


class Limits(NamedTuple):
    """Of one request; `seconds`: how long it waits for more; `delay`: seconds behind an event's time before it goes."""

    events: int
    bytes: int
    seconds: float
    delay: int = 0


def limits(state: State) -> Limits:
    config = state["config"]
    delay = config.get("delay") or 0
    if config["mode"] != "batch":
        return Limits(1, 0, 0.0, delay)
    said = config.get("batch") or BatchLimits().model_dump()
    return Limits(int(said["events"]), int(said["bytes"]), said["milliseconds"] / 1e3, delay)


class Pile:
    """`room` is set while there is some: it is, once it was not, when half of those that wait are gone."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.room, self.enough = asyncio.Event(), asyncio.Event()
        self.room.set()
        self._letters: deque[Letter] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._letters)

    def add(self, letter: Letter) -> None:
        self._letters.append(letter)
        self._bytes += len(letter.body)
        if len(self._letters) >= ROOM or self._bytes >= ROOM_BYTES:
            self.room.clear()
        if self.limits.events > 1 and self._suffices():
            self.enough.set()

    def put_back(self, letter: Letter) -> None:
        """It is the next one again, and stays what it is."""
        self._letters.appendleft(letter)
        self._bytes += len(letter.body)
        self.enough.set()

    def wait(self, now: float) -> float:
        """Seconds until the next letter may go, 0 if now; `now` in s since the epoch. Raises `IndexError`."""
        first = self._letters[0]
        if not self.limits.delay or _is_whole(first):
            return 0.0
        _, time = proven(first.body)
        return max(0.0, time / 1e6 + self.limits.delay - now)

    def take(self, now: float) -> Letter:
        """What makes the next request. Raises `IndexError`."""
        first = self._taken()
        if self.limits.events > 1:
            first = self._grown(first, now)
            if not self._suffices():
                self.enough.clear()
        if not self.room.is_set() and len(self._letters) <= ROOM // 2 and self._bytes <= ROOM_BYTES // 2:
            self.room.set()
        return first

    def _grown(self, first: Letter, now: float) -> Letter:
        """With those that go into its batch."""
        others, size = list[Letter](), len(first.body)
        while not _is_whole(first) and self._letters and not _is_whole(self._letters[0]):
            size += len(self._letters[0].body)
            if len(others) + 1 >= self.limits.events or size > self.limits.bytes or self.wait(now):
                break
            others.append(self._taken())
        return first._replace(others=tuple(others)) if others else first

    def _taken(self) -> Letter:
        letter = self._letters.popleft()
        self._bytes -= len(letter.body)
        return letter

    def _suffices(self) -> bool:
        """Whether it is not worth waiting for more."""
        if not self._letters:
            return False
        whole = _is_whole(self._letters[0]) or not self.room.is_set()
        return whole or len(self._letters) >= self.limits.events or self._bytes >= self.limits.bytes


def _is_whole(letter: Letter) -> bool:
    """It was sent before: what was a batch then stays one, and so does what was none. Nor is it mixed with what may not be wanted."""
    return letter.attempt > 1 or bool(letter.others) or letter.unjudged
