"""Schedules: which command is sent when, and as whom. They are facts of the whole ontology, like subscriptions: of no branch.

Create ─► active ◄──resume── paused          any of them ──delete──► over; its name may be given again
             └──────pause──►

A schedule runs as who said last what it does, so nobody lends rights to another by changing it. Everything is checked when
it is said; whether that command is accepted is decided at each run.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from events.branches.branch_rules import branch_key, not_there
from events.decider import Context, Drafted, Payload, State, as_far_as_known
from events.findings import Finding, Refused
from events.meant import LONGEST, names_under, nearest
from events.names import BRANCH, TAG, Key
from events.schedules import schedule_words as told
from events.schedules.calendar import calendar_key
from events.schedules.checks import KINDS, faults
from events.schedules.schedule_words import COMMANDS, EVENTS, Command, schedule_key
from events.schedules.terms import Misfire, Terms
from events.wire import instants

__all__ = ["COMMANDS", "EVENTS", "aggregate", "decide", "evolve", "reads", "target"]

aggregate: Final = "schedule"


def reads(context: Context, command: Payload) -> list[Key]:
    assert isinstance(command, Command)
    asked = getattr(command, "command", None)
    keys = [branch_key(context.branch), schedule_key(command.name)]
    if asked is not None and asked.branch is not None and BRANCH.fullmatch(asked.branch):
        keys.append(branch_key(asked.branch))
    return as_far_as_known([*keys, *map(calendar_key, getattr(command, "calendars", None) or ())])


def target(_context: Context, command: Payload) -> Key | None:
    assert isinstance(command, Command)
    return schedule_key(command.name)


def decide(context: Context, command: Payload) -> list[Drafted]:
    assert isinstance(command, Command)
    branch = context.get(branch_key(context.branch))
    if branch is None or branch["deleted"]:
        raise Refused([not_there(context, context.branch, "")])
    if isinstance(command, told.CreateSchedule):
        return _create(context, command)
    return _DECIDE[type(command)](context, _existing(context, command.name), command)


def evolve(state: State | None, event: Payload) -> State | None:
    """`version` counts what changes its times; `asked` how often somebody let it run."""
    if isinstance(event, told.ScheduleCreated):
        begun = {"id": event.id, "name": event.name, "status": "active", "reason": None, "version": 1, "asked": 0}
        return begun | {"author": event.author, "from": event.since} | _said(event.terms)
    assert state is not None, "a schedule begins with schedule.created"
    if isinstance(event, told.ScheduleRunRequested):
        return {**state, "asked": event.number}
    state = {**state, "version": state["version"] + 1}
    match event:
        case told.ScheduleUpdated():
            kept = {name: value for name, value in state.items() if name not in _TERMS}
            return kept | {"author": event.author, "from": event.since} | _said(event.terms)
        case told.SchedulePaused():
            return {**state, "status": "paused", "reason": event.reason}
        case told.ScheduleResumed():
            return {**state, "status": "active", "reason": None, "from": event.since}
    return {**state, "status": "deleted", "deleted": True}


_TERMS: Final = frozenset(each.alias or name for name, each in Terms.model_fields.items())


def _said(terms: Terms) -> dict[str, Any]:
    return terms.model_dump(by_alias=True, exclude_none=True)


def _existing(context: Context, name: str) -> State:
    """Raises `Refused`."""
    state = context.get(schedule_key(name))
    if state is None:
        meant = nearest(name, names_under(context, schedule_key("")), "`oms schedule list` shows those that there are")
        text = f"there is no schedule {name[:LONGEST]!r}; {meant}"
        raise Refused([Finding("SCHEDULE_UNKNOWN", "/schedule", text)])
    if state.get("deleted"):
        raise Refused([Finding("SCHEDULE_DELETED", "/schedule", f"{name} is deleted; create it again")])
    return state


def _create(context: Context, command: told.CreateSchedule) -> list[Drafted]:
    if not TAG.fullmatch(command.name):
        text = f"{command.name[:LONGEST]!r} is no name: a letter or digit, then also . _ and -, at most 100"
        raise Refused([Finding("SCHEDULE_NAME", "/name", text)])
    there = context.get(schedule_key(command.name))
    exists = there is not None and not there.get("deleted")
    given = command.model_dump(by_alias=True, exclude={"name"}, exclude_none=True)
    if exists and there is not None and there["status"] == "active" and _complete(context, given, there) == _of(there):
        return []
    if exists:
        text = f"{command.name} is there already; update it, or choose another name"
        raise Refused([Finding("SCHEDULE_EXISTS", "/name", text)])
    event = told.ScheduleCreated(
        name=command.name, id=context.new_rid("schedule"), author=context.author,
        since=instants.to_text(context.time), terms=_terms(context, _complete(context, given, None)),
    )  # fmt: skip
    return _drafted(command.name, event)


def _complete(context: Context, said: Mapping[str, Any], there: State | None) -> dict[str, Any]:
    """What was said, with what is not said and stands all the same; the beginning of `every` as it was, if it was said so."""
    whole: dict[str, Any] = {"zone": "UTC", "overlap": "queue", "jitter": 0, **said}
    whole["command"] = {"branch": context.branch, **whole["command"]}
    whole["misfire"] = {**Misfire().model_dump(), **whole.get("misfire", {})}
    every = whole.get("every")
    if every is not None and "from" not in every:
        was = (there or {}).get("every") or {}
        same = was.get("seconds") == every["seconds"]
        whole["every"] = {**every, "from": was["from"] if same else instants.to_text(context.time)}
    return whole


def _terms(context: Context, whole: Mapping[str, Any]) -> Terms:
    """Raises `Refused` with all that is wrong."""
    if findings := list(faults(context, whole)):
        raise Refused(findings)
    return Terms.model_validate(whole, by_alias=True)


def _of(state: State) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name in _TERMS}


def _update(context: Context, state: State, command: told.UpdateSchedule) -> list[Drafted]:
    was = _of(state)
    given = command.model_dump(by_alias=True, exclude={"name"}, exclude_unset=True)
    if given.get("misfire"):
        given["misfire"] = {**was["misfire"], **given["misfire"]}
    if given.get("command"):
        given["command"] = {name: value for name, value in given["command"].items() if value is not None}
        given["command"].setdefault("branch", was["command"]["branch"])
    if given.get("every"):
        given["every"] = {name: value for name, value in given["every"].items() if value is not None}
    if any(given.get(kind) is not None for kind in KINDS):  # another kind takes the place of the one before
        was = {name: value for name, value in was.items() if name not in KINDS}
    asked = {name: value for name, value in {**was, **given}.items() if value is not None}
    if "command" not in asked:
        raise Refused([Finding("COMMAND_SHAPE", "/command", "command is never without a value")])
    whole = _complete(context, asked, state)
    if whole == _of(state):
        return []
    since = instants.to_text(context.time)
    terms = _terms(context, whole)
    event = told.ScheduleUpdated(name=state["name"], author=context.author, since=since, terms=terms)
    return _drafted(state["name"], event)


def _pause(_context: Context, state: State, command: told.PauseSchedule) -> list[Drafted]:
    if state["status"] == "paused":
        return []
    return _drafted(state["name"], told.SchedulePaused(name=state["name"], reason=command.reason))


def _resume(context: Context, state: State, _command: told.ResumeSchedule) -> list[Drafted]:
    if state["status"] == "active":
        return []
    return _drafted(state["name"], told.ScheduleResumed(name=state["name"], since=instants.to_text(context.time)))


def _run(_context: Context, state: State, command: told.RunScheduleNow) -> list[Drafted]:
    event = told.ScheduleRunRequested(name=state["name"], number=state["asked"] + 1, reason=command.reason)
    return _drafted(state["name"], event)


def _delete(_context: Context, state: State, _command: told.DeleteSchedule) -> list[Drafted]:
    return _drafted(state["name"], told.ScheduleDeleted(name=state["name"]))


def _drafted(name: str, event: Payload) -> list[Drafted]:
    return [Drafted(schedule_key(name), "-", event)]


_DECIDE: Final[Mapping[type[Payload], Callable[[Context, State, Any], list[Drafted]]]] = {
    told.UpdateSchedule: _update,
    told.PauseSchedule: _pause,
    told.ResumeSchedule: _resume,
    told.RunScheduleNow: _run,
    told.DeleteSchedule: _delete,
}
