"""PostgreSQL crashes, committers are killed, while commands flow: what was acknowledged is there once, in order."""

import asyncio
import signal

import pytest

from adapters.nats_reader import NatsReader
from adapters.nats_server import nats_server
from adapters.postgres_outbox import postgres_outbox
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.postgres.server import CannotRun, postgres_server
from tests.torture.program import Program
from tests.torture.story import DEADLINE, check_log, flowing, held

CONFIGURATION = """
nats_url = "{nats}"
nats_credentials = "{logins}"
postgres_url = "{postgres}"
keys = "{keys}"
"""


async def test_postgresql_crashes_under_load_and_nothing_acknowledged_is_lost(tmp_path):
    try:
        with postgres_server() as postgres:
            settings = Settings(folder=tmp_path / "data", postgres_url=postgres.url())
            async with running(settings, lambda *_: None) as here:
                async with await connect(settings.folder, deadline=DEADLINE) as client, flowing(client, 1) as story:
                    for _ in range(2):
                        await story.grown_by(100)
                        await asyncio.to_thread(postgres.stop, "immediate")
                        await asyncio.to_thread(postgres.start)
                    await story.grown_by(100)
                async with postgres_outbox(settings.postgres_url, "main") as outbox:
                    await check_log(NatsReader(here.endpoint, "main"), await held(outbox), story)
    except CannotRun as error:
        pytest.skip(str(error))


async def test_a_committer_that_freezes_or_dies_is_replaced_and_harms_nothing_when_it_is_back(postgres_url, tmp_path):
    async with nats_server(tmp_path / "nats") as server:
        logins = server.folder / "logins.json"
        text = CONFIGURATION.format(
            nats=server.endpoint.url, logins=logins, postgres=postgres_url, keys=tmp_path / "keys"
        )
        programs = [Program(tmp_path / name) for name in ("one", "other")]
        for program in programs:
            program.folder.mkdir()
            (program.folder / "oms.toml").write_text(text)
            await program.start()
        one, other = programs
        async with (
            await connect(server.endpoint.url, credentials=logins, deadline=DEADLINE) as client,
            flowing(client, 2, writers=6) as story,
        ):
            await story.grown_by(50)
            one.signal(signal.SIGSTOP)
            await story.grown_by(
                5
            )  # the other one took over; few, since NATS still gives half of them to who is frozen
            one.signal(signal.SIGCONT)
            await story.grown_by(50)
            await other.kill()
            await story.grown_by(50)
        await one.stop()
        async with postgres_outbox(postgres_url, "main") as outbox:
            await check_log(NatsReader(server.endpoint, "main"), await held(outbox), story)
