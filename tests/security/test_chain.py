import uuid

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from security.chain import ChainBroken, body_hash, commit_id, event_id, genesis, verify
from security.uuid7 import uuid7

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(texts), texts, texts, texts, st.lists(st.tuples(texts, texts, texts)))
def test_a_commit_id_is_the_hash_of_canonical_json(parents, author, time, message, events):
    canonical = rfc8785.dumps([parents, author, time, message, [list(event) for event in events]])
    assert commit_id(parents, author, time, message, events) == body_hash(canonical)


def test_a_commit_id_depends_on_the_order_of_its_events():
    one, two = ("t", "s", "1"), ("t", "s", "2")
    assert commit_id([], "a@b", "now", "", [one, two]) != commit_id([], "a@b", "now", "", [two, one])


def bodies(count, after=0, prevhash=None):
    prevhash = prevhash or genesis("main")
    made = []
    for position in range(after + 1, after + count + 1):
        made.append(
            msgspec.json.encode({"sequence": f"{position:020d}", "prevhash": prevhash, "data": {"n": position}})
        )
        prevhash = body_hash(made[-1])
    return made


def test_a_whole_chain_gives_the_hash_of_its_last_body():
    run = bodies(5)
    assert verify(run, 0, genesis("main")) == body_hash(run[-1])
    assert verify(run[2:], 2, body_hash(run[1])) == body_hash(run[-1])
    assert verify([], 5, body_hash(run[-1])) == body_hash(run[-1])


@given(st.integers(0, 4), st.data())
def test_one_changed_byte_breaks_the_chain(index, data):
    run = bodies(6)
    at = data.draw(st.integers(0, len(run[index]) - 1))
    run[index] = run[index][:at] + bytes([run[index][at] ^ 1]) + run[index][at + 1 :]
    with pytest.raises(ChainBroken) as broken:
        verify(run, 0, genesis("main"))
    assert broken.value.position in (index + 1, index + 2)


def test_a_missing_body_and_a_foreign_start_break_the_chain():
    run = bodies(4)
    with pytest.raises(ChainBroken, match="position 2: sequence"):
        verify([run[0], run[2]], 0, genesis("main"))
    with pytest.raises(ChainBroken, match="position 1: prevhash"):
        verify(run, 0, genesis("other"))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b'{"sequence":"\xff","prevhash":""}'])
def test_what_is_no_event_breaks_the_chain(body):
    with pytest.raises(ChainBroken, match="the body"):
        verify([body], 0, genesis("main"))


@given(st.integers(0, 2**48 * 1000 - 1), st.integers(0, 2**128))
def test_an_id_is_a_uuid_of_version_7_with_its_time(time, chance):
    made = uuid.UUID(uuid7(time, chance))
    assert str(made) == uuid7(time, chance)
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == time // 1000


@given(
    st.lists(
        st.tuples(st.integers(0, 2**48 * 1000 - 1), st.integers(0, 2**62)), min_size=2, unique_by=lambda pair: pair[0]
    )
)
def test_ids_sort_as_their_times(pairs):
    assert sorted(uuid7(*pair) for pair in pairs) == [uuid7(*pair) for pair in sorted(pairs)]


def test_the_same_event_has_the_same_id():
    assert event_id(1_700_000_000_123_456, "ab" * 32) == event_id(1_700_000_000_123_456, "ab" * 32)
    assert event_id(1_700_000_000_123_456, "ab" * 32) != event_id(1_700_000_000_123_456, "cd" * 32)
