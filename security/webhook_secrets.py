"""Secrets of Standard Webhooks 1.0, as they are written for people: who signs has one, who verifies it or its public half.

v1    HMAC-SHA256   whsec_<32 random bytes>                          both sides have it
v1a   Ed25519       whsk_<32 bytes of seed, 32 of the public key>    the receiver has whpk_<32 bytes>
"""

import base64
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RANDOM_BYTES: Final = 32


class WebhookSecret(NamedTuple):
    """`secret` is kept by who signs; `shown` is what a receiver verifies with."""

    secret: str
    shown: str


def hmac_secret(random: bytes) -> WebhookSecret:
    """Of 24 to 64 random bytes."""
    secret = "whsec_" + _base64(random)
    return WebhookSecret(secret, secret)


def ed25519_secret(seed: bytes) -> WebhookSecret:
    """Of 32 random bytes."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return WebhookSecret("whsk_" + _base64(seed + public), "whpk_" + _base64(public))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
