"""Laws of merging, on random histories of three branches: with renames, deletions, merges that cross, rebases and resets.

Every branch is read as the planner reads it; what is compared are the living entities, and the reserved keys.
"""

from copy import deepcopy
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from adapters.memory_view import memory_versions
from events import catalog, index
from events.decider import State
from events.merges.merging import is_element
from events.names import Key
from events.schema.kinds import type_name
from events.schema.soundness import unsound
from producers.adopt import adopt
from projectors.lane import Lane
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import versions
from tests.producers.desk import MAIN, Desk, asked
from tests.producers.states import entities, known, living

A, B = "dev/main/a", "dev/main/b"
BRANCHES = [MAIN, A, B]
ID, TAG, N = (
    {"name": "id", "type": "string"},
    {"name": "tag", "type": "string", "unique": True},
    {"name": "n", "type": "integer"},
)
TAGS = {"name": "tags", "type": "string", "array": True}
BOSS = {"name": "boss", "type": "reference", "target": "사람"}
TYPES = [
    asked("CreateObjectType", name="사람", primaryKey=["id"], properties=[ID, TAG, N, TAGS, BOSS]),
    asked("CreateObjectType", name="학생", parents=["사람"]),
    asked("CreateLinkType", name="knows", cardinality="1-n", **{"from": "사람", "to": "사람"}),
    asked("CreateLinkType", name="follows", acyclic=True, **{"from": "사람", "to": "사람"}),
]
START = [
    *[asked("CreateObject", type="사람", properties={"id": key, "tag": key}) for key in "12"],
    asked("CreateObject", type="사람", properties={"id": "3", "boss": "1", "tags": ["x"]}),
    asked("CreateLink", type="knows", **{"from": "1", "to": "2"}),
    asked("CreateBranch", name=A),
    asked("CreateBranch", name=B),
]

on = st.sampled_from(BRANCHES)
keys = st.sampled_from(["1", "2", "3", "한"])
words = st.sampled_from(["x", "y", "1"])
fields = {
    "tag": words | st.none(),
    "n": st.integers(0, 2) | st.none(),
    "tags": st.lists(words, max_size=2, unique=True),
    "boss": keys | st.none(),
}
patches = st.fixed_dictionaries({}, optional=fields)
objects = st.one_of(
    st.builds(
        lambda b, p: asked("UpsertObject", b, type="사람", properties=p),
        on,
        st.fixed_dictionaries({"id": keys}, optional=fields),
    ),
    st.builds(lambda b, k, p: asked("UpdateObject", b, type="사람", key=k, patch=p), on, keys, patches),
    st.builds(
        lambda b, c, k: asked(c, b, type="사람", key=k), on, st.sampled_from(["DeleteObject", "RestoreObject"]), keys
    ),
)
links = st.builds(
    lambda b, c, t, x, y: asked(c, b, type=t, **{"from": x, "to": y}),
    on,
    st.sampled_from(["CreateLink", "CreateLink", "DeleteLink"]),
    st.sampled_from(["knows", "follows"]),
    keys,
    keys,
)
schema = st.one_of(
    st.builds(lambda b, n: asked("RenameLinkType", b, type="knows", name=n), on, st.sampled_from(["kennt", "sait"])),
    st.builds(
        lambda b, c, n, t: asked("AddProperty", b, type=c, property={"name": n, "type": t}),
        on,
        st.sampled_from(["사람", "학생"]),
        st.sampled_from(["gate", "fee"]),
        st.sampled_from(["string", "integer"]),
    ),
    st.builds(
        lambda b, n: asked("CreateObjectType", b, name=n, primaryKey=["id"], properties=[ID]),
        on,
        st.sampled_from(["Gate", "Fee"]),
    ),
    st.builds(
        lambda b, n: asked("RemoveProperty", b, type="사람", property=n), on, st.sampled_from(["n", "tags", "gate"])
    ),
    st.builds(
        lambda b, n: asked("RenameProperty", b, type="사람", property="n", name=n), on, st.sampled_from(["m", "gate"])
    ),
    st.builds(
        lambda b, n, to: asked("RenameObjectType", b, type=n, name=to),
        on,
        *2 * [st.sampled_from(["Gate", "Fee", "문"])],
    ),
)
writes = st.one_of(objects, objects, objects, links, links, schema)
answers = st.sampled_from([None, "ours", "theirs"])
pairs = st.sampled_from([(MAIN, A), (A, MAIN), (A, B), (B, A), (B, MAIN)])
moves = st.one_of(
    st.builds(lambda p, *rest: ("MergeBranch", *p, *rest), pairs, answers, st.sampled_from([0, 0, 1, 3])),
    st.tuples(st.just("RebaseBranch"), st.sampled_from([A, B]), answers, st.sampled_from([0, 0, 2])),
    st.tuples(st.just("ResetBranch"), on, st.integers(0, 6)),
    st.tuples(st.just("RevertCommit"), on, answers, st.integers(0, 6)),
)
histories = st.lists(st.one_of(writes, writes, writes, moves), min_size=5, max_size=20)


