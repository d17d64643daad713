"""The whole program on a folder of its own, a client of it, and its command line in processes of their own."""

import asyncio
import io
import json
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from oms.cli import run as commanded
from oms.client import connect
from oms.running import running
from oms.sections import split
from oms.settings import Settings
from tests.oms.filled import fill

ROOT = Path(__file__).parents[2]
CARRIER = {"name": "carrier", "type": "string", "required": True}
AIRLINE = {"name": "Airline", "primaryKey": ["carrier"], "properties": [CARRIER, {"name": "name", "type": "string"}]}


@pytest.fixture
async def program(tmp_path):
    """Everything that `oms up` runs, in this process."""
    alarms = []
    async with running(Settings(folder=tmp_path / "data"), lambda where, error: alarms.append((where, error))) as here:
        yield here
    assert alarms == []


@pytest.fixture
async def oms(program):
    """A client of it, with a type `Airline`."""
    async with await connect(program.settings.folder, split=split) as client:
        assert (await client.send("CreateObjectType", AIRLINE, wait="log")).status == "accepted"
        yield client


@pytest.fixture
def cli(program):
    """`await cli("log", "--json")` gives `(exit code, stdout, stderr)`; in a thread, since the program runs here."""

    async def run(*arguments):
        out, err = io.StringIO(), io.StringIO()
        folder = [] if "--folder" in arguments else ["--folder", program.settings.folder]
        with redirect_stdout(out), redirect_stderr(err):
            code = await asyncio.to_thread(commanded, [*map(str, arguments), *map(str, folder)])
        return code, out.getvalue(), err.getvalue()

    return run


@pytest.fixture
def shell(program, tmp_path):
    """The same in a process of its own, with standard input."""

    async def run(*arguments, stdin=""):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "oms", *map(str, arguments),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT), "OMS_FOLDER": str(program.settings.folder)},
        )  # fmt: skip
        async with asyncio.timeout(60):
            out, err = await process.communicate(stdin.encode())
        return process.returncode, out.decode(), err.decode()

    return run


@pytest.fixture
def objects(oms):
    """What the log says: the properties of each object of a type, by key."""

    async def folded(slug):
        found = {}
        async for event in oms.subscribe(until=sys.maxsize, subjects=[f"oms.evt.main.*.*.*.object.{slug}.>"]):
            data = json.loads(event.body)["data"]
            found.setdefault(data["key"], []).append(data)
        return found

    return folded


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled") / "data"
    asyncio.run(fill(folder))
    return folder


@pytest.fixture
def folder(filled, tmp_path):
    """A folder that OMS filled, at rest; a copy to do with as one likes."""
    return shutil.copytree(filled, tmp_path / "data")


@pytest.fixture
def typed(capsys):
    """Runs one command: its exit code, and its JSON or what it said."""

    def run(*arguments):
        capsys.readouterr()
        code = commanded([*map(str, arguments)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out and "--json" in arguments else said.err or said.out

    return run
