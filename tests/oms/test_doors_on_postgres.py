"""The event gateway and the scheduler with everything in PostgreSQL, each by itself on a machine without the others' files."""

import asyncio
import json
from dataclasses import replace

import aiohttp

from oms.about_settings import ROLES
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from tests.oms.test_gateway import DEADLINE, GATE, event, get, get_bytes, post, quiet

HOURLY = {
    "name": "매시",
    "command": {"type": "UpsertObject", "data": {"type": "Gate", "properties": {"id": "${nominal}"}}},
    "cron": "@hourly",
}


async def test_both_doors_work_beside_the_database_alone(postgres_url, tmp_path):
    doors = ("gateway", "scheduler")
    settings = Settings(folder=tmp_path / "data", postgres_url=postgres_url, gateway_port=0, scheduler_port=0)
    settings = replace(settings, roles=tuple(each for each in ROLES if each not in doors))
    async with asyncio.timeout(DEADLINE), running(settings, quiet) as main, await connect(settings.folder) as client:
        logins = str(settings.folder / "nats" / "logins.json")
        beside = replace(settings, nats_url=main.endpoint.url, nats_credentials=logins)
        one = replace(beside, folder=tmp_path / "one", roles=("gateway",))
        two = replace(beside, folder=tmp_path / "two", roles=("scheduler",))
        async with (
            running(one, quiet) as here,
            running(two, quiet) as there,
            aiohttp.ClientSession(here.gateway.url) as gateway,
            aiohttp.ClientSession(there.scheduler.url) as scheduler,
        ):
            assert (await post(gateway, event(0, "CreateObjectType", GATE)))[1]["status"] == "accepted"
            status, told = await post(gateway, event(1))
            assert (await post(gateway, event(1)))[1] == told
            async with gateway.put("/cursors/billing", json={"position": 1}) as put:
                assert (put.status, (await put.json())["position"]) == (200, 1)
            await client.send("CreateSchedule", HOURLY, wait="projected:versions")
            found = json.loads((await get_bytes(gateway, "/events?cursor=billing&type=io.oms.object.*"))[0])
            assert (status, [each["data"]["key"] for each in found]) == (200, ["G1"])
            assert [each["type"] for each in (await get(gateway, "/types"))[1]] == ["Gate"]
            async with scheduler.post("/schedules/매시/run") as asked:
                assert (asked.status, (await asked.json())["status"]) == (200, "accepted")
            while not (runs := await ended(scheduler)):
                await client.last()
            for http in (gateway, scheduler):
                assert (await get(http, "/ready"))[0] == 200
                assert (await get_bytes(http, "/metrics"))[0]
        async with running(one, quiet) as again, aiohttp.ClientSession(again.gateway.url) as gateway:
            assert (await get(gateway, "/cursors"))[1][0]["position"] == 1
    assert [(each["trigger"], each["status"]) for each in runs] == [("asked", "accepted")]
    kept = {path.name for part in ("one", "two") for path in (tmp_path / part).rglob("*.db")}
    assert kept == set()


async def ended(scheduler):
    runs = (await get(scheduler, "/schedules/매시/runs"))[1]
    return [each for each in runs if each["status"] != "running"]
