"""What goes wrong between OMS and the graph leaves it exact: answers lost, bodies cut, writers that are late or two."""

import asyncio

import pytest

from adapters.terminusdb import TerminusDB
from projectors.graph_classes import CHECKPOINT_ID, PARKED
from projectors.graph_store import GraphRefused, GraphUnavailable, Told, Where
from tests.queries.histories import MAIN, changed, made
from tests.terminusdb.worlds import CLOSED, World, flights
from workers.graph_verifying import GraphVerifier
from workers.graph_writing import Fenced, Head, Writer, head

TOLD = Told("a", "m")


@pytest.fixture
async def world(graph):
    made_ = World(flights(), graph)
    await made_.projector.open()
    return made_


@pytest.mark.parametrize("fault", ["lost", "dropped", "refused", "exhausted", "truncated", "shortened"])
@pytest.mark.parametrize("after", range(6))
async def test_a_write_whose_answer_says_nothing(world, server, fault, after):
    setattr(server.faults, fault, 1)
    server.faults.after = after
    while True:
        try:
            await world.follow()
        except GraphUnavailable:
            await world.projector.open()
        else:
            break
    await world.exact()


async def test_a_refused_request_spoils_no_other(server):
    wrong, right = TerminusDB(server.url, "admin", "wrong"), TerminusDB(server.url, "admin", "root")
    for _ in range(3):
        with pytest.raises(GraphRefused) as refused:
            await wrong.create("x", "x", {"@base": "b://", "@schema": "s://"})
        assert refused.value.status == 401
    assert server.left == 3
    assert await right.databases() == []
    await wrong.close()
    await right.close()


async def test_of_two_that_take_over_the_first_is_fenced(world):
    await world.follow()
    other = World(world.history, world.graph)
    await other.projector.open()
    world.history.commit(MAIN, [changed("Flight", "UA:1", seats=7)])
    await other.follow()
    world.history.commit(MAIN, [changed("Flight", "UA:1", seats=8)])
    with pytest.raises(Fenced):
        await world.follow()
    await other.follow()
    await other.exact()


async def test_of_many_that_take_over_at_once_one_goes_on(world, server):
    clients = [TerminusDB(server.url, "admin", "root") for _ in range(4)]
    others = [World(world.history, client) for client in clients]
    opened = await asyncio.gather(*(each.projector.open() for each in others), return_exceptions=True)
    alive = [each for each, result in zip(others, opened, strict=True) if not isinstance(result, BaseException)]
    assert alive
    assert all(isinstance(each, Fenced) for each in opened if isinstance(each, BaseException))
    last = World(world.history, world.graph)
    await last.projector.open()
    await last.follow()
    for each in alive:
        world.history.commit(MAIN, [changed("Flight", "UA:1", seats=1)])
        with pytest.raises(Fenced):
            await each.follow()
    await last.follow()
    await last.exact()
    for client in clients:
        await client.close()


async def test_a_late_write_that_wins_the_race_is_repaired(world, server, graph):
    """The version header is no compare-and-swap: an old writer's request may come through once."""
    await world.follow()
    where = Where("oms_main", "prod.main.main")
    stale = await head(graph, where)
    server.faults.racing = True
    world.history.commit(MAIN, [changed("Flight", "UA:1", seats=2)])
    cut = world.expected()[MAIN]["Flight/UA=3A1"]
    old = {**cut, "seats": 99}
    results = await asyncio.gather(
        graph.put(where, [old], TOLD, stale.version), world.projector.step(), return_exceptions=True
    )
    server.faults.racing = False
    world.history.commit(MAIN, [changed("Flight", "UA:1", seats=3)])
    await world.follow()
    await world.exact()
    assert not any(isinstance(each, AssertionError) for each in results)


