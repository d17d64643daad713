"""Gives a damaged log stream back, byte for byte at the same positions; restartable after a kill at every step.

    collect ──► every position in an archive, the chain proved, fsynced        nothing was touched yet
    replace ──► the archive read once more; the stream deleted and created     the archive is the log now
    append  ──► the archive into the stream, behind where it ends
    compare ──► stream and archive, row by row

The journal names the step that is under way. Only who holds the relay's lease may do this, with all consumers stopped.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from producers.archive import WINDOW, Archived, Archives, Told, collect
from producers.copies import Copy, InStep
from producers.log import Appended, Doubt, Log
from producers.outbox import LogHead, Row
from security.chain import genesis, verify

BATCH_ROWS, BATCH_BYTES = 1_000, 8 << 20

Step = Literal["replace", "append", "compare"]


class Journal(Protocol):
    """Survives a kill: what it says is fsynced. Nothing noted = no repair is under way."""

    def read(self) -> tuple[Step, Archived] | None: ...
    def note(self, step: Step, archived: Archived) -> None: ...
    def clear(self) -> None: ...


class Stream(Log, Protocol):
    """The log with the rights of the admin. Both are safe to repeat."""

    async def delete(self) -> None: ...
    async def create(self) -> None: ...


class NotRepaired(Exception):
    """The stream is not what was archived yet; the archive is whole, and running the repair again goes on from it."""


class Repaired(NamedTuple):
    """What a repair did: where the archive is, where the log ends, how many messages this run put aside."""

    archived: Archived
    quarantined: int


@dataclass(frozen=True, slots=True)
class Repair:
    """`live` reads the stream that `stream` writes."""

    ontology: str
    stream: Stream
    live: Copy
    archives: Archives
    journal: Journal
    told: Told

    async def run(self, copies: Sequence[Copy], head: LogHead | None) -> Repaired:
        """Go on where the journal says, else from the start. `copies` in order of trust, `head` is the outbox's.

        Raises `Lost` and `LogAhead` before anything is deleted, `NotRepaired`, `LogUnavailable`.
        """
        step: Step = "replace"
        quarantined = 0
        if noted := self.journal.read():
            step, archived = noted
        else:
            archived, quarantined = await self._collect(copies, head)
        archive = self.archives.open(archived.archive)
        if step == "replace":
            await self._replace(archive, archived)
        if step != "compare":
            await self._append(archive, archived)
        await self._compare(archive, archived)
        self.journal.clear()
        return Repaired(archived, quarantined)

    async def _collect(self, copies: Sequence[Copy], head: LogHead | None) -> tuple[Archived, int]:
        archive = self.archives.create()
        archived, quarantined = await collect(self.ontology, [*copies, self.live], head, archive, told=self.told)
        self.journal.note("replace", archived)
        return archived, quarantined

    async def _replace(self, archive: Copy, archived: Archived) -> None:
        await self._prove(archive, archived)
        await self.stream.delete()
        await self.stream.create()
        self.journal.note("append", archived)

    async def _prove(self, archive: Copy, archived: Archived) -> None:
        last, head = 0, genesis(self.ontology)
        async for rows in _rows(archive, 0, archived.head):
            head = verify((body for _, _, body in rows), last, head)
            last = rows[-1][0]
            self.told("prove", last, archived.head)
        if (last, head) != archived[1:]:
            raise NotRepaired(
                f"the archive {archived.archive} ends at {last}, not at {archived.head}; nothing was deleted"
            )

    async def _append(self, archive: Copy, archived: Archived) -> None:
        after = await self._agreed(archive, archived)
        while after < archived.head:
            before, doubt = after, await self._append_behind(archive, after, archived.head)
            after = await self._agreed(archive, archived)
            if after == before:
                raise NotRepaired(f"the log does not take position {after + 1}: {doubt}; run the repair again")
        self.journal.note("compare", archived)

    async def _append_behind(self, archive: Copy, after: int, head: int) -> str:
        """Up to the end, or to the first doubt: its reason."""
        async for batch in _batches(archive, after, head):
            answer = await self.stream.append(batch, after)
            if isinstance(answer, Doubt):
                return answer.reason
            after = _expected(answer, batch)
            self.told("append", after, head)
        return ""

    async def _agreed(self, archive: Copy, archived: Archived) -> int:
        """Where the new stream ends, its last message being the archive's."""
        last = await self.stream.last()
        if last is None:
            return 0
        if last.position <= archived.head:
            async for rows in archive.read(last.position - 1, last.position):
                if Row(*rows[0]) == last:
                    return last.position
        raise self._again(archived, f"the new stream holds something else at position {last.position}")

    async def _compare(self, archive: Copy, archived: Archived) -> None:
        last = await self.live.last()
        if last != archived.head:
            raise self._again(archived, f"the new stream ends at {last}, the archive at {archived.head}")
        reading = InStep([archive, self.live], [last, last], last)
        try:
            for after in range(0, last, WINDOW):
                until = min(after + WINDOW, last)
                for position, pair in enumerate(await reading.window(after, until), after + 1):
                    if len(pair) != 2 or pair[0].row != pair[1].row:
                        raise self._again(archived, f"the new stream differs from the archive at position {position}")
                self.told("compare", until, last)
        finally:
            await reading.aclose()

    def _again(self, archived: Archived, reason: str) -> NotRepaired:
        self.journal.note("replace", archived)
        return NotRepaired(f"{reason}; the archive {archived.archive} is whole: run the repair again")


def _expected(answer: Appended, batch: Sequence[Row]) -> int:
    if answer.last != batch[-1].position:
        raise NotRepaired(f"the log took position {batch[-1].position} as {answer.last}: somebody else writes into it")
    return answer.last


async def _batches(archive: Copy, after: int, until: int) -> AsyncIterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    async for rows in _rows(archive, after, until):
        for row in rows:
            cost = len(row[1]) + len(row[2])
            if batch and (len(batch) == BATCH_ROWS or size + cost > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(Row(*row))
            size += cost
    if batch:
        yield batch


async def _rows(archive: Copy, after: int, until: int) -> AsyncIterator[Sequence[tuple[int, str, bytes]]]:
    if after < until:
        async for rows in archive.read(after, until):
            yield rows
