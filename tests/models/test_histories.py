"""Random histories: planner, heads, a rebuild and the versions view say what a model of plain dictionaries says.

Commands are decided in groups; each group is then sent again under the same ids, which must change nothing.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from adapters.memory_view import memory_versions
from events import catalog
from events.names import Key
from producers.adopt import adopt
from producers.heads import Heads
from producers.outbox import Ask, Writes
from projectors.lane import Lane
from projectors.projector import Fetched
from projectors.track import Track
from projectors.versions import versions
from tests.models.naive import ACCEPTED, REJECTED, Branch
from tests.producers.desk import MAIN, Desk, asked

KEYS = ["1", "2", "한"]
BRANCHES = [MAIN, "dev/main/a", "dev/main/b", "dev/main/c"]
OBJECTS = {Key(f"object/A/{key}"): key for key in KEYS}
LINKS = {Key(f"link/knows/{one}~{other}"): (one, other) for one in KEYS for other in KEYS}
TYPES = [
    asked(
        "CreateObjectType",
        name="A",
        primaryKey=["id"],
        properties=[
            {"name": "id", "type": "string", "required": True},
            {"name": "tag", "type": "string", "unique": True},
            {"name": "n", "type": "integer"},
        ],
    ),
    asked("CreateLinkType", name="knows", **{"from": "A", "to": "A"}),
]

keys = st.sampled_from(KEYS)
tags = st.sampled_from(["x", "y"])
properties = st.fixed_dictionaries({"id": keys}, optional={"n": st.integers(0, 2), "tag": tags})
patches = st.fixed_dictionaries({}, optional={"n": st.integers(0, 2) | st.none(), "tag": tags | st.none()})
steps = st.tuples(
    st.integers(0, 3),
    st.one_of(
        st.tuples(st.sampled_from(["CreateObject", "UpsertObject"]), properties),
        st.tuples(st.just("UpdateObject"), keys, patches),
        st.tuples(st.sampled_from(["DeleteObject", "RestoreObject"]), keys),
        st.tuples(st.sampled_from(["CreateLink", "DeleteLink"]), keys, keys),
        st.tuples(st.just("CreateBranch"), st.none() | st.integers(0, 9)),
    ),
)
histories = st.lists(st.lists(steps, min_size=1, max_size=6), min_size=1, max_size=12)


class World:
    """The model, and the same in commands. `past`: main as it was behind each group, by position."""

    def __init__(self) -> None:
        self.branches = {MAIN: Branch()}
        self.past: dict[int, Branch] = {}

    def expected(self, number: int, step: tuple[Any, ...]) -> tuple[dict[str, Any], str]:
        """A command on one of the branches, and what the model answers to it."""
        on = BRANCHES[number % len(self.branches)]
        branch = self.branches[on]
        match step:
            case "CreateBranch", back:
                return self._forked(on, back)
            case "CreateObject", given:
                return asked("CreateObject", on, type="A", properties=given), branch.create(given)
            case "UpsertObject", given:
                return asked("UpsertObject", on, type="A", properties=given), branch.upsert(given)
            case "UpdateObject", key, patch:
                return asked("UpdateObject", on, type="A", key=key, patch=patch), branch.update(key, patch)
            case "DeleteObject", key:
                return asked("DeleteObject", on, type="A", key=key), branch.delete(key)
            case "RestoreObject", key:
                return asked("RestoreObject", on, type="A", key=key), branch.restore(key)
            case type_, one, other:
                done = branch.link if type_ == "CreateLink" else branch.unlink
                return asked(type_, on, type="knows", **{"from": one, "to": other}), done(one, other)
        raise AssertionError(step)

    def _forked(self, on: str, back: int | None) -> tuple[dict[str, Any], str]:
        """From the branch as it is, or from main as it was."""
        name = BRANCHES[len(self.branches) % len(BRANCHES)]
        if name == MAIN:
            return asked("DeleteObject", on, type="A", key="no such"), REJECTED
        if back is None:
            self.branches[name] = self.branches[on].copy()
            return asked("CreateBranch", on, name=name), ACCEPTED
        at, then = list(self.past.items())[-1 - back % len(self.past)]
        self.branches[name] = then.copy()
        return asked("CreateBranch", MAIN, name=name, at=at), ACCEPTED


async def heads(outbox: MemoryOutbox, branch: str) -> Branch:
    """What the write side knows of a branch."""
    known, entities = Heads(), [*OBJECTS, *LINKS]

    def read(head):
        while missing := known.wanted(branch, entities):
            reads = known.reads(missing)
            told = yield Ask(heads=[one for chain in reads.values() for one in chain])
            known.tell(reads, told.heads)
        return Writes(head)

    await outbox.commit(read)
    return said({key: known.known(branch, key).state for key in entities})


def said(states) -> Branch:
    branch = Branch()
    for key, state in states.items():
        if state and key in OBJECTS:
            branch.objects[OBJECTS[key]] = state["properties"], state["deleted"]
        elif state:
            branch.links[LINKS[key]] = state["deleted"]
    return branch


class Log(MemoryFeed):
    name = "log"


@settings(max_examples=150)
@given(histories)
async def test_all_say_what_the_model_says(history) -> None:
    world, outbox = World(), MemoryOutbox("main")
    desk = await Desk(outbox).open()
    assert [outcome["status"] for outcome in await desk.group(*TYPES)] == [ACCEPTED] * 2
    for number, group in enumerate(history):
        world.past[(await outbox.head()).position] = world.branches[MAIN].copy()
        pairs = [world.expected(*step) for step in group]
        commands = [{"id": f"{number}.{part}", **command} for part, (command, _) in enumerate(pairs)]
        outcomes = await desk.group(*commands)
        assert [outcome["status"] for outcome in outcomes] == [status for _, status in pairs], commands
        head = await outbox.head()
        assert [(o["command"], o["status"]) for o in await desk.group(*commands)] == [
            (o["command"], o["status"]) for o in outcomes
        ]
        assert await outbox.head() == head
    await rebuilt_and_projected(world, outbox)


async def rebuilt_and_projected(world: World, outbox: MemoryOutbox) -> None:
    """Heads as they are, heads rebuilt from the log and the view all show the model, on every branch."""
    rows, again = await outbox.after(0, 10_000), MemoryOutbox("main")
    log = Log([Fetched(*row) for row in rows], 7)
    await adopt(again, log, len(rows), catalog.fold, catalog.payload, lambda _at, _of: None)
    assert await again.after(0, 10_000) == rows
    view = memory_versions("main")
    track = Track(versions(catalog.evolve), view, await view.checkpoint())
    await track.open()
    await Lane(log, catalog.payload, [track], 5).read(len(rows))
    for name, model in world.branches.items():
        found = await view.rows([(name, key) for key in (*OBJECTS, *LINKS)])
        assert await heads(outbox, name) == model
        assert await heads(again, name) == model
        assert said({key: row.state for (_, key), row in found.items()}) == model
