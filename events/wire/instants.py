"""Instants: integer microseconds since 1970-01-01T00:00:00Z inside, RFC 3339 text in envelopes.

1700000000123456  <->  2023-11-14T22:13:20.123456Z
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

FIRST: Final = -62_135_596_800_000_000  # 0001-01-01T00:00:00Z
LAST: Final = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_WRITTEN_SECOND: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d", re.ASCII)
_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


class NotAnInstant(ValueError):
    """The text is no RFC 3339 timestamp, or the number lies outside the years 0001 to 9999."""


def to_text(instant: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, always 27 characters. Raises `NotAnInstant` outside `FIRST`…`LAST`."""
    seconds, micros = divmod(instant, _SECOND)
    return f"{_second_text(seconds)}.{micros:06d}Z"


def to_texts(first: int) -> Iterator[str]:
    """`to_text` of this one and of each microsecond behind it, at half its cost. Raises `NotAnInstant`."""
    seconds, micros = divmod(first, _SECOND)
    while True:
        begun = _second_text(seconds)
        for micro in range(micros, _SECOND):
            yield f"{begun}.{micro:06d}Z"
        seconds, micros = seconds + 1, 0


def from_text(text: str) -> int:
    """Microseconds of any RFC 3339 timestamp; digits behind the sixth are cut off. Raises `NotAnInstant`.

    A leap second (23:59:60 UTC) reads as the first second of the next day.
    """
    instant = written(text)
    return _any_offset(text) if instant is None else instant


def written(text: str) -> int | None:
    """Microseconds of what `to_text` could have written (UTC, six digits, `Z`), `None` for any other text."""
    if len(text) == 27 and text[19] == "." and text[26] == "Z" and text.isascii() and text[20:26].isdecimal():
        second = _written_second(text[:19])
        return None if second is None else second + int(text[20:26])
    return None


def is_written_form(text: str) -> bool:
    """Whether `to_text` could have written it."""
    return written(text) is not None


@lru_cache(1024)
def _second_text(seconds: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
    except OverflowError:
        raise NotAnInstant(f"{seconds} s since 1970 is outside the years 0001 to 9999") from None


@lru_cache(1024)
def _written_second(text: str) -> int | None:
    """Microseconds of `YYYY-MM-DDTHH:MM:SS`, `None` where it has another form or the calendar no such day."""
    try:
        return _second_number(text) if _WRITTEN_SECOND.fullmatch(text) else None
    except NotAnInstant:
        return None


def _second_number(text: str) -> int:
    try:
        return (datetime.fromisoformat(text + "+00:00") - _EPOCH) // timedelta(microseconds=1)
    except ValueError as error:
        raise NotAnInstant(f"{text!r}: {error}") from None


def _any_offset(text: str) -> int:
    match = _RFC3339.fullmatch(text)
    if not match:
        raise NotAnInstant(f"{text[:64]!r} is not an RFC 3339 timestamp such as 2024-02-29T12:00:00Z")
    date, minute, second, fraction, sign, hours, minutes = match.groups()
    offset = _offset(sign, hours, minutes, text)
    leap = second == "60"
    whole = _second_number(f"{date}T{minute}:{'59' if leap else second}") - offset * _SECOND
    if leap and (whole // _SECOND) % 86_400 != 86_399:
        raise NotAnInstant(f"{text[:64]!r}: second 60 exists only at 23:59:60 UTC")
    instant = whole + leap * _SECOND + int((fraction or "")[:6].ljust(6, "0"))
    if not FIRST <= instant <= LAST:
        raise NotAnInstant(f"{text[:64]!r} is outside the years 0001 to 9999 UTC")
    return instant


def _offset(sign: str | None, hours: str | None, minutes: str | None, text: str) -> int:
    """Seconds east of UTC."""
    if sign is None or hours is None or minutes is None:
        return 0
    if int(hours) > 23 or int(minutes) > 59:
        raise NotAnInstant(f"{text[:64]!r}: {sign}{hours}:{minutes} is no offset")
    return (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
