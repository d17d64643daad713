"""Reads the versions that a table means, entity by entity: those of one moment, of a stretch of time, or of both times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, assert_never

from events.names import Key
from projectors.projector import FOREVER
from projectors.versions import Version
from queries.cuts import Cut
from queries.moments import AtInstant, Now, moment
from queries.sql.bitemporal import held
from queries.sql.findings import placed, refused
from queries.sql.when import Always, AsOf, Between, FromTo, Said, Span
from queries.sql.windows import Window


class Seen(NamedTuple):
    """A version and its two stretches of time: when it was known, and when it is true. µs; `None`: no end is known."""

    version: Version
    valid_from: int
    valid_to: int | None
    effective_from: int
    effective_to: int | None


@dataclass(frozen=True, slots=True)
class TrueAt:
    """Instants (µs) at which what is asked for is true: some of first … last, the last one included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Entities:
    """Those whose keys begin with one of these, or of them only these."""

    prefixes: Sequence[str]
    keys: frozenset[Key] | None = None

    def current(self, cut: Cut) -> Iterator[Version]:
        if self.keys is None:
            return chain.from_iterable(map(cut.valid, self.prefixes))
        found = cut.several(sorted(self.keys))
        return (found[key] for key in sorted(found))

    def histories(self, cut: Cut, low: int) -> Iterator[Sequence[Version]]:
        """Of each entity the versions that the branch has seen up to the cut and that were current at `low` or later."""
        if self.keys is None:
            return chain.from_iterable(cut.histories(prefix, low) for prefix in self.prefixes)
        return (cut.history(key) for key in sorted(self.keys))


def scanned(entities: Entities, window: Window, true: TrueAt | None) -> Iterator[Seen]:
    """In key order, then as they came."""
    if is_empty(window, true):
        return
    if window.point and true is None:
        for version in entities.current(window.cut):
            if not version.state.get("deleted"):
                yield Seen(version, version.time, None, version.effective, None)
        return
    seen = _known if true is None else _true
    for history in entities.histories(window.cut, 0 if true else window.low):
        times = {version.since: version.time for version in history}
        for each, since, until in seen(history, true, times):
            if until > window.low and (window.every or not each.version.state.get("deleted")):
                yield each._replace(valid_from=times.get(since, each.version.time))


def is_empty(window: Window, true: TrueAt | None) -> bool:
    """Whether nothing can be meant."""
    return window.empty or (true is not None and true.first > true.last)


def _known(history: Sequence[Version], _: TrueAt | None, times: dict[int, int]) -> Iterator[tuple[Seen, int, int]]:
    for version in history:
        ended = times.get(version.until)
        yield Seen(version, version.time, ended, version.effective, None), version.since, version.until


def _true(history: Sequence[Version], true: TrueAt | None, times: dict[int, int]) -> Iterator[tuple[Seen, int, int]]:
    assert true is not None
    for version, since, until, start, end in held(history):
        if start <= true.last and end > true.first:
            ended = None if end == FOREVER else end
            yield Seen(version, version.time, times.get(until), start, ended), since, until


def true_at(span: Span | None, now: int) -> TrueAt | None:
    """What a clause on the valid time says. Raises `Refused` (SQL_TIME, TIME_UNPARSABLE)."""
    match span:
        case None:
            return None
        case Always():
            return TrueAt(-FOREVER, FOREVER)
        case AsOf(at):
            return TrueAt(_instant(at, now), _instant(at, now))
        case Between(start, end):
            return TrueAt(_instant(start, now), _instant(end, now))
        case FromTo(start, end):
            return TrueAt(_instant(start, now), _instant(end, now) - 1)
        case _:
            assert_never(span)


def _instant(said: Said, now: int) -> int:
    with placed(said.place):
        asked = moment(said.text)
    if isinstance(asked, Now):
        return now
    if isinstance(asked, AtInstant):
        return asked.instant
    text = f"the valid time is when something is true: a date or an instant, not {said.text[:64]}"
    raise refused("SQL_TIME", text, said.place)
