"""Rows that were just committed, on their way to the log: so that the relay need not read them back from the outbox.

Only rows behind one another, and not too many: whatever else there is, the outbox holds it.
"""

from collections import deque
from collections.abc import Sequence

from producers.outbox import Row

MOST_BYTES = 8 << 20  # of bodies; as much as one read of the outbox


class Fresh:
    """`end` is the position of the last row that was told, 0 = nothing is known of what the outbox holds."""

    def __init__(self) -> None:
        self.end = 0
        self._rows: deque[Row] = deque()
        self._bytes = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Rows of one commit that is durable. What does not follow takes the place of what was there."""
        size = sum([len(row.body) for row in rows])
        if rows[0].position != self.end + 1 or self._bytes + size > MOST_BYTES:
            self._rows.clear()
            self._bytes = 0
        self.end = rows[-1].position
        if size <= MOST_BYTES:
            self._rows.extend(rows)
            self._bytes += size

    def forget(self) -> None:
        """Ask the outbox next."""
        self.end, self._bytes = 0, 0
        self._rows.clear()

    def behind(self, position: int) -> int | None:
        """How many rows there are behind `position`, `None` when only the outbox can tell."""
        while self._rows and self._rows[0].position <= position:
            self._bytes -= len(self._rows.popleft().body)
        follows = self._rows[0].position == position + 1 if self._rows else self.end == position > 0
        return len(self._rows) if follows else None

    def take(self, limit: int) -> list[Row]:
        """The oldest rows: those that `behind` has counted."""
        rows = [self._rows.popleft() for _ in range(min(limit, len(self._rows)))]
        self._bytes -= sum([len(row.body) for row in rows])
        return rows
