"""What a verification says of a view: that it is as a replay of the log, or the first row that is not, and where to mend it.

log ──► replay, held against a second opinion ──► checksum of each range ─┐
                                                                          ├─► the same? else row by row, in that range
view ───────────────────────────────────────────► checksum of each range ─┘

What is parked or discarded is left out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from projectors.projector import FOREVER


class Range(NamedTuple):
    """Positions `first` … `last`."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{max(self.first, 1):,} to {'the end' if self.last == FOREVER else f'{self.last:,}'}"


class Difference(NamedTuple):
    """The first row that is wrong. `row` says which; `expected` and `found` are plain values, of one column if `differs`.

    `ranges` are all that have such rows.
    """

    what: str  # differs, missing, extra
    position: int
    row: str
    column: str = ""
    expected: Any = None
    found: Any = None
    ranges: Sequence[Range] = ()

    def __str__(self) -> str:
        at = f"{self.row} at position {self.position}"
        if self.what == "differs":
            return f"{at}: {self.column} is {self.found!r}, the log says {self.expected!r}"
        return f"{at} is missing" if self.what == "missing" else f"{at} is in the view, but not in the log"


class Agreed(NamedTuple):
    """No row is wrong up to `position`. `left_out` are the events that are parked or were discarded."""

    position: int
    events: int
    left_out: Sequence[int]
    ranges: int = 1
