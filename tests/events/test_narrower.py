"""A declaration that is not narrower lets through, as they are stored, all values that the other did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.schema.checks import check_of_declared
from events.schema.narrower import narrower, sealed_otherwise
from events.schema.values import NotAValue

PLAIN = {"array": False, "values": None, "target": None}
values = (
    st.integers(-3, 3)
    | st.sampled_from(["a", "나", "2024-02-29"])
    | st.booleans()
    | st.lists(st.integers(0, 2), max_size=2)
)
bounds = st.fixed_dictionaries(
    {"base": st.just("integer")}, optional={"min": st.integers(-2, 2), "max": st.integers(-2, 2)}
)
declared = st.one_of(
    st.sampled_from(["string", "boolean", "date"]).map(lambda type_: {"type": type_}),
    bounds.map(lambda said: {"type": "integer", "constraint": said}),
    st.just({"type": "integer"}),
    st.lists(st.sampled_from(["a", "나"]), min_size=1, unique=True).map(lambda said: {"type": "enum", "values": said}),
).flatmap(lambda said: st.booleans().map(lambda array: {**PLAIN, **said, "array": array}))  # fmt: skip


def accepts(each, value):
    try:
        return check_of_declared(each)(value) == value
    except NotAValue:
        return False


@given(declared, declared, values)
def test_what_is_not_narrower_lets_through_what_the_other_did(old, new, value):
    if accepts(old, value) and not list(narrower(old, new)):
        assert accepts(new, value)


@given(declared)
def test_nothing_is_narrower_than_itself(each):
    assert list(narrower(each, each)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"type": "string"}, {"type": "date"}, ["string becomes date"]),
        ({"type": "string"}, {"type": "string", "array": True}, ["one value becomes a list"]),
        ({"type": "reference", "target": "A"}, {"type": "reference", "target": "B"}, ["it refers to another object type"]),
        ({"type": "struct", "struct": "ri.1"}, {"type": "struct", "struct": "ri.2"}, ["it holds another struct"]),
        ({"type": "enum", "values": ["a", "나"]}, {"type": "enum", "values": ["a"]}, ["it may not be 나 any more"]),
        ({"type": "string"}, {"type": "string", "constraint": {"base": "string", "minLength": 1}}, ["minLength is new 1"]),
    ],
)  # fmt: skip
def test_how_a_declaration_is_narrower(old, new, said):
    assert list(narrower({**PLAIN, **old}, {**PLAIN, **new})) == said


@pytest.mark.parametrize(
    ("old", "new", "otherwise"),
    [({}, {}, False), ({}, {"marking": "encrypt"}, True), ({"marking": "encrypt"}, {"marking": "mark"}, True), ({}, {"marking": "mark"}, False)],
)  # fmt: skip
def test_what_is_encrypted_is_reserved_otherwise(old, new, otherwise):
    assert sealed_otherwise(old, new) == otherwise
