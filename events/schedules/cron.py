"""Cron expressions by the clock on the wall of a time zone, with what happens when that clock is changed:

hours that are named     put forward over a run: it runs once, at once after; put back over it: once, the first time
any hour (`*`, `*/2`)    whenever the clock shows it: not where that time is left out, twice where it comes twice

Five fields: minute, hour, day of the month, month, weekday. As in Debian's cron a day must fit both fields of days if one
of them begins with `*`, else one of them is enough; `L`, `LW`, `MON#2` and `5L` are known.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from cronsim import CronSim, CronSimError

from events.schedules.clocks import change, offset, read, repeated, shown

_MACROS: Final[Mapping[str, str]] = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MAY_BE: Final[Mapping[str, str]] = {
    "minute": "a minute is 0 to 59, * or */15",
    "hour": "an hour is 0 to 23, * or */2",
    "day-of-month": "a day is 1 to 31, one that its months have, *, L or LW",
    "month": "a month is 1 to 12, JAN to DEC or *",
    "day-of-week": "a weekday is 0 to 7, MON to SUN, MON#2, 5L or *",
}
_SECOND: Final = timedelta(seconds=1)
_FAR: Final = 50 * 366 * 86_400  # seconds: what does not come until then never does
_LAST_YEAR: Final = 9_900


class NoCron(ValueError):
    """A text that is no cron expression."""


class Cron:
    """Raises `NoCron`."""

    def __init__(self, expression: str, where: tzinfo) -> None:
        self._fields, self._where = _fields(expression), where
        self._named_hours = not self._fields.split()[1].startswith("*")

    def after(self, second: int) -> int | None:
        """The first run behind an instant in whole seconds; `None` if there is none within fifty years."""
        here, ahead = second, offset(self._where, second)
        wall = shown(second, ahead)
        if self._named_hours and (since := repeated(self._where, second)) is not None:
            wall = max(wall, shown(since, offset(self._where, since - 1)) - _SECOND)
        while here < second + _FAR:
            match = self._next(wall)
            if match is None:
                return None
            found = read(match, ahead)
            changed = change(self._where, here, found)
            if changed is None:
                return found
            before, ahead, here = ahead, offset(self._where, changed), changed
            if self._named_hours and match < shown(changed, ahead):
                return changed  # the clock was put forward over it
            wall = shown(changed, max(before, ahead) if self._named_hours else ahead) - _SECOND
        return None

    def _next(self, wall: datetime) -> datetime | None:
        """By a clock that nobody changes."""
        if wall.year > _LAST_YEAR:
            return None
        return next(CronSim(self._fields, wall), None)


@lru_cache(1024)
def _fields(expression: str) -> str:
    """Of a macro, what it stands for. Raises `NoCron`."""
    fields = _MACROS.get(expression.strip().lower(), expression)
    if len(fields.split()) != 5:
        text = f"{expression[:100]!r} has not five fields: minute, hour, day, month, weekday; nor is it {', '.join(_MACROS)}"
        raise NoCron(text)
    try:
        CronSim(fields, datetime(2000, 1, 1))  # noqa: DTZ001 a time on the wall
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        text = f"{expression[:100]!r}: {_MAY_BE.get(field, str(error).lower())}"
        raise NoCron(text) from None
    return fields
