"""A client's key says who it is, to one token endpoint, for a moment."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from security.client_assertions import SECONDS, BadKey, assertion

URL = "https://login.example/token"


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def of_curve(digest):
    def verify(public, signature, signed):
        half = len(signature) // 2
        r, s = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))

    return verify


@pytest.mark.parametrize(
    ("key", "algorithm", "verify"),
    [
        (rsa.generate_private_key(65_537, 2_048), "RS256",
         lambda public, signature, signed: public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())),
        (ec.generate_private_key(ec.SECP256R1()), "ES256", of_curve(hashes.SHA256())),
        (ec.generate_private_key(ec.SECP384R1()), "ES384", of_curve(hashes.SHA384())),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA",
         lambda public, signature, signed: public.verify(signature, signed)),
    ],
    ids=["RS256", "ES256", "ES384", "EdDSA"],
)  # fmt: skip
def test_it_is_signed_by_the_key_in_the_algorithm_of_it(key, algorithm, verify):
    text = assertion(pem(key), "게이트", URL, 1_000, "one", "k-1")
    header, claims, signature = text.split(".")
    assert json.loads(read(header)) == {"alg": algorithm, "typ": "JWT", "kid": "k-1"}
    assert json.loads(read(claims)) == {
        "iss": "게이트", "sub": "게이트", "aud": URL, "iat": 1_000, "exp": 1_000 + SECONDS, "jti": "one",
    }  # fmt: skip
    verify(key.public_key(), read(signature), f"{header}.{claims}".encode())
    assert "kid" not in json.loads(read(assertion(pem(key), "a", URL, 0, "b").partition(".")[0]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "geheim",
        pem(ec.generate_private_key(ec.SECP521R1())),
        pem(ec.generate_private_key(ec.SECP256R1())).replace("A", "B"),
    ],
)
def test_what_is_no_key_for_that_is_refused_without_showing_it(text):
    with pytest.raises(BadKey) as refused:
        assertion(text, "a", URL, 0, "b")
    assert text == "" or text not in str(refused.value)
