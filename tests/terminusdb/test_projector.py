"""The graph is what the newest cut says, however it came there."""

from tests.queries.histories import MAIN, changed, deleted, made
from tests.terminusdb.worlds import World, flights, link


async def test_it_holds_every_object_and_link(graph):
    world = World(flights(), graph)
    await world.projector.open()
    await world.follow()
    await world.exact()


async def test_one_commit_after_the_other_comes_out_the_same(graph):
    world = World(flights(), graph)
    await world.projector.open()
    await world.one_by_one()
    await world.exact()


async def test_branches(graph):
    history = flights()
    history.branch("dev/a/b", MAIN, history.position)
    history.commit("dev/a/b", [changed("Flight", "UA:1", seats=1)])
    history.commit(MAIN, [deleted("Flight", "KE-2"), made("Flight", "new")])
    history.branch("dev/a/c", "dev/a/b", history.position - 2)
    history.commit(MAIN, [link("flownBy", "UA:1", "김 / ~", change="deleted")])
    for way in ("follow", "one_by_one"):
        world = World(history, graph, f"oms_{way}")
        await world.projector.open()
        await getattr(world, way)()
        await world.exact()
