"""The log on three servers: one of them is killed under load and comes back, and nothing is lost, doubled or reordered."""

import asyncio
from contextlib import suppress

from nats.errors import Error as NatsError

from adapters.nats_config import log_stream
from adapters.nats_connection import ApiRefused, api, connection
from adapters.nats_reader import NatsReader
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from security import chain
from tests.holds.cluster import NAMES, START_SECONDS, cluster
from tests.torture.story import DEADLINE, counter_type, created

WRITERS, EACH = 8, 40


def said(where, error):
    """Whatever is told while a server is away; what counts is what stands in the log."""


async def info(servers):
    """What the log's leader says of it; waits until there is one."""
    async with asyncio.timeout(START_SECONDS), connection(servers.endpoint, "admin") as admin:
        while True:
            with suppress(ApiRefused, NatsError):
                return await api(admin, f"STREAM.INFO.{log_stream('main')}")


async def elected(servers):
    """The cluster answers for JetStream as a whole."""
    async with asyncio.timeout(START_SECONDS), connection(servers.endpoint, "admin") as admin:
        while True:
            with suppress(ApiRefused, NatsError):
                return await api(admin, "INFO")


async def write(client, writer):
    for number in range(EACH):
        outcome = await client.send("CreateObject", created(f"{writer}.{number}", number), id=f"{writer}-{number}")
        assert outcome.status == "accepted"


async def test_a_server_of_three_dies_and_comes_back(tmp_path):
    async with cluster(tmp_path / "cluster") as servers:
        await elected(servers)
        settings = Settings(
            folder=tmp_path / "data",
            nats_url=servers.url,
            nats_credentials=str(servers.credentials),
            nats_replicas=3,
            roles=("committer", "relay", "projectors", "queue"),
        )
        async with (
            running(settings, said),
            await connect(servers.url, credentials=servers.credentials, deadline=DEADLINE) as client,
        ):
            assert (await client.send("CreateObjectType", counter_type())).status == "accepted"
            leader = (await info(servers))["cluster"]["leader"]
            async with asyncio.TaskGroup() as tasks:
                for writer in range(WRITERS):
                    tasks.create_task(write(client, writer))
                await servers.kill(leader)
                await client.send("CreateObject", created("while one is away", 0), wait="log")
                await servers.start(leader)
            last = await client.send("CreateObject", created("last", 0), wait="projected:versions")
            assert (last.status, last.findings) == ("accepted", ())
        found = await info(servers)
        assert {found["cluster"]["leader"], *(peer["name"] for peer in found["cluster"]["replicas"])} == {*NAMES}
        reader = NatsReader(servers.endpoint, "main")
        rows = [message async for chunk in reader.read(0, await reader.last()) for message in chunk]
        chain.verify((body for _, _, body in rows), 0, chain.genesis("main"))
        assert len(rows) == last.position == found["state"]["messages"]
