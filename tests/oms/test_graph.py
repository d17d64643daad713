"""The whole program with a graph beside it: what is sent is in the graph, and every command of the CLI knows it."""

import asyncio
import json

import pytest

from adapters.terminusdb import TerminusDB
from oms.client import connect
from oms.graph import verified
from oms.running import running
from oms.settings import Settings
from projectors.graph import parked
from projectors.graph_store import Told, Where
from projectors.verify import Agreed
from tests.oms.conftest import AIRLINE
from tests.terminusdb.double.server import double

MAIN = Where("oms_main_1", "prod.main.main")


@pytest.fixture
async def server():
    async with double() as running_:
        yield running_


@pytest.fixture
async def program(tmp_path, server):
    folder = tmp_path / "data"
    folder.mkdir()
    url = server.url.replace("//", "//admin:root@")
    (folder / "oms.toml").write_text(f'terminusdb_url = "{url}"\n')
    async with running(Settings(folder=folder, terminusdb_url=url), lambda *_: None) as here:
        yield here


async def test_what_is_sent_is_in_the_graph(program, server, cli):
    async with await connect(program.settings.folder) as oms:
        await oms.send("CreateObjectType", AIRLINE)
        for n in range(30):
            sent = await oms.send(
                "CreateObject", {"type": "Airline", "properties": {"carrier": f"C{n}", "name": "이름"}}
            )
        await program.projected("graph", sent.position)
        code, out, err = await cli("verify", "graph", "--json")
        assert (code, json.loads(out)[0]["result"]) == (0, "as the versions view says, in 1 range"), err

        client = TerminusDB(server.url, "admin", "root")
        airline = (await client.get(MAIN, "Airline/C1")).document
        assert (airline["carrier"], airline["name"], airline["_created_by_username"]) == ("C1", "이름", "local")
        await client.put(MAIN, [{**airline, "name": "planted"}], Told("x", "y"))
        await client.put(MAIN, [{**airline, "@id": "Airline/Z", "_key": "Z"}], Told("x", "y"))
        await client.remove(MAIN, ["Airline/C9"], Told("x", "y"))
        code, out, _ = await cli("verify", "graph", "--json")
        (told,) = json.loads(out)
        assert (code, told["differing"], "Airline/C1 on prod/main/main" in told["result"]) == (1, [[0, 999]], True)
        code, out, err = await cli("verify", "graph", "--mend", "--json")
        assert (code, json.loads(out)[0]["mended"]) == (0, [[0, 999]]), out + err
        sent = await oms.send("UpdateObject", {"type": "Airline", "key": "C3", "patch": {"name": "새 이름"}})
        await program.projected("graph", sent.position)  # whoever was at work goes on
        assert (await cli("verify", "graph"))[0] == 0
        await client.put(MAIN, [{**airline, "name": "planted"}], Told("x", "y"))
        await client.close()
        code, out, _ = await cli("verify", "graph", "--json")
        assert code == 1
        assert "Airline/C1" in json.loads(out)[0]["result"]

        code, out, err = await cli("rebuild", "graph", "--json")
        assert code == 0, err
        assert json.loads(out)["build"] == 2
        sent = await oms.send("UpdateObject", {"type": "Airline", "key": "C2", "patch": {"name": None}})
        await program.projected("graph", sent.position)
        code, out, _ = await cli("verify", "graph", "--json")
        assert (code, json.loads(out)[0]["position"]) == (0, sent.position)

        _, out, _ = await cli("status", "--json", "--over", "0")
        row = next(each for each in json.loads(out)["views"] if each["view"] == "graph")
        assert (row["version"], row["lag"], row["parked"], row["state"]) == (2, 0, 0, "ready, in oms_main_2")
        code, out, _ = await cli("dead", "list", "--json")
        assert (code, json.loads(out)) == (0, [])
        client = TerminusDB(server.url, "admin", "root")
        await client.put(MAIN._replace(database="oms_main_2"), [parked("Airline/C1", 3, "refused")], Told("x", "y"))
        await client.close()
        _, out, _ = await cli("dead", "list", "--json")
        assert [(each["view"], each["position"], each["entities"]) for each in json.loads(out)] == [
            ("graph", 3, ["prod/main/main object/Airline/C1"])
        ]
        code, out, _ = await cli("dead", "redrive", "--view", "graph", "--json")
        assert (code, json.loads(out)) == (0, {"view": "graph", "applied": 1, "left": 0})


async def test_the_published_client_does_it_too(tmp_path, server):
    pytest.importorskip("terminusdb_client", reason="TerminusDB publishes no client for this Python")
    url = server.url.replace("//", "//admin:root@")
    settings = Settings(folder=tmp_path, terminusdb_url=url, terminusdb_client="official")
    async with running(settings, lambda *_: None) as here, await connect(tmp_path) as oms:
        sent = await oms.send("CreateObjectType", AIRLINE)
        await here.projected("graph", sent.position)
        found = await verified(settings, lambda _: None)
        assert (isinstance(found, Agreed), found.position >= sent.position) == (True, True)


async def test_it_follows_views_in_postgres_too(tmp_path, server, postgres_url):
    url = server.url.replace("//", "//admin:root@")
    settings = Settings(folder=tmp_path / "one", terminusdb_url=url, postgres_url=postgres_url)
    async with asyncio.timeout(60), running(settings, lambda *_: None) as one, await connect(settings.folder) as oms:
        await oms.send("CreateObjectType", AIRLINE)
        sent = await oms.send("CreateObject", {"type": "Airline", "properties": {"carrier": "대한항공"}})
        await one.projected("graph", sent.position)
        assert (await verified(settings, lambda _: None))[::3] == (sent.position, 1)


async def test_a_server_that_is_away_holds_nobody_up(tmp_path):
    told = asyncio.Event()

    def alarm(where, _error):
        assert where == "graph"
        told.set()

    settings = Settings(folder=tmp_path, terminusdb_url="http://127.0.0.1:9")
    async with running(settings, alarm) as here:
        async with await connect(tmp_path) as oms:
            assert (await oms.send("CreateObjectType", AIRLINE, wait="log")).status == "accepted"
        await here.projected("versions", 1)
        await asyncio.wait_for(told.wait(), 30)
