"""Views in PostgreSQL are exact however often their projector is killed, and behind whichever statement."""

import asyncio
import sys
from pathlib import Path

from adapters.memory_feed import MemoryFeed
from adapters.postgres import connected
from projectors.verify import Agreed
from tests.crash.projector_program import project, story
from tests.projectors.stores import PostgresStore

ROOT = Path(__file__).parents[2]
TABLES = {
    "versions": ["entities", "slices", "versions", "commits", "messages", "parked", "parked_places"],
    "audit": ["events", "counts", "parked"],
}


async def contents(store: PostgresStore, name: str) -> list[list[tuple]]:
    connection = await connected(store.url, search_path=store.schema(name))
    try:
        found = [await connection.fetch(f"SELECT * FROM {table}") for table in TABLES[name]]
        found.append(await connection.fetch("SELECT position, hash, time FROM checkpoint"))
        return [sorted(map(tuple, rows), key=repr) for rows in found]
    finally:
        await connection.close()


async def test_a_projector_killed_behind_each_statement_leaves_exact_views(postgres_server_url: str):
    killed, undisturbed, log = PostgresStore(postgres_server_url), PostgresStore(postgres_server_url), story()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.projector_program", killed.url, killed.prefix,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert int(out) > 10, err.decode()
    await project(undisturbed, log)
    for name, left_out in (("versions", [log.position]), ("audit", [])):
        agreed = await killed.verified(name, MemoryFeed(log.messages))
        assert agreed == Agreed(log.position, log.position - len(left_out), left_out)
        assert await contents(killed, name) == await contents(undisturbed, name)
