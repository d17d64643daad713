"""Requests hold all texts in order, each once, within the limits wherever a text fits at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projectors.embedding.packs import packs, tokens_at_most


@settings(max_examples=40)
@given(st.lists(st.text(max_size=40)), st.integers(1, 5), st.integers(5, 60))
def test_every_text_once_in_order_within_the_limits(texts, inputs, tokens):
    made = list(packs(texts, inputs, tokens))
    assert [at for some in made for at in some] == list(range(len(texts)))
    for some in made:
        assert 0 < len(some) <= inputs
        assert len(some) == 1 or sum(tokens_at_most(texts[at]) for at in some) <= tokens


@pytest.mark.parametrize(
    ("text", "tokens"), [("The quick brown fox jumps over it. " * 20, 180), ("항공기 정비 기록을 남긴다. " * 20, 300)]
)
def test_the_bound_is_above_what_vocabularies_make_of_it(text, tokens):
    assert tokens_at_most(text) >= tokens
