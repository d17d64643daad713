"""The log up to a moment: the same events whatever the source, cut at the same positions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory_feed import MemoryFeed
from events.findings import Refused
from events.wire.instants import from_text, to_text
from queries.moments import moment
from queries.upto import Until, UpTo, end_of
from tests.projectors.story import MAIN, START, Story, created


def story():
    """Commits end at 1, 2, 5, 6, 9."""
    told = Story()
    told.created("a")
    told.commit(created("b"), created("c"), created("d"))
    told.created("e")
    told.commit(created("f"), created("g"), created("h"))
    return told


async def positions(messages, end, chunk=1_000):
    log = MemoryFeed(messages, chunk)
    feed = UpTo(log, (await end_of(log, end)).position)
    return [m.position async for part in feed.read(0) for m in part]


def time_of(told, position):
    return json.loads(told.messages[position - 1].body)["time"]


@pytest.mark.parametrize(("end", "last"), [("now", 9), ("0", 0), ("1", 1), ("3", 5), ("5", 5), ("6", 6), ("8", 9)])
async def test_a_position_is_the_commit_that_holds_it(end, last):
    assert await positions(story().messages, moment(end)) == list(range(1, last + 1))


@pytest.mark.parametrize(("until", "last"), [(1, 1), (3, 2), (4, 2), (5, 5), (8, 6), (9, 9)])
async def test_until_is_the_last_commit_that_ends_there(until, last):
    assert await positions(story().messages, Until(until)) == list(range(1, last + 1))


@pytest.mark.parametrize("position", [1, 2, 5, 6, 9])
async def test_an_instant_is_the_last_commit_at_or_before_it(position):
    told = story()
    whole = {1: 1, 2: 2, 5: 5, 6: 6, 9: 9}
    first = {5: 3, 9: 7}.get(position, position)
    assert await positions(told.messages, moment(time_of(told, first))) == list(range(1, whole[position] + 1))


async def test_before_the_first_commit_is_nothing_and_far_ahead_is_all():
    assert await positions(story().messages, moment("1970-01-01")) == []
    assert await positions(story().messages, moment("2999-01-01")) == list(range(1, 10))


async def test_a_commit_is_named_by_its_id():
    told = story()
    commit = json.loads(told.messages[3].body)["commitid"]
    assert await positions(told.messages, moment(f"commit:{commit}")) == [1, 2, 3, 4, 5]
    assert await positions(told.messages, moment(f"commit:{commit[:9]}")) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("end", "code"), [("10", "TIME_NOT_YET_READABLE"), ("commit:ffffffffffffff", "TIME_COMMIT_UNKNOWN")])  # fmt: skip
async def test_a_moment_that_the_log_does_not_have_is_refused(end, code):
    with pytest.raises(Refused) as refused:
        await positions(story().messages, moment(end))
    assert refused.value.findings[0].code == code


async def test_base_names_no_moment_of_all_branches():
    with pytest.raises(Refused):
        await end_of(MemoryFeed([]), moment("base"))


async def test_a_commit_that_is_not_whole_yet_is_left_out():
    assert await positions(story().messages[:8], moment("now")) == [1, 2, 3, 4, 5, 6]


async def test_a_position_in_a_commit_that_is_not_whole_yet_is_refused():
    with pytest.raises(Refused, match="not whole"):
        await end_of(MemoryFeed(story().messages[:8]), moment("8"))


async def test_a_tag_is_where_it_was_set_to():
    told = story()
    told.commit(("tag.created", "tag/v1", {"name": "v1", "branch": MAIN, "position": 5, "commit": "c"}))
    told.created("i", text='"subject":"tag/v2"')
    assert (await end_of(MemoryFeed(told.messages), moment("tag:v1"))).position == 5
    with pytest.raises(Refused, match="no tag v2"):
        await end_of(MemoryFeed(told.messages), moment("tag:v2"))


@given(sizes=st.lists(st.integers(1, 5), max_size=12), micros=st.integers(-2_000, 16_000), chunk=st.integers(1, 9))
async def test_an_instant_is_found_as_by_reading_all(sizes, micros, chunk):
    told, ends = Story(), [1]
    for number, size in enumerate(sizes):
        ends.append(told.commit(*[created(f"{number}-{n}") for n in range(size)]))
    asked = START + micros
    firsts = [from_text(time_of(told, first + 1)) for first in [0, *ends[:-1]]]
    expected = max([end for end, first in zip(ends, firsts, strict=True) if first <= asked], default=0)
    found = await end_of(MemoryFeed(told.messages, chunk), moment(to_text(asked)))
    assert found.position == expected
