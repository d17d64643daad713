"""The whole program with everything in PostgreSQL: the command line reads, verifies, rebuilds and redrives there."""

import asyncio
import json

import pytest

from adapters.postgres import connected
from oms.cli.failures import Exit
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.oms.conftest import AIRLINE
from workers import refusals


@pytest.fixture
async def program(postgres_url, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "oms.toml").write_text(f'postgres_url = "{postgres_url}"\n')
    alarms = []
    settings = Settings(folder=folder, postgres_url=postgres_url)
    async with asyncio.timeout(120), running(settings, lambda where, error: alarms.append((where, error))) as here:
        yield here
    assert alarms == []


async def test_views_are_read_verified_made_anew_and_tampered_with(program, cli, postgres_url):
    async with await connect(program.settings.folder) as client:
        assert (await client.send("CreateObjectType", AIRLINE)).status == "accepted"
        for name in ("대한항공", "UA"):
            carrier = {"type": "Airline", "properties": {"carrier": name}}
            outcome = await client.send("CreateObject", carrier, wait="projected:versions")
        assert (await client.send("CreateObject", {"type": "Airlin", "properties": {}})).status == "rejected"
    await program.projected("audit", outcome.position)

    register = program.shelves.register()
    await refusals.step(program.outbox, register)
    await register.close()

    assert "대한항공" in (await cli("show", "Airline", "대한항공", "--json"))[1]
    assert "  objectType/Airline  " in (await cli("log"))[1]
    views = json.loads((await cli("status", "--json"))[1])
    assert [(view["view"], view["position"], view["lag"]) for view in views["views"]] == [
        ("audit", outcome.position, 0), ("versions", outcome.position, 0),
    ]  # fmt: skip
    assert (await cli("verify", "versions", "audit"))[0] == 0

    connection = await connected(postgres_url)
    await connection.execute("UPDATE oms_main_versions_v1.versions SET author = 'eve@desk' WHERE since = 3")
    code, out, _ = await cli("verify", "versions")
    assert (code, "author is 'eve@desk'" in out) == (Exit.REFUSED, True), out
    code, out, err = await cli("verify", "versions", "--mend")
    assert (code, "written again: 1 to 4" in out) == (0, True), out + err
    await connection.execute("UPDATE oms_main_versions_v1.versions SET author = 'eve@desk' WHERE since = 3")
    code, out, _ = await cli("rebuild", "versions")
    assert (code, "build" in out) == (0, True)
    assert (await cli("verify", "versions"))[0] == 0
    assert await connection.fetchval("SELECT build FROM oms_views.live WHERE view = 'versions'") == 2
    assert (await cli("rebuild", "audit"))[0] == 0
    assert await connection.fetchval("SELECT count(*) FROM oms_main_audit_v2.refusals") == 1
    assert (await cli("rebuild", "audit", "--back"))[0] == 0
    assert await connection.fetchval("SELECT build FROM oms_views.live WHERE view = 'audit'") == 1
    assert (await cli("rebuild", "versions", "--back"))[0] == Exit.REFUSED  # eve is still in build 1
    await connection.close()

    async with await connect(program.settings.folder) as client:  # the running program goes on with the new builds
        outcome = await client.send("DeleteObject", {"type": "Airline", "key": "UA"}, wait="projected:versions")
    await program.projected("audit", outcome.position)
    assert (await cli("verify", "versions", "audit"))[0] == 0
    assert (await cli("dead", "list"))[0] == 0
