"""Schedules as they stand and run next, and what a keeper of schedules hears of as it changes."""

from typing import Any

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from events.schedules.planning import Standing
from events.wire.instants import from_text
from queries.cuts import Cut, cut
from queries.moments import moment
from queries.schedules import calendars, history, known, schedule, schedules, told_time
from tests.queries.histories import MAIN, History
from tests.queries.test_objects import NOW

BEGIN = "2026-01-01T00:00:00.000000Z"


def scheduled(name: str, change: str = "created", **said: Any):
    state = {
        "id": f"ri.{name}", "name": name, "status": "active", "reason": None, "version": 1, "asked": 0,
        "author": "ada@test", "from": BEGIN, "cron": "0 9 * * *", "zone": "Asia/Seoul", "overlap": "queue", "jitter": 0,
        "command": {"type": "UpsertObject", "branch": MAIN, "data": {}},
        "misfire": {"policy": "once", "grace": 60, "most": 100}, **said,
    }  # fmt: skip
    return Key(f"schedule/{name}"), change, state


def calendar(name: str, version: int, *days: str, change: str = "set", **said: Any):
    state = {"name": name, "version": version, "days": [{"on": day} for day in days], **said}
    return Key(f"calendar/{name}"), change, state


@pytest.fixture
def story() -> History:
    history = History()
    history.commit(MAIN, [calendar("휴일", 1, "2026-01-02"), calendar("휴가", 1, "MON")])
    history.commit(
        MAIN, [scheduled("a"), scheduled("b", calendars=["휴일"]), scheduled("c", calendars=["휴일", "휴가"])]
    )
    history.commit(MAIN, [scheduled("gone", status="deleted", deleted=True)])
    return history


def at(story: History, when: str = "now") -> Cut:
    return cut(story.into(MemoryVersions()), MAIN, moment(when), now=NOW)


def heard(story: History, after: int) -> list[tuple[str, str]]:
    found = known(story.into(MemoryVersions()), after, story.position)
    return [(each.state["name"], each.version) for each in found]


def test_they_run_next_but_on_the_days_of_their_calendars(story):
    after = from_text("2026-01-01T12:00:00Z")
    for name, days in (("a", ["02", "03"]), ("b", ["03", "04"]), ("c", ["03", "04"])):
        found = schedule(at(story), name)
        local = [told_time(found, time)["local"] for time in found.next(after, 2)]
        assert local == [f"2026-01-{day}T09:00:00+09:00" for day in days]
    assert [each.state["name"] for each in schedules(at(story))] == ["a", "b", "c"]
    assert [each["name"] for each in calendars(at(story))] == ["휴가", "휴일"]
    assert schedules(at(story, "2")) == []


def test_paused_and_over_they_do_not_run(story):
    story.commit(MAIN, [scheduled("a", "paused", status="paused", reason="점검", version=2)])
    found = schedule(at(story), "a")
    assert (found.next(0, 3), found.row(0)["next"], found.json(0)["reason"]) == ([], None, "점검")
    assert [each.state["status"] for each in history(at(story), "a")] == ["active", "paused"]
    assert schedule(at(story), "gone").next(0, 1) == []
    with pytest.raises(Refused, match="SCHEDULE_UNKNOWN"):
        schedule(at(story), "nobody")


def test_no_time_is_told_of_runs_that_are_used_up(story):
    story.commit(MAIN, [scheduled("a", "updated", maxRuns=5, version=2)])
    now = from_text("2026-01-01T12:00:00Z")
    days = [from_text(f"2026-01-{day:02}T00:00:00Z") for day in range(2, 9)]

    def found(runs):
        return schedule(at(story), "a", {"ri.a": Standing("2", None, None, runs)})

    assert schedule(at(story), "a").next(now, 10) == days[:5]
    assert found(2).next(now, 10) == days[:3]
    assert found(2).next(now, 2) == days[:2]
    assert found(2).next(now, 10, days[1]) == days[2:3]
    assert found(2).next(now, 10, days[2]) == found(2).next(now, 10, days[5]) == []
    assert found(2).next(days[2], 10, now) == days[:3]
    assert [found(runs).next(now, 10) for runs in (5, 6)] == [[], []]
    (listed,) = [
        each for each in schedules(at(story), {"ri.a": Standing("2", None, None, 5)}) if "maxRuns" in each.state
    ]
    assert (listed.row(now)["next"], listed.json(now)["next"]) == (None, [])


def test_a_keeper_hears_of_all_at_first_and_then_of_what_changes(story):
    assert heard(story, 0) == [("a", "1"), ("b", "1:1"), ("c", "1:1:1")]
    begun = story.position
    story.commit(MAIN, [scheduled("a", "deleted", version=2, status="deleted", deleted=True)])
    assert heard(story, begun) == [("a", "2")]
    begun = story.position
    story.commit(MAIN, [calendar("휴가", 2, "TUE")])
    assert heard(story, begun) == [("c", "1:1:2")]
    story.commit(MAIN, [scheduled("b", "updated", version=2)])
    assert heard(story, begun) == [("b", "2"), ("c", "1:1:2")]
    assert heard(story, story.position) == []
