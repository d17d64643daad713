"""What a clock on the wall shows at an instant, and when it is put forward or back. Instants in whole seconds since 1970."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 a time on the wall has no zone
_DAY: Final = 86_400
MICROS: Final = 1_000_000


class NoZone(ValueError):
    """A text that names no time zone."""


@lru_cache(512)
def zone(name: str) -> tzinfo:
    """Of the IANA database, by its name: `Asia/Seoul`. Raises `NoZone`."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise NoZone(
            f"{name[:100]!r} is no time zone; it is a name such as Asia/Seoul, Europe/Berlin or UTC"
        ) from error


def offset(where: tzinfo, second: int) -> int:
    """Seconds that the wall's clock is ahead of UTC."""
    found = datetime.fromtimestamp(second, where).utcoffset()
    assert found is not None
    return found // timedelta(seconds=1)


def shown(second: int, ahead: int) -> datetime:
    """What a clock shows that is `ahead` seconds before UTC."""
    return _EPOCH + timedelta(seconds=second + ahead)


def read(wall: datetime, ahead: int) -> int:
    """The inverse of `shown`."""
    return (wall - _EPOCH) // timedelta(seconds=1) - ahead


def change(where: tzinfo, after: int, until: int) -> int | None:
    """The first second behind `after`, up to `until`, at which the clock has been put forward or back.

    NOTE two changes within a day that undo one another are not seen; the database has none.
    """
    was, low = offset(where, after), after
    while low < until:
        high = min(low + _DAY, until)
        if offset(where, high) != was:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(where, middle) == was else (low, middle)
            return high
        low = high
    return None


def repeated(where: tzinfo, second: int) -> int | None:
    """Since which second the clock shows again what it showed before; `None` where it does not."""
    now = datetime.fromtimestamp(second, where)
    if not now.fold:
        return None
    before, again = now.replace(fold=0).utcoffset(), now.utcoffset()
    assert before is not None
    assert again is not None
    return change(where, second - (before - again) // timedelta(seconds=1), second)


def day(where: tzinfo, instant: int) -> date:
    """The date on the wall at an instant in µs."""
    return datetime.fromtimestamp(instant // MICROS, where).date()


def begin(where: tzinfo, of: date) -> int:
    """The instant (µs) at which a date begins there."""
    return int(datetime.combine(of, time(), where).timestamp()) * MICROS
