"""Calendars: days on which nothing runs, under a name that many schedules share. Of the whole ontology, and of no branch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from events.branches.branch_rules import branch_key, not_there
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.meant import LONGEST, names_under, nearest
from events.names import TAG, Key
from events.schedules import days
from events.schedules.terms import Days

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "calendar"
_SEE: Final = "`oms schedule calendars` shows those that there are"


class SetCalendar(Payload):
    """Make a calendar, or give it other days: all of them."""

    name: Annotated[str, Field(description="a letter or digit, then also `.`, `_` and `-`, at most 100")]
    days: Annotated[list[Days], Field(max_length=5_000, description="on these, schedules that name it do not run")]
    description: Annotated[str | None, Field(max_length=2_000, description="whose days they are")] = None


class DeleteCalendar(Payload):
    """It is over. Schedules that name it must go, or be changed, before."""

    name: Annotated[str, Field(alias="calendar", description="the calendar's name")]


class CalendarSet(Payload):
    """A calendar was made, or has other days on which the schedules that name it do not run."""

    name: str
    days: list[Days]
    description: str | None = None


class CalendarDeleted(Payload):
    """A calendar was deleted."""

    name: str


COMMANDS: Final[tuple[type[Payload], ...]] = (SetCalendar, DeleteCalendar)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.calendar.set.v1": CalendarSet,
    "io.oms.calendar.deleted.v1": CalendarDeleted,
}


def calendar_key(name: str) -> Key:
    return Key(f"calendar/{name}")


def reads(context: Context, command: Payload) -> list[Key]:
    assert isinstance(command, SetCalendar | DeleteCalendar)
    return as_far_as_known([branch_key(context.branch), calendar_key(command.name)])


def target(_context: Context, command: Payload) -> Key | None:
    assert isinstance(command, SetCalendar | DeleteCalendar)
    return calendar_key(command.name)


def decide(context: Context, command: Payload) -> list[Drafted]:
    branch = context.get(branch_key(context.branch))
    if branch is None or branch["deleted"]:
        raise Refused([not_there(context, context.branch, "")])
    if isinstance(command, SetCalendar):
        return _set(context, command)
    assert isinstance(command, DeleteCalendar)
    return _delete(context, command.name)


def evolve(state: State | None, event: Payload) -> State | None:
    """`version` counts on when a name is given again."""
    version = (state or {"version": 0})["version"] + 1
    if isinstance(event, CalendarSet):
        return {"version": version, **event.model_dump(by_alias=True, exclude_none=True)}
    assert state is not None, "a calendar begins with calendar.set"
    return {**state, "version": version, "deleted": True}


def named(context: Context, names: Sequence[str], path: str) -> Iterator[Finding]:
    """What is wrong with names of calendars. Raises `Unread`."""
    for index, name in enumerate(names):
        if _there(context, name) is None:
            meant = nearest(name, names_under(context, calendar_key("")), _SEE)
            text = f"there is no calendar {name[:LONGEST]!r}; {meant}"
            yield Finding("CALENDAR_UNKNOWN", f"{path}/{index}", text)


def day_faults(said: Sequence[Mapping[str, Any]], path: str) -> Iterator[Finding]:
    for index, each in enumerate(said):
        if why := days.fault(each):
            yield Finding("CALENDAR_DAY", f"{path}/{index}", why)


def _there(context: Context, name: str) -> State | None:
    state = context.get(calendar_key(name))
    return None if state is None or state.get("deleted") else state


def _set(context: Context, command: SetCalendar) -> list[Drafted]:
    findings = list(day_faults([each.model_dump() for each in command.days], "/days"))
    if not TAG.fullmatch(command.name):
        text = f"{command.name[:LONGEST]!r} is no name: a letter or digit, then also . _ and -, at most 100"
        findings.append(Finding("CALENDAR_NAME", "/name", text))
    if findings:
        raise Refused(findings)
    event = CalendarSet(name=command.name, days=command.days, description=command.description)
    there = _there(context, command.name)
    if there is not None and evolve({"version": there["version"] - 1}, event) == there:
        return []
    return [Drafted(calendar_key(command.name), "-", event)]


def _delete(context: Context, name: str) -> list[Drafted]:
    if findings := list(named(context, [name], "")):
        raise Refused([each._replace(path="/calendar") for each in findings])
    keys = context.under("schedule/")
    states = [state for key in keys if (state := context.get(key)) is not None and not state.get("deleted")]
    users = [str(state["name"]) for state in states if name in (state.get("calendars") or ())]
    if users:
        more = f" and {len(users) - 10:,} more" if len(users) > 10 else ""
        text = f"schedules name it: {', '.join(users[:10])}{more}; delete these, or change them, first"
        raise Refused([Finding("CALENDAR_IN_USE", "/calendar", text)])
    return [Drafted(calendar_key(name), "-", CalendarDeleted(name=name))]
