from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.wire.instants import FIRST, LAST, NotAnInstant, from_text, is_written_form, to_text, to_texts


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_700_000_000_123_456, "2023-11-14T22:13:20.123456Z"),
        (FIRST, "0001-01-01T00:00:00.000000Z"),
        (LAST, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_an_instant_and_its_text(instant, text):
    assert to_text(instant) == text
    assert from_text(text) == instant
    assert is_written_form(text)


@given(st.integers(FIRST, LAST))
def test_reading_what_was_written_gives_the_instant(instant):
    assert from_text(to_text(instant)) == instant


@given(st.integers(FIRST, LAST - 2) | st.integers(-10, 10).map(lambda second: second * 1_000_000 - 1))
def test_texts_that_follow_each_other_are_those_of_each(instant):
    assert [*islice(to_texts(instant), 3)] == [to_text(instant + n) for n in range(3)]


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001 hypothesis wants naive ones
def test_offsets_are_read_as_the_standard_library_does(naive, minutes):
    sign = "-" if minutes < 0 else "+"
    text = f"{naive.isoformat()}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    known = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    assert from_text(text) == known // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2018-04-26T14:48:09+02:00", "2018-04-26T12:48:09.000000Z"),
        ("2018-04-26t14:48:09.1234z", "2018-04-26T14:48:09.123400Z"),
        ("2018-04-26T14:48:09.1234567899Z", "2018-04-26T14:48:09.123456Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("2016-12-31T23:59:60.500000Z", "2017-01-01T00:00:00.500000Z"),
        ("2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00.000000Z"),
    ],
)
def test_other_spellings_of_rfc_3339(text, same):
    assert to_text(from_text(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00.000000Z", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z",
        "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T12:00:60Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0900", "20240101T000000Z", "2024-W01-1T00:00:00Z",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z", "2024-01-01T00:00:00Z\n", "２０24-01-01T00:00:00Z",
        "2024-01-01T12:00:60.000000Z",
    ],
)  # fmt: skip
def test_what_is_no_timestamp_is_refused(text):
    with pytest.raises(NotAnInstant):
        from_text(text)
    assert not is_written_form(text)


@pytest.mark.parametrize("instant", [FIRST - 1, LAST + 1, 10**30])
def test_instants_outside_the_calendar_are_refused(instant):
    with pytest.raises(NotAnInstant):
        to_text(instant)
