"""Signed commands: who signs is believed, who ought to sign and does not is not."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from security.signers import NOBODY, NotAKey, Signers, signed_bytes

ALICE, EVE = (Ed25519PrivateKey.from_private_bytes(seed * 32) for seed in (b"a", b"e"))
COMMAND = {
    "id": "c1",
    "type": "CreateObject",
    "branch": "prod/main/main",
    "data": {"type": "공항", "properties": {"고도": 1.50}},
}


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(command: dict[str, Any], key: Ed25519PrivateKey = ALICE) -> dict[str, Any]:
    return {**command, "signature": text(key.sign(signed_bytes(command)))}


SIGNERS = Signers({"alice": [text(EVE.public_key().public_bytes_raw()), text(ALICE.public_key().public_bytes_raw())]})


def test_a_command_by_any_key_of_its_principal_has_no_fault():
    assert SIGNERS.fault("alice", signed(COMMAND)) is None
    assert SIGNERS.fault("alice", signed(COMMAND, EVE)) is None
    assert SIGNERS.fault("alice", dict(reversed(signed(COMMAND).items()))) is None
    assert SIGNERS.fault("bob", COMMAND) is None
    assert NOBODY.fault("alice", COMMAND) is None


@pytest.mark.parametrize(
    ("principal", "command", "why"),
    [
        ("alice", COMMAND, "is not signed"),
        ("alice", {**signed(COMMAND), "id": "c2"}, "not one by alice"),
        ("alice", {**signed(COMMAND), "data": {}}, "not one by alice"),
        ("alice", {**COMMAND, "signature": "?"}, "cannot be checked"),
        ("alice", {**COMMAND, "signature": 1}, "not one by alice"),
        ("alice", signed(COMMAND) | {"data": {"n": 2**60}}, "cannot be checked"),
        ("bob", signed(COMMAND), "no key of bob"),
    ],
)
def test_what_is_not_by_who_sends_it_is_at_fault(principal, command, why):
    assert why in (SIGNERS.fault(principal, command) or "")


@pytest.mark.parametrize("key", ["", "AAAA", "가", "=" * 44, "A" * 44])
def test_what_is_no_key_is_refused_without_being_shown(key):
    with pytest.raises(NotAKey, match="bob"):
        Signers({"bob": [key]})
