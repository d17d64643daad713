"""Histories at random: some users who come, change, go and come again, on two branches, some of it true earlier or later."""

from hypothesis import strategies as st

from tests.queries.histories import MAIN, SECOND, START, History, changed, deleted, made, object_type

DEV = "dev/a/b"
KEYS = ("1", "2", "김")
USER = object_type("User", ["id", {"field": "n", "name": "n", "type": "integer"}], table="users")

_step = st.tuples(
    st.sampled_from([MAIN, MAIN, DEV]),
    st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), min_size=1, max_size=3, unique_by=lambda each: each[0]),
    st.sampled_from([0, 0, -3, -1, 1, 4]),  # seconds by which it is true later
    st.sampled_from([0, 1, SECOND]),  # µs behind the commit before: some come within one second
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    told = History()
    told.commit(MAIN, [USER])
    steps = draw(st.lists(_step, min_size=1, max_size=10))
    fork = draw(st.integers(0, len(steps)))
    alive: dict[str, set[str]] = {MAIN: set(), DEV: set()}
    time = START + 10 * SECOND
    for number, (branch, keys, later, behind) in enumerate(steps):
        if number == fork:
            told.branch(DEV, MAIN, told.position)
            alive[DEV] = set(alive[MAIN])
        time = max(time + behind, told.told[-1][1][-1].time + 1)
        on = branch if number >= fork else MAIN
        events = [_event(alive[on], key, number, gone=gone) for key, gone in keys]
        told.commit(on, events, at=time, effective=time + later * SECOND if later else 0)
    if fork == len(steps):
        told.branch(DEV, MAIN, told.position)
    return told


def _event(alive: set[str], key: str, number: int, *, gone: bool) -> tuple:
    if key not in alive:
        alive.add(key)
        return made("User", key, id=key, n=number)
    if gone:
        alive.discard(key)
        return deleted("User", key, id=key, n=number)
    return changed("User", key, id=key, n=number)


def moments(history: History) -> st.SearchStrategy[str]:
    """Positions and instants around commits."""
    times = [version.time for _, versions in history.told for version in versions]
    instants = st.sampled_from(times).flatmap(lambda time: st.sampled_from([time - 1, time, time + 1]))
    return st.integers(0, history.position).map(str) | instants.map(_text)


def _text(instant: int) -> str:
    from events.wire.instants import to_text

    return to_text(instant)
