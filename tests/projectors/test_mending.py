"""What a verification names is written again, row by row, and nothing else; the rest takes a rebuild."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.memory_feed import MemoryFeed
from adapters.postgres_shelf import PostgresShelf
from adapters.view_shelf import SqliteShelf
from events import catalog
from projectors.audit import audit
from projectors.lane import Lane
from projectors.mending import Mended, NotMendable, mend
from projectors.projector import Overtaken
from projectors.track import Track
from projectors.verify import Agreed, Difference
from projectors.versions import versions
from tests.projectors.shelving import tampered
from tests.projectors.story import Story, payload_of

TEST = "dev/main/test"
PROJECTORS: dict[str, Any] = {"versions": versions(catalog.evolve), "audit": audit}


@pytest.fixture
def story() -> Story:
    """1 main | 2 a | 3 a = 2 | 4 test | 5 a on test | 6 a deleted | 7 a restored | 8 b"""
    told = Story()
    told.created("a", n=1)
    told.updated("a", n=2, commitmessage="왜")
    told.branch_created(TEST)
    told.updated("a", branch=TEST, m="x")
    told.deleted("a")
    told.restored("a")
    told.created("b", n=1)
    return told


async def projected(shelf: Any, story: Story) -> Track[Any]:
    view = shelf.following().open()
    track = Track(PROJECTORS[shelf.name], view, await view.checkpoint())
    await track.open()
    await Lane(MemoryFeed(story.messages), payload_of, [track]).read(story.position)
    return track


class Live:
    """Build 1 of a shelf."""

    def __init__(self, shelf: Any) -> None:
        self.shelf = shelf

    async def mend(self, position: int, row_of: Any) -> None:
        await self.shelf.mend(1, position, row_of)


async def mended(shelf: Any, story: Story) -> Mended:
    feed = MemoryFeed(story.messages)
    verified = lambda: shelf.verified(1, feed, lambda _: None)  # noqa: E731
    return await mend(PROJECTORS[shelf.name], verified, Live(shelf), feed, payload_of)


@pytest.mark.parametrize(
    ("statements", "positions"),
    [
        (["UPDATE versions SET author = 'eve@desk' WHERE since = 3"], [3]),
        (["UPDATE versions SET state = replace(state, '\"n\":1', '\"n\":7') WHERE since = 2"], [2]),
        (["DELETE FROM versions WHERE since = 5"], [5]),
        (["DELETE FROM slices WHERE since = 3"], [2, 3]),
        (["UPDATE slices SET until = 4 WHERE since = 3"], [3]),
        (["DELETE FROM versions WHERE since = 8", "DELETE FROM slices WHERE since = 8"], [8]),
        (["UPDATE versions SET change = 'x' WHERE since IN (2, 5, 7)"], [2, 5, 7]),
    ],
)
async def test_rows_of_versions_are_written_again(
    shelves: Callable[[str], Any], story: Story, statements: list[str], positions: list[int]
):
    shelf = shelves("versions")
    track = await projected(shelf, story)
    for statement in statements:
        await tampered(shelf, 1, statement)
    done = await mended(shelf, story)
    assert isinstance(done.found, Agreed), done.found
    assert set(done.positions) <= set(positions)

    story.updated("b", n=2)  # who was at work reads the view again, and goes on
    lane = Lane(MemoryFeed(story.messages), payload_of, [track])
    await lane.read(story.position)
    ((_, overtaken),) = lane.failed
    assert isinstance(overtaken, Overtaken)
    await track.open()
    await Lane(MemoryFeed(story.messages), payload_of, [track]).read(story.position)
    await track.view.close()
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(9, 9, [])


async def test_what_is_no_row_takes_a_rebuild(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await tampered(shelf, 1, "INSERT INTO entities VALUES (99, 'prod/main/main', 'object/Thing/z')")
    done = await mended(shelf, story)
    assert (done.positions, isinstance(done.found, Difference)) == ([], True)


async def test_rows_of_the_audit_are_written_again_in_a_file_and_not_in_postgresql(
    shelves: Callable[[str], Any], story: Story
):
    shelf = shelves("audit")
    await (await projected(shelf, story)).view.close()
    if isinstance(shelf, SqliteShelf):
        await tampered(shelf, 1, "UPDATE events SET author = 'eve@desk' WHERE position = 3")
        await tampered(shelf, 1, "DELETE FROM events WHERE position = 5")
        assert await mended(shelf, story) == Mended([3, 5], Agreed(8, 8, []))
    else:
        assert isinstance(shelf, PostgresShelf)
        await tampered(shelf, 1, "ALTER TABLE events DISABLE TRIGGER ALL")
        await tampered(shelf, 1, "UPDATE events SET author = 'eve@desk' WHERE position = 3")
        with pytest.raises(NotMendable, match="oms rebuild audit"):
            await mended(shelf, story)
