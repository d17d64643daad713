"""Values: a table of what each type takes, how it is stored, and what is refused."""

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.schema.values import MAX_DEPTH, NotAValue, check_of, same

NOTHING = object()


def declared(type_, **more):
    return {"type": type_, "array": False, "values": None, **more}


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


TAKEN = [
    ("string", "", NOTHING),
    ("string", "김포국제공항 ✈ \U0001f1f0", NOTHING),
    ("string", "tab\tand\nline", NOTHING),
    ("integer", 0, NOTHING),
    ("integer", 2**63 - 1, NOTHING),
    ("integer", -(2**63), NOTHING),
    ("number", 1.5, NOTHING),
    ("number", 1, 1.0),
    ("number", -0.0, 0.0),
    ("number", 2**53, float(2**53)),
    ("boolean", True, NOTHING),
    ("date", "2024-02-29", NOTHING),
    ("date", "0001-01-01", NOTHING),
    ("timestamp", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"),
    ("timestamp", "2024-03-01T00:30:00.1234567+09:00", "2024-02-29T15:30:00.123456Z"),
    ("timestamp", "2016-12-31t23:59:60z", "2017-01-01T00:00:00.000000Z"),
    ("json", {"a": [1, None, {"b": True}]}, NOTHING),
    ("json", [], NOTHING),
    ("json", False, NOTHING),
    ("json", deep(MAX_DEPTH), NOTHING),
    ("reference", "UA", NOTHING),
    ("reference", "2013-01-01:1545", NOTHING),
    ("reference", ["2013-01-01", 1545], "2013-01-01:1545"),
    ("reference", ["a/b:c~d%"], "a%2Fb%3Ac%7Ed%25"),
    ("reference", ["김포", True], "김포:true"),
]

REFUSED = [
    ("string", 1, "VALUE_TYPE"),
    ("string", ["a"], "VALUE_TYPE"),
    ("string", "\ud800", "VALUE_CHARACTER"),
    ("string", "가\udfff", "VALUE_CHARACTER"),
    ("string", "a\0b", "VALUE_CHARACTER"),
    ("integer", True, "VALUE_TYPE"),
    ("integer", 1.0, "VALUE_TYPE"),
    ("integer", "1", "VALUE_TYPE"),
    ("integer", 2**63, "VALUE_RANGE"),
    ("integer", -(2**63) - 1, "VALUE_RANGE"),
    ("number", False, "VALUE_TYPE"),
    ("number", "1.5", "VALUE_TYPE"),
    ("number", math.nan, "VALUE_RANGE"),
    ("number", math.inf, "VALUE_RANGE"),
    ("number", 2**53 + 1, "VALUE_RANGE"),
    ("number", 10**400, "VALUE_RANGE"),
    ("boolean", 0, "VALUE_TYPE"),
    ("boolean", "true", "VALUE_TYPE"),
    ("date", "2023-02-29", "VALUE_DATE"),
    ("date", "20240229", "VALUE_DATE"),
    ("date", "2024-W09-4", "VALUE_DATE"),
    ("date", "2024-02-29T00:00:00Z", "VALUE_DATE"),
    ("date", "２０２４-02-29", "VALUE_DATE"),
    ("date", 20240229, "VALUE_DATE"),
    ("timestamp", "2024-02-29 12:00:00Z", "VALUE_TIMESTAMP"),
    ("timestamp", "2024-02-29T12:00:00", "VALUE_TIMESTAMP"),
    ("timestamp", "0001-01-01T00:00:00+01:00", "VALUE_TIMESTAMP"),
    ("timestamp", 0, "VALUE_TIMESTAMP"),
    ("enum", "c", "VALUE_ENUM"),
    ("enum", ["a"], "VALUE_ENUM"),
    ("json", math.nan, "VALUE_RANGE"),
    ("json", {"a": 2**63}, "VALUE_RANGE"),
    ("json", {"\ud800": 1}, "VALUE_CHARACTER"),
    ("json", deep(MAX_DEPTH + 1), "VALUE_DEPTH"),
    ("json", {1, 2}, "VALUE_TYPE"),
    ("reference", "", "OBJECT_KEY"),
    ("reference", [], "OBJECT_KEY"),
    ("reference", ["a", ""], "OBJECT_KEY"),
    ("reference", "a::b", "OBJECT_KEY"),
    ("reference", "a/b", "OBJECT_KEY"),
    ("reference", "a%2fb", "OBJECT_KEY"),
    ("reference", "%41", "OBJECT_KEY"),
    ("reference", "%ED%A0%80", "OBJECT_KEY"),
    ("reference", "k" * 1025, "OBJECT_KEY"),
    ("reference", ["가" * 10_000], "OBJECT_KEY"),
    ("reference", 7, "VALUE_TYPE"),
    ("reference", [1.5], "VALUE_TYPE"),
    ("reference", [None], "VALUE_TYPE"),
    ("reference", ["\ud800"], "VALUE_CHARACTER"),
]


@pytest.mark.parametrize(("type_", "value", "stored"), TAKEN)
def test_what_is_taken(type_, value, stored):
    check = check_of(declared(type_))
    expected = value if stored is NOTHING else stored
    assert same(check(value), expected)
    assert math.copysign(1, check(value)) > 0 if value == 0 and type_ == "number" else True
    assert same(check(check(value)), expected)


@pytest.mark.parametrize(("type_", "value", "code"), REFUSED)
def test_what_is_refused(type_, value, code):
    with pytest.raises(NotAValue) as refused:
        check_of(declared(type_, values=["a", "b"]))(value)
    assert refused.value.code == code
    assert len(refused.value.text) < 400


def test_a_list_says_which_item_is_wrong():
    check = check_of(declared("integer", array=True))
    assert check([]) == []
    with pytest.raises(NotAValue) as refused:
        check([1, "2"])
    assert (refused.value.code, refused.value.path) == ("VALUE_TYPE", "/1")
    for wrong in ({}, "12", None, [None]):
        with pytest.raises(NotAValue):
            check(wrong)


def test_json_says_where_it_is_wrong():
    with pytest.raises(NotAValue) as refused:
        check_of(declared("json"))({"a/b": [0, {"~": math.inf}]})
    assert refused.value.path == "/a~1b/1/~0"


def test_sameness_is_that_of_json():
    assert not same(1, True)
    assert not same({"a": 0}, {"a": False})
    assert not same([1], [1.0])
    assert not same(None, False)
    assert same({"a": 1, "b": 2}, {"b": 2, "a": 1})


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(ANY, st.sampled_from(["string", "integer", "number", "boolean", "date", "timestamp", "json", "reference", "enum"]), st.booleans())  # fmt: skip
def test_what_is_stored_survives_json_and_is_taken_again(value, type_, array):
    check = check_of(declared(type_, values=["a"], array=array))
    try:
        stored = check(value)
    except NotAValue:
        return
    assert same(msgspec.json.decode(msgspec.json.encode(stored)), stored)
    assert same(json.loads(msgspec.json.encode(stored)), stored)
    assert same(check(stored), stored)
