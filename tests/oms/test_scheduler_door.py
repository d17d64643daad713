"""The scheduler of a running OMS over HTTP, in a process part of its own."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest

from adapters.listening import PortTaken, listening
from oms.about_settings import ROLES
from oms.callers import allow
from oms.client import connect
from oms.running import running
from oms.settings import Settings

AIRLINE = {"name": "Airline", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
NIGHTLY = {
    "name": "매일",
    "command": {"type": "UpsertObject", "data": {"type": "Airline", "properties": {"id": "${nominal}"}}},
    "cron": "30 2 * * *",
    "zone": "Asia/Seoul",
}
DEADLINE = 60


def quiet(where, error):
    raise AssertionError(f"{where}: {error!r}")


@asynccontextmanager
async def apart(folder):
    """All parts but the scheduler, and the scheduler by itself: a client, and a session at its door."""
    others = tuple(role for role in ROLES if role not in ("scheduler", "gateway"))
    settings = Settings(folder=folder, roles=("scheduler",), scheduler_port=0)
    async with (
        asyncio.timeout(DEADLINE),
        running(Settings(folder=folder, roles=others), quiet),
        await connect(folder) as client,
        running(settings, quiet) as here,
        aiohttp.ClientSession(here.scheduler.url) as http,
    ):
        await client.send("CreateObjectType", AIRLINE)
        yield client, http


async def asked(http, path, method="GET", **sent):
    async with http.request(method, path, **sent) as answer:
        body = await answer.read()
        plain = answer.content_type.startswith("text/")
        return answer.status, body.decode() if plain else json.loads(body)


async def test_no_next_time_is_told_of_what_has_run_as_often_as_it_may(tmp_path):
    once = {"name": "한번", "command": NIGHTLY["command"], "every": {"seconds": 1}, "maxRuns": 1}
    async with apart(tmp_path / "data") as (client, http):
        for each in (NIGHTLY, once):
            await client.send("CreateSchedule", each)
        await anext(client.subscribe(0, ["oms.evt.main.*.*.*.object.>"]))
        assert (await asked(http, "/schedules/한번"))[1]["next"] == []
        assert (await asked(http, "/schedules/한번/next"))[1] == []
        listed = (await asked(http, "/schedules"))[1]["schedules"]
        assert {each["name"]: len(each["next"]) for each in listed} == {"매일": 1, "한번": 0}


async def test_schedules_are_seen_and_said(tmp_path):
    async with apart(tmp_path / "data") as (client, http):
        assert await asked(http, "/health") == (200, {"alive": True})
        assert (await asked(http, "/schedules"))[1]["schedules"] == []
        await client.send("SetCalendar", {"name": "휴일", "days": [{"on": "12-25"}]})
        await client.send("CreateSchedule", {**NIGHTLY, "calendars": ["휴일"]}, wait="projected:versions")
        status, listed = await asked(http, "/schedules?next=3")
        (one,) = listed["schedules"]
        assert (status, one["name"], one["status"], len(one["next"])) == (200, "매일", "active", 3)
        assert (await asked(http, "/schedules/매일"))[1]["calendars"] == ["휴일"]
        assert (await asked(http, "/schedules/매일/next?limit=2"))[1][0]["local"].endswith("02:30:00+09:00")
        assert (await asked(http, "/calendars"))[1] == [{"name": "휴일", "days": [{"on": "12-25"}]}]

        status, paused = await asked(http, "/schedules/매일/pause", "POST", json={"reason": "점검"})
        assert (status, paused["status"]) == (200, "accepted")
        assert (await asked(http, "/schedules/매일"))[1]["reason"] == "점검"
        assert (await asked(http, "/schedules/매일/resume", "POST"))[1]["status"] == "accepted"
        twice = [await asked(http, "/schedules/매일/run", "POST", headers={"Idempotency-Key": "one"}) for _ in range(2)]
        assert twice[0] == twice[1]
        event = await anext(client.subscribe(twice[0][1]["position"], ["oms.evt.main.*.*.*.object.>"]))
        while (runs := (await asked(http, "/schedules/매일/runs"))[1])[0]["status"] == "running":
            pass
        ((answered),) = runs
        assert (answered["trigger"], answered["status"], answered["position"]) == ("asked", "accepted", event.position)

        status, again = await asked(http, "/schedules/매일/resume", "POST", headers={"Idempotency-Key": "one"})
        assert (status, again["code"], again["command"]) == (409, "COMMAND_ID_REUSED", "one")

        status, ready = await asked(http, "/ready")
        assert (status, ready["ready"], ready["keeping"], ready["schedules"], ready["open"]) == (200, True, True, 1, 0)
        figures = (await asked(http, "/metrics"))[1]
        assert 'oms_schedule_runs_total{oms_run_status="accepted"} 1' in figures
        assert "oms_schedule_count 1" in figures


async def test_what_is_refused(tmp_path):
    async with apart(tmp_path / "data") as (client, http):
        for path, method, status, code in (
            ("/schedules/매일", "GET", 404, "SCHEDULE_UNKNOWN"),
            ("/schedules/매일/runs", "GET", 404, "SCHEDULE_UNKNOWN"),
            ("/schedules/매일/pause", "POST", 404, "SCHEDULE_UNKNOWN"),
            ("/schedules/매일/delete", "POST", 400, "GATEWAY_PARAMETER"),
            ("/schedules?next=1000", "GET", 400, "GATEWAY_PARAMETER"),
            ("/elsewhere", "GET", 404, "GATEWAY_ADDRESS"),
        ):
            found = await asked(http, path, method)
            assert (found[0], found[1]["code"]) == (status, code), path
        token = await asyncio.to_thread(allow, Settings(folder=tmp_path / "data"), "지우", ["read"])
        assert (await asked(http, "/schedules"))[0] == 401
        await client.send("CreateSchedule", NIGHTLY, wait="projected:versions")
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await asked(http, "/schedules", headers=bearer))[0] == 200
        denied = await asked(http, "/schedules/매일/run", "POST", headers=bearer)
        assert (denied[0], denied[1]["code"]) == (403, "GATEWAY_RIGHT")
        assert (await asked(http, "/health"))[0] == (await asked(http, "/ready"))[0] == 200


async def test_a_port_that_is_taken_is_said(tmp_path):
    with listening("127.0.0.1", 0) as other:
        port = other.getsockname()[1]
        settings = Settings(folder=tmp_path / "data", scheduler_port=port, gateway_port=0)
        async with running(settings, quiet) as here:
            assert here.scheduler.url is None
            assert str(port) in here.scheduler.trouble
        with pytest.raises(PortTaken):
            async with running(Settings(folder=tmp_path / "data", scheduler_port=port, roles=("scheduler",)), quiet):
                pass
