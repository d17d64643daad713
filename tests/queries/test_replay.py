"""A replay gives the view as it was, to the byte, however and from wherever the log was read."""

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.memory_view import memory_versions
from adapters.segment_writer import SegmentWriter
from adapters.segments import SegmentFeed
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_versions import sqlite_versions
from producers.outbox import Row
from projectors.audit import audit
from projectors.projector import Checkpoint
from projectors.track import Track
from projectors.versions import versions
from queries.replay import replay
from queries.upto import UpTo
from security.chain import genesis
from tests.projectors.reading import apply
from tests.projectors.story import Story, evolve, payload_of


def told(count=5_000):
    story = Story()
    for number in range(count):
        key = f"k{number % 97}"
        story.created(key, n=number) if number < 97 else story.updated(key, n=number)
        if number == count // 2:
            story.branch_created("dev/x/a")
            story.updated("k1", "dev/x/a", n=-1)
    return story


def quiet(_):
    pass


async def into_files(folder, feed):
    """Both views, as bytes."""
    folder.mkdir()
    views = [sqlite_versions(folder / "versions.db", "main"), sqlite_audit(folder / "audit.db", "main")]
    start = Checkpoint(0, genesis("main"))
    tracks = [Track(versions(evolve), views[0], start), Track(audit, views[1], start)]
    reached = await replay(feed, tracks, payload_of, quiet)
    for view in views:
        await view.close()
    return reached, [(folder / name).read_bytes() for name in ("versions.db", "audit.db")]


async def test_two_replays_are_equal_byte_for_byte(tmp_path):
    story = told()
    writer = SegmentWriter(tmp_path, "main", 0, genesis("main"), events=1_234)
    writer.append([Row(*m) for m in story.messages])
    writer.finish()
    feeds = [MemoryFeed(story.messages, 10_000), MemoryFeed(story.messages, 77), SegmentFeed(tmp_path, "main")]
    results = [await into_files(tmp_path / str(n), UpTo(f, story.position)) for n, f in enumerate(feeds)]
    assert results[0][0].position == story.position
    assert results[1] == results[0]
    assert results[2] == results[0]


@pytest.mark.parametrize("end", [1, 150, 2_600])
async def test_a_replay_until_a_position_is_the_view_at_that_position(end):
    story = told(3_000)
    live, past = memory_versions("main"), memory_versions("main")
    await apply(story, live, until=end)
    track = Track(versions(evolve), past, Checkpoint(0, genesis("main")))
    await replay(UpTo(MemoryFeed(story.messages), end), [track], payload_of, quiet)
    assert past.written == live.written
