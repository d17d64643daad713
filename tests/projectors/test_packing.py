"""States of closed versions become deltas while others write and read: every answer stays as it was."""

from collections.abc import Callable
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_feed import MemoryFeed
from adapters.sqlite_file import writer
from adapters.sqlite_packing import pack
from adapters.sqlite_reader import reader
from adapters.sqlite_verify import verify_view
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from projectors.projector import FOREVER, BrokenRow
from projectors.verify import Agreed, Difference, Range
from projectors.versions import Version
from tests.projectors.histories import KEYS, told, wishes
from tests.projectors.reading import apply
from tests.projectors.shelving import tampered
from tests.projectors.story import MAIN, START, Story
from tests.projectors.test_mending import mended, projected

LAW = settings(max_examples=25, deadline=None)
TEST = "dev/main/test"


def everything(path: Path, branches: list[str]) -> list[list[Version]]:
    with reading(path) as versions:
        return [
            list(versions.written(0, FOREVER)),
            *(
                list(versions.spanning(branch, prefix, 0, FOREVER))
                for branch in branches
                for prefix in ("object/", "b")
            ),
            *(list(versions.of(branch, f"object/Thing/{key}", FOREVER)) for branch in branches for key in KEYS),
        ]


def packed(path: Path, before: int = FOREVER) -> int:
    return sum(iter(lambda: pack(path, before), None))


@LAW
@given(wishes, st.lists(st.integers(0, 60), max_size=3))
async def test_packed_or_not_every_answer_is_the_same(wished: list[Any], cuts: list[int]):
    """And whoever goes on writing goes on from the same states: those of a parent are closed ones."""
    history = told(wished)
    story, branches = history.story, ["", *history.seen]
    with TemporaryDirectory() as folder:
        whole, path = Path(folder) / "whole.db", Path(folder) / "packed.db"
        for file, packs in ((whole, False), (path, True)):
            for cut in (*sorted(cuts), story.position):
                view = sqlite_versions(file, "main")
                await apply(story, view, until=min(cut, story.position))
                await view.close()
                if packs:
                    packed(file)
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


