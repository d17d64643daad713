"""Real servers for tests that need one; each test has its own, in its own folder (a start takes some 20 ms)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from adapters.nats_connection import connection
from adapters.nats_server import NatsServer
from adapters.nats_streams import ensure_streams

settings.register_profile("untimed", deadline=None)  # a busy machine is no counterexample
settings.load_profile("untimed")


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """An embedded nats-server with the streams of the ontology `main`."""
    server = NatsServer(tmp_path / "nats")
    await server.start()
    try:
        async with connection(server.endpoint, "admin") as admin:
            await ensure_streams(admin, "main")
        yield server
    finally:
        await server.stop()
