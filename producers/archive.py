"""Puts the whole log, proved from the first position to the last, into an archive. Nothing is touched before it is there."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from producers.collect import Candidate, Collector, Lost
from producers.copies import Copy, InStep, salvaged
from producers.outbox import LogHead, Row
from security.chain import ChainBroken, verify

WINDOW = 2_000  # positions looked at together

Told = Callable[[str, int, int], None]
"""Progress: `(step, position, of)`."""


class Archived(NamedTuple):
    """A whole log in an archive: `head` and `hash` are those of its last body."""

    archive: str
    head: int
    hash: str


class Archives(Protocol):
    """Where archives of whole logs are written, and found again by name."""

    def create(self) -> "Archive":
        """An empty one; the row of position 1 comes first."""

    def open(self, archive: str) -> Copy: ...


class Archive(Protocol):
    @property
    def name(self) -> str: ...
    def append(self, rows: Sequence[Row]) -> None:
        """Raises `ChainBroken`."""

    def quarantine(self, candidates: Sequence[Candidate]) -> None:
        """Keep what was refused, with where it came from."""

    def finish(self) -> None:
        """All of it is fsynced."""

    def abandon(self) -> None: ...


class LogAhead(Exception):
    """The stream continues the log behind the outbox's head: the outbox is the older one."""

    code = "REPAIR_LOG_AHEAD"

    def __init__(self, head: int, last: int) -> None:
        self.head, self.last = head, last
        super().__init__(
            f"{self.code}: the log goes on to position {last}, the outbox ends at {head}: the outbox is older than the log. "
            "Nothing was changed; `oms adopt log` takes the outbox back from the log"
        )


async def collect(
    ontology: str, copies: Sequence[Copy], head: LogHead | None, archive: Archive, *, told: Told
) -> tuple[Archived, int]:
    """Fill the archive from copies in order of trust, the stream itself last; also how much was put aside.

    `head` is where the outbox says the log ends; `None` = there is no outbox, so the copies tell. Raises `Lost` with
    every position that no copy holds, `LogAhead` where the stream goes on; then there is no archive.
    """
    try:
        lasts = [await copy.last() for copy in copies]
        collector = Collector(ontology)
        # What follows these positions may be the stream's alone, and nothing but noise.
        known = head.position if head else max(lasts[:-1], default=0)
        reading = InStep(copies, lasts, head.position if head else max(lasts))
        try:
            end = await _collect(collector, reading, known, archive, told=told)
        finally:
            await reading.aclose()
        archive.append(collector.settle(head.hash if end and head else None))
        foreign = await _behind(copies[-1], lasts[-1], end, collector.hash())
        archive.quarantine([*collector.refused, *foreign])
        archive.finish()
        return Archived(archive.name, end, collector.hash()), len(collector.refused) + len(foreign)
    except BaseException:
        archive.abandon()
        raise


async def _collect(collector: Collector, reading: InStep, known: int, archive: Archive, *, told: Told) -> int:
    """Returns where the log ends."""
    for after in range(0, reading.until, WINDOW):
        window = await reading.window(after, min(after + WINDOW, reading.until))
        for position, candidates in enumerate(window, after + 1):
            try:
                archive.append(collector.offer(candidates))
            except Lost as lost:
                if candidates and position > known:
                    return position - 1
                raise await _all_lost(lost, reading, window, after) from None
        told("collect", after + len(window), reading.until)
    return reading.until


async def _all_lost(lost: Lost, reading: InStep, window: Sequence[Sequence[Candidate]], after: int) -> Lost:
    """The first loss, and every further position of which no copy holds anything."""
    ranges = list(lost.positions)
    while True:
        for position, candidates in enumerate(window, after + 1):
            first, last = ranges[-1]
            if candidates or position <= last:
                continue
            if position == last + 1:
                ranges[-1] = (first, position)
            else:
                ranges.append((position, position))
        after += len(window)
        if after >= reading.until:
            return Lost(ranges)
        window = await reading.window(after, min(after + WINDOW, reading.until))


async def _behind(live: Copy, last: int, end: int, head: str) -> list[Candidate]:
    """What the stream holds behind the log's end: foreign events. Raises `LogAhead` if the first one follows."""
    foreign: list[Candidate] = []
    if last <= end:
        return foreign
    async for rows in salvaged(live, end, last):
        if not foreign and rows[0].position == end + 1 and _follows(rows[0], end, head):
            raise LogAhead(end, last)
        foreign += (Candidate(live.name, row) for row in rows)
    return foreign


def _follows(row: Row, end: int, head: str) -> bool:
    try:
        verify([row.body], end, head)
    except ChainBroken:
        return False
    return True
