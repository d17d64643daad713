"""`oms up` where what it needs is away as it starts: it says so and ends, and it ends when it is told to."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from oms.cli.failures import Exit
from tests.silent import silent_server

ROOT = Path(__file__).parents[2]
DEADLINE = 60


@asynccontextmanager
async def up(folder, **settings):
    """`oms up` as a process; what is left of it at the end is killed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMS_FOLDER": str(folder)} | settings
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "oms", "up", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEADLINE):
            yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("settings", "cause", "remedy"),
    [
        ({"OMS_NATS_URL": "nats://127.0.0.1:1"}, "no NATS server answers at nats://127.0.0.1:1: ", "nats_url"),
        (
            {"OMS_POSTGRES_URL": "postgresql://ops:geheim@127.0.0.1:1/oms"},
            "PostgreSQL is not there at postgresql://ops:…@127.0.0.1:1/oms: ",
            "postgres_url",
        ),
    ],
)
async def test_a_server_that_is_away_is_said_with_its_place(tmp_path, settings, cause, remedy):
    async with up(tmp_path / "data", **settings) as program:
        out, said = (each.decode() for each in await program.communicate())
    assert (program.returncode, out) == (Exit.UNAVAILABLE, "")
    assert cause in said
    assert "connection refused; " in said.lower()
    assert remedy in said
    assert "geheim" not in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_it_is_told_to_while_it_starts(tmp_path, number):
    async with silent_server() as (url, reached), up(tmp_path / "data", OMS_NATS_URL=url) as program:
        await reached.wait()
        program.send_signal(number)
        out, said = (each.decode() for each in await program.communicate())
    assert (program.returncode, out, said) == (Exit.OK, "stopped\n", "")
