"""The ring: closes and opens values, makes keys, and knows what is gone before the store does."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory_keys import MemoryKeys
from events.names import Key
from events.objects.sealing import PURGED, is_closed
from producers.keys import DataKey, KeyRing, owner_of
from security.sealed import SealBroken

ENTITY, PATH = Key("object/Customer/김"), "/phone"
OBJECT, PERSON = "a" * 32, "b" * 32
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def ring(store=None):
    numbers = count(1)
    return KeyRing(store or MemoryKeys(), lambda size: next(numbers).to_bytes(size, "big"))


@given(values, st.lists(st.sampled_from([OBJECT, PERSON]), min_size=1, max_size=2, unique=True))
def test_what_is_closed_is_opened_again(value, owners):
    keys = ring()
    closed = keys.sealed(owners, ENTITY, PATH, value)
    assert is_closed(closed)
    assert [owner_of(kid) for kid in closed["kid"].split("+")] == owners
    assert keys.opened(closed, ENTITY, PATH) == value


def test_equal_values_of_one_place_alone_are_closed_alike_and_one_key_serves_an_owner():
    keys = ring()
    one = keys.sealed([OBJECT], ENTITY, PATH, "010-1234-5678")
    assert keys.sealed([OBJECT], ENTITY, PATH, "010-1234-5678") == one
    others = [
        keys.sealed([OBJECT], ENTITY, PATH, "010-1234-5679"),
        keys.sealed([OBJECT], ENTITY, "/mobile", "010-1234-5678"),
        keys.sealed([OBJECT], Key("object/Customer/이"), PATH, "010-1234-5678"),
        keys.sealed([PERSON], ENTITY, PATH, "010-1234-5678"),
    ]
    assert [other["kid"] == one["kid"] for other in others] == [True, True, True, False]
    assert len({other["nonce"] for other in (one, *others)}) == 5


def test_a_closed_value_cannot_be_moved():
    keys = ring()
    with pytest.raises(SealBroken):
        keys.opened(keys.sealed([OBJECT], ENTITY, PATH, 1), ENTITY, "/name")


def test_what_was_kept_is_opened_by_another_ring():
    store = MemoryKeys()
    keys = ring(store)
    closed = keys.sealed([OBJECT, PERSON], ENTITY, PATH, "김철수")
    assert ring(store).opened(closed, ENTITY, PATH) == PURGED  # a crash: the key was not kept, nor was the event
    keys.settle()
    keys.keep()
    assert ring(store).opened(closed, ENTITY, PATH) == "김철수"
    assert store.count() == 2


@pytest.mark.parametrize("gone", [OBJECT, PERSON])
def test_each_key_of_a_value_is_needed(gone):
    store = MemoryKeys()
    keys = ring(store)
    closed = keys.sealed([OBJECT, PERSON], ENTITY, PATH, "김철수")
    keys.settle()
    keys.keep()
    keys.doom(keys.kids(gone))
    assert keys.opened(closed, ENTITY, PATH) == PURGED
    store.destroy(keys.settle())
    assert ring(store).opened(closed, ENTITY, PATH) == keys.opened(closed, ENTITY, PATH) == PURGED


def test_a_doomed_key_closes_nothing_more():
    keys = ring()
    before = keys.sealed([OBJECT], ENTITY, PATH, 1)
    keys.doom(keys.kids(OBJECT))
    after = keys.sealed([OBJECT], ENTITY, PATH, 1)
    assert before["kid"] != after["kid"]
    assert (keys.opened(before, ENTITY, PATH), keys.opened(after, ENTITY, PATH)) == (PURGED, 1)


def test_a_refused_purge_spares_the_keys():
    keys = ring()
    closed = keys.sealed([OBJECT], ENTITY, PATH, 1)
    keys.settle()
    keys.doom(keys.kids(OBJECT))
    keys.begin()
    assert keys.opened(closed, ENTITY, PATH) == 1


def test_a_command_that_is_not_written_leaves_no_key():
    keys = ring()
    keys.sealed([OBJECT], ENTITY, PATH, 1)
    keys.begin()
    closed = keys.sealed([OBJECT, PERSON], ENTITY, PATH, 2)
    keys.settle()
    keys.keep()
    assert (keys.store.count(), keys.opened(closed, ENTITY, PATH)) == (2, 2)


def test_a_lost_transaction_drops_what_was_not_kept():
    keys = ring()
    keys.sealed([OBJECT], ENTITY, PATH, 1)
    keys.forget()
    keys.keep()
    assert (keys.store.count(), keys.kids(OBJECT)) == (0, [])


def test_tokens_tell_parts_apart():
    keys = ring()
    tokens = {keys.token("value", "Customer", "phone", value) for value in ("1", 1, True, "가", "나")}
    assert len(tokens | {keys.token("value", "Customer", "phone", "가")}) == 5


def test_the_stored_forms_never_change():
    """Golden: what was written under these forms must be read, and found, for ever."""
    store = MemoryKeys(bytes(range(32)))
    store.keep([DataKey(f"{OBJECT}-{1:016x}", b"o" * 32), DataKey(f"{PERSON}-{2:016x}", b"p" * 32)])
    keys = ring(store)
    assert keys.token("object", "object/Customer/김") == "0e3b6746f1a30f1de2467f9aebcca456"
    assert keys.token("subject", "Customer/7") == "671cdbabf902baf3c51a35d8a799096c"
    assert keys.token("value", "Customer", "email", "kim@test.example") == "6ab2d45feb0e0a990d715a9aae754519"
    kid = f"{OBJECT}-{1:016x}+{PERSON}-{2:016x}"
    random = {"kid": kid, "nonce": "AAAAAAAAAAAAAAAB", "ct": "5Wh5ob7UOfyjHf7ld0hHSHzXckzTz1FFjY/RS7az0F0="}
    made = {"kid": kid, "nonce": "yMbwnZl6q7gpcuHA", "ct": "c0KKr2BHkuJ0Pifd9pGNC2+bLaIf5Ufbn0XKCZrNMV4="}
    assert keys.sealed([OBJECT, PERSON], ENTITY, PATH, {"시": "서울"}) == made
    assert [keys.opened(closed, ENTITY, PATH) for closed in (random, made)] == [{"시": "서울"}] * 2
