import asyncio
import os
import signal
import stat
import sys

import nats.errors
import pytest

from adapters.nats_config import USERS
from adapters.nats_connection import connection
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint, NatsServer, ServerFailed, nats_server, server_name
from adapters.nats_wire import WireLost


async def test_a_server_is_ready_when_start_returns_and_every_user_can_log_in(tmp_path):
    async with nats_server(tmp_path / "nats") as server:
        for user in USERS:
            async with connection(server.endpoint, user) as client:
                assert client.is_connected


async def test_nobody_gets_in_without_a_login(tmp_path):
    async with nats_server(tmp_path / "nats") as server:
        with pytest.raises((nats.errors.Error, OSError)):
            async with connection(server.endpoint, None, reconnect=False):
                pass


async def test_its_folder_is_private_and_remembers_the_logins(tmp_path):
    folder = tmp_path / "nats"
    async with nats_server(folder) as server:
        first = server.endpoint
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for secret in ("logins.json", "server.json"):
            assert stat.S_IMODE((folder / secret).stat().st_mode) == 0o600
        assert Endpoint.of(folder) == first
    async with nats_server(folder) as server:
        assert server.endpoint.logins == first.logins


async def test_a_folder_may_have_any_name(tmp_path):
    async with nats_server(tmp_path / "온톨로지 'ü' \"$x\"" / "nats") as server:
        assert (server.folder / "jetstream").is_dir()


async def test_what_the_server_says_before_it_has_a_log_is_the_reason_that_it_did_not_start(tmp_path):
    with pytest.raises(ServerFailed, match=r"did not start .*Invalid escape character"):
        async with nats_server(tmp_path / "a control \x01 character"):
            pass


async def test_a_second_start_takes_the_same_port(tmp_path):
    async with nats_server(tmp_path / "nats") as server:
        url = server.endpoint.url
        await server.kill()
        assert (await server.start()).url == url


async def test_a_server_that_dies_is_started_again(tmp_path):
    async with asyncio.timeout(20), nats_server(tmp_path / "nats") as server, asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(server.keep())
        for _ in range(3):
            await server.kill()
            await server.started.wait()
            assert await server_name(server.endpoint.url)
        keeping.cancel()


async def test_logins_of_another_server_are_read_from_a_file_of_the_same_form(tmp_path):
    async with nats_server(tmp_path / "nats") as server:
        there = Endpoint.at(server.endpoint.url, tmp_path / "nats" / "logins.json")
        assert there == server.endpoint
        nobody_first = Endpoint(f"nats://127.0.0.1:1,{there.url}", there.logins)
        async with connection(nobody_first, "service") as client:
            assert client.is_connected
        reader = NatsReader(nobody_first, "main")
        with pytest.raises(WireLost, match="stream not found"):
            await reader.last()


async def test_one_folder_has_one_owner(tmp_path):
    async with nats_server(tmp_path / "nats"):
        with pytest.raises(ServerFailed, match="another process"):
            await NatsServer(tmp_path / "nats").start()


async def test_a_port_that_is_taken_is_named(tmp_path):
    async with nats_server(tmp_path / "one") as one, asyncio.timeout(10):
        with pytest.raises(ServerFailed, match=str(one.port)):
            await NatsServer(tmp_path / "two", one.port).start()


async def test_what_does_not_speak_nats_is_not_a_server():
    async def greet(_reader, writer):
        writer.write(b"220 mail\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        with pytest.raises(ServerFailed, match="220 mail"):
            await server_name(f"nats://127.0.0.1:{port}")


OWNER = """
import asyncio, pathlib, sys
from adapters.nats_server import NatsServer
async def own():
    server = NatsServer(pathlib.Path(sys.argv[1]))
    await server.start()
    print(server.endpoint.url, flush=True)
    await asyncio.Event().wait()
asyncio.run(own())
"""


async def test_a_folder_whose_owner_was_killed_can_be_owned_again(tmp_path):
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path / "nats"), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(20):
        assert (await owner.stdout.readline()).startswith(b"nats://")
        owner.send_signal(signal.SIGKILL)
        await owner.communicate()
        async with nats_server(tmp_path / "nats") as server:
            assert server.running


async def test_an_orphan_is_ended_before_the_store_is_opened_again(tmp_path):
    """What is left when the kernel did not end the server with its owner."""
    server = NatsServer(tmp_path / "nats")
    await server.start()
    orphan = server._process
    os.kill(orphan.pid, 0)
    server._process = None
    await server.stop()
    async with asyncio.timeout(20), nats_server(tmp_path / "nats"):
        assert await orphan.wait() is not None
