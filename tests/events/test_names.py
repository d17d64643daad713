import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.names import MAX_TOKEN, composed_key, event_subject, key_components, link_key, object_key, token, untoken
from events.wire.attributes import FORBIDDEN

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(texts, min_size=1))
def test_a_composed_key_gives_its_components_back(components):
    assert key_components(composed_key(components)) == components


@given(st.lists(texts, min_size=1), st.lists(texts, min_size=1))
def test_two_keys_are_one_only_if_their_components_are(one, other):
    assert (composed_key(one) == composed_key(other)) == (one == other)


@given(st.lists(texts, min_size=1))
def test_a_composed_key_may_stand_in_an_envelope_and_in_a_link(components):
    key = composed_key(components)
    assert not FORBIDDEN.search(key)
    assert not re.search("[~/]", key)
    assert link_key("flies", key, key).count("~") == 1


@given(texts)
def test_a_token_is_reversible_or_a_digest(text):
    made = token(text)
    assert untoken(made) == text or made.startswith("sha256-")
    assert 0 < len(made.encode()) <= MAX_TOKEN
    assert not re.search(r"[.*>\s\x00-\x1f\x7f-\x9f]", made)


@given(st.lists(texts.filter(lambda text: len(text) < 40), min_size=2, max_size=2, unique=True))
def test_two_objects_have_two_subjects(keys):
    one, other = (event_subject("main", "prod/flights/main", "object", "Flight", composed_key([key])) for key in keys)
    assert one != other
    assert one.count(".") == other.count(".") == 8


@pytest.mark.parametrize("text", ["공항", "서울.인천", "a b", "*", ">", "%", "", "x" * 10_000, "한" * 67])
def test_an_object_key_of_any_text_is_named(text):
    key = composed_key([text])
    assert object_key("Flight", key) == f"object/Flight/{key}"
    assert event_subject("main", "prod/flights/main", "object", "Flight", key).startswith(
        "oms.evt.main.prod.flights.main.object.Flight."
    )
