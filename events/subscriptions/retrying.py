"""What an answer of an endpoint means, and when it is asked again. Pure: chance and time are given.

2xx ─► Delivered         410 ─► Gone: nothing is sent there any more
`webhook-delivery: abort-message` ─► Unwanted: this event is not sent there any more
429, 502, 504 ─► Later, and slower: everything else for this endpoint waits, too
anything else ─► Later, by the schedule, until it has no more tries: GivenUp
a fault of our own ─► Later, by the schedule, for as long as it takes
none, and often ─► the endpoint is away: everything waits, and one letter now and then asks whether it is back
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

from events.subscriptions.outgoing import OURS, Answered, Failed
from events.subscriptions.selecting import of_types

SCHEDULE: Final[Sequence[int]] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before the second try, the third …, where nobody says otherwise. Source: Standard Webhooks 1.0, Retries."""
JITTER: Final = 0.2
LONGEST_RETRY_AFTER: Final = 86_400  # seconds: an endpoint may not put us off for ever
SLOW_SECONDS: Final = 60  # what an overloaded endpoint is left alone at least
OVERLOADED: Final = frozenset({429, 502, 504})
BROKEN: Final = frozenset({"connection_reset"})
QUICKLY: Final = 1.0  # seconds: a connection that breaks so soon was an idle one that the other side had closed


def schedule_of(config: Mapping[str, Any], event_type: str, otherwise: Sequence[int] = SCHEDULE) -> Sequence[int]:
    """In seconds, for events of a type: the first of `retries` that names it, else the subscription's own, else what is so for all."""
    for each in config.get("retries") or ():
        if of_types(each["types"], event_type):
            found: Sequence[int] = each["schedule"]
            return found
    said: Sequence[int] | None = config.get("schedule")
    return otherwise if said is None else said


@dataclass(frozen=True, slots=True)
class Delivered:
    status: int


@dataclass(frozen=True, slots=True)
class Later:
    """Try again in `seconds`; `slower`: nor is anything else sent there before."""

    seconds: float
    kind: str
    slower: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The last try failed; who owns the endpoint may ask for it again."""

    kind: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The endpoint says that it wants nothing any more."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The endpoint says that it will never take this event: it is not tried again, and others are sent as before."""

    kind: str


ABORT: Final = "webhook-delivery", "abort-message"
"""A header of an answer, and its value, by which an endpoint says so."""

Verdict = Delivered | Later | GivenUp | Gone | Unwanted


def judged(
    ended: Answered | Failed, attempt: int, chance: float, now: float, schedule: Sequence[int] = SCHEDULE
) -> Verdict:
    """Of try `attempt` (from 1). `chance` in [0, 1), `now` in s since the epoch."""
    if isinstance(ended, Answered):
        if 200 <= ended.status < 300:
            return Delivered(ended.status)
        if ended.status == 410:
            return Gone()
        if ended.headers.get(ABORT[0], "").strip().lower() == ABORT[1]:
            return Unwanted(f"status_{ended.status}")
    kind = ended.kind if isinstance(ended, Failed) else f"status_{ended.status}"
    if kind in OURS:
        schedule = schedule or SCHEDULE
        attempt = min(attempt, len(schedule))
    if attempt > len(schedule):
        return GivenUp(kind)
    seconds = schedule[attempt - 1] * (1 - JITTER + 2 * JITTER * chance)
    asked = retry_after(ended.headers, now) if isinstance(ended, Answered) else None
    slower = isinstance(ended, Answered) and (ended.status in OVERLOADED or (ended.status == 503 and asked is not None))
    return Later(max(seconds, asked or 0, SLOW_SECONDS if slower and asked is None else 0), kind, slower)


def at_once(ended: Answered | Failed) -> bool:
    """Whether to try once more without waiting, which is no try of its own: the connection broke before it was used."""
    return isinstance(ended, Failed) and ended.kind in BROKEN and ended.seconds < QUICKLY


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds, 0 … `LONGEST_RETRY_AFTER`; `None` where the header is absent or says nothing. Source: RFC 9110, 10.2.3."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(min(int(said[:12]), LONGEST_RETRY_AFTER))
    try:
        date = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max(date.timestamp() - now, 0.0), float(LONGEST_RETRY_AFTER))


DISABLE_SECONDS: Final = 5 * 86_400
DISABLE_ATTEMPTS: Final = 20
NOTICES: Final = (50, 70, 90, 100)  # per cent of both limits; at 100 the endpoint is disabled


@dataclass(frozen=True, slots=True)
class Failing:
    """An endpoint since its last delivery: failing since when (s since the epoch), how often, the last notice of it."""

    since: float
    attempts: int
    told: int = 0


def failed_again(failing: Failing | None, now: float) -> tuple[Failing, int | None]:
    """And the notice that is due, one of `NOTICES`. Both time and tries count: neither a burst nor one old failure is enough."""
    since, attempts, told = (now, 0, 0) if failing is None else (failing.since, failing.attempts, failing.told)
    attempts += 1
    reached = min((now - since) / DISABLE_SECONDS, attempts / DISABLE_ATTEMPTS) * 100
    due = [each for each in NOTICES if told < each <= reached]
    return Failing(since, attempts, due[-1] if due else told), due[-1] if due else None


OFTEN: Final = 10  # tries in a row that nobody answered: then the endpoint is away
KNOCKS: Final = (
    5  # with one letter at an endpoint that is away, then with the next: who breaks on one is found well with another
)
PROBED: Final = 0.1  # of the time since then: so it is found well again with little delay, however long it was away
LONGEST_REST: Final = 60.0
_GATEWAYS: Final = frozenset({502, 503, 504})
_OF_ONE: Final = frozenset({"transform_failed", "internal_error", "not_judged"})
"""Kinds that say nothing about other letters."""


def unanswered(ended: Answered | Failed) -> bool:
    """Whether it says nothing about this letter: any other would have fared alike."""
    return ended.status in _GATEWAYS if isinstance(ended, Answered) else ended.kind not in _OF_ONE


def is_failure(ended: Answered | Failed) -> bool | None:
    """Of the endpoint; `None` where it is none of its: nothing was sent, or by a fault of our own."""
    if isinstance(ended, Answered):
        return not 200 <= ended.status < 300
    return None if ended.kind in OURS or ended.kind == "transform_failed" else True


def rest(since: float, now: float) -> float:
    """Seconds for which nothing is sent to an endpoint that is away: asked now and then; what it misses waits in the log."""
    return min(max(PROBED * (now - since), 1.0), LONGEST_REST)
