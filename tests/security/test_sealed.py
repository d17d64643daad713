import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.sealed import SealBroken, Sealed, nonce_of, seal, unseal

KEY, NONCE, ENTITY, PATH = bytes(range(32)), bytes(range(12)), "object/Person/7", "/name"
SEALED = seal(b'"Kim"', "k1", KEY, NONCE, ENTITY, PATH)
names = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.binary(), st.binary(min_size=32, max_size=32), st.binary(min_size=12, max_size=12), names, names)
def test_what_was_sealed_for_a_place_is_read_there(value, key, nonce, entity, path):
    assert unseal(seal(value, "k1", key, nonce, entity, path), key, entity, path) == value


@pytest.mark.parametrize(
    ("sealed", "key", "entity", "path"),
    [
        (SEALED, bytes(32), ENTITY, PATH),
        (SEALED, KEY, "object/Person/8", PATH),
        (SEALED, KEY, ENTITY, "/nickname"),
        (SEALED, KEY, ENTITY + PATH, ""),
        (Sealed("k1", SEALED.nonce, "AAAA" + SEALED.ct[4:]), KEY, ENTITY, PATH),
        (Sealed("k1", SEALED.nonce, ""), KEY, ENTITY, PATH),
        (Sealed("k1", "", SEALED.ct), KEY, ENTITY, PATH),
        (Sealed("k1", "AAAA", SEALED.ct), KEY, ENTITY, PATH),
        (Sealed("k1", SEALED.nonce, SEALED.ct + "\n"), KEY, ENTITY, PATH),
        (Sealed("k1", SEALED.nonce, SEALED.ct[:-1]), KEY, ENTITY, PATH),
        (Sealed("k1", "é" * 16, SEALED.ct), KEY, ENTITY, PATH),
    ],
)
def test_another_key_place_or_text_reads_nothing(sealed, key, entity, path):
    with pytest.raises(SealBroken, match="key k1"):
        unseal(sealed, key, entity, path)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ((b'"Kim"', KEY, ENTITY, PATH), True),
        ((b'"Lee"', KEY, ENTITY, PATH), False),
        ((b'"Kim"', bytes(32), ENTITY, PATH), False),
        ((b'"Kim"', KEY, "object/Person/8", PATH), False),
        ((b'"Kim"', KEY, ENTITY + PATH, ""), False),
    ],
)
def test_a_nonce_is_of_value_key_and_place(other, same):
    assert (nonce_of(b'"Kim"', KEY, ENTITY, PATH) == nonce_of(*other)) is same


@given(st.integers(0, 20), st.integers(1, 255))
def test_one_changed_byte_is_seen(at, change):
    ciphertext = bytearray(base64.b64decode(SEALED.ct))
    ciphertext[at % len(ciphertext)] ^= change
    with pytest.raises(SealBroken):
        unseal(Sealed("k1", SEALED.nonce, base64.b64encode(ciphertext).decode()), KEY, ENTITY, PATH)


@pytest.mark.parametrize(("key", "nonce"), [(b"short", NONCE), (bytes(16), NONCE), (KEY, b"short"), (KEY, bytes(16))])
def test_sizes_are_fixed(key, nonce):
    with pytest.raises(ValueError, match=r"has (12|32) bytes"):
        seal(b"1", "k1", key, nonce, ENTITY, PATH)


def test_a_sealed_value_is_an_object_of_three_texts():
    assert msgspec.json.decode(msgspec.json.encode(SEALED), type=Sealed) == SEALED
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"kid":"k1","nonce":"","ct":"","other":1}', type=Sealed)
