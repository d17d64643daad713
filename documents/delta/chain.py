"""Which document of a chain another one is told against: the one before, and now and then one far back (a skip list).

So document n is at most log2(n) + 1 deltas away from a whole one, and most deltas are against their neighbour, which is
where they are smallest.
"""

from typing import Final

NEIGHBOURS: Final = 4
"""How many in a row are told each against the one before it; a power of two."""


def base_of(number: int) -> int | None:
    """The number, in its chain, of the document that `number` (from 0) is told against; `None`: it is told whole."""
    if number == 0:
        return None
    if number % NEIGHBOURS:
        return number - 1
    return number & (number - 1)  # without its lowest bit: as many steps to 0 as it has bits
