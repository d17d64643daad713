"""Snapshots are whole or not there, name what they rest on, and are few."""

from itertools import pairwise

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.snapshot_folder import SnapshotFolder
from queries.snapshots import FORM, Rests, Spoilt, nearest
from queries.states import Kept, states
from queries.upto import UpTo
from tests.projectors.story import Story, evolve, payload_of

LINES = [b'{"a":1}', '{"b":"서울"}'.encode()]


def rests(position):
    return Rests(position, f"{position:064x}")


def kept(folder, *positions, most=8):
    snapshots = SnapshotFolder(folder, most)
    for position in positions:
        snapshots.keep("1.1", rests(position), LINES)
    return snapshots


def test_what_was_kept_is_there(tmp_path):
    snapshots = kept(tmp_path, 10)
    assert [line.rstrip() for line in snapshots.lines("1.1", rests(10))] == LINES


def test_the_nearest_comes_first_and_none_from_behind(tmp_path):
    assert kept(tmp_path, 30, 10, 20).before("1.1", 25) == [rests(20), rests(10)]
    assert kept(tmp_path).before("1.1", 9) == []


def test_what_another_program_kept_makes_room(tmp_path):
    kept(tmp_path, 10, 20).keep("1.2", rests(30), LINES)
    assert SnapshotFolder(tmp_path).before("1.1", 99) == []
    assert SnapshotFolder(tmp_path).before("1.2", 99) == [rests(30)]


def test_few_stay_and_they_are_spread_over_the_log(tmp_path):
    snapshots = kept(tmp_path, *range(10, 200, 10), most=4)
    positions = [one.position for one in snapshots.before("1.1", 999)]
    assert positions[0] == 190
    assert positions[-1] == 10
    assert len(positions) == 4
    assert min(late - early for late, early in pairwise(positions)) >= 20


@pytest.mark.parametrize("spoil", [lambda all_: all_[:-12], lambda all_: all_[: len(all_) // 2],
                                   lambda all_: all_[:-6] + bytes([all_[-6] ^ 1]) + all_[-5:], lambda _: b""])  # fmt: skip
def test_what_is_spoilt_is_told(tmp_path, spoil):
    snapshots = kept(tmp_path, 10)
    file = next(tmp_path.iterdir())
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(Spoilt):
        list(snapshots.lines("1.1", rests(10)))


async def test_a_spoilt_one_and_one_of_another_log_are_passed_over(tmp_path):
    story, other = Story(), Story("other")
    for number in range(30):
        for told in (story, other):
            told.created(f"k{number}", n=number)
    snapshots = SnapshotFolder(tmp_path)
    feed = MemoryFeed(story.messages, 5)
    await states("main", feed, payload_of, evolve, lambda _: None, Kept(snapshots, 10))
    first = snapshots.before(FORM, 20)[-1]
    found = await nearest(snapshots, UpTo(feed, 20), 20)
    assert found is not None
    assert found[0].position > first.position
    spoilt = next(tmp_path.glob(f"*{found[0].position:012d}-*"))
    spoilt.write_bytes(spoilt.read_bytes()[:40])
    again = await nearest(snapshots, UpTo(feed, 20), 20)
    assert again is not None
    assert again[0] == first
    assert await nearest(snapshots, MemoryFeed(other.messages), 20) is None
