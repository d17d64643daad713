"""What OMS signs is verified in JavaScript: by Node's own crypto, and by npm's `standardwebhooks` (`make test-npm`)."""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from security.webhook_secrets import ed25519_secret, hmac_secret
from security.webhook_signatures import headers

NODE = shutil.which("node")
MODULES = os.environ.get("OMS_NODE_MODULES", "")
BODY = '{"이름":"인천","n":1.5}'.encode()
pytestmark = pytest.mark.skipif(NODE is None, reason="no node")


def verified(cases, *modules):
    """(secret shown, headers, body): whether each is."""
    told = [
        {"secret": secret, "headers": signed, "body": base64.b64encode(body).decode()} for secret, signed, body in cases
    ]
    script = str(Path(__file__).with_name("verify.cjs"))
    done = subprocess.run(
        [str(NODE), script, *modules], input=json.dumps(told), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def signed_with(kinds):
    now, old, new = round(time.time()), kinds(b"o" * 32), kinds(b"n" * 32)
    made = headers("msg_1", now, BODY, [new.secret, old.secret])
    other = kinds(b"x" * 32)
    return [
        (new.shown, made, BODY),
        (old.shown, made, BODY),
        (other.shown, made, BODY),
        (new.shown, made, BODY[:-1] + b" "),
        (new.shown, {**made, "webhook-id": "msg_2"}, BODY),
        (new.shown, {**made, "webhook-timestamp": str(now + 1)}, BODY),
    ]


RIGHT = [True, True, False, False, False, False]


@pytest.mark.parametrize("kinds", [hmac_secret, ed25519_secret])
def test_nodes_crypto_verifies_it(kinds):
    assert verified(signed_with(kinds)) == RIGHT


@pytest.mark.skipif(not MODULES, reason="OMS_NODE_MODULES names no folder with npm's standardwebhooks")
def test_the_package_of_npm_verifies_it():
    assert verified(signed_with(hmac_secret), MODULES) == RIGHT
