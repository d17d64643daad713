"""Versions that were closed long ago leave their tables for Parquet: every answer stays as it was."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import BufferReader, parquet

from adapters import version_bundles
from adapters.bundled_versions import checksum
from adapters.memory_feed import MemoryFeed
from adapters.sqlite_bundles import move
from adapters.sqlite_file import writer
from adapters.sqlite_packing import pack
from adapters.sqlite_verify import verify_view
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from projectors.mending import By
from projectors.projector import FOREVER, BrokenRow
from projectors.verify import Agreed
from tests.projectors.histories import told, wishes
from tests.projectors.reading import apply
from tests.projectors.shelving import tampered
from tests.projectors.story import MAIN, START, Story
from tests.projectors.test_mending import mended, projected
from tests.projectors.test_packing import everything, filled

LAW = settings(max_examples=20, deadline=None)
TEST = "dev/main/test"
THING = "object/Thing/a"


@LAW
@given(wishes, st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["pack", "move", "both"])), max_size=4))
async def test_moved_or_not_every_answer_is_the_same(wished: list[Any], cuts: list[tuple[int, str]]):
    """And whoever goes on writing goes on from the same states: those of a parent may have left."""
    history = told(wished)
    story, branches = history.story, ["", *history.seen]
    with TemporaryDirectory() as folder:
        whole, path = Path(folder) / "whole.db", Path(folder) / "moved.db"
        for file, moves in ((whole, False), (path, True)):
            for cut, what in (*sorted(cuts), (story.position, "both")):
                view = sqlite_versions(file, "main")
                await apply(story, view, until=min(cut, story.position))
                await view.close()
                for step in (pack, move) if moves else ():
                    while what in (step.__name__, "both") and step(file, FOREVER) is not None:
                        pass
        assert everything(path, branches) == everything(whole, branches)
        assert isinstance(await verify_view(path, "versions", MemoryFeed(story.messages)), Agreed)


@pytest.fixture
def story() -> Story:
    """1 main | 2 a | 3 … 12 a = 1 … 10 | 13 test | 14 a on test | 15 b"""
    told = Story()
    told.created("a", n=0, memo="정시에 출발하는 항공편" * 3)
    for n in range(1, 11):
        told.updated("a", n=n)
    told.branch_created(TEST)
    told.updated("a", branch=TEST, m="x")
    told.created("b", n=1)
    return told


@pytest.mark.parametrize("packed", [False, True])
async def test_a_view_that_versions_left_is_verified_written_on_and_counted(
    shelves: Callable[[str], Any], story: Story, packed: bool
):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    if packed:
        await shelf.pack(1, FOREVER)
    whole = shelf.stats(1)[1].json()["bytesFull"]
    assert await shelf.move(1, START + 6_000) == 4  # the third commit was the first to close something
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(15, 15, [])
    assert await shelf.move(1, FOREVER) == 6
    assert await shelf.move(1, FOREVER) is None
    _, things = shelf.stats(1)
    assert (things.prefix, things.versions, things.moved) == ("object/Thing/", 3, 10)
    assert things.json()["bytesFull"] == whole  # bytes, of whatever letters
    story.updated("a", branch=TEST, m="y")
    story.rebased(TEST, MAIN, 7)
    story.updated("a", branch=TEST, m="z")  # from a state of main that has left
    await (await projected(shelf, story)).view.close()
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(18, 18, [])
    assert await shelf.move(1, FOREVER) == 2
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(18, 18, [])


async def test_a_bundle_is_a_parquet_file_sorted_by_entity(story: Story, tmp_path: Path):
    story.updated("b", n=2)
    path = await filled(story, tmp_path)
    assert move(path, FOREVER) == 11
    with sqlite3.connect(path) as connection:
        ((data,),) = connection.execute("SELECT data FROM bundles")
    connection.close()
    rows = parquet.read_table(BufferReader(data)).select(["entity", "since", "until", "state"]).to_pylist()
    assert [(row["entity"], row["since"], row["until"]) for row in rows] == [
        *((THING, since, since + 1) for since in range(2, 12)), ("object/Thing/b", 15, 16)
    ]  # fmt: skip
    assert '"n":9' in rows[9]["state"]


async def test_small_generations_become_one(tmp_path: Path):
    story = Story()
    story.created("a", n=0)
    path = tmp_path / "v.db"
    for n in range(1, 9):
        story.updated("a", n=n)
        await filled(story, tmp_path)
        while move(path, FOREVER) is not None:
            pass
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(DISTINCT generation), sum(versions) FROM bundles").fetchone() == (1, 8)
        assert connection.execute("SELECT count(*) FROM moved").fetchone() == (1,)
    connection.close()
    with reading(path) as versions:
        assert [version.state["properties"]["n"] for version in versions.of(MAIN, THING, FOREVER)] == [*range(9)]


async def test_a_broken_bundle_is_read_by_nobody(story: Story, tmp_path: Path):
    path = await filled(story, tmp_path)
    move(path, FOREVER)
    connection = writer(path)
    connection.execute("UPDATE bundles SET data = zeroblob(9)")
    connection.close()
    with reading(path) as versions:
        assert versions.at(MAIN, THING, 12).state["properties"]["n"] == 10
        with pytest.raises(BrokenRow, match="bundle 1, which it begins, has another checksum"):
            versions.at(MAIN, THING, 6)


async def test_what_is_of_branches_and_the_schema_stays(tmp_path: Path):
    story = Story()
    story.type_created("Thing")
    story.rebased(MAIN, MAIN, 1)
    path = await filled(story, tmp_path)
    assert move(path, FOREVER) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bundles SET data = substr(data, 2)",
        "DELETE FROM bundles",
        "UPDATE versions SET author = 'eve@desk' WHERE since = 14",
    ],
)
async def test_a_range_that_versions_left_is_written_again(shelves: Callable[[str], Any], story: Story, statement: str):
    for n in range(1_100):
        story.updated("b", n=n)
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    while await shelf.move(1, FOREVER) is not None:
        pass
    moved = [kept.moved for kept in shelf.stats(1)]
    await tampered(shelf, 1, statement)
    assert isinstance((await mended(shelf, story)).found, Agreed)
    assert [kept.moved for kept in shelf.stats(1)] == moved


async def test_a_wrong_row_of_a_bundle_is_written_again_and_no_other_bundle(story: Story, tmp_path: Path):
    story.updated("a", branch=TEST, m="y")
    path = await filled(story, tmp_path)
    before = everything(path, ["", TEST])
    while move(path, FOREVER) is not None:
        pass
    others = told_of(path, TEST)
    connection = writer(path)
    ((number, data),) = connection.execute("SELECT number, data FROM bundles WHERE branch = ?", (MAIN,)).fetchall()
    rows = [*version_bundles.versions(version_bundles.table(data))]
    rows[5] = rows[5]._replace(version=rows[5].version._replace(author="eve@desk"))
    data, _ = version_bundles.bundled([*rows, rows[-1]])
    connection.execute("UPDATE bundles SET data = ?, checksum = ? WHERE number = ?", (data, checksum(data), number))
    connection.close()
    feed = MemoryFeed(story.messages)
    found = await verify_view(path, "versions", feed, by=By("01890000-0000-7000-8000-000000000001", 1, "한@desk"))
    assert (found.position, found.column, found.found) == (7, "author", "eve@desk")
    assert isinstance(await verify_view(path, "versions", feed), Agreed)
    assert everything(path, ["", TEST]) == before
    assert told_of(path, TEST) == others
    assert told_of(path, MAIN)[0][0] == 10


def told_of(path: Path, branch: str) -> list[Any]:
    """Of the bundles of a branch: how many versions they have, and their bytes."""
    with closing(writer(path)) as connection:
        return connection.execute("SELECT versions, data FROM bundles WHERE branch = ?", (branch,)).fetchall()


async def test_a_build_that_knew_nothing_of_this_gets_the_tables(shelves: Callable[[str], Any], story: Story):
    for steps in ("stats", "move", "pack"):
        shelf = shelves("versions")
        await (await projected(shelf, story)).view.close()
        for table in ("deltas", "samples", "packing", "bundles", "moved", "moving"):
            await tampered(shelf, 1, f"DROP TABLE {table}")
        assert isinstance(await shelf.verified(1, MemoryFeed(story.messages), lambda _: None), Agreed)
        if steps == "stats":
            assert len(shelf.stats(1)) == 2
        else:
            assert await getattr(shelf, steps)(1, FOREVER) == 10
        shelf.drop(1)
