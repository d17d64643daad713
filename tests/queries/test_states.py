"""A fold in memory says of every branch what the versions view says."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory_feed import MemoryFeed
from adapters.snapshot_folder import SnapshotFolder
from queries.states import Kept, states
from queries.upto import UpTo
from tests.projectors.reading import folded
from tests.projectors.story import MAIN, Story, created, evolve, payload_of, updated

BRANCHES = [MAIN, "dev/x/a", "dev/x/b", "dev/x/c"]
STEPS = st.lists(st.tuples(st.sampled_from("WWWDR"), st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 40)), max_size=40)  # fmt: skip


def told(steps):
    """W = write, D = a branch that begins at any earlier position, R = one that is moved to any."""
    story, there, parents = Story(), [MAIN], {}
    known = [story.created(key) for key in "abc"][-1]
    for what, number, key, n in steps:
        if what == "D" and len(there) < len(BRANCHES):
            parent = there[number % len(there)]
            there.append(BRANCHES[len(there)])
            parents[there[-1]] = parent
            story.branch_created(there[-1], parent, max(known, n % (story.position + 1)))
        elif what in "DR" and len(there) > 1:
            branch = there[1 + number % (len(there) - 1)]
            again = [created(key, n=n)] if n % 2 else []
            story.rebased(branch, parents[branch], max(known, n % (story.position + 1)), *again)
        else:
            branch = there[number % len(there)]
            story.created(key, branch, n=n) if n % 3 else story.updated(key, branch, m=n)
    return story


def quiet(_):
    pass


async def folded_states(story, chunk=1_000):
    return (await states("main", MemoryFeed(story.messages, chunk), payload_of, evolve, quiet)).held


async def test_a_branch_folds_on_its_parent_as_it_was_at_the_base():
    story = Story()
    base = story.created("a", n=1)
    story.updated("a", m=2)
    story.branch_created("dev/x/a", base=base)
    story.updated("a", "dev/x/a", k=3)
    held = await folded_states(story)
    assert held["dev/x/a"]["object/Thing/a"].state["properties"] == {"n": 1, "k": 3}
    assert held[MAIN]["object/Thing/a"].state["properties"] == {"n": 1, "m": 2}


async def test_a_state_is_kept_for_who_may_still_read_it():
    story = Story()
    story.created("a", n=1)
    story.branch_created("dev/x/a")
    story.updated("a", m=2)
    story.updated("a", "dev/x/a", k=3)
    held = await folded_states(story)
    assert held["dev/x/a"]["object/Thing/a"].state["properties"] == {"n": 1, "k": 3}


async def test_a_rebased_branch_has_what_it_wrote_since():
    story = Story()
    story.created("a", n=1)
    story.branch_created("dev/x/a")
    story.created("b", "dev/x/a", n=2)
    story.updated("a", "dev/x/a", n=3)
    child = story.branch_created("dev/x/b", "dev/x/a")
    base = story.updated("a", m=4)
    story.rebased("dev/x/a", MAIN, base, updated("a", k=5))
    story.updated("a", "dev/x/b", k=6)
    held = await folded_states(story)
    assert {key: one.state["properties"] for key, one in held["dev/x/a"].items()} == {
        "object/Thing/a": {"n": 1, "m": 4, "k": 5}
    }
    assert held["dev/x/b"]["object/Thing/a"].state["properties"] == {"n": 3, "k": 6}
    assert child < base


@given(STEPS, st.integers(1, 9))
async def test_it_says_what_the_view_says(steps, chunk):
    story = told(steps)
    held = await folded_states(story, chunk)
    found = {(branch, key): (h.since, h.state) for branch, mine in held.items() for key, h in mine.items()}
    versions = await (await folded(story)).rows(list(found))
    assert {place: (v.since, v.state) for place, v in versions.items()} == found


@given(STEPS)
async def test_what_a_branch_sees_is_what_a_cut_of_it_sees(steps):
    story = told(steps)
    fold = await states("main", MemoryFeed(story.messages), payload_of, evolve, quiet)
    view = await folded(story)
    for branch in [branch for branch in BRANCHES if branch in fold.held or branch == MAIN]:
        places = {key: (branch, key) for key in ("object/Thing/a", "object/Thing/b", "object/Thing/c")}
        rows = await view.rows(list(places.values()))
        assert {key: held.since for key, held in fold.seen(branch) if key in places} == {
            key: rows[place].since for key, place in places.items() if place in rows
        }


@given(STEPS, st.integers(1, 30), st.integers(1, 9), st.integers(1, 9))
async def test_a_fold_that_goes_on_from_a_snapshot_is_the_fold_from_the_beginning(steps, every, chunk, end):
    story = told(steps)
    position = max(1, story.position - end)
    with TemporaryDirectory() as folder:
        kept = Kept(SnapshotFolder(Path(folder)), every)
        for until in (position, story.position):
            feed = UpTo(MemoryFeed(story.messages, chunk), until)
            again = await states("main", feed, payload_of, evolve, quiet, kept)
            fresh = await states("main", feed, payload_of, evolve, quiet)
            assert again.held == fresh.held
            for branch in fresh.held:
                assert dict(again.seen(branch)) == dict(fresh.seen(branch))
