"""Everything that can be wrong with what a schedule says: found all at once."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from events.authors import is_author
from events.branches.branch_rules import branch_key, not_there
from events.decider import Context
from events.findings import Finding, Refused
from events.names import BRANCH
from events.schedules import calendar, running
from events.schedules.clocks import MICROS, NoZone, zone
from events.schedules.cron import Cron, NoCron
from events.schedules.recurrence import Recurrence
from events.wire import instants

KINDS = ("at", "every", "cron")
NEXT_RUNS: Final = 64  # that are looked at: how close two of them are


def faults(context: Context, said: Mapping[str, Any]) -> Iterator[Finding]:
    """`said` are terms by the names of their JSON, whose shapes are right. Raises `Unread`."""
    yield from _command(context, said["command"])
    found = [*_when(said), *calendar.day_faults(said.get("except") or (), "/except")]
    yield from found
    unknown = list(calendar.named(context, said.get("calendars") or (), "/calendars"))
    yield from unknown
    if not found and not unknown:
        yield from _runs(context, said)


def _when(said: Mapping[str, Any]) -> Iterator[Finding]:
    given = [kind for kind in KINDS if said.get(kind) is not None]
    if len(given) != 1:
        several = f"{' and '.join(given)} are given" if given else "none of them is given"
        text = f"{several}; say one of at, every and cron, and null for another"
        yield Finding("SCHEDULE_WHEN", f"/{given[-1]}" if given else "", text)
    begin = (said.get("every") or {}).get("from")
    for path, time in (("/at", said.get("at")), ("/every/from", begin), ("/until", said.get("until"))):
        try:
            if time is not None:
                instants.from_text(time)
        except instants.NotAnInstant as error:
            yield Finding("TIME_FORMAT", path, str(error))
    try:
        where = zone(said["zone"])
    except NoZone as error:
        yield Finding("SCHEDULE_ZONE", "/zone", str(error))
        return
    try:
        if said.get("cron") is not None:
            Cron(said["cron"], where)
    except NoCron as error:
        yield Finding("SCHEDULE_CRON", "/cron", str(error))


def _runs(context: Context, said: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether it ever runs, and what it is put off by is less than what lies between two runs."""
    states = (context.get(calendar.calendar_key(name)) for name in said.get("calendars") or ())
    free = Recurrence(said, [day for state in states if state is not None for day in state["days"]])
    first = free.after(context.time)
    if first is None:
        text = "it would never run: its time, its end, or all days that it might run on lie behind us or are left out"
        yield Finding("SCHEDULE_NEVER", f"/{next(kind for kind in KINDS if said.get(kind) is not None)}", text)
        return
    closest = _closest(free, first) if said["jitter"] else None
    if closest is not None and said["jitter"] * MICROS >= closest:
        text = f"runs lie {closest // MICROS} s apart, and are to be put off by up to {said['jitter']} s"
        yield Finding("SCHEDULE_JITTER", "/jitter", text)


def _closest(times: Recurrence, first: int) -> int | None:
    """How far (µs) two of the next runs lie apart at least; `None` where there is one alone."""
    runs = [first]
    while len(runs) < NEXT_RUNS and (following := times.after(runs[-1])) is not None:
        runs.append(following)
    return min((later - before for before, later in pairwise(runs)), default=None)


def _command(context: Context, command: Mapping[str, Any]) -> Iterator[Finding]:
    branch = command["branch"]
    if not BRANCH.fullmatch(branch):
        yield Finding("BRANCH_NAME", "/command/branch", f"{branch[:200]!r} is no branch name")
    else:
        state = context.get(branch_key(branch))
        if state is None or state["deleted"]:
            yield not_there(context, branch, "/command/branch")
    behalf = command.get("onBehalfOf")
    if behalf is not None and not is_author(behalf):
        yield Finding("COMMAND_AUTHOR", "/command/onBehalfOf", f"{behalf[:200]!r} is no author; it is <user>@<service>")
    data = running.filled(command["data"], context.time, zone("UTC"))
    assert isinstance(data, dict)
    if command["type"] != "Commit":
        yield from _part(command["type"], data, "/command")
        return
    parts = data.get("commands")
    if not isinstance(parts, list) or not parts or not all(isinstance(each, dict) for each in parts) or len(data) > 1:
        yield Finding("COMMAND_SHAPE", "/command/data", "a commit takes {commands: [{type, data}, …]}, one at least")
        return
    for index, each in enumerate(parts):
        yield from _part(str(each.get("type")), each.get("data"), f"/command/data/commands/{index}")


def _part(name: str, data: object, path: str) -> Iterator[Finding]:
    from events.catalog import command  # which holds this aggregate, too

    try:
        command(name, data)
    except Refused as refused:
        for each in refused.findings:
            inside = "/type" if each.code == "COMMAND_TYPE_UNKNOWN" else f"/data{each.path}"
            yield each._replace(path=path + inside)
