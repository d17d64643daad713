"""Three-way merge of JSON: tables, and its laws on random documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.merges.three_way import ABSENT, Clash, found, replaced, three_way

scalars = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, "a", "한"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "가/~"]), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (1, 1, 2, 2),
        (1, 2, 1, 2),
        (1, 2, 2, 2),
        (1, True, 1, True),
        ({"a": 1}, {"a": 1, "나": 2}, {"a": 3}, {"a": 3, "나": 2}),
        ({"a": 1, "b": 1}, {"b": 1}, {"a": 1}, {}),
        ({"a": {"x": 1, "y": 1}}, {"a": {"x": 2, "y": 1}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 2, "y": 2}}),
        ({}, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        (["a", "b"], ["a", "b", "다"], ["b"], ["b", "다"]),
        (["a"], ["a", "c"], ["a", "b"], ["a", "b", "c"]),
        ({}, {"tags": ["b"]}, {"tags": ["a"]}, {"tags": ["a", "b"]}),
        (["a", "b"], ["b", "a"], ["a", "b"], ["b", "a"]),
    ],
)
def test_what_does_not_clash_is_merged(base, ours, theirs, merged):
    assert three_way(base, ours, theirs) == (merged, ())


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "clash"),
    [
        (1, 2, 3, Clash("", 1, 2, 3)),
        (1, 1.0, True, Clash("", 1, 1.0, True)),
        ({"a": 1}, {"a": 2}, {}, Clash("/a", 1, 2, ABSENT)),
        ({}, {"a": 2}, {"a": 3}, Clash("/a", ABSENT, 2, 3)),
        ({"가/": {"x": 1}}, {"가/": {"x": 2}}, {"가/": {}}, Clash("/가~1/x", 1, 2, ABSENT)),
        (["a", "b"], ["b", "a"], ["a", "b", "c"], Clash("", ["a", "b"], ["b", "a"], ["a", "b", "c"])),
        (["a", "a"], ["a"], ["a", "a", "a"], Clash("", ["a", "a"], ["a"], ["a", "a", "a"])),
        ([{}], [{"x": 1}], [{"y": 1}], Clash("", [{}], [{"x": 1}], [{"y": 1}])),
    ],
)
def test_what_both_sides_changed_clashes(base, ours, theirs, clash):
    assert three_way(base, ours, theirs).clashes == (clash,)


def test_what_both_added_is_one_thing_where_it_is_not_merged_deeply():
    merged = three_way({}, {"gate": {"x": 1}}, {"gate": {"y": 1}}, deep=0)
    assert merged.clashes == (Clash("/gate", ABSENT, {"x": 1}, {"y": 1}),)


def test_a_list_whose_order_means_something_is_no_set():
    base, ours, theirs = {"key": ["a"]}, {"key": ["a", "b"]}, {"key": ["a", "c"]}
    assert [clash.path for clash in three_way(base, ours, theirs, ordered=["key"]).clashes] == ["/key"]


@given(documents, documents)
def test_a_side_that_changed_nothing_takes_the_other(base, other):
    assert three_way(base, base, other) == (other, ())
    assert three_way(base, other, base) == (other, ())
    assert three_way(base, other, other) == (other, ())


@given(documents, documents, documents)
def test_the_sides_can_be_exchanged(base, one, other):
    there, back = three_way(base, one, other), three_way(base, other, one)
    turned = [clash._replace(ours=clash.theirs, theirs=clash.ours) for clash in back.clashes]
    assert sorted(there.clashes, key=_path) == sorted(turned, key=_path)
    if not there.clashes:
        assert there.value == back.value


@given(documents, documents, documents)
def test_every_clash_can_be_answered_by_theirs(base, one, other):
    there, back = three_way(base, one, other), three_way(base, other, one)
    value = there.value
    for clash in there.clashes:
        assert found(there.value, clash.path) == clash.ours
        value = replaced(value, clash.path, clash.theirs)
    assert value == back.value


@given(documents, st.sampled_from(["/a", "/a/b", "/가~1~0/a"]), scalars)
def test_what_is_put_at_a_path_is_found_there(document, path, value):
    try:
        there = replaced(document, path, value)
    except LookupError:
        return
    assert found(there, path) == value
    assert found(replaced(there, path, ABSENT), path) is ABSENT


def _path(clash):
    return clash.path
