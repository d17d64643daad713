"""Days on which nothing runs: dates, stretches of them, the same day of every year, weekdays."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
FAR: Final = 3_660  # days: who is free on none of these never is
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARLY: Final = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_ONE: Final = timedelta(days=1)
_LEAP: Final = 2_000  # a year that has all days


class Days:
    """Of `{on, until?, name?}`, all of which are right (`fault`)."""

    def __init__(self, said: Iterable[Mapping[str, Any]]) -> None:
        self._weekdays: set[int] = set()
        self._yearly: set[tuple[int, int]] = set()
        self._dates: set[date] = set()
        self._stretches: list[tuple[date, date]] = []
        for each in said:
            on: str = each["on"]
            if on in WEEKDAYS:
                self._weekdays.add(WEEKDAYS.index(on))
            elif yearly := _YEARLY.fullmatch(on):
                self._yearly.add((int(yearly[1]), int(yearly[2])))
            elif each.get("until") is None:
                self._dates.add(date.fromisoformat(on))
            else:
                self._stretches.append((date.fromisoformat(on), date.fromisoformat(each["until"])))

    def holds(self, day: date) -> bool:
        return (
            day in self._dates
            or day.weekday() in self._weekdays
            or (day.month, day.day) in self._yearly
            or any(first <= day <= last for first, last in self._stretches)
        )

    def free(self, day: date) -> date | None:
        """The first day from this one on that is none of these."""
        for _ in range(FAR):
            if not self.holds(day):
                return day
            day += _ONE
        return None


def fault(said: Mapping[str, Any]) -> str | None:
    """Why it names no days."""
    on, until = said["on"], said.get("until")
    if until is not None:
        first, last = _date(on), _date(until)
        if first is None or last is None:
            return f"{on[:40]!r} until {str(until)[:40]!r}: both are dates such as 2026-02-16"
        return None if first <= last else f"{on} comes behind {until}"
    if on in WEEKDAYS or _date(on) is not None:
        return None
    yearly = _YEARLY.fullmatch(on)
    if yearly is not None and _date(f"{_LEAP}-{on}") is not None:
        return None
    return f"{on[:40]!r} is no day: a date (2026-02-16), a day of every year (12-25) or one of {', '.join(WEEKDAYS)}"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
