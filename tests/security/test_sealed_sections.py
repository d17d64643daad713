"""Sections of encrypted documents: what is equal is sealed alike under one key, and opened by that key alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.sealed import SealBroken
from security.sealed_sections import is_sealed, kid_of, opened, sealed

KEY, OTHER = "01" * 32, "02" * 32
contents = st.dictionaries(st.text(), st.text() | st.integers(-5, 5) | st.lists(st.booleans()), max_size=3)


@given(contents)
def test_a_section_is_opened_by_its_key_and_no_other(content):
    stored = sealed(content, KEY)
    assert is_sealed(stored)
    assert opened(stored, KEY) == content
    assert list(opened(stored, KEY)) == list(content)
    assert sealed(content, KEY) == stored != sealed(content, OTHER)
    with pytest.raises(SealBroken):
        opened(stored, OTHER)


def test_what_is_not_sealed_is_what_it_is():
    assert opened({"text": "점검"}, "") == {"text": "점검"}
    assert not is_sealed({"text": "점검"})


def test_nothing_beside_a_section_says_its_key():
    stored = sealed({"text": "점검"}, KEY)
    assert KEY not in str(stored)
    assert stored["sealed"]["kid"] == kid_of(KEY) != kid_of(OTHER)
