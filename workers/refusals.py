"""Brings refused commands into the audit's second table: they have no position, so the log does not carry them."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from producers.outbox import Refusal

BATCH: Final = 1_000


class Refused(Protocol):
    """Where refusals are kept first, in the transaction that refused: numbered 1, 2, 3 …"""

    async def refusals(self, after: int, limit: int) -> list[tuple[int, Refusal]]: ...


class Register(Protocol):
    """Where they are looked up."""

    async def last(self) -> int:
        """The last number it holds, 0 if it is empty."""

    async def add(self, refusals: Sequence[tuple[int, Refusal]]) -> None:
        """All or none; one that is there already stays as it is."""


async def step(
    refused: Refused, register: Register, heard: Callable[[Sequence[tuple[int, Refusal]]], None] = lambda _: None
) -> int:
    """Add what is missing, at most `BATCH`; how many. `heard` is told of them."""
    found = await refused.refusals(await register.last(), BATCH)
    if found:
        await register.add(found)
        heard(found)
    return len(found)
