"""Expressions: what may be written, what it names, what it comes to, and that none can hold the committer up."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.rules.expressions import MAX_STEPS, MAX_TEXT, NotAnExpression, NotEvaluated, compiled

NAMES = frozenset({"old", "new", "author", "time"})
VALUES = {
    "old": {"상태": "예정", "gate": "A1"},
    "new": {"상태": "출발", "gate": "B2", "delay": 5, "crew": ["김", "이"], "legs": [{"to": "ICN"}, {"to": "CJU"}]},
    "author": "김하나@flights",
    "time": datetime(2024, 2, 29, 12, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("new.delay > 3 && old['상태'] == '예정'", True),
        ("has(new.gone)", False),
        ("!has(new.gone) || new.gone > 1", True),
        ("new.crew.all(each, size(each) == 1)", True),
        ("new.legs.exists(leg, leg.to == 'CJU')", True),
        ("new.legs.map(leg, leg.to)", ["ICN", "CJU"]),
        ("new == old", False),
        ("author.endsWith('@flights')", True),
        ("time > timestamp('2024-01-01T00:00:00Z')", True),
        ("timestamp('2013-01-01T00:00:00+09:00')", "2012-12-31T15:00:00.000000Z"),
        ("new.gate.matches('^[A-Z][0-9]$') // a comment with old.nothing", True),
        (r"'\'new.no\' ' + r'\new' + '''x'y'''", r"'new.no' \newx'y"),
        ("{'gate': new.gate, 'wait': double(new.delay) * 1.5e0}", {"gate": "B2", "wait": 7.5}),
    ],
)
def test_an_expression_comes_to_a_value_of_json(text, value):
    assert compiled(text, NAMES).evaluate(VALUES) == value


@pytest.mark.parametrize("text", ["size('가나다')", "'가나다'.size()", "size( '가나다' )"])
def test_size_counts_characters_not_bytes(text):
    assert compiled(text, NAMES).evaluate({}) == 3


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("new.a > 1 && new['나'] == old.b", {"new": {"a", "나"}, "old": {"b"}}),
        ("new.a.b.c", {"new": {"a"}}),
        ("new.crew.all(x, x == new.gate)", {"new": {"crew", "gate"}}),
        ("new == old && has(new.a)", {"new": None, "old": None}),
        ("'나' in new && 'b' in [new.c]", {"new": {"나", "c"}}),
        ("'a' in new && new != {}", {"new": None}),
        ("'a' in new.b", {"new": {"b"}}),
        ("new[author]", {"new": None, "author": None}),
        ("'new.a'", {}),
    ],
)
def test_an_expression_says_which_members_it_uses(text, members):
    assert compiled(text, NAMES).members == members


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 +", "line 1, character 4"),
        ("new.a >\n  )", "line 2, character 3"),
        ("", "cannot be read"),
        ("nobody.a == 1", "names nobody; it may use author, new, old, time"),
        ("abs(1)", "calls abs"),
        ("T{a: 1}", "names T"),
        ("new.a.all(new, new.b)", "calls an item new"),
        ("new.a.all(x, x.all(y, y.all(z, z)))", "nests 3 comprehensions"),
        ("new.t.matches(old.t)", "no literal"),
        ("new.t.matches('[')", "unclosed character class"),
        (r"new.t.matches('(\\w{99}){99}')", "no pattern"),
        (r"new.t.matches('(a)\\1')", "no pattern"),
        ("1" + " " * MAX_TEXT, "2,001 characters"),
        ("(" * 900, "cannot be read"),
        ("true?" * 250 + "1" + ":1" * 250, "cannot be read"),
    ],
)
def test_what_is_no_expression_says_why_and_where(text, why):
    with pytest.raises(NotAnExpression) as refused:
        compiled(text, NAMES)
    assert why in refused.value.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("new.gone == 1", "needs 'gone', which has no value"),
        ("1 / (new.delay - 5)", "division by zero"),
        ("new.gate + 1", "string + int"),
        ("duration('1h')", "which JSON cannot say"),
        ("9223372036854775807 + new.delay", "overflow"),
    ],
)
def test_what_cannot_be_evaluated_says_why(text, why):
    with pytest.raises(NotEvaluated) as failed:
        compiled(text, NAMES).evaluate(VALUES)
    assert why in failed.value.text


@pytest.mark.parametrize(
    "text",
    [
        "new.xs.map(a, new.xs.map(b, a + b)).size() > 0",
        "new.xs.map(a, new.s + new.s).size() > 0",
        "new.xs.all(a, new.xs.all(b, a + b >= 0))",
        "new.xs.all(a, new.s.matches('(가+)+나'))",
        "(new.xs + new.xs + new.xs).all(a, new.xs.exists(b, a == b))",
    ],
)
@pytest.mark.parametrize("count", [1, 30, 100, 1_000, 5_000])
def test_no_expression_is_evaluated_that_would_take_long(text, count):
    """What is let through takes well under a second; some of what is not would take hours."""
    one, values = compiled(text, NAMES), {"new": {"xs": list(range(count)), "s": "가" * 5_000}}
    if one.steps(values) <= MAX_STEPS:
        one.evaluate(values)
    else:
        assert count > 1
        with pytest.raises(NotEvaluated, match="steps"):
            one.evaluate(values)


def test_an_expression_is_given_no_more_than_it_asks_for():
    large = {"new": {"a": 1, "text": "가" * 100_000}}
    assert compiled("new.a == 1", NAMES).evaluate(large) is True
    with pytest.raises(NotEvaluated, match="bytes of values"):
        compiled("new.text == ''", NAMES).evaluate(large)


@given(st.text("newold.ab1 ()[]{}'\"\\,+&|!?:<=>/*-\n한", max_size=40))
def test_any_text_is_an_expression_or_says_why_not(text):
    with suppress(NotAnExpression, NotEvaluated):
        compiled(text, NAMES).evaluate(VALUES)
