"""Ranges that a verification names are written again, and nothing else; what is no row takes a rebuild."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from asyncpg import InsufficientPrivilegeError

from adapters.column_files import read_stamp
from adapters.column_making import keep
from adapters.memory_feed import MemoryFeed
from adapters.postgres_columns import columns_place, postgres_columns
from adapters.postgres_shelf import PostgresShelf
from adapters.sqlite_columns import sqlite_columns
from adapters.view_shelf import SqliteShelf
from events import catalog
from events.wire.commit_message import to_attribute
from projectors.audit import audit
from projectors.lane import Lane
from projectors.mending import By, Mended, mend
from projectors.projector import FOREVER, Overtaken
from projectors.track import Track
from projectors.verify import Agreed, Difference, Range
from projectors.versions import versions
from tests.projectors.shelving import tampered
from tests.projectors.story import MAIN, Story, payload_of, updated

TEST = "dev/main/test"
COLUMNS = 'time, author, on_behalf_of, type, branch, entity, "commit", cause, trace, subject, hash, body'
PLANTED = f"INSERT INTO events SELECT 99, {COLUMNS} FROM events WHERE position = 4"
PROJECTORS: dict[str, Any] = {"versions": versions(catalog.evolve), "audit": audit}


@pytest.fixture
def story() -> Story:
    """1 main | 2 a | 3 a = 2 | 4 test | 5 a on test | 6 a deleted | 7 a restored | 8 b"""
    told = Story()
    told.created("a", n=1)
    told.commit(updated("a", n=2), commitmessage=to_attribute("왜, 무엇"))
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


async def mended(shelf: Any, story: Story) -> Mended:
    feed = MemoryFeed(story.messages)
    by = By("01890000-0000-7000-8000-000000000001", story.time, "한@desk")
    return await mend(lambda again: shelf.verified(1, feed, lambda _: None, by if again else None))


ALL = [Range(0, 8)]


@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE versions SET author = 'eve@desk' WHERE since = 3"],
        ["UPDATE versions SET state = replace(state, '\"n\":1', '\"n\":7') WHERE since = 2"],
        ["DELETE FROM versions WHERE since = 5"],
        ["DELETE FROM slices WHERE since = 3"],
        ["UPDATE slices SET until = 4 WHERE since = 3"],
        ["DELETE FROM versions WHERE since = 8", "DELETE FROM slices WHERE since = 8"],
        ["UPDATE versions SET change = 'x' WHERE since IN (2, 5, 7)"],
        ["UPDATE entities SET entity = 'object/Thing/z' WHERE entity = 'object/Thing/a'"],
        ["UPDATE commits SET time = 1 WHERE first = 4"],
        ["UPDATE messages SET message = 'because'"],
        ["DELETE FROM entities"],
    ],
)
async def test_rows_of_versions_are_written_again(shelves: Callable[[str], Any], story: Story, statements: list[str]):
    shelf = shelves("versions")
    track = await projected(shelf, story)
    for statement in statements:
        await tampered(shelf, 1, statement)
    done = await mended(shelf, story)
    assert isinstance(done.found, Agreed), done.found
    assert done.ranges == ALL

    story.updated("b", n=2)  # who was at work reads the view again, and goes on
    lane = Lane(MemoryFeed(story.messages), payload_of, [track])
    await lane.read(story.position)
    ((_, overtaken),) = lane.failed
    assert isinstance(overtaken, Overtaken)
    await track.open()
    await Lane(MemoryFeed(story.messages), payload_of, [track]).read(story.position)
    await track.view.close()
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(9, 9, [])


async def test_columns_that_were_made_of_what_is_mended_go(shelves: Callable[[str], Any], story: Story, tmp_path: Path):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await tampered(shelf, 1, "UPDATE versions SET author = 'eve@desk' WHERE since = 3")
    if isinstance(shelf, SqliteShelf):
        store, place = sqlite_columns(shelf.path(1)), partial(shelf.path, 1)
    else:
        store, place = postgres_columns(shelf, tmp_path), partial(columns_place, shelf, tmp_path)
    things = MAIN, "object/Thing/"
    assert keep(store, *things) == 5
    assert read_stamp(place(), *things)
    assert (await mended(shelf, story)).found == Agreed(8, 8, [])
    assert read_stamp(place(), *things) is None
    assert keep(store, *things) == 5
    assert all(b"eve@desk" not in file.read_bytes() for file in (tmp_path / "views").glob("*.arrow"))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO entities VALUES (99, 'prod/main/main', 'object/Thing/z')",
        "INSERT INTO slices VALUES (1, 77, 78)",
        "INSERT INTO messages VALUES (77, 'planted')",
    ],
)
async def test_rows_that_belong_to_no_other_go(shelves: Callable[[str], Any], story: Story, statement: str):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await tampered(shelf, 1, statement)
    assert isinstance(await shelf.verified(1, MemoryFeed(story.messages), lambda _: None), Difference)
    assert isinstance((await mended(shelf, story)).found, Agreed)


async def test_a_row_planted_behind_the_end_goes(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    columns = "entity, time, effective, change, author, on_behalf_of, first, state, created_by, created_at, "
    columns += "updated_by, updated_at, deleted_by, deleted_at"
    await tampered(
        shelf, 1, f"INSERT INTO versions (since, {columns}) SELECT 99, {columns} FROM versions WHERE since = 8"
    )
    await tampered(shelf, 1, "INSERT INTO slices SELECT entity, 99, until FROM slices WHERE since = 8")
    assert await mended(shelf, story) == Mended([Range(9, FOREVER)], Agreed(8, 8, []))


async def test_what_is_no_row_takes_a_rebuild(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await tampered(shelf, 1, "UPDATE checkpoint SET hash = 'x'")
    done = await mended(shelf, story)
    assert (done.ranges, isinstance(done.found, Difference)) == ([], True)


async def test_only_the_range_that_differs_is_written_again(shelves: Callable[[str], Any], story: Story):
    for n in range(2_000):
        story.updated("b", n=n)
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await tampered(shelf, 1, "UPDATE versions SET author = 'eve@desk' WHERE since = 1500")
    found = await shelf.verified(1, MemoryFeed(story.messages), lambda _: None)
    assert (found.position, found.column, found.ranges) == (1_500, "author", [Range(1_000, 1_999)])
    assert await mended(shelf, story) == Mended([Range(1_000, 1_999)], Agreed(2_008, 2_008, [], 3))


@pytest.mark.parametrize(
    ("statement", "ranges", "taken"),
    [
        ("UPDATE events SET author = 'eve@desk' WHERE position = 3", ALL, [(3, "eve@desk")]),
        ("DELETE FROM events WHERE position = 5", ALL, []),
        ("UPDATE events SET time = time + 4000000000000 WHERE position = 8", ALL, [(8, "ann@desk")]),
        (PLANTED, [Range(9, FOREVER)], [(99, "ann@desk")]),
    ],
)
async def test_rows_of_the_audit_are_written_again_and_those_that_were_there_are_evidence(
    shelves: Callable[[str], Any], story: Story, statement: str, ranges: list[Range], taken: list[Any]
):
    shelf = shelves("audit")
    track = await projected(shelf, story)
    if isinstance(shelf, PostgresShelf):
        with shelf.sessions.lent(shelf.schema(1)) as session:
            session.value("SELECT month($1)", story.time + 4_000_000_000_000)
            session.run("COMMIT")
        await tampered(shelf, 1, "ALTER TABLE events DISABLE TRIGGER ALL")
    await tampered(shelf, 1, statement)
    assert await mended(shelf, story) == Mended(ranges, Agreed(8, 8, []))
    assert await told(shelf, "SELECT position, author FROM evidence ORDER BY position") == taken
    ((kind, who, why),) = await told(shelf, "SELECT kind, principal, why FROM incidents")
    assert (kind, who, f"; {len(taken)} rows that were there" in why) == ("mended", "한@desk", True)
    anew = shelf.open(2)
    await anew.checkpoint()
    await anew.close()
    for _ in range(2):  # who makes it anew may be killed, and carries it once more
        await shelf.carry(1, 2)
    assert await told(shelf, "SELECT position, author FROM evidence ORDER BY position", 2) == taken

    story.updated("b", n=2)
    lane = Lane(MemoryFeed(story.messages), payload_of, [track])
    await lane.read(story.position)
    assert [type(error) for _, error in lane.failed] == [Overtaken]
    if isinstance(shelf, PostgresShelf):
        for change in ("UPDATE events SET author = 'eve@desk'", "DELETE FROM events_2023_11", "TRUNCATE events_2023_11",
                       "TRUNCATE evidence"):  # fmt: skip
            with pytest.raises(InsufficientPrivilegeError, match="only added to"):
                await tampered(shelf, 1, change)
    await track.open()
    await Lane(MemoryFeed(story.messages), payload_of, [track]).read(story.position)
    await track.view.close()
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(9, 9, [])


async def told(shelf: Any, statement: str, build: int = 1) -> list[Any]:
    if isinstance(shelf, SqliteShelf):
        with closing(sqlite3.connect(shelf.path(build))) as connection:
            return connection.execute(statement).fetchall()
    with shelf.sessions.lent(shelf.schema(build)) as session:
        return [tuple(row) for row in session.rows(statement)]
