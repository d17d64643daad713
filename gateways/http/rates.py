"""How many events a sender may send a minute: a bucket for each that fills evenly. Pure."""

from typing import Final

MOST_KNOWN: Final = 10_000  # senders; the one that was heard least lately is forgotten


class Rates:
    """`rate` a minute; 0 = as many as they like."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._free_at: dict[str, float] = {}

    def wait(self, sender: str, events: int, now: float) -> float:
        """Seconds until so many may be sent; 0 = now, and they are counted. A minute's worth may come at once."""
        if not self._rate:
            return 0.0
        at = max(self._free_at.pop(sender, now), now)
        wait = at + min(events, self._rate) * 60 / self._rate - now - 60
        if wait <= 1e-9:
            at, wait = at + events * 60 / self._rate, 0.0
        self._free_at[sender] = at
        if len(self._free_at) > MOST_KNOWN:
            del self._free_at[next(iter(self._free_at))]
        return wait
