"""How far a reader of the log has got, by its own word."""

from typing import NamedTuple


class Cursor(NamedTuple):
    """Up to `position` everything was dealt with; `time` of that word in µs."""

    name: str
    position: int
    time: int
