"""What is due of a schedule now, what becomes of what was missed, and when it is looked at again. Pure.

        missed: later than the grace        │ due: all of them
────────────────────────────────────────────┼──────────────────────┼──►
 skip: none · once: the last · all: the last │ grace            now │ next
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final, NamedTuple

from events.decider import State
from events.schedules.clocks import MICROS
from events.schedules.recurrence import Recurrence
from events.schedules.running import Run, asked, put_off, run
from events.schedules.terms import MOST_AT_ONCE
from events.wire import instants

RING: Final = 50_000  # µs
PUNCTUAL_SECONDS: Final = 1  # nobody who keeps schedules is quicker than some milliseconds


class Known(NamedTuple):
    """A schedule as it is: its state, the days of its calendars, and what tells apart any two ways in which these differ."""

    state: State
    days: Sequence[Mapping[str, Any]]
    version: str


class Standing(NamedTuple):
    """How far a schedule is: as which version it was planned, its next time, the last one that was dealt with (µs).

    `runs` of times were begun, and `asked` ones.
    """

    version: str
    next: int | None
    last: int | None = None
    runs: int = 0
    asked: int = 0


class Plan(NamedTuple):
    """Runs to begin, in order, all `running`; what is `missed`, told once; and then."""

    runs: Sequence[Run]
    missed: Run | None
    standing: Standing


def version(state: State, calendars: Iterable[State]) -> str:
    return ":".join(map(str, (state["version"], *(each["version"] for each in calendars))))


def planned(state: State, standing: Standing) -> bool:
    """Whether it was planned as its own terms are now; its calendars may have changed since."""
    return standing.version.partition(":")[0] == str(state["version"])


def ring(time: int) -> int:
    """The time (µs) at which it is rung for what is due then: the same for all that is due within a twentieth of a second."""
    return -(-time // RING) * RING


def due(state: State, standing: Standing) -> int | None:
    """When a schedule is to be looked at again."""
    return None if standing.next is None else put_off(state, standing.next)


def plan(known: Known, standing: Standing | None, now: int) -> Plan:
    state = known.state
    if standing is None:
        standing = Standing("", None)
    runs = [asked(state, number, now, "running") for number in range(standing.asked + 1, state["asked"] + 1)]
    standing = standing._replace(asked=state["asked"])
    if state["status"] != "active":
        if state.get("deleted"):
            runs = []
        return Plan(runs, None, standing._replace(version=known.version, next=None))
    times = Recurrence(state, known.days)
    if standing.version != known.version:
        since = max(instants.from_text(state["from"]), -1 if standing.last is None else standing.last)
        following = None if left(state, standing) == 0 else times.after(since)
        standing = standing._replace(version=known.version, next=following)
    if standing.next is None or put_off(state, standing.next) > now:
        return Plan(runs, None, standing)
    return _begun(state, standing, times, runs, now)


def _begun(state: State, standing: Standing, times: Recurrence, runs: Sequence[Run], now: int) -> Plan:
    assert standing.next is not None
    here = standing.next - 1
    misfire = state["misfire"]
    grace = max(misfire["grace"], PUNCTUAL_SECONDS) * MICROS
    ripe = _ripe(state, times.latest(here, now, MOST_AT_ONCE + 1), now)
    if not ripe:  # the zone's clock is changed otherwise than was known when this was planned
        return Plan(runs, None, standing._replace(next=times.after(here)))
    late = list(takewhile(lambda each: put_off(state, each) + grace < now, ripe))
    punctual = ripe[len(late) :][-MOST_AT_ONCE:]
    made_up = {"skip": 0, "once": 1, "all": misfire["most"]}[misfire["policy"]]
    kept = late[-made_up:] if made_up else []
    may, made_good = left(state, standing), set(kept)
    chosen = [*kept, *punctual][: len(ripe) if may is None else may]
    begun = [run(state, each, "late" if each in made_good else "time", "running") for each in chosen]
    first = min([*kept, *punctual], default=now + 1)
    lost = (
        None
        if may == 0 or standing.next >= first
        else _missed(state, standing.next, times.latest(here, first - 1, 1)[-1])
    )
    last = ripe[-1]
    more = standing._replace(last=last, runs=standing.runs + len(chosen))
    return Plan([*runs, *begun], lost, more._replace(next=None if left(state, more) == 0 else times.after(last)))


def _ripe(state: State, times: Sequence[int], now: int) -> Sequence[int]:
    """Up to the first that is put off beyond now: those behind it wait for it, so that none is passed over."""
    ripe = list(takewhile(lambda each: put_off(state, each) <= now, times))
    return ripe or [each for each in times if put_off(state, each) <= now]


def left(state: State, standing: Standing) -> int | None:
    """How often it may still run; `None` = without end."""
    most = state.get("maxRuns")
    return None if most is None else max(most - standing.runs, 0)


def _missed(state: State, first: int, last: int) -> Run:
    """Told once for all that were missed together, as the first of them."""
    text = f"it was due from {instants.to_text(first)} to {instants.to_text(last)}, and nobody kept schedules then"
    found = ("SCHEDULE_MISSED", "", text)
    lost = run(state, first, "time", "missed")
    return lost._replace(id=f"{lost.id}/missed", ended=first, findings=[found], command={})
