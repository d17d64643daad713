"""Schedules and calendars as they stand at a cut, when they run next, and what a keeper of schedules must know of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, Final

from events.decider import State
from events.findings import Finding, Refused
from events.meant import nearest
from events.names import ONTOLOGY_SCOPE, Key
from events.schedules.calendar import calendar_key
from events.schedules.clocks import zone
from events.schedules.planning import Known, Standing, left, version
from events.schedules.recurrence import Recurrence
from events.schedules.schedule_words import schedule_key
from events.wire import instants
from projectors.versions import Version
from queries.cuts import Cut
from queries.versions import Versions

_TERMS: Final = (
    "command", "at", "every", "cron", "zone", "until", "maxRuns", "calendars", "except", "misfire", "overlap", "jitter",
    "description", "reason",
)  # fmt: skip
Calendars = Mapping[str, State]
Standings = Mapping[str, Standing]
"""How far schedules are, by RID, where that is remembered."""
UNPLANNED: Final = Standing("", None)
NONE: Final[Standings] = {}


@dataclass(frozen=True, slots=True)
class Schedule:
    """`state` is `events.schedules.schedule`'s own; `days`: of its calendars, all of them; `standing`: how far it is."""

    state: State
    days: Sequence[Mapping[str, Any]]
    standing: Standing = UNPLANNED

    def next(self, now: int, most: int, after: int | None = None) -> list[int]:
        """The times behind now or, later or earlier, behind `after` (µs), as its terms have them.

        None while it is paused or over, and no more than it may still run.
        """
        if self.state["status"] != "active":
            return []
        behind, more = now if after is None else after, left(self.state, self.standing)
        before = 0 if more is None else sum(1 for _ in takewhile(behind.__ge__, self._times(now, more)))
        return list(self._times(behind, most if more is None else min(most, more - before)))

    def _times(self, after: int, most: int) -> Iterator[int]:
        times, time = Recurrence(self.state, self.days), max(after, instants.from_text(self.state["from"]))
        for _ in range(most):
            following = times.after(time)
            if following is None:
                return
            yield (time := following)

    def row(self, now: int) -> dict[str, Any]:
        """For a list of them."""
        state, following = self.state, self.next(now, 1)
        return {
            "name": state["name"], "status": state["status"], "when": when(state), "zone": state["zone"],
            "command": state["command"]["type"], "branch": state["command"]["branch"], "author": state["author"],
            "next": instants.to_text(following[0]) if following else None,
        }  # fmt: skip

    def json(self, now: int, most: int = 1) -> dict[str, Any]:
        """All there is to know, and the next `most` times."""
        state = self.state
        shown: dict[str, Any] = {name: state[name] for name in ("id", "name", "status", "author")}
        shown |= {name: state[name] for name in _TERMS if state.get(name) is not None}
        return shown | {"next": [instants.to_text(each) for each in self.next(now, most)]}


def told_time(of: Schedule, time: int) -> dict[str, Any]:
    """A time (µs), and what a clock on the wall of the schedule's zone shows then."""
    local = datetime.fromtimestamp(time / 1e6, zone(of.state["zone"])).isoformat(timespec="seconds")
    return {"time": instants.to_text(time), "local": local}


def when(state: State) -> str:
    """In a few words."""
    if state.get("at") is not None:
        return f"at {state['at']}"
    if state.get("every") is not None:
        return f"every {state['every']['seconds']} s"
    return str(state["cron"])


def schedules(cut: Cut, standings: Standings = NONE, *, deleted: bool = False) -> list[Schedule]:
    """By name; with `deleted` those that are over, too."""
    found = _calendars(cut.versions, cut.position)
    states = (each.state for each in cut.versions.valid(ONTOLOGY_SCOPE, schedule_key(""), cut.position))
    return [_schedule(each, found, standings) for each in states if deleted or not each.get("deleted")]


def schedule(cut: Cut, name: str, standings: Standings = NONE) -> Schedule:
    """Raises `Refused` (SCHEDULE_UNKNOWN)."""
    version = cut.versions.at(ONTOLOGY_SCOPE, schedule_key(name), cut.position)
    if version is None:
        there = (str(each.state["name"]) for each in schedules(cut, deleted=True))
        meant = nearest(name, there, "`oms schedule list` shows those that there are")
        raise Refused([Finding("SCHEDULE_UNKNOWN", "/schedule", f"there is no schedule {name[:200]!r}; {meant}")])
    return _schedule(version.state, _calendars(cut.versions, cut.position), standings)


def _schedule(state: State, found: Calendars, standings: Standings) -> Schedule:
    return Schedule(state, _days(state, found), standings.get(str(state["id"]), UNPLANNED))


def history(cut: Cut, name: str) -> list[Version]:
    """Every version of a schedule, oldest first."""
    return list(cut.versions.of(ONTOLOGY_SCOPE, schedule_key(name), cut.position))


def calendars(cut: Cut) -> list[State]:
    """By name, those that are not over."""
    return list(_calendars(cut.versions, cut.position).values())


def known(versions: Versions, after: int, until: int) -> list[Known]:
    """Schedules that changed, or whose calendars did, in (after, until], also those that are over; from 0 on all others."""
    found = _calendars(versions, until)
    return [
        Known(state, _days(state, found), version(state, _named(state, found)))
        for state in _changed(versions, after, until)
    ]


def _changed(versions: Versions, after: int, until: int) -> Iterator[State]:
    changed = {
        each.removeprefix(calendar_key(""))
        for each in versions.changed(ONTOLOGY_SCOPE, calendar_key(""), after, until)
        if after
    }
    if not after or changed:
        for each in versions.valid(ONTOLOGY_SCOPE, schedule_key(""), until):
            concerned = each.since > after or not changed.isdisjoint(each.state.get("calendars") or ())
            if concerned and (after or not each.state.get("deleted")):
                yield each.state
        return
    keys: list[Key] = list(versions.changed(ONTOLOGY_SCOPE, schedule_key(""), after, until))
    yield from (each.state for each in versions.several(ONTOLOGY_SCOPE, keys, until).values())


def _calendars(versions: Versions, position: int) -> Calendars:
    found = (each.state for each in versions.valid(ONTOLOGY_SCOPE, calendar_key(""), position))
    return {str(each["name"]): each for each in found if not each.get("deleted")}


def _named(state: State, found: Calendars) -> Iterable[State]:
    """NOTE one that a schedule names cannot be deleted."""
    return [found[name] for name in state.get("calendars") or () if name in found]


def _days(state: State, found: Calendars) -> list[Mapping[str, Any]]:
    return [day for calendar in _named(state, found) for day in calendar["days"]]
