"""What a NATS server that somebody else runs refuses comes into the audit, as far as OMS is let hear it; `oms status` says how far."""

import asyncio
import io
import json
from contextlib import redirect_stdout

import pytest

from adapters.nats_connection import connection
from oms.cli import run as commanded
from oms.refused_by_nats import unheard
from oms.running import running
from oms.settings import Settings
from tests.adapters.test_nats_failed_logins import fail

DEADLINE = 30
ELSEWHERE = "oms.evt.main.prod.main.main.object.Airline.UA"


def credentials(server, folder, *users):
    """A file with the logins of these users of the server."""
    path = folder / "given.json"
    path.write_text(json.dumps({"passwords": {user: server.endpoint.logins[user].password for user in users}}))
    return str(path)


@pytest.fixture
def outside(nats_server, tmp_path):
    """Settings for OMS beside a server that it did not start, with these logins and logs."""

    def made(*users, logs=()):
        given = credentials(nats_server, tmp_path, "admin", "relay", "service", "local", *users)
        roles = ("committer", "relay", "projectors")
        return Settings(
            folder=tmp_path / "data",
            nats_url=nats_server.endpoint.url,
            nats_credentials=given,
            nats_logs=logs,
            roles=roles,
        )

    return made


async def trespass(endpoint):
    await fail(endpoint, "김")
    async with connection(endpoint, "local") as client:
        await client.publish(ELSEWHERE, b"{}")
        await client.flush()


def said(*arguments):
    """What a command answers, in JSON; in a thread, since it has a loop of its own."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert commanded([*arguments, "--json"]) == 0
    return json.loads(out.getvalue())


async def remembered(settings, count):
    async with asyncio.timeout(DEADLINE):
        while (
            len(rows := await asyncio.to_thread(said, "audit", "incidents", "--folder", str(settings.folder))) < count
        ):
            pass
    return {tuple(row[name] for name in ("kind", "principal", "origin", "what")) for row in rows}


def never(where, error):
    raise AssertionError(where, error)


LOGIN = ("failedLogin", "김", "nats 127.0.0.1", "log in")
DENIED = ("denied", "local", "nats 127.0.0.1", f"publish {ELSEWHERE}")


async def test_by_the_system_account_and_the_log_of_the_server(outside, nats_server):
    settings = outside("system", logs=(str(nats_server.folder / "server.log"),))
    async with running(settings, never):
        await trespass(nats_server.endpoint)
        assert await remembered(settings, 2) == {LOGIN, DENIED}
    assert unheard(settings) == ""


async def test_by_its_log_alone(outside, nats_server):
    settings = outside(logs=(str(nats_server.folder / "server.log"),))
    async with running(settings, never):
        await trespass(nats_server.endpoint)
        assert await remembered(settings, 2) == {LOGIN, DENIED}
    assert unheard(settings) == ""


async def test_by_its_system_account_alone(outside, nats_server):
    settings = outside("system")
    async with running(settings, never):
        await trespass(nats_server.endpoint)
        assert await remembered(settings, 1) == {LOGIN}
    assert unheard(settings).endswith("who is denied something is not heard of: name their log in nats_logs")


def test_without_either_the_status_says_what_is_not_heard(outside, tmp_path):
    settings = outside(logs=(str(tmp_path / "none.log"),))
    assert unheard(Settings()) == ""
    settings.folder.mkdir()
    written = f'nats_url = "{settings.nats_url}"\nnats_credentials = "{settings.nats_credentials}"\n'
    (settings.folder / "oms.toml").write_text(written + f'nats_logs = ["{settings.nats_logs[0]}"]\n')
    heard = said("status", "--folder", str(settings.folder))["unheard"]
    assert heard == unheard(settings)
    assert "none.log cannot be read" in heard
    assert heard.endswith("nor who fails to log in: give the login of system in nats_credentials")
