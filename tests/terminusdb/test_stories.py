"""Whatever clients did, the graph says what a replay says; and wherever its projector dies, it does so afterwards."""

import pytest

from tests.crash.mortal import Fate, Mortal
from tests.terminusdb.stories import ALL, story
from tests.terminusdb.worlds import World
from workers.graph_verifying import GraphVerifier


@pytest.mark.parametrize("way", ["follow", "one_by_one"])
@pytest.mark.parametrize("name", ALL)
async def test_story(graph, name, way):
    world = World(await story(name), graph, part=3)
    await world.projector.open()
    await getattr(world, way)()
    await world.exact()
    assert await GraphVerifier(graph, "oms_main", "main", world.opened).difference() is None


@pytest.mark.parametrize("name", ["rebase", "types", "merge"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_deaths(server, graph, name, before):
    die_at, lived = (1 if before else 2), False  # every second call before its effect, the others behind it
    while not lived:
        database = f"oms_{die_at}"
        world = World(await story(name), graph, database, part=3)
        fate = Fate(die_at, before=before)
        world.projector = World(world.history, Mortal(graph, fate), database, part=3).projector
        world.projector._planner._opened = world.opened  # which is cut short as it goes

        async def live(world=world):
            await world.projector.open()
            await world.one_by_one()

        lived = await fate.lived(live())
        again = World(await story(name), graph, database, part=3)
        await again.projector.open()
        await again.follow()
        await again.exact()
        die_at += 2
    assert die_at > 20
