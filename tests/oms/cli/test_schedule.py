"""`oms schedule`: from creation to deletion, and what became of runs."""

import asyncio
import json

import pytest

from oms.cli.failures import Failure
from oms.cli.schedule_terms import day, seconds

SAID = ("--command", "UpsertObject", "--data", '{"type": "Airline", "properties": {"carrier": "${date}"}}')
DEADLINE = 30


async def test_a_schedule_from_creation_to_deletion(oms, cli):
    code, out, _ = await cli("schedule", "calendar", "휴일", "--day", "12-25", "--day", "2026-02-16..2026-02-18")
    assert code == 0, out
    at = ("--cron", "30 2 * * *", "--zone", "Asia/Seoul", "--calendar", "휴일", "--except", "SAT")
    code, out, _ = await cli("schedule", "create", "nightly", *SAID, *at, "--misfire", "all", "--most", "3")
    assert code == 0, out
    (listed,) = json.loads((await cli("schedule", "list", "--json"))[1])
    assert (listed["cron"], listed["misfire"], listed["calendars"]) == (
        "30 2 * * *",
        {"policy": "all", "grace": 60, "most": 3},
        ["휴일"],
    )
    after = ("--after", "2099-02-13T18:00:00Z", "--limit", "2")  # a Saturday there
    assert json.loads((await cli("schedule", "next", "nightly", *after, "--json"))[1]) == [
        {"time": "2099-02-14T17:30:00.000000Z", "local": "2099-02-15T02:30:00+09:00"},
        {"time": "2099-02-15T17:30:00.000000Z", "local": "2099-02-16T02:30:00+09:00"},
    ]
    (asked,) = (await oms.schedules("nightly", following=2))["schedules"]
    assert (asked["name"], len(asked["next"])) == ("nightly", 2)
    code, out, _ = await cli("schedule", "update", "nightly", "--every", "1h30m", "--no", "calendar", "--no", "except")
    assert code == 0, out
    for command, *more in (("pause", "--reason", "점검"), ("resume",), ("run", "--reason", "now")):
        assert (await cli("schedule", command, "nightly", *more))[0] == 0, command
        told = json.loads((await cli("status", "--json"))[1])["schedules"]
        assert (told["count"], told["paused"], told["late"]) == (1, command == "pause", 0.0)
        assert (told["next"] is None) == (command == "pause")
    shown = json.loads((await cli("schedule", "show", "nightly", "--json"))[1])
    assert (shown["every"]["seconds"], "calendars" in shown, "cron" in shown) == (5_400, False, False)
    assert [each["status"] for each in shown["history"]] == ["active", "active", "paused", "active", "active"]
    assert f"1, next {shown['next'][0]}" in (await cli("status"))[1]
    assert "5 versions" in (await cli("schedule", "show", "nightly"))[1]
    async with asyncio.timeout(DEADLINE):
        while not (ran := [each async for each in _runs(oms) if each["status"] != "running"]):
            pass
    ((answered),) = ran
    assert (answered["trigger"], answered["status"], answered["command"]["author"]) == (
        "asked",
        "accepted",
        shown["author"],
    )
    code, out, _ = await cli("schedule", "history", "nightly", "--json")
    assert (code, json.loads(out)) == (0, ran)
    assert "accepted" in (await cli("schedule", "history", "nightly"))[1]
    assert json.loads((await cli("schedule", "history", "nightly", "--failed", "--json"))[1]) == []
    event = await anext(oms.subscribe(answered["position"] - 1))
    assert (event.envelope["correlationid"], event.envelope["causationid"]) == (shown["id"], answered["id"])
    assert (await cli("schedule", "delete", "nightly"))[0] == 0
    assert (await cli("schedule", "calendar", "휴일", "--delete"))[0] == 0
    assert json.loads((await cli("schedule", "list", "--json"))[1]) == []
    assert json.loads((await cli("schedule", "calendars", "--json"))[1]) == []
    assert [each["name"] for each in json.loads((await cli("schedule", "list", "--deleted", "--json"))[1])] == [
        "nightly"
    ]


async def test_what_has_run_as_often_as_it_may_has_no_next_time(oms, cli):
    code, out, _ = await cli("schedule", "create", "한번", *SAID, "--every", "1s", "--max-runs", "1")
    assert code == 0, out
    async with asyncio.timeout(DEADLINE):
        while not (ran := [each async for each in _runs(oms, "한번") if each["status"] != "running"]):
            pass
    assert [each["trigger"] for each in ran] == ["time"]
    (listed,) = json.loads((await cli("schedule", "list", "--json"))[1])
    shown = json.loads((await cli("schedule", "show", "한번", "--json"))[1])
    (asked,) = (await oms.schedules(following=2))["schedules"]
    assert [each["next"] for each in (listed, shown, asked, *(await oms.schedules("한번"))["schedules"])] == [[]] * 4
    assert json.loads((await cli("schedule", "next", "한번", "--json"))[1]) == []
    assert json.loads((await cli("status", "--json"))[1])["schedules"]["next"] is None
    assert (await cli("schedule", "update", "한번", "--max-runs", "3"))[0] == 0
    assert len(json.loads((await cli("schedule", "next", "한번", "--json"))[1])) <= 2


async def _runs(oms, name="nightly"):
    for each in (await oms.schedule_runs(name))["runs"]:
        yield each


async def test_what_is_said_wrongly_is_named(cli):
    for arguments, said in (
        (("create", "a", "--at", "2030-01-01T00:00:00Z"), "--command"),
        (("create", "a", *SAID), "SCHEDULE_WHEN"),
        (("create", "a", *SAID, "--every", "soon"), "duration"),
        (("update", "a", "--no", "cron"), "--no cron"),
        (("update", "a", "--data", "{}"), "--command"),
        (("calendar", "a"), "--day"),
        (("next", "nobody"), "SCHEDULE_UNKNOWN"),
    ):
        code, out, complaint = await cli("schedule", *arguments)
        assert code != 0
        assert said in out + complaint, arguments


@pytest.mark.parametrize(
    ("text", "found"),
    [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5_400), ("1d", 86_400), ("PT15M", 900), ("P1DT1H", 90_000)],
)
def test_durations(text, found):
    assert seconds(text) == found


@pytest.mark.parametrize("text", ["", "m", "1x", "-5", "1.5h", "5 m"])
def test_what_is_no_duration(text):
    with pytest.raises(Failure):
        seconds(text)


def test_days():
    assert [day("SAT"), day("2026-02-16 .. 2026-02-18")] == [{"on": "SAT"}, {"on": "2026-02-16", "until": "2026-02-18"}]
