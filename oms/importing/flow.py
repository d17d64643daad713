"""Sends batches, a few in flight, and settles them in order: what was refused leaves its batch, and the rest goes again.

A batch may be decided before an earlier one is done, so a row of it may have been refused for rows that came later than
it: such rows are asked about once more, when all before them is settled. The way that is taken depends on answers alone,
never on time, so a restart takes the same way and meets the same remembered answers.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from oms.importing.batches import Batch, Reason, Refusal


class Answer(NamedTuple):
    """What became of a batch. `reasons` is empty when it was taken."""

    position: int
    reasons: tuple[Reason, ...]


class Ask(Protocol):
    async def __call__(self, identity: str, batch: Batch) -> Answer:
        """Have a batch decided as one commit under this command id; the same id gets the same answer."""


class Tally(NamedTuple):
    """What came of an import so far. `commands`: how many were taken."""

    rows: int = 0
    commands: int = 0
    refused: int = 0
    position: int = 0

    def then(self, other: "Tally") -> "Tally":
        """Of two passes over the same rows."""
        return Tally(
            max(self.rows, other.rows),
            self.commands + other.commands,
            self.refused + other.refused,
            max(self.position, other.position),
        )


class ImportStopped(Exception):
    """A batch was refused for reasons that name no row; everything before it is done."""

    def __init__(self, batch: Batch, reasons: Iterable[Reason]) -> None:
        self.batch = batch
        said = "; ".join(dict.fromkeys(f"{reason.code}: {reason.text}" for reason in reasons))
        super().__init__(f"rows {batch.first:,} to {batch.last:,}: {said}")


async def send_all(
    batches: Iterable[Batch],
    ask: Ask,
    refused: Callable[[Refusal], None],
    told: Callable[[Tally], None] = lambda _: None,
    in_flight: int = 4,
) -> Tally:
    """The whole import. `refused` hears of each refused row in file order, `told` of each settled batch.

    Rows of different batches are decided in file order only with `in_flight=1`. Raises `ImportStopped`.
    """
    tally = Tally()
    waiting: deque[tuple[Batch, asyncio.Task[Answer]]] = deque()

    async def settle() -> None:
        nonlocal tally
        batch, task = waiting.popleft()
        part = await _taken(batch, await task, ask)
        if part.refused and in_flight > 1:
            doubtful = batch.only(part.refused)
            again = await _taken(doubtful, await _first(doubtful, ask), ask)
            part = Part(part.commands + again.commands, again.refused, max(part.position, again.position))
        refusals = sorted([*batch.refused, *part.refused], key=lambda refusal: refusal.line.number)
        for refusal in refusals:
            refused(refusal)
        tally = Tally(
            tally.rows + batch.last - batch.first + 1,
            tally.commands + part.commands,
            tally.refused + len(refusals),
            max(tally.position, part.position),
        )
        told(tally)

    try:
        async with asyncio.TaskGroup() as tasks:
            for batch in batches:
                if len(waiting) >= in_flight:
                    await settle()
                waiting.append((batch, tasks.create_task(_first(batch, ask))))
            while waiting:
                await settle()
    except BaseExceptionGroup as several:  # the first one ended the others
        raise several.exceptions[0] from None
    return tally


async def _first(batch: Batch, ask: Ask) -> Answer:
    return await ask(batch.identity, batch) if batch.commands else Answer(0, ())


class Part(NamedTuple):
    """What came of some rows: how many commands were taken, and which rows were refused."""

    commands: int
    refused: tuple[Refusal, ...]
    position: int


async def _taken(batch: Batch, answer: Answer, ask: Ask) -> Part:
    """Leaves out what is refused until the rest is taken."""
    refused: tuple[Refusal, ...] = ()
    while answer.reasons:
        rest, named = batch.split(answer.reasons)
        if not named:
            raise ImportStopped(batch, answer.reasons)
        refused += named
        batch, answer = rest, await _first(rest, ask)
    return Part(len(batch.commands), refused, answer.position)
