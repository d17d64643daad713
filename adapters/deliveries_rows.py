"""What stands in the tables of deliveries, as rows: there and back, whatever the database is."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from adapters.deliveries_tables import DEFERRED
from events.subscriptions.consent import Consent
from events.subscriptions.letters import Deferred, Discarded, Sought, Standing, Try, Waiting
from events.subscriptions.pacing import Paced
from events.subscriptions.retrying import Failing
from events.subscriptions.tallies import DELIVERED, Counted, Tallied

_JSON: Final = frozenset({"secrets", "request", "response"})
_decode: Final = msgspec.json.Decoder().decode
_decode_paced: Final = msgspec.json.Decoder(Paced).decode


def sought(asked: Sought) -> tuple[int, int | None, str | None, str, int, int]:
    return asked.before, asked.position, asked.kind, DELIVERED if asked.failed else "", asked.since, asked.until


def tally_rows(tallied: Mapping[Tallied, int]) -> list[tuple[Any, ...]]:
    """In the order of their key: who writes the same ones waits for another, and never in a circle."""
    return sorted((*each, count) for each, count in tallied.items())


def arrived(tries: Sequence[Try]) -> list[tuple[str, int]]:
    """Any may have failed before, a first try too: who was disabled and is resumed begins anew with what failed."""
    last = {(each.subscription, each.position): each for each in tries}
    return [key for key, each in last.items() if each.kind == DELIVERED]


def failure_rows(tries: Sequence[Try]) -> list[tuple[Any, ...]]:
    """The last word about each letter, where that is no delivery."""
    last = {(each.subscription, each.position): each for each in tries}
    return [
        (*key, each.time, each.time, each.next, each.kind, each.detail)
        for key, each in last.items() if each.kind != DELIVERED
    ]  # fmt: skip


def deferred_rows(waits: Sequence[Deferred]) -> list[tuple[Any, ...]]:
    """As those of failures."""
    return [(each.subscription, each.position, each.since, each.since, each.next, DEFERRED, "") for each in waits]


def positions(rows: Sequence[Any], kinds: Collection[str] | None) -> list[int]:
    """Of rows of `FAILED`, those of some kinds; all where `None`."""
    return [position for position, kind in rows if kinds is None or kind in kinds]


def as_discarded(
    parked: Sequence[Any], letters: Collection[tuple[str, int]], author: str, why: str, time: int
) -> list[Discarded]:
    """Of rows of `UNSENT`, those of these letters."""
    return [Discarded._make((*row, author, why, time)) for row in parked if (row[0], row[1]) in letters]


def as_standings(rows: Sequence[Any]) -> dict[str, Standing]:
    """Of rows of `ALL`."""
    return {
        identity: Standing(
            position,
            None if since is None else Failing(since, attempts, told),
            attempt,
            replayed,
            number,
            at,
            tuple(_decode(batch)),
            expunged,
            None if paced is None else _decode_paced(paced),
        )
        for identity, position, attempt, replayed, since, attempts, told, number, at, batch, expunged, paced in rows
    }


def as_consents(rows: Sequence[Any]) -> dict[str, Consent]:
    """Of rows of `CONSENTS`."""
    return {row[0]: Consent(*row) for row in rows}


def as_counted(rows: Sequence[Any]) -> dict[str, list[Counted]]:
    """Of rows of `COUNTED`."""
    found: dict[str, list[Counted]] = {}
    for subscription, kind, took, count in rows:
        found.setdefault(subscription, []).append(Counted(kind, took, int(count)))
    return found


def as_waiting(rows: Sequence[Any]) -> dict[str, Waiting]:
    """Of rows of `WAITING`."""
    return {
        subscription: Waiting(again, oldest, every - again - deferred, parked, since, deferred)
        for subscription, again, oldest, deferred, every, parked, since in rows
    }


def standing_row(identity: str, standing: Standing) -> tuple[Any, ...]:
    failing = standing.failing
    told = (None, None, None) if failing is None else (failing.since, failing.attempts, failing.told)
    under_way = standing.replaying, standing.replay_at, _text(standing.batch), standing.expunged
    paced = None if standing.paced is None else _text(standing.paced)
    return identity, standing.position, standing.attempt, standing.replayed, *told, *under_way, paced


def try_row(tried: Try) -> tuple[Any, ...]:
    return tuple(_text(value) if isinstance(value, (Mapping, list, tuple)) else value for value in tried)


def as_try(row: Sequence[Any]) -> Try:
    return Try(*(_decode(value) if name in _JSON else value for name, value in zip(Try._fields, row, strict=True)))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
