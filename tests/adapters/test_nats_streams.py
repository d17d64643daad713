import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from adapters.nats_checks import ServerUnsafe, check_log, check_servers, raise_if_damaged, refuse_open_server
from adapters.nats_config import Login, queue_stream
from adapters.nats_connection import api, connection
from adapters.nats_server import Endpoint, binary
from adapters.nats_streams import Drift, StreamDrift, ensure_streams, log_config
from producers.log import LogDamaged


async def test_ensuring_twice_finds_nothing_to_do(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        assert await ensure_streams(admin, "main") == []


async def test_drift_is_reported_and_set_back(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        await api(admin, "STREAM.UPDATE.OMS_LOG_main", {**log_config("main"), "max_msgs": 1000})
        assert await ensure_streams(admin, "main") == [Drift("OMS_LOG_main", "max_msgs", 1000, -1)]
        assert await ensure_streams(admin, "main") == []


async def test_what_cannot_be_set_back_stops(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        await api(admin, f"STREAM.DELETE.{queue_stream('main')}")
        wrong = {"name": queue_stream("main"), "subjects": ["oms.queue.main.>"], "storage": "memory"}
        await api(admin, f"STREAM.CREATE.{queue_stream('main')}", wrong)
        with pytest.raises(StreamDrift, match=r"storage is 'memory', must be 'file'"):
            await ensure_streams(admin, "main")


async def test_the_embedded_server_passes_every_check(nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        await check_log(admin, "main")
    async with connection(nats_server.endpoint, "system") as system:
        await check_servers(system, "main")
    await refuse_open_server(nats_server.endpoint, "main")


@asynccontextmanager
async def other_server(folder, **settings):
    """A nats-server somebody else configured: its url."""
    folder.mkdir(exist_ok=True)
    jetstream = {"store_dir": str(folder / "store"), **settings.pop("jetstream", {})}
    (folder / "conf").write_text(json.dumps({"listen": "127.0.0.1:-1", "jetstream": jetstream, **settings}))
    process = await asyncio.create_subprocess_exec(
        binary(), "-c", str(folder / "conf"), stderr=asyncio.subprocess.PIPE, env={}
    )
    try:
        async with asyncio.timeout(20):
            while b"Listening for client connections on " not in (line := await process.stderr.readline()):
                assert line, "the server ended"
        yield "nats://" + line.split()[-1].decode()
    finally:
        process.terminate()
        await process.communicate()


def account(name, says=None):
    permissions = {"permissions": {"publish": says}} if says else {}
    return {"user": name, "password": "x", **permissions}


def logins(*users):
    return {user: Login(user, "x") for user in users}


async def test_a_server_that_acknowledges_before_it_syncs_is_refused(tmp_path):
    accounts = {"SYS": {"users": [account("system")]}, "OMS": {"jetstream": "enabled", "users": [account("admin")]}}
    async with (
        other_server(tmp_path, accounts=accounts, system_account="SYS") as url,
        connection(Endpoint(url, logins("system")), "system") as system,
    ):
        with pytest.raises(ServerUnsafe, match="sync_interval"):
            await check_servers(system, "main")


async def test_a_server_where_anybody_may_write_is_refused(tmp_path):
    async with other_server(tmp_path) as url:
        endpoint = Endpoint(url, {})
        async with connection(endpoint, None) as anybody:
            await ensure_streams(anybody, "main")
            with pytest.raises(ServerUnsafe, match="anybody without a login may publish"):
                await refuse_open_server(endpoint, "main")
            assert (await api(anybody, "STREAM.INFO.OMS_LOG_main"))["state"]["last_seq"] == 0


async def test_a_server_that_takes_whom_it_does_not_know_for_somebody_is_refused(tmp_path):
    authorization = {"users": [account("admin")]}
    async with other_server(tmp_path, authorization=authorization, no_auth_user="admin") as url:
        endpoint = Endpoint(url, logins("admin"))
        async with connection(endpoint, "admin") as admin:
            await ensure_streams(admin, "main")
        with pytest.raises(ServerUnsafe, match="anybody without a login may publish"):
            await refuse_open_server(endpoint, "main")


async def test_a_server_where_an_ordinary_client_may_write_is_refused(tmp_path):
    async with other_server(tmp_path, authorization={"users": [account("admin"), account("local")]}) as url:
        endpoint = Endpoint(url, logins("admin", "local"))
        async with connection(endpoint, "admin") as admin:
            await ensure_streams(admin, "main")
        with pytest.raises(ServerUnsafe, match="local may publish"):
            await refuse_open_server(endpoint, "main")


async def test_a_server_where_clients_share_the_logs_account_is_refused(tmp_path):
    """A client that may only ask could have the answer stored as an event."""
    users = [account("relay"), account("local", ["oms.cmd.>", "$SYS.REQ.USER.INFO"])]
    async with other_server(tmp_path, authorization={"users": users}) as url:
        endpoint = Endpoint(url, logins("relay", "local"))
        async with connection(endpoint, "relay") as relay:
            await ensure_streams(relay, "main")
        with pytest.raises(ServerUnsafe, match="share the account"):
            await refuse_open_server(endpoint, "main")


async def test_a_server_beyond_loopback_without_authentication_is_refused():
    with pytest.raises(ServerUnsafe, match="not on loopback"):
        await refuse_open_server(Endpoint("nats://192.0.2.1:4222", {}), "main")


def test_holes_in_the_log_are_damage():
    raise_if_damaged("L", {"first_seq": 1, "last_seq": 5, "messages": 5})
    raise_if_damaged("L", {"first_seq": 0, "last_seq": 0, "messages": 0})
    for state in (
        {"first_seq": 1, "last_seq": 5, "messages": 4, "num_deleted": 1},
        {"first_seq": 3, "last_seq": 5, "messages": 3},
    ):
        with pytest.raises(LogDamaged, match="oms repair log"):
            raise_if_damaged("L", state)
