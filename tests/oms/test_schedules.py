"""Schedules of a running OMS: ten thousand that wait outlive a restart, and those that fall due meanwhile run."""

import asyncio
import time
from dataclasses import replace

from adapters.nats_rings import nats_rings
from events.wire.instants import to_text
from oms.client import connect
from oms.running import running
from oms.runs import runs, runs_file
from oms.settings import Settings

AIRLINE = {"name": "Airline", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
MANY, SOON, AT_ONCE = 10_000, 50, 1_000
LATER = "2999-01-01T00:00:00Z"
DEADLINE = 240


def created(number, at):
    command = {"type": "CreateObject", "data": {"type": "Airline", "properties": {"id": f"대한-{number}"}}}
    data = {"name": f"s{number}", "at": at, "command": command, "misfire": {"policy": "once"}}
    return {"type": "CreateSchedule", "data": data}


async def test_ten_thousand_outlive_a_restart(tmp_path):
    def heard(what, error):
        raise AssertionError(f"{what}: {error}")

    settings = Settings(folder=tmp_path / "data", deadline=DEADLINE)
    async with asyncio.timeout(DEADLINE):
        async with running(settings, heard), await connect(settings.folder, deadline=DEADLINE) as client:
            await client.send("CreateObjectType", AIRLINE)
            for first in range(0, MANY, AT_ONCE):
                part = [created(number, LATER) for number in range(first, first + AT_ONCE)]
                assert (await client.commit(part)).status == "accepted"
            soon = to_text(time.time_ns() // 1_000 + 500_000)
            last = await client.commit([created(MANY + number, soon) for number in range(SOON)])
            assert last.status == "accepted", last
        async with running(settings, heard) as here, await connect(settings.folder, deadline=DEADLINE) as client:
            ran = []
            async for event in client.subscribe(0, ["oms.evt.main.*.*.*.object.>"]):
                ran.append(event.data["properties"]["id"])
                if len(ran) == SOON:
                    break
            async with runs(settings) as kept, nats_rings(here.endpoint, "main") as rings:
                standings = (await kept.standings()).values()
                armed = await rings.armed()
            done = await client.send("DeleteSchedule", {"schedule": "s0"}, wait="log")
            assert done.position == last.position + SOON + 1
    assert sorted(ran) == sorted(f"대한-{MANY + number}" for number in range(SOON))
    waiting = [each.next for each in standings if each.next is not None]
    assert (len(waiting), len(set(waiting))) == (MANY, 1)
    assert waiting[0] in armed


async def test_on_postgresql_another_process_goes_on(postgres_url, tmp_path):
    """Two parts that keep schedules, of which one works; when it goes the other does what was not done."""
    alarms = []

    def heard(*told):
        alarms.append(told)

    settings = Settings(folder=tmp_path / "data", postgres_url=postgres_url)
    command = {"type": "CreateObject", "data": {"type": "Airline", "properties": {"id": "${nominal}"}}}
    every = {"name": "매초", "command": command, "every": {"seconds": 1}, "misfire": {"policy": "all"}, "maxRuns": 4}
    others = tuple(role for role in settings.roles if role not in ("scheduler", "gateway"))
    async with asyncio.timeout(DEADLINE), running(replace(settings, roles=others), heard) as main:
        second = Settings(folder=tmp_path / "second", postgres_url=postgres_url, nats_url=main.endpoint.url,
                          nats_credentials=str(tmp_path / "data" / "nats" / "logins.json"), roles=("scheduler",), scheduler_port=0)  # fmt: skip
        async with await connect(settings.folder) as client:
            await client.send("CreateObjectType", AIRLINE)
            await client.send("CreateSchedule", every)
            effects = client.subscribe(0, ["oms.evt.main.*.*.*.object.>"])
            async with running(replace(settings, roles=("scheduler",), scheduler_port=0), heard):
                found = [await anext(effects) for _ in range(2)]
            async with running(second, heard):
                found += [await anext(effects) for _ in range(2)]
                deleted = await client.send("DeleteSchedule", {"schedule": "매초"})
    assert len({event.data["key"] for event in found}) == 4
    assert deleted.position == found[-1].position + 1
    assert alarms == []


async def test_a_run_may_do_no_more_than_its_author(tmp_path):
    settings = Settings(folder=tmp_path / "data")
    command = {"type": "CreateObject", "data": {"type": "Airline", "properties": {"id": "대한"}}}
    every = {"name": "매초", "command": command, "every": {"seconds": 3_600}}
    async with (
        asyncio.timeout(DEADLINE),
        running(settings, lambda *_: None),
        await connect(settings.folder, author="ada@desk") as client,
    ):
        await client.send("CreateObjectType", AIRLINE)
        await client.send("CreateSchedule", every)
        await client.send("ProtectBranch", {"name": settings.branch, "approvals": 1, "reviewers": ["지우@desk"]})
        await client.send("RunScheduleNow", {"schedule": "매초"}, author="지우@desk", wait="projected:versions")
        while not (runs := (await client.schedule_runs("매초"))["runs"]) or runs[0]["status"] == "running":
            pass
    assert [(each["status"], each["command"]["author"]) for each in runs] == [("rejected", "ada@desk")]
    assert [each["code"] for each in runs[0]["findings"]] == ["RULE_PROTECTED"]


async def test_the_store_is_lost_and_nothing_runs_again(tmp_path):
    def heard(what, error):
        raise AssertionError(f"{what}: {error}")

    settings = Settings(folder=tmp_path / "data", scheduler_port=0, gateway_port=0)
    command = {"type": "CreateObject", "data": {"type": "Airline", "properties": {"id": "${nominal}"}}}
    twice = {"name": "두번", "command": command, "every": {"seconds": 1}, "maxRuns": 2}
    asked = {"name": "asked", "command": command, "at": LATER}
    async with asyncio.timeout(DEADLINE):
        async with running(settings, heard), await connect(settings.folder) as client:
            await client.send("CreateObjectType", AIRLINE)
            for each in (twice, asked):
                await client.send("CreateSchedule", each)
            await client.send("RunScheduleNow", {"schedule": "asked"})
            effects = client.subscribe(0, ["oms.evt.main.*.*.*.object.>"])
            ran = {(await anext(effects)).envelope["causationid"] for _ in range(3)}
            end = await client.last()
        runs_file(settings).unlink()
        async with running(settings, heard), await connect(settings.folder) as client:
            while not (there := runs_file(settings).exists() and await _recovered(settings)):
                await client.last()
            assert await client.last() == end
    assert {each.id for each in there} == ran
    assert {(each.status, each.position is None) for each in there} == {("accepted", False)}


async def _recovered(settings):
    """Runs, once their schedules are planned."""
    async with runs(settings) as kept:
        standings = await kept.standings()
        if len(standings) < 2 or not all(each.version for each in standings.values()):
            return []
        assert sorted((each.runs, each.asked) for each in standings.values()) == [(0, 1), (2, 0)]
        return [run for schedule in standings for run in await kept.last(schedule, 10)]
