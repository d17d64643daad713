"""Cuts and differences of branches whose base was moved, held against a model that copies everything."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings

from adapters.memory_versions import MemoryVersions
from adapters.sqlite_versions_reader import reading
from events.names import Key
from queries.cuts import cut
from queries.differences import differences
from queries.moments import AtPosition, Base, Now
from tests.projectors.histories import told, wishes
from tests.projectors.test_versions import stored
from tests.queries.histories import MAIN, History, changed, made, object_type

NOW = 2**60
DEV = "dev/flights/gates"


@settings(max_examples=25, deadline=None)
@given(wishes)
async def test_two_moments_of_any_two_branches_differ_in_what_a_copying_model_says(wished: list[Any]) -> None:
    history = told(wished)
    with TemporaryDirectory() as folder, reading(await stored(history.story, Path(folder) / "v.db")) as versions:
        ends = range(1, history.story.position + 1, 3)
        cuts = [(name, cut(versions, name, AtPosition(at), now=NOW)) for name in history.seen for at in ends]
        for (one, before), (other, after) in pairwise(cuts[::2] + cuts[1::2]):
            old, new = alive(history, one, before.position), alive(history, other, after.position)
            expected = {key for key in old | new if old.get(key) != new.get(key)}
            assert {each.key for each in differences(before, after)} == expected, (before.lineage, after.lineage)
            shown = {v.state["key"] for v in after.valid("object/") if not v.state["deleted"]}
            assert shown == new.keys()


def alive(history: Any, branch: str, position: int) -> dict[str, Any]:
    return {key: state for key, state in history.at(branch, position).items() if isinstance(state, dict)}


def moved() -> MemoryVersions:
    """DEV from 3; it changes A and makes B; MAIN changes A (6) and makes C (7); DEV moves to 7 and changes A again."""
    history = History()
    history.commit(MAIN, [object_type("Flight", ["id", "n"]), made("Flight", "A", id="A", n=1)])
    history.branch(DEV, MAIN, 3)
    history.commit(DEV, [changed("Flight", "A", id="A", n=2), made("Flight", "B", id="B")])
    history.commit(MAIN, [changed("Flight", "A", id="A", n=3), made("Flight", "C", id="C")])
    state = {"name": DEV, "parent": MAIN, "base": 8, "default": False, "deleted": False, "forked": 3, "floor": 8}
    again = changed("Flight", "A", id="A", n=4)
    history.commit(DEV, [(Key(f"branch/{DEV}"), "rebased", state), again])
    return history.into(MemoryVersions())


def test_a_rebased_branch_shows_the_new_base_and_what_it_wrote_since() -> None:
    now = cut(moved(), DEV, Now(), now=NOW)
    assert [(v.state["key"], v.state["properties"].get("n"), v.branch) for v in now.valid("object/")] == [
        ("A", 4, DEV),
        ("C", None, MAIN),
    ]
    assert [version.since for version in now.history(Key("object/Flight/A"))] == [3, 7, 10]


def test_before_it_was_moved_it_is_what_it_was() -> None:
    before = cut(moved(), DEV, AtPosition(8), now=NOW)
    assert [(v.state["key"], v.state["properties"].get("n")) for v in before.valid("object/")] == [
        ("A", 2),
        ("B", None),
    ]


def test_the_base_is_the_parent_as_it_is_seen_now() -> None:
    versions = moved()
    base, now = cut(versions, DEV, Base(), now=NOW), cut(versions, DEV, Now(), now=NOW)
    assert (base.position, base.branch) == (8, DEV)
    assert [(each.key, each.what) for each in differences(base, now)] == [("A", "updated")]
    early = cut(versions, DEV, AtPosition(3), now=NOW)
    assert [(each.key, each.what) for each in differences(early, now)] == [("A", "updated"), ("C", "created")]
