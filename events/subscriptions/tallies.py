"""How an endpoint does, counted as tries are noted: nobody goes through all of them to tell.

try ─► its slot of five minutes, how it ended, how long it took to a fifth ─► one number more there, and in the total
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil, log
from typing import Final, NamedTuple

from events.subscriptions.letters import Try

SLOT: Final = 300_000_000  # µs
TOTAL: Final = -1
"""The slot of all time."""

DELIVERED: Final = "delivered"
WINDOWS: Final[Mapping[str, int]] = {"1h": 3_600_000_000, "24h": 86_400_000_000, "7d": 604_800_000_000}
KEPT: Final = WINDOWS["7d"] + SLOT  # µs; slots before that are of no window any more
_STEP: Final = 1.2


class Tallied(NamedTuple):
    """`slot` counts from 1970; `took` is what `bucket` makes of a duration."""

    subscription: str
    slot: int
    kind: str
    took: int


class Counted(NamedTuple):
    """So many tries, of any slots."""

    kind: str
    took: int
    times: int


class Statistics(NamedTuple):
    """Of a window: tries, `share` of them that delivered (`None` of none), tries a second, milliseconds by quantile."""

    delivered: int
    failed: int
    share: float | None
    rate: float
    p50: float | None
    p95: float | None
    p99: float | None
    kinds: Mapping[str, int]

    def json(self) -> dict[str, object]:
        return {**self._asdict(), "kinds": dict(self.kinds)}


def tallies(tries: Iterable[Try]) -> Counter[Tallied]:
    found: Counter[Tallied] = Counter()
    for each in tries:
        took = bucket(each.taken)
        found[Tallied(each.subscription, each.time // SLOT, each.kind, took)] += 1
        found[Tallied(each.subscription, TOTAL, each.kind, took)] += 1
    return found


def bucket(taken: int) -> int:
    """Of a duration in µs: the least n ≥ 0 for which it is at most 1.2^n ms."""
    return 0 if taken <= 1_000 else ceil(round(log(taken / 1_000, _STEP), 9))


def first_slot(now: int, window: int) -> int:
    """From there on slots touch the window that ends `now` (both µs)."""
    return max(0, now - window) // SLOT


def statistics(counts: Iterable[Counted], window: int) -> Statistics:
    """`window` in µs."""
    kinds: Counter[str] = Counter()
    took: Counter[int] = Counter()
    for each in counts:
        kinds[each.kind] += each.times
        took[each.took] += each.times
    tried, delivered = kinds.total(), kinds[DELIVERED]
    share = delivered / tried if tried else None
    p50, p95, p99 = (_quantile(took, each) for each in (0.5, 0.95, 0.99))
    rate, by_kind = tried / (window / 1e6), dict(kinds.most_common())
    return Statistics(delivered, tried - delivered, share, rate, p50, p95, p99, by_kind)


def _quantile(took: Counter[int], part: float) -> float | None:
    """In ms, at most a fifth too high."""
    missing = part * took.total()
    for each in sorted(took):
        missing -= took[each]
        if missing <= 1e-9:
            return round(_STEP**each, 1)
    return None
