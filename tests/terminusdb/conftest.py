import pytest

from adapters.terminusdb import TerminusDB
from tests.terminusdb.double.server import double


@pytest.fixture
async def server():
    """A double, to switch faults on."""
    async with double() as running:
        yield running


@pytest.fixture
async def graph(server):
    client = TerminusDB(server.url, "admin", "root")
    yield client
    await client.close()
