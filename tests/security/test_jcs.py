"""Canonical JSON, held against another library's."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from security.jcs import MOST, NoText, text

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-MOST + 1, MOST - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=3), inside, max_size=4),
    max_leaves=12,
)


@given(values)
def test_it_is_what_another_library_writes(value):
    assert text(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-6, "0.000001"), (1e-7, "1e-7"), (-0.0, "0"), (4.5, "4.5"),
        (333333333.3333333, "333333333.3333333"), (1.7976931348623157e308, "1.7976931348623157e+308"), (5e-324, "5e-324"),
        ({"\u20ac": 1, "\ufb33": 2, "\U0001f600": 3, "가": 4}, '{"€":1,"가":4,"\U0001f600":3,"\ufb33":2}'),
        ('\u000f\n"\\가', '"\\u000f\\n\\"\\\\가"'),
    ],
)  # fmt: skip
def test_numbers_and_names_as_ecmascript_has_them(value, written):
    assert text(value) == written


@pytest.mark.parametrize("value", [2**53 + 1, float("nan"), float("inf"), b"x", {1: 2}.keys()])
def test_what_others_would_read_otherwise_has_no_text(value):
    with pytest.raises(NoText):
        text([value])
