"""Merge bases: by hand for the cases that people know, and on random histories against sets of commits."""

from hypothesis import given
from hypothesis import strategies as st

from events.branches.ancestry import At, Lasting, Vectors, held, merge_bases, merged
from events.merges.merge import evolve
from events.merges.merge_words import BranchMerged, Settled

FEW = 2  # sources that a state names
MAIN, GATES, FEES = "prod/flights/main", "dev/flights/gates", "dev/flights/fees"


class History:
    """Branches and their states, position by position; each commit with the set of commits it holds."""

    def __init__(self) -> None:
        self.states: dict[str, list[tuple[int, dict]]] = {}
        self.commits: dict[str, list[tuple[int, frozenset[int]]]] = {}
        self.position = 0
        self.lasting = Lasting()
        self._put(MAIN, {"parent": None, "base": 0}, frozenset())

    def fork(self, name: str, parent: str) -> None:
        self._put(name, {"parent": parent, "base": self.position}, self.holds(At(parent, self.position)))

    def write(self, branch: str) -> None:
        self._commit(branch, self.holds(At(branch, self.position)))

    def merge(self, source: str, target: str, at: int = 0) -> None:
        state = self.branch(target, self.position)
        at = max(at or self.position, merged(self.branch, target, state).get(source, 0), self.commits[source][0][0])
        both = self.holds(At(source, at)) | self.holds(At(target, self.position))
        settled = None
        if len(state.get("merged", {})) >= FEW:
            settled = Settled(position=self.position, merged=state["merged"])
        event = BranchMerged(
            name=target, source=source, at=at, bases=[], fast_forward=False, resolutions=[], settled=settled
        )
        self._put(target, evolve(state, event), both)

    def branch(self, branch: str, at: int) -> dict | None:
        return next((state for since, state in reversed(self.states.get(branch, [])) if since <= at), None)

    def tip(self, branch: str, at: int) -> int:
        return max((since for since, _ in self.commits[branch] if since <= at), default=0)

    def holds(self, at: At) -> frozenset[int]:
        return next((held for since, held in reversed(self.commits[at.branch]) if since <= at.position), frozenset())

    def _put(self, branch: str, state: dict, holds: frozenset[int]) -> None:
        self._commit(branch, holds)
        self.states.setdefault(branch, []).append((self.position, state))

    def _commit(self, branch: str, holds: frozenset[int]) -> None:
        self.position += 1
        self.commits.setdefault(branch, []).append((self.position, holds | {self.position}))

    @property
    def vectors(self) -> Vectors:
        """Of a group of commands that begins where the history ends."""
        return Vectors(self.lasting, self.position)

    def rebase(self, branch: str) -> None:
        state = self.branch(branch, self.position)
        parent = At(state["parent"], self.position)
        forked = state.get("forked", state["base"])
        base = {"forked": forked, **state, "base": self.position}
        self._put(branch, base, self.holds(parent) | self.holds(At(branch, self.position)))

    def bases(self, one: str, other: str) -> list[At]:
        return merge_bases(self, At(one, self.position), At(other, self.position))


def test_the_base_of_a_branch_and_its_parent_is_where_it_began():
    history = History()
    history.write(MAIN)
    history.fork(GATES, MAIN)
    history.write(MAIN)
    history.write(GATES)
    assert history.bases(GATES, MAIN) == history.bases(MAIN, GATES) == [At(MAIN, 2)]


def test_a_branch_that_is_not_there_yet_has_merged_nothing():
    history = History()
    history.write(MAIN)
    history.fork(GATES, MAIN)
    history.write(MAIN)
    history.merge(MAIN, GATES)
    assert held(history, At(GATES, 2)) == {MAIN: 2}


def test_the_base_of_two_branches_is_the_nearer_of_their_bases():
    history = History()
    history.fork(GATES, MAIN)
    history.write(MAIN)
    history.fork(FEES, MAIN)
    assert history.bases(GATES, FEES) == [At(MAIN, 1)]


def test_every_merge_moves_the_base_forward():
    history = History()
    history.fork(GATES, MAIN)
    history.write(GATES)
    history.merge(GATES, MAIN)
    history.write(GATES)
    assert history.bases(GATES, MAIN) == [At(GATES, 3)]
    history.merge(MAIN, GATES)
    assert history.bases(GATES, MAIN) == [At(MAIN, 4)]


def test_merges_that_crossed_leave_two_bases():
    history = History()
    history.fork(GATES, MAIN)
    history.fork(FEES, MAIN)
    history.write(GATES)
    history.write(FEES)
    before = history.position
    history.merge(GATES, FEES)
    history.merge(FEES, GATES, before)
    assert history.bases(GATES, FEES) == [At(GATES, 4), At(FEES, 5)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "merge", "rebase", "look"]), st.integers(0, 3), st.integers(0, 3), st.integers(0, 5)
    ),
    max_size=40,
)


@given(STEPS)
def test_the_bases_hold_exactly_the_commits_that_both_hold(steps):
    history = History()
    names = [MAIN, GATES, FEES, "dev/flights/later"]
    for name, parent in zip(names[1:], (MAIN, MAIN, GATES), strict=True):
        history.write(parent)
        history.fork(name, parent)
    for step, one, other, back in steps:
        if step == "write":
            history.write(names[one])
        elif step == "look":
            held(history, At(names[one], history.position - back))
        elif step == "rebase" and one:
            history.rebase(names[one])
        elif step == "merge" and one != other:
            history.merge(names[one], names[other], history.position - back)
    for one in names:
        vector = held(history, At(one, history.position))
        assert history.holds(At(one, history.position)) == _of(history, vector)
        for other in names:
            bases = history.bases(one, other)
            common = history.holds(At(one, history.position)) & history.holds(At(other, history.position))
            assert frozenset().union(*map(history.holds, bases)) == common
            for base in bases:
                assert not any(history.holds(base) <= history.holds(higher) for higher in bases if higher != base)


def _of(history: History, vector: dict[str, int]) -> frozenset[int]:
    return frozenset(
        position for branch, at in vector.items() for position, _ in history.commits[branch] if position <= at
    )
