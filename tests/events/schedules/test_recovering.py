"""What the log tells of runs that nobody remembers: no time that came is run once more, whatever the terms were."""

from hypothesis import given
from hypothesis import strategies as st

from events.schedules.planning import Known, plan
from events.schedules.recovering import Stood, Trace, recovered, schedule_of
from events.wire.instants import to_text
from tests.workers.test_scheduling import BEGIN, ONE, SECOND, schedule


def stood(minute, status, number, **said):
    at = BEGIN + minute * 60 * SECOND
    return Stood(at, schedule(status=status, version=number, **{"from": to_text(at)}, **said))


def test_times_count_while_it_was_active():
    history = [stood(0, "active", 1), stood(3, "paused", 2), stood(10, "active", 3), stood(11, "active", 3, asked=1)]
    last = {**history[-1].state, "maxRuns": 100}
    found = recovered(Known(last, (), "3"), history, [], BEGIN, BEGIN + 12 * 60 * SECOND)
    assert (found.standing.runs, found.standing.asked) == (5, 0)


def test_another_schedule_of_the_name_does_not_count():
    before = Stood(BEGIN, {**schedule("ri.oms.schedule.0"), "asked": 7})
    found = recovered(Known(schedule(), (), "1"), [before, stood(1, "active", 1)], [], BEGIN + 900 * SECOND, BEGIN)
    assert found.standing.asked == 0


def test_only_its_own_commands_are_its_runs():
    assert schedule_of(f"{ONE}/asked/1", ONE) == ONE
    assert schedule_of("other", ONE) is None
    assert schedule_of(f"{ONE}/asked/1", None) is None


@given(st.integers(1, 40), st.sets(st.integers(1, 30)), st.integers(0, 1_900))
def test_so_many_runs_are_never_exceeded(most, effects, seconds):
    """Whichever of the times that came had an effect."""
    state, now = schedule(maxRuns=most), BEGIN + seconds * SECOND
    came = seconds // 60
    ran = sorted(each for each in effects if each <= min(came, most))
    traces = [Trace(f"{ONE}/{to_text(BEGIN + n * 60 * SECOND)}", n, BEGIN + n * 60 * SECOND) for n in ran]
    known = Known(state, (), "1")
    found = recovered(known, [Stood(BEGIN, state)], traces, traces[-1].time if traces else BEGIN, now)
    later = plan(known, found.standing, now + 3_600 * SECOND)
    assert min(came, most) + len(later.runs) <= most
    assert not {each.id for each in later.runs} & {each.id for each in traces}
