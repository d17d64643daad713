"""Who fails to log in is told by a server's system account: to one of those who listen, and aloud where nobody may."""

import asyncio
import json
from collections import Counter

import nats.errors
import pytest

from adapters.nats_config import FAILED_LOGINS, Login
from adapters.nats_connection import connection
from adapters.nats_failed_logins import MOST, FailedLogins, failed_logins
from adapters.nats_server import Endpoint
from adapters.nats_violations import Violation
from tests.adapters.test_nats_streams import account, logins, other_server

DEADLINE = 10


async def fail(endpoint, user, password="wrong"):
    stranger = Endpoint(endpoint.url, {user: Login(user, password)})
    with pytest.raises(nats.errors.Error, match="Authorization"):
        async with connection(stranger, user, reconnect=False):
            pass


def never(deaf):
    raise AssertionError(deaf)


def failed(user):
    return Violation("failedLogin", user, "127.0.0.1", "log in")


async def told(*heard, count):
    found = Counter()
    async with asyncio.timeout(DEADLINE):
        while found.total() < count:
            for each in heard:
                found += await each.new()
            await asyncio.sleep(0)
    return found


async def test_each_is_told_once_however_many_listen(nats_server):
    endpoint = nats_server.endpoint
    async with failed_logins(endpoint, "main", never) as one, failed_logins(endpoint, "main", never) as two:
        for user in ("김", "local", "김"):
            await fail(endpoint, user)
        assert await told(one, two, count=3) == {failed("김"): 2, failed("local"): 1}
        await fail(endpoint, "last")
        assert await told(one, two, count=1) == {failed("last"): 1}


async def test_another_ontology_on_the_same_server_hears_of_it_too(nats_server):
    endpoint = nats_server.endpoint
    async with failed_logins(endpoint, "main", never) as one, failed_logins(endpoint, "other", never) as two:
        await fail(endpoint, "eve")
        assert await told(one, count=1) == await told(two, count=1)


async def test_a_server_that_lets_nobody_listen_is_named_with_what_to_do(tmp_path):
    system = account("system") | {"permissions": {"subscribe": ["_INBOX.>"]}}
    accounts = {"SYS": {"users": [system]}, "OMS": {"users": [account("admin")]}}
    alarms = asyncio.Queue()
    async with (
        other_server(tmp_path, accounts=accounts, system_account="SYS") as url,
        failed_logins(Endpoint(url, logins("system")), "main", alarms.put_nowait),
        asyncio.timeout(DEADLINE),
    ):
        assert f"permit it to subscribe {FAILED_LOGINS}" in str(await alarms.get())


async def test_a_flood_of_names_takes_no_more_memory_than_so_many():
    class Told:
        def __init__(self, user):
            self.data = json.dumps({"client": {"user": user, "host": "127.0.0.1"}}).encode()

    heard = FailedLogins()
    for number in range(MOST + 50):
        await heard.hear(Told(f"u{number}"))
    await heard.hear(Told("u1"))
    found = await heard.new()
    assert (len(found), found.total(), found[failed("u1")]) == (MOST + 1, MOST + 51, 2)
    assert await heard.new() == Counter()
