"""Writes ranges of a view again, as a replay says: those that a verification names, and no others.

verify ─► ranges that differ ─► each written again, in one transaction ─► verify …

What is no row (a checkpoint) takes a rebuild.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from projectors.incidents import Incident
from projectors.verify import Agreed, Difference, Range

ROUNDS: Final = 3  # what was folded on a wrong row meanwhile is found by the next one


class By(NamedTuple):
    """Who mends, and when (µs): an audit keeps it, with the rows that were there. `id` is a UUIDv7."""

    id: str
    time: int
    principal: str


class Mended(NamedTuple):
    """The ranges that were written again, and what the verification said at last."""

    ranges: Sequence[Range]
    found: Agreed | Difference


async def mend(verified: Callable[[bool], Awaitable[Agreed | Difference]]) -> Mended:
    """Until nothing is wrong, or what is wrong cannot be mended so. `verified(True)` writes again what it finds."""
    mended: list[Range] = []
    for _ in range(ROUNDS):
        found = await verified(True)
        if isinstance(found, Agreed):
            return Mended(mended, found)
        if not found.ranges:
            break
        mended += [each for each in found.ranges if each not in mended]
    return Mended(mended, await verified(False))


def incident(by: By, found: Difference, kept: int) -> Incident:
    """What an audit remembers of its own mending."""
    what = ", ".join(f"positions {each}" for each in found.ranges)
    why = f"{found}; {kept:,} rows that were there are kept as evidence"
    return Incident(by.id, by.time, "mended", by.principal, "audit", "", what, why)
