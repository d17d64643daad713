"""How an endpoint is spared: what is remembered of that, and what whoever looks is told. Pure: time is given."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from events.decider import State
from events.subscriptions.expunging import EXPUNGED
from events.subscriptions.reports import REPORTED
from events.subscriptions.retrying import OFTEN

_ASIDE: Final = frozenset({REPORTED, EXPUNGED, "replay"})


class Heard(NamedTuple):
    """Of a slot of time, a tenth of what the breaker looks back: tries, and those of them that failed."""

    slot: int
    tries: int
    failed: int


class Paced(NamedTuple):
    """Of the endpoint as it is under `terms`, a digest. Times in s since the epoch.

    `unanswered`: tries in a row that nobody answered, the first of them at `since`; `open`: its breaker is, and asks by one event at a time.
    """

    terms: str
    left_alone: float = 0.0
    unanswered: int = 0
    since: float = 0.0
    open: bool = False
    heard: tuple[Heard, ...] = ()

    @property
    def spares(self) -> bool:
        """Whether there is anything to remember."""
        return self != Paced(self.terms)


class Spared(NamedTuple):
    """`breaker`: `closed`, `open`, `half-open`, or `None` where none is set; `left_alone` for so many seconds still."""

    breaker: str | None = None
    away: bool = False
    left_alone: float = 0.0

    def json(self) -> dict[str, Any]:
        return {"breaker": self.breaker, "away": self.away, "leftAlone": self.left_alone}

    @property
    def word(self) -> str:
        """`""` where it is not spared at all."""
        why = self.breaker if self.breaker not in (None, "closed") else "away" if self.away else ""
        if not self.left_alone:
            return why or ""
        return f"{why or 'left alone'} {self.left_alone:,.0f} s"


def terms(state: State) -> str:
    """A digest of what an endpoint is sent, where, and how: under others it is not spared for what was before."""
    told = {name: value for name, value in state.items() if name not in _ASIDE}
    return sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:16]


def spared(state: State, paced: Paced | None, now: float) -> Spared:
    breaker: Mapping[str, Any] | None = state["config"].get("breaker")
    if paced is None or paced.terms != terms(state):
        return Spared(None if breaker is None else "closed")
    left = round(max(0.0, paced.left_alone - now), 3)
    shut = "open" if left else "half-open"
    return Spared(None if breaker is None else shut if paced.open else "closed", paced.unanswered >= OFTEN, left)
