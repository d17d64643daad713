"""A fold of the log and the view have one checksum exactly if they hold the same."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given

from adapters.memory_feed import MemoryFeed
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from queries.checksums import checksum, of_fold, of_view
from queries.states import states
from queries.upto import Until, UpTo, end_of
from queries.wanted import EVERYTHING, Wanted
from tests.projectors.reading import apply
from tests.projectors.story import MAIN, evolve, payload_of
from tests.queries.test_states import STEPS, told

PART = Wanted(frozenset({MAIN, "dev/x/a"}))


@given(STEPS)
async def test_a_fold_of_the_log_up_to_any_position_and_the_view_then_are_equal(steps):
    story = told(steps)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "v.db"
        view = sqlite_versions(path, "main")
        await apply(story, view)
        await view.close()
        with reading(path) as versions:
            for position in {1, story.position // 2, story.position} - {0}:
                whole = await upto_commit(story, position)
                fold = await states("main", UpTo(MemoryFeed(story.messages), whole), payload_of, evolve, lambda _: None)
                for wanted in (EVERYTHING, PART):
                    assert checksum(of_fold(fold, wanted)) == checksum(of_view(versions, whole, wanted))


async def upto_commit(story, position):
    return (await end_of(MemoryFeed(story.messages), Until(position))).position


def test_order_does_not_count_and_everything_else_does():
    one, two = (MAIN, "object/T/a", 5, {"n": 1, "m": "둘"}), (MAIN, "object/T/b", 6, None)
    assert checksum([one, two]) == checksum([two, (MAIN, "object/T/a", 5, {"m": "둘", "n": 1})])
    others = [("x", *one[1:]), (one[0], "object/T/c", *one[2:]), (*one[:2], 4, one[3]), (*one[:3], {"n": 2, "m": "둘"})]
    assert len({checksum([other, two]) for other in [one, *others]}) == 5
