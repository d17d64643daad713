"""Copies of the log: the stream, the outbox, the audit, segments. Each may have holes; together they are read in step."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from producers.collect import Candidate
from producers.outbox import Row
from security.chain import Gap


class Copy(Protocol):
    """One source of the log's rows. Adapters pass `tests/ports/test_copies.py` unchanged."""

    @property
    def name(self) -> str:
        """How a person would call it, e.g. `outbox` or a file's path."""

    async def last(self) -> int:
        """The last position it holds, 0 if it is empty."""

    def read(self, after: int, until: int | None = None) -> AsyncIterator[Sequence[tuple[int, str, bytes]]]:
        """Rows after+1 … `until` in order, in bounded chunks. Raises `Gap` at the first position it does not hold.

        `until` is always given, and is not beyond the last: without it a stream would be followed for ever.
        """


async def salvaged(copy: Copy, after: int, until: int) -> AsyncIterator[Sequence[Row]]:
    """Everything the copy holds between, over all its gaps."""
    while after < until:
        try:
            async for rows in copy.read(after, until):
                yield [Row(*row) for row in rows]
                after = rows[-1][0]
            after = until
        except Gap as gap:
            after = until if gap.last is None else max(gap.last, after + 1)


class InStep:
    """Several copies, read window by window; `aclose` after use."""

    def __init__(self, copies: Sequence[Copy], lasts: Sequence[int], until: int) -> None:
        self._copies = [
            (copy.name, salvaged(copy, 0, min(last, until))) for copy, last in zip(copies, lasts, strict=True)
        ]
        self.until = until
        self._ahead: list[list[Row]] = [[] for _ in copies]

    async def window(self, after: int, until: int) -> list[list[Candidate]]:
        """What all copies hold at after+1 … until, one list for each position, in the order of the copies."""
        window: list[list[Candidate]] = [[] for _ in range(until - after)]
        for number, (name, _) in enumerate(self._copies):
            for row in await self._take(number, until):
                window[row.position - after - 1].append(Candidate(name, row))
        return window

    async def aclose(self) -> None:
        for _, rows in self._copies:
            await rows.aclose()  # type: ignore[attr-defined]  # an async generator, by the way it is written

    async def _take(self, number: int, until: int) -> list[Row]:
        held = self._ahead[number]
        while not held or held[-1].position < until:
            rows = await anext(self._copies[number][1], None)
            if rows is None:
                break
            held = held + list(rows)
        cut = next((index for index, row in enumerate(held) if row.position > until), len(held))
        self._ahead[number] = held[cut:]
        return held[:cut]
