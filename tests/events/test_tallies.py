"""How an endpoint does: shares, rates and quantiles from counts alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.subscriptions.letters import Try
from events.subscriptions.tallies import SLOT, TOTAL, WINDOWS, Counted, bucket, first_slot, statistics, tallies


def tried(time, taken, kind="delivered"):
    return Try("s", 1, "e", 1, "event", time, taken, kind, 200, [], {}, {}, b"", "", None)


def counted(found, slot=TOTAL):
    return [Counted(key.kind, key.took, count) for key, count in found.items() if key.slot == slot]


def test_nothing_has_neither_a_share_nor_quantiles():
    found = statistics([], WINDOWS["1h"])
    assert (found.delivered, found.failed, found.share, found.rate, found.p99) == (0, 0, None, 0.0, None)


def test_each_try_counts_in_its_slot_and_in_the_total():
    found = tallies([tried(0, 1), tried(SLOT, 1), tried(SLOT + 1, 1)])
    assert {key.slot: count for key, count in found.items()} == {0: 1, 1: 2, TOTAL: 3}
    assert statistics(counted(found), WINDOWS["1h"]).delivered == 3


def test_shares_and_kinds():
    tries = [tried(SLOT, 5_000)] * 3 + [tried(SLOT, 9_000, "timeout")]
    found = statistics(counted(tallies(tries)), WINDOWS["1h"])
    assert (found.delivered, found.failed, found.share, found.kinds) == (3, 1, 0.75, {"delivered": 3, "timeout": 1})
    assert found.rate == pytest.approx(4 / 3_600)


@given(st.lists(st.integers(1_000, 60_000_000), min_size=1))
def test_a_quantile_is_at_most_a_fifth_too_high(taken):
    found = statistics(counted(tallies([tried(SLOT, each) for each in taken])), WINDOWS["1h"])
    exact = sorted(taken)[-(-len(taken) // 2) - 1] / 1_000
    assert exact <= found.p50 + 0.05 <= exact * 1.2 + 0.11  # which is rounded to a tenth


def test_durations_fall_into_buckets_and_windows_into_slots():
    assert [bucket(each) for each in (0, 1_000, 1_001, 1_200, 1_440, 1_441)] == [0, 0, 1, 1, 2, 3]
    assert first_slot(10 * SLOT + 5, 2 * SLOT) == 8
