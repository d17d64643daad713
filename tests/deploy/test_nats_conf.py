"""The server that compose starts has the rules of the embedded one; run as a program, this file writes its configuration."""

import asyncio
import json
import re
from pathlib import Path

from adapters.nats_config import USERS, Login, config
from adapters.nats_server import binary

ROOT = Path(__file__).parent.parent.parent
CONF = ROOT / "deploy" / "nats" / "nats.conf"
HEADER = """\
# The log's server for compose: the rules of the embedded server (adapters/nats_config.py writes both, a test compares).
# Passwords come from the environment; compose.yaml publishes nothing beyond loopback.
"""


def rendered() -> str:
    logins = {user: Login(user, f"$OMS_NATS_{user.upper()}_PASSWORD") for user in USERS}
    document = {"http": "0.0.0.0:8222", **config("oms", "0.0.0.0:4222", "/data", logins, ("main",))}
    unquoted = re.sub(r'"(\$OMS_NATS_[A-Z]+_PASSWORD)"', r"\1", json.dumps(document, indent=2))
    return HEADER + unquoted + "\n"


def test_the_file_is_what_the_rules_say():
    assert CONF.read_text() == rendered()


async def test_the_server_accepts_it():
    environment = {f"OMS_NATS_{user.upper()}_PASSWORD": f"secret-{user}" for user in USERS}
    check = await asyncio.create_subprocess_exec(
        binary(), "-t", "-c", str(CONF), env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await check.communicate()
    assert check.returncode == 0, said.decode()


def test_every_password_is_named_for_compose_and_in_the_example():
    compose, example = (ROOT / "compose.yaml").read_text(), (ROOT / ".env.example").read_text()
    for user in USERS:
        name = f"OMS_NATS_{user.upper()}_PASSWORD"
        assert f"{name}: ${{{name}:?" in compose
        assert f"\n{name}=" in example


if __name__ == "__main__":
    CONF.write_text(rendered())
