"""The whole program as a real process on a folder of its own, and its command line."""

import asyncio
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest

from oms.cli import run as commanded
from oms.client import connect
from tests.torture.program import Program
from tests.torture.story import DEADLINE


@pytest.fixture
async def program(tmp_path):
    """Ready; what is left of it at the end is killed."""
    started = Program(tmp_path / "data")
    await started.start()
    yield started
    await started.kill()


@pytest.fixture
async def client(program):
    """Waits long for an answer: the program may suffer meanwhile."""
    async with await connect(program.folder, deadline=DEADLINE) as connected:
        yield connected


@pytest.fixture
def oms(tmp_path):
    """`await oms("verify", "log")`: exit code, its JSON, and what it complained; in a thread, on the program's folder."""

    async def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = await asyncio.to_thread(commanded, [*arguments, "--json", "--folder", str(tmp_path / "data")])
        return code, json.loads(out.getvalue() or "null"), err.getvalue()

    return run
