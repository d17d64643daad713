"""Signatures as Standard Webhooks 1.0 has them; a library of others verifies ours."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from security.webhook_secrets import ed25519_secret, hmac_secret
from security.webhook_signatures import TOLERANCE, BadSecret, headers, verified

BODY = '{"이름":"인천"}'.encode()


def now():
    return int(datetime.now(UTC).timestamp())


def test_the_example_of_the_specification():
    made = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}',
                   ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])  # fmt: skip
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=300).filter(lambda body: not body or body.isascii()))
def test_the_library_of_others_verifies_what_we_sign(random, body):
    secret = hmac_secret(random)
    made = headers("msg-1", now(), body, [secret.secret])
    Webhook(secret.shown).verify(body, made, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret.shown).verify(body + b" ", made, json_parse=False)


def test_both_secrets_of_a_rotation_verify():
    old, new = hmac_secret(b"o" * 24), hmac_secret(b"n" * 32)
    made = headers("msg-1", now(), BODY, [new.secret, old.secret])
    for secret in (old, new):
        Webhook(secret.shown).verify(BODY, made, json_parse=False)


def test_what_is_signed_with_ed25519_is_verified_with_what_was_shown():
    secret = ed25519_secret(b"s" * 32)
    made = headers("msg-1", 5, BODY, [secret.secret])
    kind, _, text = made["webhook-signature"].partition(",")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret.shown.removeprefix("whpk_")))
    public.verify(base64.b64decode(text), b"msg-1.5." + BODY)
    assert kind == "v1a"
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(text), b"msg-1.6." + BODY)


def test_an_identity_holds_no_dot():
    with pytest.raises(ValueError, match="dot"):
        headers("msg.1", 5, BODY, [hmac_secret(b"n" * 24).secret])


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_" + base64.b64encode(b"short").decode(),
                                    "whsk_" + base64.b64encode(b"x" * 32).decode(), base64.b64encode(b"x" * 32).decode()])  # fmt: skip
def test_what_is_no_secret_is_refused_and_not_repeated(secret):
    with pytest.raises(BadSecret) as refused:
        headers("msg-1", 5, BODY, [secret])
    assert not secret or secret not in str(refused.value).split()


@pytest.mark.parametrize("secret", [hmac_secret(b"n" * 24), ed25519_secret(b"s" * 32)])
def test_what_was_signed_is_verified_within_minutes_and_by_its_key_alone(secret):
    made = headers("msg-1", 1_000, BODY, [hmac_secret(b"o" * 24).secret, secret.secret])
    assert verified(made, BODY, [secret.shown], 1_000 + TOLERANCE)
    assert not verified(made, BODY, [secret.shown], 1_001 + TOLERANCE)
    assert not verified(made, BODY, [secret.shown], 999 - TOLERANCE)
    assert not verified(made, BODY + b" ", [secret.shown], 1_000)
    assert not verified({**made, "webhook-id": "msg-2"}, BODY, [secret.shown], 1_000)
    assert not verified(made, BODY, [hmac_secret(b"x" * 24).shown, ed25519_secret(b"x" * 32).shown], 1_000)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "-5"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1a,한"},
        {"webhook-signature": "v1a"},
        {"webhook-id": ""},
    ],
)
def test_headers_that_say_nothing_verify_nothing(said):
    secret = ed25519_secret(b"s" * 32)
    made = headers("msg-1", 1_000, BODY, [secret.secret])
    assert not verified({**made, **said} if said else {}, BODY, [secret.shown], 1_000)


@pytest.mark.parametrize("key", ["", "whsec_!", "whsec_YQ==", "whpk_YQ==", "whpk_!", "other_YWFh"])
def test_what_is_no_key_is_refused(key):
    made = headers("msg-1", 1_000, BODY, [hmac_secret(b"n" * 24).secret])
    with pytest.raises(BadSecret):
        verified(made, BODY, [key], 1_000)