class Story:
    """A desk, and where each commit ended."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ends: list[int] = []

    async def send(self, command: dict[str, Any]) -> str:
        outcome = (await self.desk.group(command))[0]
        assert "COMMAND_FAILED" not in [f["code"] for f in outcome["findings"]], (command, outcome)
        if outcome["status"] == "accepted":
            self.ends.append(outcome["position"])
        return str(outcome["status"])

    async def move(self, step: tuple[Any, ...]) -> str:
        name, on, *rest = step
        at = self.ends[-1 - rest[-1] % len(self.ends)]
        answer = {} if name == "ResetBranch" or rest[-2] is None else {"resolve": rest[-2]}
        place = {"MergeBranch": "at", "RebaseBranch": "onto", "ResetBranch": "to", "RevertCommit": "position"}[name]
        source = {"source": rest[0]} if name == "MergeBranch" else {}
        return await self.send(asked(name, on, **{place: at}, **source, **answer))

    async def living(self, on: str) -> dict[Key, State]:
        return await entities(self.desk.outbox, on)

    def copy(self) -> "Story":
        other = deepcopy(self.desk.outbox)
        desk = Desk(other)
        desk._ids = 1_000_000  # ids of its own
        story = Story(desk)
        story.ends = list(self.ends)
        return story


async def told(history) -> Story:
    story = Story(await Desk(MemoryOutbox("main")).open())
    for command in [*TYPES, *START]:
        assert await story.send(command) == "accepted"
    for step in history:
        await (story.send(step) if isinstance(step, dict) else story.move(step))
    return story


def merging(source: str, target: str, **more: Any) -> dict[str, Any]:
    return asked("MergeBranch", target, source=source, **more)


@settings(max_examples=60, deadline=None)
@given(histories)
async def test_reserved_keys_are_what_the_entities_say(history):
    story = await told(history)
    for branch in BRANCHES:
        states = await known(story.desk.outbox, branch)
        assert standing(states) == derived(states)


@settings(max_examples=60, deadline=None)
@given(histories)
async def test_a_replay_and_the_view_say_the_same(history):
    story = await told(history)
    rows, again = await story.desk.outbox.after(0, 100_000), MemoryOutbox("main")
    log = Log([Fetched(*row) for row in rows], 7)
    await adopt(again, log, len(rows), catalog.fold, catalog.payload, lambda _at, _of: None)
    view = memory_versions("main")
    track = Track(versions(catalog.evolve), view, await view.checkpoint())
    await track.open()
    await Lane(log, catalog.payload, [track], 5).read(len(rows))
    for branch in BRANCHES:
        states = await known(story.desk.outbox, branch)
        assert await known(again, branch) == states
        found = await view.rows([(branch, key) for key in living(states)])
        assert {key: row.state for (_, key), row in found.items() if row is not None} == living(states)
        every = await view.rows([(branch, key) for key in states if key.startswith(("object", "link"))])
        for row in every.values():
            assert row.stamps["_deleted"] == bool(row.state.get("deleted"))


@settings(max_examples=60, deadline=None)
@given(histories)
async def test_every_element_and_every_member_has_a_name_of_its_own(history):
    story = await told(history)
    for branch in BRANCHES:
        states = await story.living(branch)
        types = {key: state for key, state in states.items() if key.startswith("objectType/")}
        called = [*((key.partition("/")[0], state["name"]) for key, state in states.items() if is_element(key))]
        assert len(called) == len(set(called))
        assert not [fault for _, name in called for fault in type_name(name, "")]
        assert not [fault for state in types.values() for fault in unsound(states.get, state)]


@settings(max_examples=60, deadline=None)
@given(histories, on, on)
async def test_merged_twice_is_merged_once_and_a_refused_merge_leaves_nothing(history, source, target):
    assume(source != target)
    story = await told(history)
    head = await story.desk.outbox.head()
    if await story.send(merging(source, target)) == "accepted":
        assert await story.send(merging(source, target)) == "unchanged"
    else:
        assert await story.desk.outbox.head() == head


@settings(max_examples=60, deadline=None)
@given(histories, on, on)
async def test_without_conflicts_it_does_not_matter_who_merges_whom(history, one, other):
    assume(one != other)
    story = await told(history)
    turned = story.copy()
    there, back = await story.send(merging(one, other)), await turned.send(merging(other, one))
    assert (there == "rejected") == (back == "rejected")
    if there != "rejected":
        assert await story.living(other) == await turned.living(one)


@settings(max_examples=60, deadline=None)
@given(histories, st.sampled_from([A, B]))
async def test_a_rebase_and_then_a_merge_is_a_merge(history, branch):
    story = await told(history)
    direct = story.copy()
    rebased = await story.send(asked("RebaseBranch", branch))
    merged = await direct.send(merging(branch, MAIN))
    assume("rejected" not in (rebased, merged))
    assert await story.send(merging(branch, MAIN)) != "rejected"
    assert await story.living(MAIN) == await direct.living(MAIN)


@settings(max_examples=40, deadline=None)
@given(histories, on)
async def test_an_empty_branch_moves_forward(history, target):
    story = await told(history)
    story.ends.append((await story.desk.outbox.head()).position)
    assert await story.send(asked("CreateBranch", target, name="dev/main/c")) == "accepted"
    await story.send(asked("UpsertObject", target, type="사람", properties={"id": "later"}))
    assert await story.send(merging(target, "dev/main/c")) == "accepted"
    assert await story.living("dev/main/c") == await story.living(target)


@settings(max_examples=40, deadline=None)
@given(histories, on, histories)
async def test_a_reset_brings_back_exactly_what_was(before, branch, after):
    story = await told(before)
    to, was = (await story.desk.outbox.head()).position, await story.living(branch)
    for step in after:
        await (story.send(step) if isinstance(step, dict) else story.move(step))
    assert await story.send(asked("ResetBranch", branch, to=to)) != "rejected"
    assert await story.living(branch) == was


@settings(max_examples=40, deadline=None)
@given(histories, writes)
async def test_the_last_commit_reverted_leaves_what_was_before_it(history, command):
    story = await told(history)
    was = await story.living(command["branch"])
    assume(await story.send(command) == "accepted")
    await story.send(asked("RevertCommit", command["branch"], position=story.ends[-1]))
    assert await story.living(command["branch"]) == was


def derived(states: dict[Key, State]) -> dict[Key, State]:
    """All reserved keys anew, from the living entities alone."""
    found: dict[Key, State | None] = {}
    for kind in ("objectType", "linkType", "object", "link"):
        said = {key: state for key, state in living(states).items() if key.startswith(f"{kind}/")}
        found |= said
        for key, state in said.items():
            for reserved, value in list(index.changes(found.get, key, None, state)):
                assert not _holds(found.get(reserved)), f"{found[reserved]} and {key} both hold {reserved}"
                found[reserved] = value
    return standing({key: state for key, state in found.items() if state is not None})


def _holds(state: State | None) -> bool:
    return state is not None and not state.keys().isdisjoint(("owner", "link", "rid"))


def standing(states: dict[Key, State]) -> dict[Key, State]:
    """Reserved keys that say something: no slugs, which stay, no counts of nothing, no ends of links that are gone.

    Nor unique values under a name that nothing has any more: what a property reserved before its values became others, and
    what objects were called that went under another key.
    """
    types = [state for key, state in living(states).items() if key.startswith("objectType/")]
    unique = [(kind, field, each) for kind in types for field, each in kind["properties"].items() if each["unique"]]
    under = tuple(f"unique/{kind['slug']}/{each.get('reserve', field)}/" for kind, field, each in unique)
    under += tuple(f"unique/{kind['slug']}/~key/" for kind in types)
    reserved = {key: state for key, state in states.items() if key.partition("/")[0] in _RESERVED}
    return {
        key: state
        for key, state in reserved.items()
        if state.get("n") != 0
        and not states.get(Key(state.get("link", "")), {}).get("deleted")
        and (key.startswith(under) or not key.startswith("unique/"))
    }


_RESERVED = {"name", "unique", "count", "degree", "end", "uses", "incident"}


class Log(MemoryFeed):
    name = "log"
