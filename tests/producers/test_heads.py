"""Heads: a branch sees its own version, else its parent's as it was at the base."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from events.branches.branch import BranchRebased, evolve
from events.decider import Head, Lookup, Payload, State
from events.names import Key
from producers.heads import Heads, Staged, as_of
from producers.outbox import FOREVER, Found, HeadRead, HeadWrite

MAIN = "prod/main/main"


class Happened(NamedTuple):
    position: int
    key: Key
    payload: Payload


class Put(Payload):
    value: int | None


class Forked(Payload):
    parent: str | None
    base: int


def fold(get: Lookup, key: Key, payload: Payload) -> Iterator[tuple[Key, State | None]]:
    if isinstance(payload, Forked):
        yield key, {"parent": payload.parent, "base": payload.base}
    if isinstance(payload, BranchRebased):
        yield key, evolve(get(key), payload)
    if isinstance(payload, Put):
        yield key, None if payload.value is None else {"value": payload.value}
        yield Key("count/puts"), {"n": (get(Key("count/puts")) or {"n": 0})["n"] + 1}


class Store:
    """Intervals as an outbox keeps them."""

    def __init__(self) -> None:
        self.intervals: list[HeadWrite] = []

    def read(self, reads: Iterable[HeadRead]) -> dict[HeadRead, Found]:
        found = {}
        for read in reads:
            for each in self.intervals:
                if each[:2] == read[:2] and each.since <= read.at:
                    found[read] = Found(each.since, each.state)
        return found

    def write(self, writes: Iterable[HeadWrite]) -> None:
        for write in writes:
            assert all(held.since < write.since for held in self.intervals if held[:2] == write[:2])
            self.intervals.append(write)


def learn(heads: Heads, store: Store, branch: str, *keys: str) -> None:
    while wanted := heads.wanted(branch, keys):
        reads = heads.reads(wanted)
        heads.tell(reads, store.read(read for chain in reads.values() for read in chain))


def commit(heads: Heads, store: Store, branch: str, *events: Happened) -> None:
    staged = Staged(heads, branch)
    for position, subject, payload in events:
        learn(heads, store, staged.column, subject, "count/puts")
        for key, state in fold(staged.get, subject, payload):
            staged.change(key, position, state)
        staged = staged.behind(payload)
    staged.settle()


def seen(store: Store, branch: str, key: str) -> Head:
    heads = Heads()
    learn(heads, store, branch, key)
    return heads.known(branch, key)


def group(store: Store, *commits: tuple[str, list[Happened]]) -> None:
    heads = Heads()
    for branch, events in commits:
        commit(heads, store, branch, *events)
    store.write(heads.flush())


def fork(position: int, branch: str, parent: str | None, base: int) -> tuple[str, list[Happened]]:
    return branch, [Happened(position, Key(f"branch/{branch}"), Forked(parent=parent, base=base))]


def put(position: int, branch: str, key: str, value: int | None) -> tuple[str, list[Happened]]:
    return branch, [Happened(position, Key(key), Put(value=value))]


def rebase(position: int, branch: str, parent: str, base: int, again: dict[str, int]) -> tuple[str, list[Happened]]:
    moved = BranchRebased(name=branch, parent=parent, base=base, was=1, floor=position - 1)
    puts = [Happened(at, Key(key), Put(value=n)) for at, (key, n) in enumerate(again.items(), position + 1)]
    return branch, [Happened(position, Key(f"branch/{branch}"), moved), *puts]


def test_a_branch_sees_its_parent_as_it_was_at_the_base() -> None:
    store = Store()
    group(store, fork(1, MAIN, None, 0), put(2, MAIN, "a", 1))
    group(store, fork(3, "dev/x/y", MAIN, 2))
    group(store, put(4, MAIN, "a", 2), put(5, MAIN, "b", 1))
    assert seen(store, "dev/x/y", "a") == Head(2, {"value": 1})
    assert seen(store, "dev/x/y", "b") == Head(0, None)
    assert seen(store, MAIN, "a") == Head(4, {"value": 2})


def test_what_a_branch_deleted_stays_deleted_there() -> None:
    store = Store()
    group(store, fork(1, MAIN, None, 0), put(2, MAIN, "a", 1), fork(3, "dev/x/y", MAIN, 2))
    group(store, put(4, "dev/x/y", "a", None))
    assert seen(store, "dev/x/y", "a") == Head(4, None)
    assert seen(store, MAIN, "a") == Head(2, {"value": 1})


def test_a_fork_of_a_fork_reads_through_both() -> None:
    store = Store()
    group(store, fork(1, MAIN, None, 0), put(2, MAIN, "a", 1), fork(3, "dev/x/y", MAIN, 2))
    group(store, put(4, MAIN, "a", 9), fork(5, "dev/x/z", "dev/x/y", 4), put(6, "dev/x/y", "a", 8))
    assert seen(store, "dev/x/z", "a") == Head(2, {"value": 1})


def test_a_rebased_branch_sees_the_new_base_and_what_it_writes_on_top() -> None:
    store = Store()
    group(store, fork(1, MAIN, None, 0), put(2, MAIN, "a", 1), fork(3, "dev/x/y", MAIN, 2))
    group(store, put(4, "dev/x/y", "a", 2), put(5, "dev/x/y", "b", 3), fork(6, "dev/x/z", "dev/x/y", 5))
    group(store, put(7, MAIN, "a", 4), put(8, MAIN, "c", 4), rebase(9, "dev/x/y", MAIN, 8, {"c": 5}))
    assert [seen(store, "dev/x/y", key) for key in "abc"] == [
        Head(7, {"value": 4}),
        Head(0, None),
        Head(10, {"value": 5}),
    ]
    assert seen(store, "dev/x/y", "count/puts") == Head(10, {"n": 4})
    assert [seen(store, "dev/x/z", key) for key in "ab"] == [Head(4, {"value": 2}), Head(5, {"value": 3})]
    assert [seen(store, as_of("dev/x/y", 8), key) for key in "ab"] == [Head(4, {"value": 2}), Head(5, {"value": 3})]


def test_a_branch_is_what_it_was_when_it_is_read_as_of_a_position() -> None:
    store = Store()
    group(store, fork(1, MAIN, None, 0), put(2, MAIN, "a", 1), put(3, MAIN, "a", 2), fork(4, "dev/x/y", MAIN, 3))
    group(store, rebase(5, "dev/x/y", MAIN, 2, {}))
    assert seen(store, as_of("dev/x/y", 4), "a") == Head(3, {"value": 2})
    assert seen(store, as_of("dev/x/y", 3), "a") == Head(3, {"value": 2})
    assert seen(store, as_of("dev/x/y", 5), "a") == Head(2, {"value": 1})
    assert seen(store, as_of("", 4), "branch/dev/x/y").state == {"parent": MAIN, "base": 3}
    assert seen(store, as_of("", 3), "branch/dev/x/y").state is None


def test_a_key_changed_twice_in_a_commit_keeps_the_last_state() -> None:
    store = Store()
    group(store, fork(1, MAIN, None, 0))
    group(store, (MAIN, [Happened(2, Key("a"), Put(value=1)), Happened(3, Key("a"), Put(value=2))]))
    written = [i for i in store.intervals if i.key == "a"]
    assert written == [HeadWrite(MAIN, "a", 3, b'{"value":2}')]


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.none() | st.integers(0, 9), st.booleans()), max_size=30
)


@given(steps=STEPS, cuts=st.lists(st.booleans(), min_size=80, max_size=80))
def test_groups_make_no_difference(steps: list[tuple[int, str, int | None, bool]], cuts: list[bool]) -> None:
    """The same commits in one group, or in many, leave the same intervals and every branch sees the same, now and then."""
    branches = [MAIN, "dev/x/a", "dev/x/b", "dev/x/c"]
    commits = [fork(1, MAIN, None, 0)]
    created, position = 1, 1
    for branch, key, value, moves in steps:
        while created <= branch:
            commits.append(fork(position + 1, branches[created], branches[created - 1], position))
            created, position = created + 1, position + 1
        if moves and branch:
            again = {} if value is None else {key: value}
            base = position - (value or 0) * 2
            commits.append(rebase(position + 1, branches[branch], branches[branch - 1], max(1, base), again))
        else:
            commits.append(put(position + 1, branches[branch], key, value))
        position = commits[-1][1][-1].position
    one, many = Store(), Store()
    group(one, *commits)
    pending: list[tuple[str, list[Happened]]] = []
    for cut, each in zip(cuts, commits, strict=False):
        pending.append(each)
        if cut:
            group(many, *pending)
            pending = []
    group(many, *pending)
    assert sorted(one.intervals) == sorted(many.intervals)
    for branch in branches[:created]:
        for key in "abc":
            assert seen(one, branch, key) == _model(commits, branch, key)
            for at in range(1, position):
                assert seen(one, as_of(branch, at), key) == _model(commits, branch, key, at)


def _model(commits: list[tuple[str, list[Happened]]], branch: str, key: str, at: int = FOREVER) -> Head:
    """By hand: the last write on the branch up to `at` since it was moved, else what the parent saw at the base."""
    own = Head(0, None)
    events = [(where, event) for where, several in commits for event in several]
    moves = [each for _, each in events if each.key == f"branch/{branch}"]
    moved = next((each for each in reversed(moves) if each.position <= at), moves[0])
    for where, (position, subject, payload) in events:
        since = 0 if isinstance(moved.payload, Forked) else moved.position
        if where == branch and subject == key and isinstance(payload, Put) and since < position <= at:
            own = Head(position, None if payload.value is None else {"value": payload.value})
    assert isinstance(moved.payload, Forked | BranchRebased)
    if own.position or moved.payload.parent is None:
        return own
    return _model(commits, moved.payload.parent, key, min(at, moved.payload.base))
