"""Who an OAuth 2.0 client is, said by its key in place of a secret: a JWT for the token endpoint. Pure.

header {alg, typ, kid?} . {iss, sub, aud, iat, exp, jti} . signature      each in base64url; alg is what the key is of

Source: RFC 7523, 3; RFC 7518, 3.1; RFC 8037, 3.1.
"""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SECONDS: Final = 120  # that an assertion holds
_RSA_BITS: Final = 2_048  # at least


class BadKey(ValueError):
    """Not a private key that signs assertions; the key does not stand in the message."""

    def __init__(self) -> None:
        super().__init__("a client's key is PEM without a password: RSA from 2,048 bits, P-256, P-384 or Ed25519")


def assertion(pem: str, client: str, audience: str, now: int, identity: str, key: str | None = None) -> str:
    """Of `client` for `audience`, the token endpoint's URL. `now` in s since the epoch; `identity` is used once; `key`: its `kid`.

    Raises `BadKey`.
    """
    private = _loaded(pem)
    header = {"alg": _algorithm(private), "typ": "JWT"} | ({} if key is None else {"kid": key})
    claims = {"iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + SECONDS, "jti": identity}
    signed = f"{_json(header)}.{_json(claims)}"
    return f"{signed}.{_base64(_signature(private, signed.encode()))}"


_Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


@lru_cache(1_024)
def _loaded(pem: str) -> _Key:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey from None
    if isinstance(key, RSAPrivateKey) and key.key_size >= _RSA_BITS:
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1 | SECP384R1):
        return key
    raise BadKey


def _algorithm(key: _Key) -> str:
    if isinstance(key, EllipticCurvePrivateKey):
        return "ES256" if key.key_size == 256 else "ES384"
    return "RS256" if isinstance(key, RSAPrivateKey) else "EdDSA"


def _signature(key: _Key, signed: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(signed)
    size = key.key_size // 8
    r, s = decode_dss_signature(key.sign(signed, ECDSA(hashes.SHA256() if size == 32 else hashes.SHA384())))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _json(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
