"""A branch reads its parent as it was at the base: against a model that copies everything at a fork."""

from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from queries.cuts import cut
from queries.differences import differences
from queries.moments import AtPosition, Base, Now
from tests.queries.histories import MAIN, History, changed, deleted, made

NOW = 2**62
KEYS = [Key(f"object/A/{key}") for key in ("1", "2", "10", "한")]


@dataclass
class Model:
    """`worlds[branch]` = its objects' properties now; `seen[branch, position]` = as they were after each commit."""

    history: History = field(default_factory=History)
    worlds: dict[str, dict[str, dict]] = field(default_factory=lambda: {MAIN: {}})
    seen: dict[tuple[str, int], dict[str, dict]] = field(default_factory=dict)

    def note(self) -> None:
        for branch, world in self.worlds.items():
            self.seen[branch, self.history.position] = deepcopy(world)

    def fork(self, parent: str, base: int) -> None:
        name = f"dev/a/b{len(self.worlds)}"
        world = deepcopy(self.before(parent, base))
        self.history.branch(name, parent, base)
        for position in range(base + 1):  # before it began, it is its parent
            self.seen[name, position] = self.before(parent, position)
        for position in range(base + 1, self.history.position):
            self.seen[name, position] = deepcopy(world)
        self.worlds[name] = world
        self.note()

    def write(self, branch: str, writes: list[tuple[int, int | None]]) -> None:
        events = []
        world = self.worlds[branch]
        for which, value in writes:
            key = KEYS[which].rpartition("/")[2]
            known = world.get(KEYS[which])
            if value is not None:
                events.append((changed if known else made)("A", key, v=value))
                world[KEYS[which]] = {"v": value}
            elif known:
                events.append(deleted("A", key, **known))
                del world[KEYS[which]]
        if events:
            self.history.commit(branch, events)
            self.note()

    def before(self, branch: str, position: int) -> dict[str, dict]:
        """At a commit's end."""
        return self.seen.get((branch, position), {})


@st.composite
def models(draw) -> Model:
    model = Model()
    model.note()
    for _ in range(draw(st.integers(1, 12))):
        branch = draw(st.sampled_from(sorted(model.worlds)))
        if draw(st.integers(0, 3)) == 0:
            ends = [commit.last for commit, _ in model.history.told]
            model.fork(branch, draw(st.sampled_from(ends)))
        else:
            writes = draw(st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 2)), min_size=1, max_size=3))
            model.write(branch, writes)
    return model


def alive(at) -> dict[str, dict]:
    return {one.entity: one.state["properties"] for one in at.valid("object/") if not one.state["deleted"]}


@settings(max_examples=60)
@given(models())
def test_every_branch_at_every_moment_is_what_a_copy_would_be(model) -> None:
    versions = model.history.into(MemoryVersions())
    for branch in model.worlds:
        for commit, _ in model.history.told:
            at = cut(versions, branch, AtPosition(commit.last), now=NOW)
            expected = model.before(branch, commit.last)
            assert alive(at) == expected
            for key in KEYS:
                found = at.version(key)
                assert (found.state["properties"] if found and not found.state["deleted"] else None) == expected.get(
                    key
                )


@settings(max_examples=60)
@given(models(), st.data())
def test_differences_are_what_comparing_everything_finds(model, data) -> None:
    versions = model.history.into(MemoryVersions())
    ends = st.sampled_from([0] + [commit.last for commit, _ in model.history.told])
    branches = st.sampled_from(sorted(model.worlds))
    one, other = ((data.draw(branches), data.draw(ends)) for _ in range(2))
    before, after = (model.before(*place) for place in (one, other))
    found = differences(*(cut(versions, branch, AtPosition(position), now=NOW) for branch, position in (one, other)))
    assert [(d.what, f"object/A/{d.key}") for d in found if d.kind == "object"] == [
        ("created" if key not in before else "deleted" if key not in after else "updated", key)
        for key in sorted(before | after)
        if before.get(key) != after.get(key)
    ]


def forked() -> History:
    history = History()
    history.commit(MAIN, [made("A", "1", v=1), made("A", "2", v=1)])
    history.branch("dev/a/b", MAIN, history.position)
    return history


def test_what_the_parent_does_after_the_fork_is_not_seen() -> None:
    history = forked()
    history.commit(MAIN, [changed("A", "1", v=2), deleted("A", "2", v=1), made("A", "3", v=1)])
    at = cut(history.into(MemoryVersions()), "dev/a/b", Now(), now=NOW)
    assert alive(at) == {"object/A/1": {"v": 1}, "object/A/2": {"v": 1}}


def test_before_it_began_a_branch_is_its_parent() -> None:
    history = forked()
    history.commit(MAIN, [changed("A", "1", v=2)])
    versions = history.into(MemoryVersions())
    assert alive(cut(versions, "dev/a/b", AtPosition(1), now=NOW)) == {}
    assert alive(cut(versions, "dev/a/b", AtPosition(3), now=NOW)) == alive(cut(versions, MAIN, AtPosition(3), now=NOW))


def test_base_is_where_the_branch_left_its_parent() -> None:
    history = forked()
    history.commit("dev/a/b", [changed("A", "1", v=9)])
    versions = history.into(MemoryVersions())
    assert cut(versions, "dev/a/b", Base(), now=NOW).position == 3
    assert cut(versions, MAIN, Base(), now=NOW).position == 0
    before, after = cut(versions, "dev/a/b", Base(), now=NOW), cut(versions, "dev/a/b", Now(), now=NOW)
    assert [(d.what, d.key) for d in differences(before, after)] == [("updated", "1")]


def test_sixteen_branches_on_branches() -> None:
    history = History()
    parent = MAIN
    for depth in range(16):
        history.commit(parent, [made("A", str(depth), v=depth)])
        history.branch(f"dev/a/b{depth}", parent, history.position)
        parent = f"dev/a/b{depth}"
    at = cut(history.into(MemoryVersions()), parent, Now(), now=NOW)
    assert len(alive(at)) == 16
    assert len(at.lineage) == 17


def test_an_unknown_branch_is_refused() -> None:
    with pytest.raises(Refused, match="BRANCH_UNKNOWN"):
        cut(forked().into(MemoryVersions()), "dev/a/c", Now(), now=NOW)


def test_a_deleted_branch_can_be_read() -> None:
    history = forked()
    history.branch("dev/a/b", MAIN, 3, deleted=True)
    at = cut(history.into(MemoryVersions()), "dev/a/b", Now(), now=NOW)
    assert alive(at) == {"object/A/1": {"v": 1}, "object/A/2": {"v": 1}}
