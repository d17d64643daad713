"""What is due, what was missed, and what comes next: by examples, and as laws."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.schedules.clocks import zone
from events.schedules.days import Days
from events.schedules.planning import Known, Standing, plan
from events.schedules.recurrence import Recurrence
from events.schedules.running import filled, put_off
from events.wire.instants import from_text, to_text

SECOND = 1_000_000
BEGIN = from_text("2026-01-01T00:00:00Z")


def schedule(misfire=None, **said):
    return {
        "id": "ri.oms.schedule.1", "name": "s", "status": "active", "version": 1, "asked": 0, "author": "ada@test",
        "from": to_text(BEGIN), "zone": "UTC", "jitter": 0, "overlap": "queue",
        "command": {"type": "UpsertObject", "branch": "prod/main/main", "data": {"at": "${nominal}"}},
        "misfire": {"policy": "once", "grace": 60, "most": 100, **(misfire or {})}, **said,
    }  # fmt: skip


def every(seconds):
    return {"every": {"seconds": seconds, "from": to_text(BEGIN)}}


def known(state, days=(), version="1"):
    return Known(state, days, version)


def minutes(runs):
    return [(each.nominal - BEGIN) / (60 * SECOND) for each in runs]


def planned(state, until, standing=None):
    """In minutes since the beginning."""
    return plan(known(state), standing, BEGIN + round(until * 60 * SECOND))


def test_nothing_is_due_before_the_first_time():
    found = planned(schedule(**every(3_600)), 0)
    assert (found.runs, found.missed) == ([], None)
    assert found.standing == Standing("1", BEGIN + 3_600 * SECOND)


def test_what_is_due_runs_and_what_comes_next_is_known():
    state = schedule(**every(3_600))
    found = planned(state, 60, planned(state, 0).standing)
    (one,) = found.runs
    assert (one.trigger, one.status, one.command["data"]) == ("time", "running", {"at": "2026-01-01T01:00:00.000000Z"})
    assert one.id == "ri.oms.schedule.1/2026-01-01T01:00:00.000000Z"
    assert (one.command["author"], one.command["correlation"]) == ("ada@test", "ri.oms.schedule.1")
    assert found.standing == Standing("1", BEGIN + 7_200 * SECOND, BEGIN + 3_600 * SECOND, 1)


@pytest.mark.parametrize(
    ("misfire", "ran", "missed"),
    [
        ({"policy": "skip"}, [], 10),
        ({"policy": "once"}, [50], 10),
        ({"policy": "all"}, [10, 20, 30, 40, 50], None),
        ({"policy": "all", "most": 2}, [40, 50], 10),
        ({"policy": "skip", "grace": 3_600}, [10, 20, 30, 40, 50], None),
        ({"policy": "skip", "grace": 16 * 60}, [40, 50], 10),
        ({"policy": "once", "grace": 16 * 60}, [30, 40, 50], 10),
    ],
)
def test_what_becomes_of_what_was_missed(misfire, ran, missed):
    state = schedule(misfire, **every(600))
    found = planned(state, 55, planned(state, 0).standing)
    assert minutes(found.runs) == ran
    assert (None if found.missed is None else minutes([found.missed])[0]) == missed
    assert found.standing.next == BEGIN + 3_600 * SECOND
    assert planned(state, 55, found.standing).runs == []


def test_a_run_is_not_missed_because_who_keeps_schedules_is_milliseconds_late():
    state = schedule({"policy": "skip", "grace": 0}, **every(600))
    standing = planned(state, 0).standing
    found = plan(known(state), standing, BEGIN + 600 * SECOND + 20_000)
    assert ([each.trigger for each in found.runs], found.missed) == (["time"], None)
    found = plan(known(state), standing, BEGIN + 602 * SECOND)
    assert (found.runs, found.missed is not None) == ([], True)


def test_a_run_that_is_put_off_beyond_the_next_ones_is_not_forgotten():
    state = schedule(cron="0,5,10,15,20,25 9 * * *", jitter=3_000)
    standing, ran = planned(state, 0).standing, []
    for minute in range(9 * 60, 11 * 60):
        found = planned(state, minute, standing)
        standing = found.standing
        ran += minutes(found.runs)
    assert ran == [540, 545, 550, 555, 560, 565]


def test_a_year_of_seconds_is_missed_as_quickly_as_one():
    state = schedule({"policy": "all", "most": 3}, **every(1))
    found = planned(state, 365 * 24 * 60, planned(state, 0).standing)
    assert len(found.runs) == 3 + 61  # and those that are not yet late
    assert found.missed is not None


def test_no_more_than_it_may():
    state = schedule({"policy": "all"}, maxRuns=3, **every(600))
    found = planned(state, 25, planned(state, 0).standing)
    assert minutes(found.runs) == [10, 20]
    found = planned(state, 55, found.standing)
    assert (minutes(found.runs), found.standing.next) == ([30], None)
    assert planned(state, 99, found.standing).runs == []
    more = plan(known({**state, "maxRuns": 4}, version="2"), found.standing, BEGIN + 99 * 60 * SECOND)
    assert more.standing.next is not None or len(more.runs) == 1


def test_paused_it_does_not_run_and_resumed_it_makes_up_for_nothing():
    state = schedule(**every(600))
    standing = planned(state, 15, planned(state, 0).standing).standing
    paused = {**state, "status": "paused", "version": 2}
    found = plan(known(paused, version="2"), standing, BEGIN + 1_500 * SECOND)
    assert (found.runs, found.standing.next) == ([], None)
    back = {**state, "version": 3, "from": to_text(BEGIN + 3_000 * SECOND)}
    found = plan(known(back, version="3"), found.standing, BEGIN + 3_001 * SECOND)
    assert (found.runs, found.standing.next) == ([], BEGIN + 3_600 * SECOND)


def test_asked_it_runs_once_each_time_also_when_paused():
    state = schedule(status="paused", asked=2, **every(600))
    found = planned(state, 3)
    assert [(each.id, each.trigger) for each in found.runs] == [
        ("ri.oms.schedule.1/asked/1", "asked"),
        ("ri.oms.schedule.1/asked/2", "asked"),
    ]
    assert planned(state, 4, found.standing).runs == []
    assert plan(known({**state, "deleted": True, "asked": 3}), found.standing, BEGIN).runs == []


def test_days_that_are_left_out():
    state = schedule(cron="0 9 * * *", zone="Asia/Seoul")
    times = Recurrence(state, [{"on": "2026-01-02", "until": "2026-01-04"}, {"on": "01-06"}, {"on": "WED"}])
    found, at = [], BEGIN
    for _ in range(4):
        at = times.after(at)
        found.append(to_text(at)[:10])
    assert found == ["2026-01-05", "2026-01-08", "2026-01-09", "2026-01-10"]  # 09:00 there is 00:00 here


def test_a_long_holiday_is_passed_over_at_once():
    state = schedule(**every(1))
    times = Recurrence(state, [{"on": "2026-01-01", "until": "2031-12-31"}])
    assert to_text(times.after(BEGIN)) == "2032-01-01T00:00:00.000000Z"


def test_texts_are_filled_in():
    seoul = zone("Asia/Seoul")
    said = {"a": ["${date} ${nominal}", 1, None, {"b": "${x}"}]}
    at = from_text("2026-01-01T15:00:00Z")
    assert filled(said, at, seoul) == {"a": ["2026-01-02 2026-01-01T15:00:00.000000Z", 1, None, {"b": "${x}"}]}


@given(st.integers(0, 3_600), st.integers(0, 10**16))
def test_it_is_put_off_by_less_than_its_jitter_and_always_as_much(jitter, nominal):
    state = schedule(jitter=jitter)
    assert nominal <= put_off(state, nominal) == put_off(state, nominal) <= nominal + jitter * SECOND


TERMS = st.one_of(
    st.integers(60, 90_000).map(every),
    st.sampled_from(["*/7 * * * *", "0 */3 * * *", "30 2 * * *", "0 9 * * MON-FRI"]).map(lambda each: {"cron": each}),
)
DAYS = st.lists(
    st.one_of(
        st.sampled_from([{"on": "SAT"}, {"on": "SUN"}, {"on": "01-02"}]),
        st.integers(0, 20).map(lambda n: {"on": (date(2026, 1, 1) + timedelta(n)).isoformat()}),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(
    TERMS,
    DAYS,
    st.sampled_from(["UTC", "Asia/Seoul", "America/New_York"]),
    st.integers(1, 20 * 86_400),
    st.integers(1, 30),
)
def test_the_latest_times_are_the_last_of_all(terms, days, where, until, most):
    times = Recurrence(schedule(zone=where, **terms), days)
    every_one, at = [], BEGIN
    while (at := times.after(at)) is not None and at <= BEGIN + until * SECOND:
        every_one.append(at)
    assert times.latest(BEGIN, BEGIN + until * SECOND, most) == every_one[-most:]
    there = Days(days)
    for each in every_one:
        assert not there.holds(datetime.fromtimestamp(each / SECOND, UTC).astimezone(zone(where)).date())


@settings(deadline=None, max_examples=80)
@given(
    TERMS,
    st.sampled_from(["skip", "once", "all"]),
    st.integers(0, 7_200),
    st.lists(st.integers(1, 200_000), min_size=1, max_size=12),
    st.sampled_from([None, 1, 5]),
)
def test_however_often_one_looks_no_time_runs_twice_and_none_is_forgotten(terms, policy, grace, looks, most):
    """Looked at often enough nothing is missed; else each time either runs, or lies in a stretch that is told as missed."""
    state = schedule({"policy": policy, "grace": grace}, **terms, **({} if most is None else {"maxRuns": most}))
    times, standing, now, ran = Recurrence(state), None, BEGIN, []
    for seconds in [0, *looks]:
        now += seconds * SECOND
        found = plan(known(state), standing, now)
        ran += [each.nominal for each in found.runs]
        before, standing = standing, found.standing
        if before is not None and before.next is not None and policy == "all" and most is None:
            there = times.latest(before.next - 1, now, 100_000)
            told = {each.nominal for each in found.runs}
            assert told == set(there) or found.missed is not None
        assert standing.next is None or standing.next > now
    assert ran == sorted(set(ran))
    assert most is None or len(ran) <= most
    assert standing.runs == len(ran)
