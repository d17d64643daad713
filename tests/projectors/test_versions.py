"""Laws of the versions view, over random histories: any batching and any restart give the same rows; any past comes back."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_feed import MemoryFeed
from adapters.sqlite_reader import reader
from adapters.sqlite_verify import verify_view
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import owned
from projectors.lineage import history, lineage, seen
from projectors.projector import FOREVER
from projectors.verify import Agreed
from tests.projectors.histories import KEYS, told, wishes
from tests.projectors.reading import apply
from tests.projectors.story import MAIN, Story, created

LAW = settings(max_examples=25, deadline=None)
TEST = "dev/main/test"


def dumped(path: Path) -> dict[str, list[Any]]:
    connection = reader(path)
    tables = ("checkpoint", "entities", "slices", "versions", "commits", "parked")
    rows = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}
    rows["checkpoint"] = [row[:-1] for row in rows["checkpoint"]]  # the number of commits may differ
    connection.close()
    return rows


async def stored(story: Story, path: Path, *cuts: int, chunk: int = 1_000, part: int = 2_000) -> Path:
    for cut in (*cuts, story.position):
        view = sqlite_versions(path, "main")
        await apply(story, view, until=min(cut, story.position), chunk=chunk, part=part)
        await view.close()
    return path


@LAW
@given(wishes, st.integers(1, 7), st.integers(1, 7), st.lists(st.integers(0, 60), max_size=3))
async def test_batches_and_restarts_change_nothing(wished: list[Any], chunk: int, part: int, cuts: list[int]):
    story = told(wished).story
    with TemporaryDirectory() as folder:
        whole = await stored(story, Path(folder) / "whole.db")
        pieces = await stored(story, Path(folder) / "pieces.db", *sorted(cuts), chunk=chunk, part=part)
        assert dumped(pieces) == dumped(whole)


@LAW
@given(wishes, st.integers(1, 9))
async def test_the_same_log_gives_the_same_bytes_however_it_comes(wished: list[Any], chunk: int):
    story = told(wished).story
    with TemporaryDirectory() as folder:
        one = await stored(story, Path(folder) / "one.db", part=4)
        other = await stored(story, Path(folder) / "other.db", chunk=chunk, part=4)
        assert one.read_bytes() == other.read_bytes()


@LAW
@given(wishes)
async def test_every_past_of_every_branch_is_what_a_copying_model_says(wished: list[Any]):
    told_history = told(wished)
    with TemporaryDirectory() as folder:
        connection = reader(await stored(told_history.story, Path(folder) / "v.db"))
        own = owned(connection)
        for branch in told_history.seen:
            for position in range(told_history.story.position + 1):
                expected = told_history.at(branch, position)
                through = lineage(own, branch, position)
                found = {key: _shown(seen(own, through, f"object/Thing/{key}")) for key in KEYS}
                assert found == {key: expected.get(key) for key in KEYS}, (branch, position)
        connection.close()


@LAW
@given(wishes)
async def test_the_second_opinion_agrees(wished: list[Any]):
    story = told(wished).story
    with TemporaryDirectory() as folder:
        path = await stored(story, Path(folder) / "v.db")
        agreed = await verify_view(path, "versions", MemoryFeed(story.messages, 7))
        assert agreed == Agreed(story.position, story.position, [])


async def test_a_parent_that_goes_on_does_not_move_its_branch(tmp_path):
    story = Story()
    for key in "abc":
        story.created(key, n=1)
    base = story.position
    story.updated("a", n=2)
    story.deleted("b")
    story.branch_created(TEST, base=base)
    story.updated("c", branch=TEST, m=3)
    story.updated("c", n=4)
    own = owned(connection := reader(await stored(story, tmp_path / "v.db")))
    through = lineage(own, TEST)
    assert [_shown(seen(own, through, f"object/Thing/{key}")) for key in "abc"] == [
        {"n": 1},
        {"n": 1},
        {"n": 1, "m": 3},
    ]
    connection.close()


async def test_history_on_a_branch_is_the_parents_up_to_the_base_then_its_own(tmp_path):
    story = Story()
    first = story.created("a", n=1)
    base = story.updated("a", n=2)
    story.branch_created(TEST)
    story.updated("a", n=3)
    own_first = story.updated("a", branch=TEST, n=4)
    connection = reader(await stored(story, tmp_path / "v.db"))
    own, key = owned(connection), "object/Thing/a"
    levels = [[v for p in range(at + 1) if (v := own(b, key, p)) and v.since == p] for b, at in
              [(b, min(at, story.position)) for b, _, at in lineage(own, TEST)]]  # fmt: skip
    assert [(v.branch, v.since, v.until) for v in history(levels)] == [
        (MAIN, first, base), (MAIN, base, own_first), (TEST, own_first, FOREVER),
    ]  # fmt: skip
    connection.close()


async def test_audit_fields_come_from_events_alone(tmp_path):
    story = Story()
    story.commit(created("a", n=1), author="ann@desk")
    story.deleted("a")
    story.restored("a")
    view = sqlite_versions(tmp_path / "v.db", "main")
    await apply(story, view)
    row = (await view.rows([(MAIN, "object/Thing/a")]))[MAIN, "object/Thing/a"]
    await view.close()
    assert row.stamps["_created_by"] == "ann@desk"
    assert row.stamps["_created_by_username"] == "ann"
    assert row.stamps["_created_at"] < row.stamps["_updated_at"]
    assert (row.stamps["_deleted"], row.stamps["_deleted_at"]) == (False, None)


async def test_a_branch_sixteen_deep_reads_the_first(tmp_path):
    story = Story()
    story.created("a", n=1)
    parent = MAIN
    for depth in range(16):
        story.branch_created(f"dev/main/d{depth}", parent)
        parent = f"dev/main/d{depth}"
    story.updated("a", branch=parent, m=2)
    view = sqlite_versions(tmp_path / "v.db", "main")
    await apply(story, view)
    row = (await view.rows([(parent, "object/Thing/a")]))[parent, "object/Thing/a"]
    await view.close()
    assert row.state["properties"] == {"n": 1, "m": 2}


def _shown(version: Any) -> Any:
    if version is None:
        return None
    properties = version.state["properties"]
    return ("deleted", properties) if version.state["deleted"] else properties
