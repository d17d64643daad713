"""What several suites of ports are run on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.postgres_outbox import postgres_outbox
from adapters.sqlite_outbox import SqliteOutbox
from producers.uploads import Store
from tests.postgres.database import emptied


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryOutbox("main")
    elif request.param == "postgres":
        shared = request.getfixturevalue("postgres_shared_url")
        async with emptied(shared) as url, postgres_outbox(url, "main") as outbox:
            yield outbox
    else:
        outbox = SqliteOutbox(tmp_path / "outbox.db", "main")
        yield outbox
        outbox.close()
