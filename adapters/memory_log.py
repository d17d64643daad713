"""A log in memory: what the log port means, in a page. For tests and for trying things out."""

from collections.abc import Sequence

from producers.log import Appended, Doubt
from producers.outbox import Row


class MemoryLog:
    def __init__(self) -> None:
        self.rows: list[Row] = []

    async def append(self, rows: Sequence[Row], after: int) -> Appended | Doubt:
        if after != len(self.rows):
            return Doubt(f"wrong last sequence: {len(self.rows)}")
        self.rows += rows
        return Appended(len(self.rows))

    async def last(self) -> Row | None:
        return self.rows[-1] if self.rows else None

    async def get(self, position: int) -> Row | None:
        return self.rows[position - 1] if 0 < position <= len(self.rows) else None