async def test_only_closed_versions_are_packed_and_each_once(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    assert [await shelf.pack(1, FOREVER), await shelf.pack(1, FOREVER)] == [10, None]


async def test_what_was_closed_lately_is_left(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    assert await shelf.pack(1, START) is None
    assert await shelf.pack(1, START + 4_000) == 2  # the third commit was the first to close something
    assert await shelf.pack(1, FOREVER) == 8


async def test_a_view_that_was_packed_is_verified_and_written_on(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await shelf.pack(1, FOREVER)
    story.updated("a", branch=TEST, m="y")  # its state comes from one of main that is packed
    story.rebased(TEST, MAIN, 7)
    story.updated("a", branch=TEST, m="z")
    await (await projected(shelf, story)).view.close()
    await shelf.pack(1, FOREVER)
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(18, 18, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deltas SET checksum = '1234' WHERE since = 6",
        "UPDATE deltas SET data = '' WHERE since = 6",
        "UPDATE deltas SET form = 0 WHERE since = 6",
        "DELETE FROM deltas WHERE since = 6",
    ],
)
async def test_a_broken_delta_is_named_and_its_range_written_again(
    shelves: Callable[[str], Any], story: Story, statement: str
):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    await shelf.pack(1, FOREVER)
    await tampered(shelf, 1, statement)
    found = await shelf.verified(1, MemoryFeed(story.messages), lambda _: None)
    assert isinstance(found, Difference)
    assert (found.position, found.row, found.column) == (6, f"object/Thing/a on {MAIN}", "state")
    assert (await mended(shelf, story)).ranges == [Range(0, 15)]
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(15, 15, [])
    story.updated("a", n=11)
    await (await projected(shelf, story)).view.close()
    assert await shelf.pack(1, FOREVER) >= 1
    assert await shelf.verified(1, MemoryFeed(story.messages), lambda _: None) == Agreed(16, 16, [])


async def test_a_broken_delta_is_read_by_nobody(story: Story, tmp_path: Path):
    path = await filled(story, tmp_path)
    packed(path)
    connection = writer(path)
    connection.execute("UPDATE deltas SET data = zeroblob(9) WHERE since = 6")
    connection.close()
    with reading(path) as versions:
        assert versions.at(MAIN, "object/Thing/a", 5).state["properties"]["n"] == 3
        with pytest.raises(BrokenRow, match="object/Thing/a on prod/main/main as of position 6 is broken"):
            versions.at(MAIN, "object/Thing/a", 6)


async def test_lost_samples_are_named(story: Story, tmp_path: Path):
    path = await filled(story, tmp_path)
    packed(path)
    connection = writer(path)
    connection.execute("DELETE FROM samples")
    connection.close()
    found = await verify_view(path, "versions", MemoryFeed(story.messages))
    assert isinstance(found, Difference)
    assert (found.position, found.found) == (2, "what it is told against is gone (samples 1)")


async def test_a_file_that_knew_nothing_of_this_is_read_and_then_packed(story: Story, tmp_path: Path):
    path = await filled(story, tmp_path)
    connection = writer(path)
    for table in ("deltas", "samples", "packing", "bundles", "moved", "moving"):
        connection.execute(f"DROP TABLE {table}")
    connection.close()
    before = everything(path, [MAIN, TEST])
    assert packed(path) == 10
    assert everything(path, [MAIN, TEST]) == before


async def test_a_plan_that_was_overtaken_is_not_written(story: Story, tmp_path: Path):
    from adapters.saying import SqliteSaying
    from adapters.sqlite_versions_reader import packed_states
    from adapters.version_packing import plan, write

    path = await filled(story, tmp_path)
    connection = writer(path)
    say = SqliteSaying(connection)
    made = plan(say, packed_states(connection), FOREVER)
    assert made is not None
    assert packed(path) == 10
    assert not write(say, made)
    connection.close()
    assert isinstance(await verify_view(path, "versions", MemoryFeed(story.messages)), Agreed)


async def test_a_state_is_few_deltas_deep_and_a_chain_ends(tmp_path: Path):
    story = Story()
    story.created("a", n=0)
    for n in range(1, 70):
        story.updated("a", n=n)
    path = await filled(story, tmp_path)
    assert packed(path) == 69
    connection = reader(path)
    assert connection.execute("SELECT max(depth) FROM deltas").fetchone()[0] <= log2(70) + 1
    connection.close()


async def filled(story: Story, folder: Path) -> Path:
    path = folder / "v.db"
    view = sqlite_versions(path, "main")
    await apply(story, view)
    await view.close()
    return path


async def test_what_is_kept_is_counted_by_type(shelves: Callable[[str], Any], story: Story):
    shelf = shelves("versions")
    await (await projected(shelf, story)).view.close()
    before, things = shelf.stats(1)
    assert (before.prefix, before.versions, before.packed) == ("branch/", 2, 0)
    assert (things.prefix, things.versions, things.packed, things.full) == ("object/Thing/", 13, 0, 0)
    await shelf.pack(1, FOREVER)
    branches, packed = shelf.stats(1)
    assert branches == before
    assert (packed.versions, packed.packed, packed.whole + packed.full) == (13, 10, things.whole)
    assert packed.json() | {"packedSavedPercent": 0, "savedPercent": 0, "bytesStored": 0, "bytesFull": 0} == {
        "type": "object/Thing", "versions": 13, "packed": 10, "moved": 0, "bytesFull": 0, "bytesStored": 0, "savedPercent": 0,
        "packedSavedPercent": 0, "meanChain": packed.depth / 10, "longestChain": packed.deepest,
    }  # fmt: skip
    assert 0 < packed.told < packed.full
