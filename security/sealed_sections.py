"""Sections of an encrypted document: each sealed under the document's own key, which travels inside the sealed document.

    object ─ data key ─► closed value: {stub, key} ─ key ─► {sealed: {kid, nonce, ct}} ─► content, with the stubs of others

Whoever destroys the data key takes the document's key with it, wherever the value was written again meanwhile. What a
section is called is a digest of what is sealed: it says nothing of the content, and equal documents of two objects have
nothing in common. What is equal in one document is sealed alike, so a change of one part leaves the others as they are.

NOTE stored format: what was sealed once is opened so for ever.
"""

import hmac
from hashlib import sha256
from typing import Any, Final

import msgspec

from security.sealed import Sealed, nonce_of, seal, unseal

Json = Any
SEALED: Final = "sealed"
_PLACE: Final = (
    "section",
    "",
)  # a section is found by what it is called alone; where it stands is authenticated above it
_encode: Final = msgspec.json.Encoder().encode  # members stay in their order
_decode: Final = msgspec.json.Decoder().decode


def sealed(content: Json, key: str) -> Json:
    """`{sealed: {kid, nonce, ct}}`. `key`: 64 hexadecimal digits."""
    secret, text = bytes.fromhex(key), _encode(content)
    made = seal(text, kid_of(key), secret, nonce_of(text, secret, *_PLACE), *_PLACE)
    return {SEALED: {"kid": made.kid, "nonce": made.nonce, "ct": made.ct}}


def opened(content: Json, key: str) -> Json:
    """The content of a section, sealed or not. Raises `SealBroken`."""
    if not is_sealed(content):
        return content
    return _decode(unseal(Sealed(**content[SEALED]), bytes.fromhex(key), *_PLACE))


def is_sealed(content: Json) -> bool:
    return type(content) is dict and content.keys() == {SEALED}


def kid_of(key: str) -> str:
    """What is said of a key beside what it seals: nothing that leads back to it."""
    return hmac.new(bytes.fromhex(key), b"kid", sha256).hexdigest()[:32]
