"""Tools for the write side where it is in PostgreSQL: heads compared and made anew, the outbox made of the log alone."""

import asyncio
import json
from dataclasses import replace

import pytest

from adapters.postgres_outbox import postgres_outbox
from oms import cli
from oms.cli.failures import Exit
from oms.client import connect
from oms.exporting import NotEmpty, restore
from oms.running import running
from oms.settings import load
from tests.oms.cli.test_importing import MAPPING
from tests.oms.conftest import AIRLINE
from tests.postgres.database import database, speaking
from tests.torture.story import held

BROKEN = "UPDATE oms_main.heads SET state = convert_to('{\"n\": 1}', 'UTF8') WHERE key = 'object/Airline/대한'"


@pytest.fixture
def elsewhere(capsys):
    """Runs one command in a thread, since another loop runs here: its exit code, and what it told or, else, complained."""

    async def run(*arguments):
        capsys.readouterr()
        code = await asyncio.to_thread(cli.run, [str(a) for a in arguments])
        said = capsys.readouterr()
        return code, said.out or said.err

    return run


async def test_all_is_made_anew_of_what_is_there(postgres_url, postgres_server_url, tmp_path, elsewhere):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "oms.toml").write_text(f'postgres_url = "{postgres_url}"')
    settings = load({"folder": folder}, env={}).settings

    async def written(*names):
        async with running(settings, lambda *_: None), await connect(folder) as client:
            if names == ("대한",):
                await client.send("CreateObjectType", AIRLINE)
            for name in names:
                data = {"type": "Airline", "properties": {"carrier": name}}
                assert (
                    await client.send("CreateObject", data, id=name, wait="projected:versions")
                ).status == "accepted"
            taken = await elsewhere("rebuild", "heads", "--folder", folder)
            assert (taken[0], "another `oms up`" in taken[1]) == (Exit.CONFLICT, True)

    await written("대한")
    async with postgres_outbox(postgres_url, "main") as outbox:
        rows, heads = await held(outbox), await outbox.heads_after("", "", 0, 1_000)
    assert (await elsewhere("verify", "--folder", folder))[0] == 0
    async with speaking(postgres_url) as connection:
        await connection.execute(BROKEN)
    code, said = await elsewhere("verify", "heads", "--json", "--folder", folder)
    assert code == Exit.REFUSED
    assert "object/Airline/대한" in json.loads(said)[0]["result"]
    assert (await elsewhere("rebuild", "heads", "--folder", folder))[0] == 0
    code, said = await elsewhere("adopt", "log", "--json", "--folder", folder)
    assert (code, json.loads(said)["kept"]) == (0, "oms_main.before-1")
    async with postgres_outbox(postgres_url, "main") as outbox:
        assert (await held(outbox), await outbox.heads_after("", "", 0, 1_000)) == (rows, heads)
    await written("UA")
    for asked in (("verify",), ("keys", "status"), ("status",)):
        assert (await elsewhere(*asked, "--folder", folder))[0] == 0
    (tmp_path / "map.toml").write_text(MAPPING)
    (tmp_path / "airlines.csv").write_text("carrier,name\n대한,대한항공\nKE,\n")
    given = "import", tmp_path / "airlines.csv", "--map", tmp_path / "map.toml", "--rejects", tmp_path, "--dry-run"
    code, said = await elsewhere(*given, "--folder", folder)
    assert (code, "object.created" in said, "object.updated" in said) == (0, True, True), said
    assert (await elsewhere("export", tmp_path / "segments", "--folder", folder))[0] == 0
    async with database(postgres_server_url) as new:
        (tmp_path / "new.toml").write_text(f'postgres_url = "{new}"\nfolder = "{tmp_path / "new"}"')
        restored = load(env={"OMS_CONFIG": str(tmp_path / "new.toml")}).settings
        head = await restore(restored, tmp_path / "segments", lambda _: None)
        async with running(restored, lambda *_: None) as here:
            assert (head.position, (await held(here.outbox))[: len(rows)]) == (len(rows) + 1, rows)
        with pytest.raises(NotEmpty, match="is not empty"):
            await restore(replace(restored, folder=tmp_path / "third"), tmp_path / "segments", lambda _: None)
