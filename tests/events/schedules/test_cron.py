"""When cron expressions run, held against every minute that a zone's clock shows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.schedules.clocks import NoZone, zone
from events.schedules.cron import Cron, NoCron

ZONES = (
    "UTC", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
    "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "America/St_Johns",
)  # fmt: skip
CHANGES = (
    "2026-03-08T07:00",
    "2026-11-01T06:00",
    "2026-03-29T01:00",
    "2026-10-25T01:00",
    "2026-04-04T15:00",
    "2026-10-03T15:30",
    "2018-02-18T02:00",
    "2017-10-15T03:00",
    "2026-02-15T02:00",
    "2026-03-28T22:00",
    "2011-12-30T10:00",
    "2011-09-24T14:00",
    "2026-06-15T12:00",
)  # fmt: skip  about which clocks of these zones are changed, and one on which none is
MINUTE = timedelta(minutes=1)
MINUTES = st.sets(st.integers(0, 59), min_size=1, max_size=4)
HOURS = st.one_of(
    st.just(None), st.sets(st.integers(0, 23), min_size=1, max_size=4), st.sets(st.integers(0, 3), min_size=1)
)
WEEKDAYS = st.one_of(st.just(None), st.sets(st.integers(0, 6), min_size=1, max_size=6))


def by_the_minute(minutes, hours, weekdays, where, begin, end):
    """Every minute of UTC is looked at, and what the clock shows then; what it leaves out, too."""

    def fits(wall):
        return (
            wall.minute in minutes
            and (hours is None or wall.hour in hours)
            and (weekdays is None or wall.isoweekday() % 7 in weekdays)
        )

    def naive(at):
        return at.astimezone(where).replace(tzinfo=None, fold=0)

    seen = {naive(begin - MINUTE * back) for back in range(1, 26 * 60)}
    at, before, found = begin, naive(begin - MINUTE), []
    while at <= end:
        wall = naive(at)
        left_out = [before + MINUTE * n for n in range(1, (wall - before) // MINUTE)]
        again = wall in seen
        if hours is None:
            runs = fits(wall)
        else:
            runs = (fits(wall) and not again) or any(fits(each) for each in left_out)
        if runs:
            found.append(int(at.timestamp()))
        seen.add(wall)
        at, before = at + MINUTE, wall
    return found


def written(minutes, hours, weekdays):
    def field(values):
        return "*" if values is None else ",".join(map(str, sorted(values)))

    return f"{field(minutes)} {field(hours)} * * {field(weekdays)}"


@settings(deadline=None, max_examples=60)
@given(MINUTES, HOURS, WEEKDAYS, st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(-300, 0))
def test_a_run_is_where_the_clock_shows_it(minutes, hours, weekdays, name, change, offset):
    begin = datetime.fromisoformat(change).replace(tzinfo=UTC) - timedelta(hours=15) + MINUTE * offset
    end = begin + timedelta(hours=30)
    cron = Cron(written(minutes, hours, weekdays), zone(name))
    found, at = [], int(begin.timestamp()) - 1
    while (at := cron.after(at)) <= end.timestamp():
        found.append(at)
    assert found == by_the_minute(minutes, hours, weekdays, ZoneInfo(name), begin, end)


@settings(deadline=None, max_examples=40)
@given(MINUTES, HOURS, st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(0, 48 * 3_600))
def test_what_comes_next_does_not_depend_on_where_one_asks(minutes, hours, name, change, seconds):
    cron = Cron(written(minutes, hours, None), zone(name))
    begin = int(datetime.fromisoformat(change).replace(tzinfo=UTC).timestamp()) - 86_400
    asked = begin + seconds
    at = begin
    while (after := cron.after(at)) <= asked:
        at = after
    assert cron.after(asked) == after


def instants(expression, name, begin, count):
    cron, at, found = Cron(expression, zone(name)), int(datetime.fromisoformat(begin).timestamp()), []
    for _ in range(count):
        at = cron.after(at)
        found.append(datetime.fromtimestamp(at, ZoneInfo(name)).isoformat(timespec="minutes"))
    return found


@pytest.mark.parametrize(
    ("expression", "name", "begin", "runs"),
    [
        # put forward 02:00 → 03:00 on 8 March: once, at once after
        ("30 2 * * *", "America/New_York", "2026-03-07T00:00:00-05:00",
         ["2026-03-07T02:30-05:00", "2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
        ("*/10 2 * * *", "America/New_York", "2026-03-08T00:00:00-05:00",
         ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]),
        ("0 2,3 * * *", "America/New_York", "2026-03-08T00:00:00-05:00",
         ["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]),
        # put back 02:00 → 01:00 on 1 November: the first time only
        ("30 1 * * *", "America/New_York", "2026-11-01T00:00:00-04:00",
         ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
        # any hour: as the clock shows it
        ("30 * * * *", "America/New_York", "2026-11-01T00:50:00-04:00",
         ["2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00", "2026-11-01T02:30-05:00"]),
        ("30 * * * *", "America/New_York", "2026-03-08T00:50:00-05:00",
         ["2026-03-08T01:30-05:00", "2026-03-08T03:30-04:00"]),
        # by half an hour
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30",
         ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]),
        # a day that is left out: Samoa had no 30 December 2011
        ("0 9 * * *", "Pacific/Apia", "2011-12-29T00:00:00-10:00",
         ["2011-12-29T09:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T09:00+14:00"]),
        # no daylight saving
        ("0 9 * * MON-FRI", "Asia/Seoul", "2026-01-02T12:00:00+09:00", ["2026-01-05T09:00+09:00"]),
        ("0 0 29 2 *", "Asia/Seoul", "2026-01-02T12:00:00+09:00", ["2028-02-29T00:00+09:00"]),
        ("0 0 LW * *", "UTC", "2026-01-02T12:00:00+00:00", ["2026-01-30T00:00+00:00"]),
        ("@weekly", "UTC", "2026-01-02T12:00:00+00:00", ["2026-01-04T00:00+00:00"]),
    ],
)  # fmt: skip
def test_runs_by_name(expression, name, begin, runs):
    assert instants(expression, name, begin, len(runs)) == runs


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "60 * * * *", "* * * * * *", "@sometimes", "0 0 30 2 *", "a b c d e"]
)
def test_what_is_no_cron_expression(expression):
    with pytest.raises(NoCron):
        Cron(expression, UTC)


def test_a_field_that_is_wrong_is_told_with_what_it_may_be():
    with pytest.raises(NoCron, match=r"'60 . . . .': a minute is 0 to 59, "):
        Cron("60 * * * *", UTC)


@pytest.mark.parametrize("name", ["", "Seoul", "../etc/passwd", "/etc/localtime", "KST+9", "Asia", "가\0"])
def test_what_is_no_zone(name):
    with pytest.raises(NoZone):
        zone(name)
