"""Progress of what takes longer than a second: one line on stderr, written over on a terminal."""

import sys
import time
from types import TracebackType
from typing import Self

FIRST_SECONDS = 1.0
EVERY_SECONDS = 0.2
EVERY_SECONDS_IN_A_FILE = 10.0


class Progress:
    """`with Progress("importing") as told: told(rows)`. Who sets `total` is also told how long it will take."""

    def __init__(self, what: str, unit: str = "rows", total: int | None = None) -> None:
        self.what, self.unit, self.total = what, unit, total
        self.started = time.monotonic()
        self.count = self._before = 0
        self._next, self._shown = self.started + FIRST_SECONDS, False

    def __call__(self, count: int, more: str = "") -> None:
        """`count` in all so far."""
        self.count = count
        now = time.monotonic()
        if now >= self._next:
            on_terminal = sys.stderr.isatty()
            self._next = now + (EVERY_SECONDS if on_terminal else EVERY_SECONDS_IN_A_FILE)
            line = f"{self.what}: {count:,}{self._of()} {self.unit}{more}, {self.rate:,.0f}/s{self._left()}"
            sys.stderr.write(f"\r\x1b[K{line}" if on_terminal else f"{line}\n")
            sys.stderr.flush()
            self._shown = on_terminal

    def again(self, what: str, total: int | None = None) -> None:
        """The next part of the work begins."""
        self.what, self.total, self.started = what, total, time.monotonic()
        self.count = self._before = 0

    def skip(self, count: int) -> None:
        """So much was there before; it counts, but not to the rate."""
        self.count = self._before = count

    def _of(self) -> str:
        return f" of {self.total:,}" if self.total else ""

    def _left(self) -> str:
        if not self.total or self.rate <= 0:
            return ""
        minutes, seconds = divmod(round(max(self.total - self.count, 0) / self.rate), 60)
        return f", {minutes}:{seconds:02} left"

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.started, 1e-6)

    @property
    def rate(self) -> float:
        return (self.count - self._before) / self.seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
