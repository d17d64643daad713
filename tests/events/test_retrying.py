"""What an answer means, when the next try is, and when an endpoint is given up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.outgoing import SENTENCES, Answered, Failed
from events.subscriptions.retrying import (
    DISABLE_ATTEMPTS,
    DISABLE_SECONDS,
    JITTER,
    LONGEST_RETRY_AFTER,
    SCHEDULE,
    Delivered,
    Failing,
    GivenUp,
    Gone,
    Later,
    Unwanted,
    at_once,
    failed_again,
    judged,
    retry_after,
    schedule_of,
)

NOW = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC).timestamp()
RETRIES = [{"types": ["io.oms.object.created.v1"], "schedule": []}, {"types": ["io.oms.object.*"], "schedule": [1, 2]}]


def answered(status, **headers):
    return Answered(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0.1)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_2xx_is_delivered(status):
    assert judged(answered(status), 1, 0.5, NOW) == Delivered(status)


@pytest.mark.parametrize("status", [100, 301, 302, 400, 401, 404, 415, 500, 503])
def test_everything_else_is_tried_again_a_redirect_too(status):
    assert judged(answered(status), 1, 0.5, NOW) == Later(5.0, f"status_{status}")


@pytest.mark.parametrize("kind", SENTENCES)
def test_so_is_what_had_no_answer(kind):
    assert judged(Failed(kind, "", 1.0), 2, 0.5, NOW) == Later(300.0, kind)


def test_410_ends_it():
    assert judged(answered(410), 1, 0.5, NOW) == Gone()


@pytest.mark.parametrize("status", [302, 400, 429, 500])
def test_an_endpoint_may_say_that_it_never_takes_this_event(status):
    assert judged(answered(status, webhook_delivery=" Abort-Message"), 1, 0.5, NOW) == Unwanted(f"status_{status}")
    assert isinstance(judged(answered(status, webhook_delivery="later"), 1, 0.5, NOW), Later)
    assert judged(answered(204, webhook_delivery="abort-message"), 1, 0.5, NOW) == Delivered(204)
    assert judged(answered(410, webhook_delivery="abort-message"), 1, 0.5, NOW) == Gone()


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_overloaded_endpoint_is_left_alone(status):
    assert judged(answered(status), 1, 0.5, NOW) == Later(60.0, f"status_{status}", slower=True)
    assert judged(answered(status, retry_after="7"), 1, 0.5, NOW) == Later(7.0, f"status_{status}", slower=True)


@given(st.integers(1, len(SCHEDULE)), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_the_schedules_within_the_jitter(attempt, chance):
    later = judged(Failed("timeout", "", 20.0), attempt, chance, NOW)
    assert isinstance(later, Later)
    assert SCHEDULE[attempt - 1] * (1 - JITTER) <= later.seconds <= SCHEDULE[attempt - 1] * (1 + JITTER)


@pytest.mark.parametrize(("config", "event_type", "found"), [
    ({}, "io.oms.object.created.v1", SCHEDULE),
    ({"schedule": []}, "io.oms.object.created.v1", []),
    ({"schedule": [7], "retries": None}, "io.oms.object.created.v1", [7]),
    ({"schedule": [7], "retries": RETRIES}, "io.oms.object.created.v1", []),
    ({"schedule": [7], "retries": RETRIES}, "io.oms.object.updated.v1", [1, 2]),
    ({"schedule": [7], "retries": RETRIES}, "io.oms.objectType.created.v1", [7]),
    ({"retries": RETRIES}, "io.oms.link.created.v1", SCHEDULE),
])  # fmt: skip
def test_the_first_schedule_that_names_a_type_counts(config, event_type, found):
    assert schedule_of(config, event_type) == found


def test_behind_the_last_try_it_is_given_up():
    assert judged(answered(500), len(SCHEDULE) + 1, 0.5, NOW) == GivenUp("status_500")


@pytest.mark.parametrize(("said", "seconds"), [
    ("0", 0.0), (" 120 ", 120.0), ("999999999999999999999", float(LONGEST_RETRY_AFTER)), ("-5", None), ("1.5", None),
    ("soon", None), ("", None), ("Sun, 01 Mar 2026 00:00:00 GMT", 30.0), ("Sat, 28 Feb 2026 23:59:00 GMT", 0.0),
    ("Sunday, 01-Mar-26 00:00:00 GMT", 30.0), ("Mon, 01 Mar 2027 00:00:00 GMT", float(LONGEST_RETRY_AFTER)),
    ("Sun, 30 Feb 2026 00:00:00 GMT", None), ("١٢", None),
])  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_has_a_bound(said, seconds):
    assert retry_after({"retry-after": said}, NOW) == seconds


def test_a_longer_wait_that_was_asked_for_counts_and_a_shorter_does_not():
    assert judged(answered(503, retry_after="600"), 1, 0.5, NOW).seconds == 600
    assert judged(answered(503, retry_after="1"), 2, 0.5, NOW).seconds == 300


def test_only_a_connection_that_broke_at_once_is_tried_at_once():
    assert at_once(Failed("connection_reset", "", 0.01))
    assert not at_once(Failed("connection_reset", "", 5.0))
    assert not at_once(Failed("connection_refused", "", 0.01))
    assert not at_once(answered(500))


def notices(times):
    failing, told = None, []
    for at in times:
        failing, due = failed_again(failing, at)
        told.append(due)
    return failing, told


def test_neither_a_burst_nor_one_old_failure_is_an_outage():
    assert set(notices([NOW + n / 10 for n in range(1_000)])[1]) == {None}
    assert set(notices([NOW, NOW + 2 * DISABLE_SECONDS])[1]) == {None}


def test_notices_come_once_each_before_it_is_disabled():
    step = DISABLE_SECONDS / DISABLE_ATTEMPTS
    _, told = notices([NOW + n * step for n in range(DISABLE_ATTEMPTS + 3)])
    assert [each for each in told if each] == [50, 70, 90, 100]


def test_a_long_silence_tells_only_the_highest():
    failing = Failing(NOW, DISABLE_ATTEMPTS, 50)
    assert failed_again(failing, NOW + DISABLE_SECONDS)[1] == 100
