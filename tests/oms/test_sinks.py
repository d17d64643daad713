"""A sink of a whole OMS: it carries out what was committed, and what it cannot carry stops no commit."""

import asyncio
import json

from oms import cli
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.oms.conftest import AIRLINE


async def send(client, name):
    outcome = await client.send("CreateObject", {"type": "Airline", "properties": {"carrier": name}}, wait="log")
    assert (outcome.status, outcome.findings) == ("accepted", ())


async def lines(client, path, count):
    async with asyncio.timeout(30):
        while not path.exists() or len(path.read_bytes().splitlines()) < count:
            await client.last()
    return [json.loads(line)["sequence"] for line in path.read_bytes().splitlines()]


async def test_events_are_carried_into_a_file_and_a_sink_that_fails_stops_nothing(tmp_path, capsys):
    path, heard = tmp_path / "out", asyncio.Queue()
    settings = Settings(folder=tmp_path / "data", events_file=str(path))
    path.mkdir()
    async with running(settings, lambda *told: heard.put_nowait(told)), await connect(settings.folder) as client:
        await client.send("CreateObjectType", AIRLINE)
        await send(client, "대한항공")
        async with asyncio.timeout(30):
            part, error = await heard.get()
        assert (part, type(error)) == (f"sink {path}", IsADirectoryError)
        path.rmdir()
        await send(client, "UA")
        assert await lines(client, path, 4) == [f"{n:020}" for n in (1, 2, 3, 4)]
    async with running(settings, lambda *told: heard.put_nowait(told)), await connect(settings.folder) as client:
        await send(client, "AA")
        assert await lines(client, path, 5) == [f"{n:020}" for n in (1, 2, 3, 4, 5)]
    assert heard.empty()
    (tmp_path / "data" / "oms.toml").write_text(f"events_file = '{path}'")
    capsys.readouterr()
    assert await asyncio.to_thread(cli.run, ["status", "--json", "--folder", str(settings.folder)]) == 0
    row = json.loads(capsys.readouterr().out)["views"][-1]
    assert (row["view"], row["position"], row["lag"], row["state"]) == ("events_file", 5, 0, "ready")
