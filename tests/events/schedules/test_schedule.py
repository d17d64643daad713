"""Schedules: what may be said, what is refused and where, and as whom they run."""

import pytest

from events.schedules.planning import version
from events.wire.instants import to_text
from tests.events.world import MAIN, World

AIRLINE = {"name": "Airline", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
UPSERT = {"type": "UpsertObject", "data": {"type": "Airline", "properties": {"id": "${date}"}}}
NIGHTLY = {"name": "매일-밤", "command": UPSERT, "cron": "0 3 * * *", "zone": "Asia/Seoul"}


@pytest.fixture
def world() -> World:
    world = World("dev/flights/gates")
    world.when("CreateObjectType", **AIRLINE)
    world.when("SetCalendar", name="휴일", days=[{"on": "12-25"}, {"on": "1970-01-01", "until": "1970-01-03"}])
    return world


def state(world: World, name: str = "매일-밤"):
    return world.get(f"schedule/{name}")


def test_a_schedule_is_stored_with_all_that_it_does_not_say(world):
    (event,) = world.when("CreateSchedule", **NIGHTLY)
    assert event.id.startswith("ri.oms.schedule.")
    kept = state(world)
    assert (kept["status"], kept["author"], kept["version"], kept["asked"]) == ("active", "ada@test", 1, 0)
    assert kept["command"] == {**UPSERT, "branch": MAIN}
    assert (kept["zone"], kept["overlap"], kept["jitter"]) == ("Asia/Seoul", "queue", 0)
    assert kept["misfire"] == {"policy": "once", "grace": 60, "most": 100}
    assert world.when("CreateSchedule", **NIGHTLY) == []
    assert world.findings("CreateSchedule", **{**NIGHTLY, "zone": "UTC"}) == [("SCHEDULE_EXISTS", "/name")]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"name": "a b"}, [("SCHEDULE_NAME", "/name")]),
        ({"cron": None}, [("SCHEDULE_WHEN", "")]),
        ({"at": "2030-01-01T00:00:00Z"}, [("SCHEDULE_WHEN", "/cron")]),
        ({"cron": "0 25 * * *"}, [("SCHEDULE_CRON", "/cron")]),
        ({"cron": None, "at": "tomorrow"}, [("TIME_FORMAT", "/at")]),
        ({"cron": None, "at": "1960-01-01T00:00:00Z"}, [("SCHEDULE_NEVER", "/at")]),
        ({"until": "1960-01-01T00:00:00Z"}, [("SCHEDULE_NEVER", "/cron")]),
        ({"cron": None, "at": "1970-01-02T00:00:00Z", "calendars": ["휴일"]}, [("SCHEDULE_NEVER", "/at")]),
        ({"cron": "0 0 30 2 *"}, [("SCHEDULE_CRON", "/cron")]),
        ({"except": [{"on": each} for each in ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")]}, [("SCHEDULE_NEVER", "/cron")]),
        ({"cron": None, "every": {"seconds": 0}}, [("COMMAND_SHAPE", "/every/seconds")]),
        ({"cron": None, "every": {"seconds": 60}, "jitter": 60}, [("SCHEDULE_JITTER", "/jitter")]),
        ({"cron": "0 0,9,10 * * *", "jitter": 3_600}, [("SCHEDULE_JITTER", "/jitter")]),
        ({"zone": "Seoul"}, [("SCHEDULE_ZONE", "/zone")]),
        ({"calendars": ["휴일", "휴가"]}, [("CALENDAR_UNKNOWN", "/calendars/1")]),
        ({"except": [{"on": "2026-02-30"}]}, [("CALENDAR_DAY", "/except/0")]),
        ({"misfire": {"policy": "sometimes"}}, [("COMMAND_SHAPE", "/misfire/policy")]),
        ({"command": {**UPSERT, "branch": "dev/no/where"}}, [("BRANCH_UNKNOWN", "/command/branch")]),
        ({"command": {**UPSERT, "branch": "nowhere"}}, [("BRANCH_NAME", "/command/branch")]),
        ({"command": {**UPSERT, "type": "UpsertObjekt"}}, [("COMMAND_TYPE_UNKNOWN", "/command/type")]),
        ({"command": {**UPSERT, "type": "Show"}}, [("COMMAND_TYPE_UNKNOWN", "/command/type")]),
        ({"command": {"type": "UpsertObject", "data": {"type": "Airline"}}}, [("COMMAND_SHAPE", "/command/data/properties")]),
        ({"command": {**UPSERT, "onBehalfOf": "nobody"}}, [("COMMAND_AUTHOR", "/command/onBehalfOf")]),
        ({"command": {"type": "Commit", "data": {"commands": [UPSERT, {"type": "CreateObject", "data": {}}]}}},
         [("COMMAND_SHAPE", "/command/data/commands/1/data/type"), ("COMMAND_SHAPE", "/command/data/commands/1/data/properties")]),
        ({"command": {"type": "Commit", "data": []}}, [("COMMAND_SHAPE", "/command/data")]),
        ({"command": {"type": "Commit", "data": {}}}, [("COMMAND_SHAPE", "/command/data")]),
        ({"command": {"type": "Commit", "data": {"commands": []}}}, [("COMMAND_SHAPE", "/command/data")]),
        ({"zone": "x", "cron": "x", "command": {**UPSERT, "type": "X"}},
         [("COMMAND_TYPE_UNKNOWN", "/command/type"), ("SCHEDULE_ZONE", "/zone")]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_once_with_its_place(world, said, found):
    data = {name: value for name, value in {**NIGHTLY, **said}.items() if value is not None}
    assert world.findings("CreateSchedule", **data) == found


def test_what_is_not_given_stays_and_null_takes_away(world):
    world.when("CreateSchedule", **NIGHTLY, calendars=["휴일"], misfire={"grace": 5}, description="밤마다")
    changed = {"schedule": "매일-밤", "misfire": {"policy": "all"}, "calendars": None}
    (event,) = world.when("UpdateSchedule", **changed)
    assert event.terms.misfire.model_dump() == {"policy": "all", "grace": 5, "most": 100}
    assert (event.terms.calendars, event.terms.description, event.terms.cron) == (None, "밤마다", "0 3 * * *")
    assert world.when("UpdateSchedule", **changed) == []
    assert world.findings("UpdateSchedule", schedule="매일-밤", command=None) == [("COMMAND_SHAPE", "/command")]
    assert world.findings("UpdateSchedule", schedule="매일-밤", cron=None) == [("SCHEDULE_WHEN", "")]


def test_another_kind_of_time_takes_the_place_of_the_one_before(world):
    world.when("CreateSchedule", **NIGHTLY)
    (event,) = world.when("UpdateSchedule", schedule="매일-밤", every={"seconds": 60})
    assert event.terms.cron is None
    assert event.terms.every.begin == event.since
    assert world.when("UpdateSchedule", schedule="매일-밤", every={"seconds": 60}) == []


def test_it_runs_as_who_said_last_what_it_does(world):
    world.when("CreateSchedule", **NIGHTLY)
    world.author = "bob@test"
    named = {"schedule": "매일-밤"}
    world.when("PauseSchedule", **named)
    world.when("ResumeSchedule", **named)
    world.when("RunScheduleNow", **named)
    assert state(world)["author"] == "ada@test"
    world.when("UpdateSchedule", **named, jitter=1)
    assert state(world)["author"] == "bob@test"


def test_the_life_of_a_schedule(world):
    world.when("CreateSchedule", **NIGHTLY)
    first, named = state(world), {"schedule": "매일-밤"}
    for command, data, status in (
        ("PauseSchedule", {"reason": "점검"}, "paused"),
        ("PauseSchedule", {"reason": "again"}, "paused"),
        ("ResumeSchedule", {}, "active"),
        ("ResumeSchedule", {}, "active"),
        ("DeleteSchedule", {}, "deleted"),
    ):
        world.when(command, **named, **data)
        assert state(world)["status"] == status
    assert state(world)["version"] == first["version"] + 3
    assert world.findings("RunScheduleNow", **named) == [("SCHEDULE_DELETED", "/schedule")]
    assert world.findings("RunScheduleNow", schedule="매일-낮") == [("SCHEDULE_UNKNOWN", "/schedule")]
    world.when("CreateSchedule", **NIGHTLY)
    assert state(world)["id"] != first["id"]
    assert state(world)["from"] == to_text(world.position - 1)


def test_asked_runs_are_counted_and_change_no_times(world):
    world.when("CreateSchedule", **NIGHTLY)
    before = state(world)["version"]
    numbers = [world.when("RunScheduleNow", schedule="매일-밤")[0].number for _ in range(2)]
    assert (numbers, state(world)["asked"], state(world)["version"]) == ([1, 2], 2, before)


def test_nothing_is_said_on_a_branch_that_is_not_there(world):
    assert world.findings("CreateSchedule", "dev/no/where", **NIGHTLY) == [("BRANCH_UNKNOWN", "")]
    assert world.findings("SetCalendar", "dev/no/where", name="a", days=[]) == [("BRANCH_UNKNOWN", "")]
    world.when("CreateSchedule", "dev/flights/gates", **NIGHTLY)
    assert state(world)["command"]["branch"] == "dev/flights/gates"


def test_a_calendar_has_its_days_and_is_kept_while_schedules_name_it(world):
    days = [{"on": "2026-02-16", "until": "2026-02-18", "name": "설날"}, {"on": "SAT"}]
    world.when("SetCalendar", name="휴일", days=days)
    assert world.when("SetCalendar", name="휴일", days=days) == []
    assert world.get("calendar/휴일")["days"] == days
    world.when("CreateSchedule", **NIGHTLY, calendars=["휴일"])
    assert world.findings("DeleteCalendar", calendar="휴일") == [("CALENDAR_IN_USE", "/calendar")]
    world.when("DeleteSchedule", schedule="매일-밤")
    before = version({"version": 1}, [world.get("calendar/휴일")])
    world.when("DeleteCalendar", calendar="휴일")
    assert world.findings("DeleteCalendar", calendar="휴일") == [("CALENDAR_UNKNOWN", "/calendar")]
    world.when("SetCalendar", name="휴일", days=days)
    assert version({"version": 1}, [world.get("calendar/휴일")]) != before


@pytest.mark.parametrize(
    "day",
    [{"on": "가"}, {"on": "2026-13-01"}, {"on": "02-30"}, {"on": "MON", "until": "2026-01-01"}, {"on": "2026-01-02", "until": "2026-01-01"}],
)  # fmt: skip
def test_what_is_no_day(world, day):
    assert world.findings("SetCalendar", name="a", days=[{"on": "MON"}, day]) == [("CALENDAR_DAY", "/days/1")]
