"""Beyond the conformance suite: data, places of faults, limits, and what never goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.filters.candidate import Candidate
from events.filters.cesql import cesql
from events.filters.cesql_parse import MAX_DEPTH
from events.filters.cesql_text import MAX_TEXT, NotCesql
from events.filters.like import like

DATA = '{"key":"UA-1","properties":{"게이트":"7번","delay":12,"late":true,"at":null,"big":9000000000,"tags":["a"]}}'
FLIGHT = Candidate({"type": "io.oms.object.created.v1", "commitsize": 3, "branch": "dev/a/b"}, DATA.encode())


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ("data.properties.게이트 = '7번'", True),
        ("data.properties.delay > 10 AND data.properties.late", True),
        ("data.properties.delay IN (11, 12) AND type LIKE '%.created._1'", True),
        ("EXISTS data.properties.게이트 AND NOT EXISTS data.properties.at", True),
        ("EXISTS data.key.deeper OR EXISTS data.nothing", False),
        ("data.properties.big = '9000000000'", True),
        ("data.properties.big > 0", False),  # it has more than 32 bits
        ("data.properties.tags = '[\"a\"]'", True),
        ("LENGTH(data.properties.게이트) = 2", True),
        ("branch = 'dev/a/b' XOR commitsize = 3", False),
        ("commitsize", False),  # no boolean
        ("4 -1 = 3", True),
        ("-2147483648 < 0", True),
    ],
)
def test_an_expression_reads_attributes_and_data(expression, passes):
    assert cesql(expression).passes(FLIGHT) is passes


@pytest.mark.parametrize(
    ("expression", "at", "why"),
    [
        ("", 1, "the end stands where"),
        ("type = ", 8, "the end stands where a text in quotes"),
        ("type = 'abc", 8, "does not end"),
        ("type == 'a'", 7, "'=' stands where"),
        ("type = 'a' #", 12, "'#' begins nothing"),
        ("type LIKE text", 11, "'text' stands where a text in quotes should"),
        ("type IN ()", 10, "')' stands where"),
        ("type 'a'", 6, "'a' stands where the end should"),
        ("LENGHT(type) = 3", 1, "is it LENGTH?"),
        ("1 = LEFT('a')", 5, "LEFT takes 2 arguments, not 1"),
        ("x = 2147483648", 5, "not between"),
        ("my_ext = 1", 1, "letters and digits only"),
        ("(" * (MAX_DEPTH + 1) + "true" + ")" * (MAX_DEPTH + 1), MAX_DEPTH + 2, "nested more than"),
        ("1" + "+1" * (MAX_DEPTH + 1) + " = 1", 2 * MAX_DEPTH, "nested more than"),
        ("'" + "a" * MAX_TEXT + "'", MAX_TEXT, "characters, at most"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(expression, at, why):
    with pytest.raises(NotCesql) as refused:
        cesql(expression)
    assert (refused.value.at, why in refused.value.why) == (at, True), str(refused.value)


def test_long_chains_are_no_depth_and_mixed_ones_are_told_by_the_grammar():
    assert cesql(" AND ".join(["true"] * 200)).passes(FLIGHT)
    mixed = cesql("false AND false OR true")
    assert (mixed.passes(FLIGHT), mixed.mixed) == (False, 17)
    assert cesql("(false AND false) OR true").mixed is None


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("2147483647 + 1", "math"),
        ("CONCAT(x, x) = 'a'", "functionEvaluation"),
        ("INT(x) = 1", "cast"),
        ("LEFT('abc', x)", "cast"),
    ],
)
def test_what_goes_wrong_has_a_kind_and_passes_nothing(expression, kind):
    large = Candidate({"x": "ab" * 20_000})
    value, fault = cesql(expression).evaluate(large)
    assert fault.kind == kind
    assert not value
    assert not cesql(expression).passes(large)


def naive(text, pattern):
    """LIKE by its definition, on patterns without escapes."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(naive(text[n:], pattern[1:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and naive(text[1:], pattern[1:])


@given(st.text("ab한\n", max_size=8), st.text("ab한%_\n", max_size=7))
def test_like_is_what_its_definition_says(text, pattern):
    assert like(pattern)(text) == naive(text, pattern)


def test_no_pattern_keeps_a_filter_busy():
    assert not like("%a" * 500 + "b")("a" * 60_000)


SIGNS = ["=", "!=", "<", ">=", "+", "-", "*", "/", "%", "AND", "OR", "XOR"]
ATOMS = st.sampled_from(["1", "'a'", "true", "x", "missing", "data.n", "EXISTS x", "LENGTH(x)", "1/0", "'한'"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(SIGNS), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda one: f"(NOT {one})"),
        inner.map(lambda one: f"({one} LIKE 'a%')"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} NOT IN ({two[1]}, 2))"),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, st.sampled_from(["", "a", "12", "true"]))
def test_an_expression_always_has_a_value_of_the_three_types(expression, x):
    value, _ = cesql(expression).evaluate(Candidate({"x": x}, b'{"n":3}'))
    assert type(value) in (str, int, bool)


@given(st.text("abx12 '\"()=<>,.%_\\ANDORIKE한", max_size=30))
def test_any_text_is_an_expression_or_refused_with_a_place_inside_it(text):
    try:
        cesql(text).passes(FLIGHT)
    except NotCesql as refused:
        at = refused.at
    else:
        at = 1
    assert 1 <= at <= len(text) + 1
