"""Laws of versions of value types: what a wider one lets through holds all that the narrower one did."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from events.schema.constrained import accepts, check_of_version, narrowing
from events.schema.constraint import Constraint, faults, stored
from events.schema.values import NotAValue, same

numbers = st.integers(-5, 5)
texts = st.text("ab김", max_size=4)
dates = st.sampled_from(["2023-12-31", "2024-02-29", "2024-03-01"])
patterns = st.sampled_from(["a*", "a*|b", "[ab]+", "김|a", "(?i)A*", ""])
units = st.sampled_from([{}, {"unit": "kg"}, {"unit": "t"}])


def bounded(values):
    return st.fixed_dictionaries({}, optional={"min": values, "max": values}) | st.fixed_dictionaries(
        {"enum": st.lists(values, min_size=1, max_size=3, unique=True)}
    )


lengths = st.fixed_dictionaries({}, optional={"minLength": numbers, "maxLength": numbers, "regex": patterns})
kinds = {
    "integer": (numbers, bounded(numbers)),
    "number": (numbers, bounded(numbers)),
    "date": (dates, bounded(dates)),
    "boolean": (st.booleans(), st.just({}) | st.just({"enum": [True]})),
    "string": (texts, lengths | st.fixed_dictionaries({"enum": st.lists(texts, min_size=1, max_size=3, unique=True)})),
}
bases = st.sampled_from(sorted(kinds))


@st.composite
def versions(draw, base):
    values = {**draw(kinds[base][1]), **draw(units)}
    assume(all(values.get(name, 0) >= 0 for name in ("minLength", "maxLength")))
    asked = Constraint.model_validate(values, by_alias=True, by_name=False)
    assume(not list(faults(base, asked, "")))
    return stored(base, asked).model_dump(by_alias=True, exclude_none=True)


@given(st.data(), bases)
def test_a_wider_version_lets_through_what_the_narrower_did(data, base):
    old, new = data.draw(versions(base)), data.draw(versions(base))
    value = data.draw(kinds[base][0])
    if accepts(old, value) and not list(narrowing(old, new)):
        assert accepts(new, value)


@given(st.data(), bases)
def test_of_two_versions_that_differ_at_most_one_is_wider(data, base):
    old, new = data.draw(versions(base)), data.draw(versions(base))
    value = data.draw(kinds[base][0])
    if not list(narrowing(old, new)) and not list(narrowing(new, old)):
        assert accepts(old, value) == accepts(new, value)
        assert old.get("unit") == new.get("unit")


@given(st.data(), bases)
def test_no_version_is_narrower_than_itself(data, base):
    version = data.draw(versions(base))
    assert list(narrowing(version, version)) == []


@given(st.data(), bases)
def test_what_is_let_through_is_stored_and_fits_again(data, base):
    version, value = data.draw(versions(base)), data.draw(kinds[base][0])
    if accepts(version, value):
        kept = check_of_version(version)(value)
        assert same(check_of_version(version)(kept), kept)


@given(st.text(max_size=12))
@example("a)|(b")
@example("(?x)a #")
@example("(?m)^a$")
def test_a_pattern_holds_for_the_whole_text(regex):
    asked = Constraint(regex=regex)
    assume(not list(faults("string", asked, "")))
    version = stored("string", asked).model_dump(by_alias=True, exclude_none=True)
    plain = regex.isalnum()
    assert not plain or (
        accepts(version, regex) and not accepts(version, regex + "\n") and not accepts(version, "x\n" + regex)
    )


@pytest.mark.parametrize(
    ("version", "value", "code", "said"),
    [
        ({"base": "integer", "min": 1, "unit": "석"}, 0, "VALUE_BOUND", "is 0 석; at least 1 석"),
        ({"base": "number", "max": 2.5}, 3, "VALUE_BOUND", "is 3.0; at most 2.5"),
        ({"base": "date", "min": "2024-01-01"}, "2023-12-31", "VALUE_BOUND", "is 2023-12-31; at least 2024-01-01"),
        ({"base": "string", "minLength": 3}, "김포", "VALUE_LENGTH", "has 2 characters; at least 3"),
        ({"base": "string", "maxLength": 1}, "김포", "VALUE_LENGTH", "has 2 characters; at most 1"),
        ({"base": "string", "enum": ["a", "b"]}, "c", "VALUE_ENUM", "is 'c', none of 'a', 'b'"),
        ({"base": "string", "regex": "[가-힣]+"}, "Gimpo", "VALUE_PATTERN", "is 'Gimpo', which does not fit '[가-힣]+'"),
        ({"base": "string", "regex": "(a+)+"}, "a" * 10_001, "VALUE_LENGTH", "has 10,001 characters; at most 10,000 are held against a pattern"),
        ({"base": "integer", "min": 1}, "1", "VALUE_TYPE", "is '1', not an integer"),
    ],
)  # fmt: skip
def test_what_is_not_let_through(version, value, code, said):
    with pytest.raises(NotAValue) as refused:
        check_of_version(version)(value)
    assert (refused.value.code, refused.value.text) == (code, said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"base": "integer"}, {"base": "integer", "min": 1}, ["min is new 1"]),
        ({"base": "integer", "max": 9}, {"base": "integer", "max": 8}, ["max 9 becomes 8"]),
        ({"base": "integer", "unit": "kg"}, {"base": "integer", "unit": "t"}, ["the unit kg becomes t"]),
        ({"base": "string", "enum": ["a", "b"]}, {"base": "string", "regex": "a"}, ["'b' would not fit any more"]),
        ({"base": "string", "enum": ["a", "b"]}, {"base": "string", "regex": "[a-z]"}, []),
        ({"base": "string"}, {"base": "string", "enum": ["a"]}, ["only 1 values would fit"]),
        ({"base": "string", "regex": "a"}, {"base": "string", "regex": "a|b"}, []),
        ({"base": "string", "regex": "a"}, {"base": "string", "regex": "ab"}, ["texts must fit 'ab', not 'a'"]),
        ({"base": "string", "minLength": 1}, {"base": "string", "minLength": 0}, []),
        ({"base": "string"}, {"base": "integer"}, ["string becomes integer"]),
    ],
)
def test_how_a_version_is_narrower(old, new, said):
    assert list(narrowing(old, new)) == said
