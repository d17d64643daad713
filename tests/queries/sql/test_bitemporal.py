"""Both times: the pieces of an entity's versions cover each pair of moments at most once, with the version that holds there."""

from hypothesis import given
from hypothesis import strategies as st

from events.names import Key
from projectors.projector import FOREVER
from projectors.versions import Version, marks
from queries.sql.bitemporal import held

MARKS = marks(None, "created", "ana@desk", 0)


def history(effective: list[int]) -> list[Version]:
    since = range(1, len(effective) + 1)
    return [
        Version("b", Key("object/A/1"), at, at + 1 if at < len(effective) else FOREVER, at, true, "updated", "ana@desk",
                None, "", at, at, {}, MARKS)
        for at, true in zip(since, effective, strict=True)
    ]  # fmt: skip


@given(st.lists(st.integers(0, 8), max_size=9))
def test_each_pair_of_moments_has_the_newest_of_those_known_then_that_are_true_then(effective):
    versions = history(effective)
    pieces = held(versions)
    for known in range(1, len(versions) + 2):
        for true in range(-1, 10):
            found = [
                each.version for each in pieces if each.since <= known < each.until and each.start <= true < each.end
            ]
            candidates = [each for each in versions if each.since <= known and each.effective <= true]
            expected = max(candidates, key=lambda each: (each.effective, each.since), default=None)
            assert found == ([] if expected is None else [expected])


def test_a_correction_of_earlier_times_leaves_what_came_to_be_true_later():
    told = [(each.version.since, each.since, each.until, each.start, each.end) for each in held(history([1, 5, 3]))]
    assert told == [
        (1, 1, 2, 1, FOREVER), (1, 2, 3, 1, 5), (2, 2, FOREVER, 5, FOREVER), (1, 3, FOREVER, 1, 3), (3, 3, FOREVER, 3, 5),
    ]  # fmt: skip