async def test_more_documents_than_a_commit_may_hold(server, graph):
    world = World(flights(), graph, part=2)
    await world.projector.open()
    await world.follow()
    await world.exact()
    messages = [each.message for each in server.databases.known["oms_main"].branches["prod.main.main"].line()]
    assert any("(part 1 of 2)" in each for each in messages)


async def test_a_commit_of_the_graph_is_by_whom_that_of_oms_is(world, server):
    await world.follow()
    world.history.commit(MAIN, [made("Flight", "x")], by="김@desk")
    await world.follow()
    newest = server.databases.known["oms_main"].branches["prod.main.main"]
    assert newest.author == "김@desk"
    world.history.commit(MAIN, [made("Flight", "y")])
    world.history.commit(MAIN, [made("Flight", "z")])
    await world.follow()
    newest = server.databases.known["oms_main"].branches["prod.main.main"]
    assert newest.author == "graph@oms"
    assert newest.message == f"seq={world.history.position - 1}..{world.history.position} epoch=1 stream=main"


async def test_what_the_graph_refuses_is_parked_alone_and_goes_in_later(world, server, graph):
    await world.follow()
    where = Where("oms_main", "prod.main.main")
    classes = await graph.schema(where)
    lost = ("name", "@documentation")
    crippled = [{k: v for k, v in each.items() if each.get("@id") != "Pilot" or k not in lost} for each in classes]
    await graph.remove(where, ["Link_flownBy/UA=3A1=7E=EA=B9=80=20=2F=20=7E"], TOLD)
    pilot = next(each for each in world.expected()[MAIN] if each.startswith("Pilot/"))
    await graph.remove(where, list(world.expected()[MAIN]), TOLD)
    await graph.reshape(where, crippled, TOLD)
    world.history.commit(MAIN, [made("Flight", f"n{n}") for n in range(5)])
    world.history.commit(MAIN, [changed("Pilot", "김 / ~", name={**CLOSED, "ct": "bmV3"})])
    await world.follow()
    assert world.projector.parked[MAIN] == {pilot}
    assert [each["document"] async for each in graph.documents(where, PARKED)] == [pilot]
    found = (await world.found())["prod.main.main"]
    assert {f"Flight/n{n}" for n in range(5)} <= found.keys()
    assert (
        await GraphVerifier(graph, "oms_main", "main", world.opened).difference()
    ).row == "class Pilot on prod/main/main"
    await graph.reshape(where, classes, TOLD)
    server.faults.refused = 1
    again = World(world.history, graph)
    await again.projector.open()
    assert not any(again.projector.parked.values())
    assert [each async for each in graph.documents(where, PARKED)] == []
    assert pilot in (await again.found())["prod.main.main"]


async def test_verify_names_what_was_planted(world, graph):
    await world.follow()
    verifier = GraphVerifier(graph, "oms_main", "main", world.opened)
    assert await verifier.difference() is None
    where = Where("oms_main", "prod.main.main")
    flight = world.expected()[MAIN]["Flight/KE-2"]
    await graph.put(where, [{**flight, "seats": 12}], TOLD)
    assert (
        str(await verifier.difference())
        == "Flight/KE-2 on prod/main/main at position 8: seats is 12, the log says None"
    )


async def test_commits_stay_cheap(server, graph):
    world = World(flights(), graph)
    await world.projector.open()
    server.faults.slow_layers = 1e-6  # what it would cost not to optimize
    most = 0
    for number in range(130):
        world.history.commit(MAIN, [changed("Flight", "UA:1", seats=number)])
        await world.projector.step()
        most = max(most, server.databases.known["oms_main"].layers)
    assert most <= 60


async def test_a_writer_alone_says_what_it_knows(graph):
    writer = Writer(graph, 0)
    await graph.create("d", "d", {"@base": "b:///", "@schema": "s:///"})
    assert (await writer.head(Where("d", "main"))) == Head(
        "", 0, 0, 0, (await graph.get(Where("d", "main"), CHECKPOINT_ID)).version
    )
