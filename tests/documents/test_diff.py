import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import diff
from documents.diff import ALIGNED_CELLS, Change, applied, changes, pointer

finite = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)  # no -0.0
scalars = st.none() | st.booleans() | st.integers(-3, 3) | finite | st.text(max_size=3)
names = st.sampled_from(["a", "b", "", "a/b", "~", "~1", "0", "한"])
documents = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=4))


def same(a, b) -> bool:
    return diff._text(a) == diff._text(b)


@given(documents, documents)
def test_applying_the_changes_gives_the_other_document(old, new) -> None:
    assert same(applied(old, changes(old, new)), new)


@given(documents, documents)
def test_the_changes_back_to_front_with_old_and_new_swapped_undo_them(old, new) -> None:
    undo = {"add": "remove", "remove": "add", "replace": "replace"}
    back = [Change(undo[op], path, after, before) for op, path, before, after in reversed(changes(old, new))]
    assert same(applied(new, back), old)


@given(documents, documents)
def test_the_changes_are_a_json_patch(old, new) -> None:
    patch = [{"op": c.op, "path": c.path} | ({} if c.op == "remove" else {"value": c.new}) for c in changes(old, new)]
    assert same(jsonpatch.apply_patch(old, patch), new)


@given(documents)
def test_the_same_document_has_no_changes(document) -> None:
    assert changes(document, applied(document, [])) == []


@given(documents, documents)
def test_what_is_given_stays_as_it_was(old, new) -> None:
    before = diff._text([old, new])
    applied(old, changes(old, new))
    assert diff._text([old, new]) == before


def test_long_arrays_are_compared_index_by_index() -> None:
    old, new = [*range(300), "end"], [*range(299, -1, -1), "more", "end"]
    assert ALIGNED_CELLS < 300 * 301
    found = changes(old, new)
    assert applied(old, found) == new
    assert found[0] == Change("replace", "/0", 0, 299)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, []),
        (1, True, [Change("replace", "", 1, True)]),
        (1, 1.0, [Change("replace", "", 1, 1.0)]),
        ({"a": None}, {}, [Change("remove", "/a", None)]),
        ({}, {"a/b": 1, "~": 2}, [Change("add", "/a~1b", new=1), Change("add", "/~0", new=2)]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [Change("replace", "/a/b", 1, 2)]),
        ([1, 2, 3], [1, 3], [Change("remove", "/1", 2)]),
        ([1, 3], [1, 2, 3], [Change("add", "/1", new=2)]),
        ([1, {"x": 1}, 3], [1, {"x": 2}, 3], [Change("replace", "/1/x", 1, 2)]),
        ([1, 2, 3, 4], [4], [Change("remove", "/0", 1), Change("remove", "/0", 2), Change("remove", "/0", 3)]),
        ({"a": []}, {"a": {}}, [Change("replace", "/a", [], {})]),
    ],
)
def test_changes(old, new, expected) -> None:
    assert changes(old, new) == expected


def test_as_json_an_added_value_has_no_old_and_a_removed_one_no_new() -> None:
    assert [c.json() for c in changes({"a": None, "b": 1, "c": 2}, {"b": None, "d": 3})] == [
        {"op": "remove", "path": "/a", "old": None},
        {"op": "replace", "path": "/b", "old": 1, "new": None},
        {"op": "remove", "path": "/c", "old": 2},
        {"op": "add", "path": "/d", "new": 3},
    ]


def test_pointer_of_the_whole_document_is_empty() -> None:
    assert pointer([]) == ""
    assert pointer(["a/b", 0, "~x"]) == "/a~1b/0/~0x"
