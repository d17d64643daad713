"""Encrypted values: what is personal is stored as `{kid, nonce, ct}`; once its key is destroyed, nobody reads it again.

AES-256-GCM. The place of the value (entity key and field path) is authenticated, so a value cannot be moved to another
object or field; the event is not, so a value stays readable wherever the object is written again.

NOTE stored format: pinned by `tests/golden/sealed.json`, it can never change.
"""

import base64
import binascii
import hmac
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kid` names the key in the key store; `nonce` and `ct` (ciphertext and tag) are Base64 (RFC 4648, 4)."""

    kid: str
    nonce: str
    ct: str


class SealBroken(ValueError):
    """The value cannot be read: another key, another place, changed bytes, or no sealed value at all."""

    def __init__(self, kid: str, entity: str, path: str, why: str) -> None:
        self.kid, self.entity, self.path, self.why = kid, entity, path, why
        super().__init__(f"the sealed value of {entity} at {path} (key {kid}) cannot be read: {why}")


def seal(value: bytes, kid: str, key: bytes, nonce: bytes, entity: str, path: str) -> Sealed:
    """`value` is JSON text; `key` 32 bytes; `nonce` 12 bytes, never the same for two values of one key (`nonce_of`).

    `entity` is the entity's key, `path` the JSON Pointer of the field in its properties. Raises `ValueError`.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
    ciphertext = _cipher(key).encrypt(nonce, value, _place(entity, path))
    return Sealed(kid, base64.b64encode(nonce).decode(), base64.b64encode(ciphertext).decode())


def nonce_of(value: bytes, key: bytes, entity: str, path: str) -> bytes:
    """A nonce that only the same value at the same place under the same key has: what is equal is sealed alike.

    Whoever lacks the key learns of two sealed values of one place whether they are equal, and cannot test a guess. A
    synthetic initialization vector in the sense of RFC 5297, made by HMAC-SHA256.
    """
    return hmac.new(hmac.digest(key, b"nonce", sha256), _place(entity, path) + value, sha256).digest()[:NONCE_BYTES]


def unseal(sealed: Sealed, key: bytes, entity: str, path: str) -> bytes:
    """The JSON text that was sealed for this place. Raises `SealBroken`."""
    try:
        nonce, ciphertext = _unbase64(sealed.nonce), _unbase64(sealed.ct)
        if len(nonce) != NONCE_BYTES:
            raise SealBroken(sealed.kid, entity, path, f"a nonce has {NONCE_BYTES} bytes, not {len(nonce)}")
        return _cipher(key).decrypt(nonce, ciphertext, _place(entity, path))
    except binascii.Error:
        raise SealBroken(sealed.kid, entity, path, "nonce and ct must be Base64") from None
    except InvalidTag:
        raise SealBroken(
            sealed.kid, entity, path, "the key or the place is another, or the bytes were changed"
        ) from None


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    return AESGCM(key)


def _place(entity: str, path: str) -> bytes:
    """What is authenticated: RFC 8785 JSON of `[entity, path]`, so no two places give the same bytes."""
    return msgspec.json.encode((entity, path))


def _unbase64(text: str) -> bytes:
    """Raises `binascii.Error` for another spelling too: one value, one text."""
    if not text.isascii():
        raise binascii.Error(text)
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise binascii.Error(text)
    return decoded
