from collections.abc import Sequence
from math import log2

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from documents.delta import Corrupt, Delta, Form, Samples, base_of, checksum, packed, unpacked
from documents.delta.frames import LARGEST, SAMPLES_BYTES
from tests.documents.test_diff import documents

NOTHING = Samples(b"")
encode = msgspec.json.Encoder().encode
texts = documents.map(encode)
FLIGHT = encode(
    {"type": "Flight", "key": "UA-1", "properties": {"origin": "JFK", "memo": "정시 출발", "stops": [1, 2]}}
)
LATER = FLIGHT.replace(b"JFK", b"EWR")


def chained(history: Sequence[bytes], samples: Samples = NOTHING) -> list[Delta]:
    found = []
    for number, text in enumerate(history):
        base = base_of(number)
        found.append(packed(text, None if base is None else history[base], samples))
    return found


def read(chain: Sequence[Delta], number: int, samples: Samples = NOTHING) -> bytes:
    base = base_of(number) if chain[number].form.needs_base else None
    return unpacked(chain[number], None if base is None else read(chain, base, samples), samples)


@given(st.lists(texts, min_size=1, max_size=12), st.lists(texts, max_size=3))
def test_each_document_of_a_chain_reads_back_to_the_same_bytes(history, others) -> None:
    samples = Samples.of(others)
    chain = chained(history, samples)
    assert [read(chain, number, samples) for number in range(len(history))] == history


@given(texts, texts)
def test_a_delta_is_never_larger_than_the_document(base, text) -> None:
    assert len(packed(text, base, NOTHING).data) <= max(len(text), 20)


@example({"b": 1, "a": 2}, {"a": 2, "b": 1})
@given(documents, documents)
def test_the_order_of_names_is_kept(old, new) -> None:
    delta = packed(encode(new), encode(old), NOTHING)
    assert unpacked(delta, encode(old), NOTHING) == encode(new)


@given(st.integers(1, 5_000))
def test_a_document_is_few_deltas_away_from_a_whole_one(count) -> None:
    def deltas(number: int) -> int:
        base = base_of(number)
        return 0 if base is None else 1 + deltas(base)

    assert max(map(deltas, range(count))) <= log2(count) + 1


@given(st.lists(texts, min_size=2, max_size=6), st.data())
def test_a_flipped_bit_is_found_or_changes_nothing(history, data) -> None:
    chain = chained(history)
    number = data.draw(st.integers(0, len(chain) - 1))
    form, kept, check = chain[number]
    broken = bytearray(kept)
    bit = data.draw(st.integers(0, len(kept) * 8 - 1))
    broken[bit // 8] ^= 1 << bit % 8
    chain[number] = Delta(form, bytes(broken), check)
    for later in range(len(chain)):
        try:
            assert read(chain, later) == history[later]
        except Corrupt:
            continue


@given(st.sampled_from(Form), st.binary(max_size=60), texts)
def test_rubbish_is_corrupt(form, data, base) -> None:
    if form is not Form.WHOLE:
        with pytest.raises(Corrupt):
            unpacked(Delta(form, data, b"1234"), base, NOTHING)


def test_a_frame_that_promises_too_much_is_corrupt_before_it_is_read() -> None:
    promise = b"\xe0" + (LARGEST + 1).to_bytes(8, "little")
    with pytest.raises(Corrupt, match="67,108,865 bytes is said to follow"):
        unpacked(Delta(Form.BINARY, promise, b"1234"), FLIGHT, NOTHING)


def test_another_base_is_corrupt() -> None:
    delta = packed(LATER, FLIGHT, NOTHING)
    with pytest.raises(Corrupt):
        unpacked(delta, FLIGHT.replace(b"UA-1", b"UA-2"), NOTHING)


@pytest.mark.parametrize(
    ("text", "base", "form"),
    [
        (b"[]", None, Form.WHOLE),
        (FLIGHT, None, Form.COMPRESSED),
        (LATER, FLIGHT, Form.BINARY),
        (FLIGHT, FLIGHT, Form.PATCH),
        (encode("nothing in common"), encode("도무지 다른 것"), Form.WHOLE),
    ],
)
def test_the_smallest_form_is_taken(text, base, form) -> None:
    samples = Samples.of([FLIGHT.replace(b"UA-1", b"KE-9")])
    assert packed(text, base, samples).form is form


def test_changes_all_over_a_large_document_are_a_patch_against_samples() -> None:
    long = {"rows": [{"id": number, "text": f"{number * 7919 % 99991:x}" * 3} for number in range(300)]}
    old = encode(long)
    for row in long["rows"][::20]:
        row["text"] = "바뀐 글"
    delta = packed(encode(long), old, NOTHING)
    assert delta.form is Form.PACKED_PATCH
    assert unpacked(delta, old, NOTHING) == encode(long)


def test_samples_take_as_many_documents_as_have_room() -> None:
    assert Samples.of([b"1" * SAMPLES_BYTES, b"2", b"3"]).text == b"1" * SAMPLES_BYTES
    assert Samples.of([b"1" * (SAMPLES_BYTES + 1), b"2"]).text == b"2"


def test_a_checksum_is_of_the_document() -> None:
    assert packed(LATER, FLIGHT, NOTHING).checksum == checksum(LATER) == checksum(bytes(LATER))
