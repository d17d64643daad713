"""Any history, followed in steps of any size by projectors of which any may die: the graph is what the newest cut says."""

import asyncio
from contextlib import asynccontextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.terminusdb import TerminusDB
from events.names import Key
from tests.queries.histories import MAIN, History, object_state, object_type
from tests.terminusdb.double.server import double
from tests.terminusdb.worlds import World, link, link_type

DEV, DEEP = "dev/a/b", "dev/a/c"
KEYS = ("1", "한", "a/b")
PROPERTIES = [
    {"field": "id", "name": "id", "type": "string"},
    {"field": "v", "name": "v", "type": "integer"},
    {"field": "w", "name": "w", "type": "string"},
]


class Story:
    """Makes what it is told to make, as far as it can be."""

    def __init__(self) -> None:
        self.history = History()
        self.branches = {MAIN: None}  # those that are there, and their parents
        self.states = {}
        types = [object_type(slug, PROPERTIES) for slug in "AB"]
        self.history.commit(MAIN, [*types, object_type("C", [], parents=["ri.A"]), link_type("to", "A", "B")])

    def write(self, branch, slug, key, value) -> None:
        """An object, deleted where `value` is None, or a link."""
        if branch not in self.branches:
            return
        if slug == "to":
            change = "deleted" if value is None else "created"
            ends = [(Key(f"object/{end}/{key}"), "created", object_state(end, key, id=key)) for end in "AB"]
            self.history.commit(branch, [*ends, link("to", key, key, change=change)])
            return
        change = "updated" if value is not None else "deleted"
        state = object_state(slug, key, id=key, v=value or 0, deleted=value is None)
        self.history.commit(branch, [(Key(f"object/{slug}/{key}"), change, state)])

    def fork(self, name, parent, back) -> None:
        """Then it is deleted, then restored: its name is never given to another branch."""
        if parent not in self.branches:
            return
        if name not in self.states:
            base = max(2, self.history.position - back)
            self.history.branch(name, parent, base)
            self.states[name] = {"name": name, "parent": parent, "base": base, "default": False}
            self.branches[name] = parent
        elif name not in self.branches:
            self._say(name, "restored", deleted=False)
            self.branches[name] = parent
        elif name not in self.branches.values():
            self._say(name, "deleted", deleted=True)
            del self.branches[name]

    def rebase(self, name) -> None:
        """Onto its parent as it is now; what it wrote is left behind."""
        if self.branches.get(name):
            now, state = self.history.position, self.states[name]
            self.states[name] = {"forked": state["base"], **state, "base": now, "floor": now}
            self._say(name, "rebased", deleted=False)

    def _say(self, name, change, *, deleted) -> None:
        self.history.commit(name, [(Key(f"branch/{name}"), change, {**self.states[name], "deleted": deleted})])

    def retype(self, branch, fields, values) -> None:
        """Other properties, and another type of `v`."""
        if branch in self.branches:
            kinds = {
                "v": {"type": values, "values": ["x"]},
                "w": {"type": "string"},
                "l": {"type": "string", "array": True},
            }
            declared = [{"field": each, "name": each, **kinds[each]} for each in fields]
            self.history.commit(branch, [object_type("A", [PROPERTIES[0], *declared], change="updated")])


branches = st.sampled_from([MAIN, DEV, DEEP])
steps = st.one_of(
    st.tuples(
        st.just("write"),
        branches,
        st.sampled_from(["A", "B", "C", "to"]),
        st.sampled_from(KEYS),
        st.none() | st.integers(0, 9),
    ),
    st.tuples(st.just("fork"), st.just(DEV), st.just(MAIN), st.integers(0, 5)),
    st.tuples(st.just("fork"), st.just(DEEP), st.just(DEV), st.integers(0, 5)),
    st.tuples(st.just("rebase"), st.sampled_from([DEV, DEEP])),
    st.tuples(
        st.just("retype"), branches, st.sets(st.sampled_from("vwl")), st.sampled_from(["integer", "string", "enum"])
    ),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(steps, st.sampled_from(["", "", "follow", "again"])), max_size=25))
def test_any_history(told):
    asyncio.run(_followed(told))


@asynccontextmanager
async def closed(graph):
    try:
        yield graph
    finally:
        await graph.close()


async def _followed(told) -> None:
    story = Story()
    async with double() as server, closed(TerminusDB(server.url, "admin", "root")) as graph:
        world = World(story.history, graph, part=2)
        await world.projector.open()
        for (what, *how), then in told:
            getattr(story, what)(*how)
            if then == "follow":
                await world.follow()
                await world.exact()
            elif then == "again":
                world = World(story.history, graph, part=2)
                await world.projector.open()
        await world.follow()
        await world.exact()
        assert not any(world.projector.parked.values())
