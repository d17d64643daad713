"""What can be said of a schedule's runs where nobody remembers them any more: as far as the log tells. Pure.

        dealt with: they had an effect, or an id that is forgotten     │ planned again: what is sent twice is decided once
───────────────────────────────────────────────────────────────────────┼──►
                                                                     kept
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from events.decider import State
from events.schedules.planning import Known, Standing
from events.schedules.recurrence import Recurrence
from events.schedules.running import Run, Trigger, put_off
from events.wire import instants


class Trace(NamedTuple):
    """A run that had an effect: its command's id, where the first event of that stands, and when that was (µs)."""

    id: str
    position: int
    time: int


class Stood(NamedTuple):
    """How a schedule was from a time (µs) on."""

    time: int
    state: State


class Recovered(NamedTuple):
    """Of one schedule."""

    runs: Sequence[Run]
    standing: Standing


def recovered(known: Known, history: Sequence[Stood], traces: Sequence[Trace], kept: int, now: int) -> Recovered:
    """`history` in order, `kept` and `now` in µs. One that runs so often at most is counted by its times, and made up for nothing."""
    state, most = known.state, known.state.get("maxRuns")
    mine = [each for each in history if each.state["id"] == state["id"]]
    asked = max((each.state["asked"] for each in mine if each.time <= kept), default=0)
    runs = [_run(state, each) for each in traces]
    begun = sum(each.trigger == "time" for each in runs)
    if most is not None:
        begun = max(begun, _times(known, mine, now, most))
    return Recovered(runs, Standing("", None, kept if most is None else now, begun, asked))


def schedule_of(run: str, correlation: str | None) -> str | None:
    """The RID of the schedule whose run has that id; `None` for any other command."""
    return correlation if correlation and run.startswith(f"{correlation}/") else None


def _run(state: State, trace: Trace) -> Run:
    when = trace.id.removeprefix(f"{state['id']}/")
    timed = not when.startswith("asked/")
    nominal = instants.from_text(when) if timed else trace.time
    due = put_off(state, nominal) if timed else trace.time
    trigger: Trigger = "time" if timed else "asked"
    return Run(trace.id, state["id"], nominal, due, trigger, "accepted", trace.time, trace.time, trace.position)


def _times(known: Known, history: Sequence[Stood], now: int, most: int) -> int:
    """How often it was due, `most` at most: as its terms were, by its calendars of now."""
    found, stood = 0, list(_terms(history))
    for each, end in zip(stood, [*(one.time for one in stood[1:]), now], strict=True):
        if each.state["status"] != "active":
            continue
        times, at = Recurrence(each.state, known.days), instants.from_text(each.state["from"])
        while found < most and (time := times.after(at)) is not None and put_off(each.state, time) <= end:
            found, at = found + 1, time
    return found


def _terms(history: Iterable[Stood]) -> Iterable[Stood]:
    """Without those that say the same as the one before, but for a run that was asked for."""
    before = None
    for each in history:
        if each.state["version"] != before:
            yield each
        before = each.state["version"]
