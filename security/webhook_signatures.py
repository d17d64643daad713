"""The three headers of Standard Webhooks 1.0, over exactly the bytes that are sent; made, and verified.

signed: <id>.<timestamp>.<body>       v1 = HMAC-SHA256, v1a = Ed25519; each secret in use adds an entry
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MIN_KEY: Final = 24  # bytes of an HMAC key
MAX_KEY: Final = 64
TOLERANCE: Final = 300  # seconds that a message may be on its way, or that clocks may differ
MOST_SIGNATURES: Final = 16  # of one message that are looked at
KEYS: Final = 4_096  # that are kept decoded
_SEED: Final = 32  # bytes, in front of the public key


class BadSecret(ValueError):
    """Not the text of a secret; it does not stand in the message."""


def headers(identity: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """`identity` stays the same over all tries, `timestamp` (s since the epoch) is of this one; the newest secret first.

    Raises `BadSecret`, and `ValueError` for an identity that holds a dot. Source: Standard Webhooks 1.0, Signature scheme.
    """
    if "." in identity:
        raise ValueError(f"the identity {identity!r} holds a dot, which is what parts it from the timestamp")
    signed = b"%b.%d.%b" % (identity.encode(), timestamp, body)
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join([_signer(secret)(signed) for secret in secrets]),
    }


def verified(headers: Mapping[str, str], body: bytes, keys: Sequence[str], now: float) -> bool:
    """Whether one of the signatures is by one of the keys, and of these minutes: `whsec_…`, or `whpk_…` for Ed25519.

    `headers` by lower-case name; `now` in s since the epoch. Raises `BadSecret` for what is no key.
    """
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identity or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE:
        return False
    signed = b"%b.%b.%b" % (identity.encode(), timestamp.encode(), body)
    given = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    return any(_is_by(key, signed, each) for key in keys for each in given)


def _is_by(key: str, signed: bytes, given: str) -> bool:
    kind, _, text = key.partition("_")
    if kind == "whsec":
        return hmac.compare_digest(_signer(key)(signed).encode(), given.encode())
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        kind = ""
    if kind != "whpk":
        raise BadSecret("a key to verify with is `whsec_` with 24 to 64 bytes, or `whpk_` with 32, in base64")
    version, _, signature = given.partition(",")
    try:
        public.verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return version == "v1a"


@lru_cache(KEYS)
def _signer(secret: str) -> Callable[[bytes], str]:
    """Its key, decoded once."""
    kind, _, text = secret.partition("_")
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSecret("a secret is `whsec_` or `whsk_` and base64") from None
    if kind == "whsec" and MIN_KEY <= len(key) <= MAX_KEY:
        return lambda signed: "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    if kind == "whsk" and len(key) == 2 * _SEED:
        private = Ed25519PrivateKey.from_private_bytes(key[:_SEED])
        return lambda signed: "v1a," + base64.b64encode(private.sign(signed)).decode()
    raise BadSecret("a secret is `whsec_` with 24 to 64 bytes, or `whsk_` with 64")
