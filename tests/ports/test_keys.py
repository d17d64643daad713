"""What every key store must do: what is kept is found by its owner, what is destroyed is nowhere."""

import pytest

from adapters.lent_keys import LentKeys
from adapters.memory_keys import MemoryKeys
from adapters.sqlite_keys import SqliteKeys
from producers.keys import DataKey

KIM, LEE = (f"{n:032x}" for n in (1, 2))


def key(owner, n):
    return DataKey(f"{owner}-{n:016x}", bytes([n]) * 32)


@pytest.fixture(params=["memory", "sqlite", "lent"])
def keys(request, tmp_path):
    path = tmp_path / "keys" / "keys.db"
    made = {"memory": MemoryKeys, "sqlite": lambda: SqliteKeys(path), "lent": lambda: LentKeys(path)}
    store = made[request.param]()
    yield store
    if request.param != "memory":
        store.close()


def test_at_first_nobody_has_a_key(keys):
    assert (list(keys.of(KIM)), keys.count(), keys.destroy(["none"])) == ([], 0, 0)


def test_keys_are_found_by_their_owner_in_order(keys):
    keys.keep([key(KIM, 1), key(LEE, 2)])
    keys.keep([key(KIM, 3)])
    assert list(keys.of(KIM)) == [key(KIM, 1), key(KIM, 3)]
    assert list(keys.of(LEE)) == [key(LEE, 2)]
    assert keys.count() == 3


def test_keeping_a_key_again_changes_nothing(keys):
    for _ in range(2):
        keys.keep([key(KIM, 1)])
    assert list(keys.of(KIM)) == [key(KIM, 1)]


def test_what_is_destroyed_is_gone_and_destroying_it_again_is_nothing(keys):
    keys.keep([key(KIM, 1), key(LEE, 2)])
    assert keys.destroy([key(KIM, 1).kid, "none"]) == 1
    assert keys.destroy([key(KIM, 1).kid]) == 0
    assert (list(keys.of(KIM)), list(keys.of(LEE))) == ([], [key(LEE, 2)])


def test_the_key_for_tokens_stays_the_same(keys):
    assert len(keys.index_key()) == 32
    assert keys.index_key() == keys.index_key()


def test_lent_keys_are_used_and_never_written(tmp_path):
    path = tmp_path / "keys.db"
    owner = SqliteKeys(path)
    owner.keep([key(KIM, 1), key(LEE, 2)])
    token_key = owner.index_key()
    lent = LentKeys(path)
    lent.keep([key(KIM, 3)])
    assert lent.destroy([key(KIM, 1).kid, key(KIM, 3).kid]) == 2
    assert (list(lent.of(KIM)), list(lent.of(LEE)), lent.count()) == ([], [key(LEE, 2)], 1)
    assert lent.index_key() == token_key
    assert list(owner.of(KIM)) == [key(KIM, 1)]
    lent.close()
    owner.close()
