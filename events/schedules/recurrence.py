"""When a schedule runs: at a time, every so often, or by cron; not on the days that are left out, and not behind its end."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from events.schedules.clocks import MICROS, begin, day, zone
from events.schedules.cron import Cron
from events.schedules.days import Days
from events.wire import instants

Next = Callable[[int], int | None]
_FIRST_LOOK: Final = 3_600 * MICROS  # µs


class Recurrence:
    """Of terms as they are stored; `days` as in `Days`. Instants in µs."""

    def __init__(self, terms: Mapping[str, Any], days: Iterable[Mapping[str, Any]] = ()) -> None:
        self._zone = zone(terms["zone"])
        self._days = Days([*days, *(terms.get("except") or ())])
        self._next = _next(terms)
        self._until = instants.LAST if terms.get("until") is None else instants.from_text(terms["until"])

    def after(self, instant: int) -> int | None:
        """The first time behind an instant; `None` if there is none."""
        while True:
            found = self._next(instant)
            if found is None or found > self._until:
                return None
            on = day(self._zone, found)
            free = self._days.free(on)
            if free == on:
                return found
            if free is None:
                return None
            instant = begin(self._zone, free) - 1

    def latest(self, after: int, until: int, most: int) -> list[int]:
        """The last of the times in (after, until], at most `most`, in order; as quick for a year as for an hour."""
        look = _FIRST_LOOK
        while True:
            since = max(after, until - look)
            found = self._between(since, until)
            if len(found) >= most or since == after:
                return found[-most:]
            look *= 4

    def _between(self, after: int, until: int) -> list[int]:
        found: list[int] = []
        while (time := self.after(after)) is not None and time <= until:
            found.append(time)
            after = time
        return found


def _next(terms: Mapping[str, Any]) -> Next:
    if terms.get("at") is not None:
        at = instants.from_text(terms["at"])
        return lambda instant: at if instant < at else None
    if terms.get("every") is not None:
        return _every(terms["every"]["seconds"] * MICROS, instants.from_text(terms["every"]["from"]))
    cron = Cron(terms["cron"], zone(terms["zone"]))

    def by_cron(instant: int) -> int | None:
        second = cron.after(instant // MICROS)
        return None if second is None else second * MICROS

    return by_cron


def _every(interval: int, first: int) -> Next:
    def after(instant: int) -> int | None:
        time = max(first + ((instant - first) // interval + 1) * interval, first)
        return time if time <= instants.LAST else None

    return after
