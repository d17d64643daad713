"""Real servers for tests that need one; each test has its own, in its own folder (a start takes some 20 ms)."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from adapters.nats_connection import connection
from adapters.nats_server import NatsServer
from adapters.nats_streams import ensure_streams
from adapters.own_loop import OwnLoop
from adapters.pgvector import LEAST
from adapters.postgres_session import PostgresSession
from tests.postgres.database import database
from tests.postgres.server import CannotRun, postgres_server

settings.register_profile("untimed", deadline=None)  # a busy machine is no counterexample
settings.register_profile("ci", deadline=None, derandomize=True)  # what fails there fails here
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

# for the tests that ask for them, not for each program they start
GIVEN_POSTGRES = os.environ.pop("OMS_POSTGRES_URL", "")
GIVEN_TERMINUSDB = os.environ.pop("OMS_TERMINUSDB_URL", "")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=20, help="how often tests/torture kills the program")
    parser.addoption("--seed", type=int, default=None, help="which kills; chosen and printed if not given")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Printed, so that a failure shows it."""
    given = request.config.getoption("--seed")
    chosen = secrets.randbits(32) if given is None else int(given)
    print(f"--seed {chosen}")  # noqa: T201 a failure shows it
    return chosen


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


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """One PostgreSQL for all tests: that of `OMS_POSTGRES_URL`, else one of our own for the time of the run."""
    if GIVEN_POSTGRES:
        yield GIVEN_POSTGRES
        return
    try:
        with postgres_server() as server:
            yield server.url()
    except CannotRun as error:
        pytest.skip(f"PostgreSQL cannot be run here: {error}")


@pytest.fixture(scope="session")
def pgvector_server_url(postgres_server_url: str) -> str:
    """The same, if it has vectors of halves."""
    with PostgresSession(postgres_server_url) as session:
        found = session.value("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
    if found is None or tuple(map(int, found.split(".")[:2])) < LEAST:
        pytest.skip(f"PostgreSQL has pgvector {found}; 0.7 is needed")
    return postgres_server_url


@pytest.fixture(scope="session")
def postgres_shared_url(postgres_server_url: str) -> Iterator[str]:
    """A database for many tests; each leaves it with `emptied`."""
    loop, shared = OwnLoop("shared-database"), database(postgres_server_url)  # asked for inside another loop
    yield loop.wait(shared.__aenter__)
    loop.wait(lambda: shared.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
async def postgres_url(postgres_server_url: str) -> AsyncIterator[str]:
    """A database of this test alone, empty."""
    async with database(postgres_server_url) as url:
        yield url
