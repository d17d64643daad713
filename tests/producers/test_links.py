"""Links through the committer: followed across groups, restarts and branches, and rebuilt from the log alone."""

import asyncio
import json

import pytest

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_outbox import SqliteOutbox
from events import catalog
from events.names import command_subject
from producers.adopt import adopt
from producers.committer import Committer
from producers.decide import Planner
from producers.receive import address, receive
from tests.events.world import ring_in_memory
from tests.producers.desk import MAIN, PLANE, Desk, asked, codes, plane

DEV = "dev/main/gate"
PART = {"name": "Part", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
OF = {"name": "partOf", "from": "Part", "to": "Part"}


@pytest.fixture(params=["memory", "sqlite"])
def outbox(request, tmp_path):
    if request.param == "memory":
        yield MemoryOutbox("main")
    else:
        outbox = SqliteOutbox(tmp_path / "outbox.db", "main")
        yield outbox
        outbox.close()


@pytest.fixture
async def desk(outbox):
    desk = await Desk(outbox).open()
    await desk.send("CreateObjectType", **PART)
    await desk.group(*[asked("CreateObject", type="Part", properties={"id": key}) for key in "abcd"])
    return desk


def linked(from_, to, on=MAIN, verb="CreateLink", type_="partOf"):
    return asked(verb, on, type=type_, **{"from": from_, "to": to})


def statuses(outcomes):
    return [outcome["status"] for outcome in outcomes]


async def test_a_circle_is_seen_across_groups_and_restarts(desk):
    await desk.send("CreateLinkType", **OF, acyclic=True)
    assert statuses(await desk.group(linked("a", "b"), linked("b", "c"), linked("c", "a"))) == [
        "accepted",
        "accepted",
        "rejected",
    ]
    desk.restart()
    (refused,) = await desk.group(linked("c", "a"))
    assert codes(refused) == ["LINK_CYCLE"]
    assert statuses(await desk.group(linked("b", "c", verb="DeleteLink"), linked("c", "a"))) == ["accepted", "accepted"]
    desk.restart()
    assert codes((await desk.group(linked("b", "c")))[0]) == ["LINK_CYCLE"]


async def test_a_branch_follows_the_links_of_its_parent_as_they_were_and_its_own(desk):
    await desk.send("CreateLinkType", **OF, acyclic=True)
    await desk.group(linked("a", "b"), linked("b", "c"))
    await desk.send("CreateBranch", name=DEV)
    await desk.group(linked("a", "b", verb="DeleteLink"), linked("b", "c", verb="DeleteLink"))
    desk.restart()
    assert codes((await desk.group(linked("c", "a", on=DEV)))[0]) == ["LINK_CYCLE"]
    assert statuses(await desk.group(linked("c", "a"))) == ["accepted"]
    assert statuses(await desk.group(linked("a", "b", on=DEV, verb="DeleteLink"))) == ["accepted"]
    desk.restart()
    assert statuses(await desk.group(linked("c", "a", on=DEV), linked("a", "b", on=DEV))) == ["accepted", "rejected"]


async def test_a_commit_follows_what_its_earlier_commands_changed(desk):
    await desk.send("CreateLinkType", **OF, acyclic=True, onDelete="cascade", cardinality="n-1")
    parts = [
        {"type": "CreateLink", "data": {"type": "partOf", "from": "a", "to": "b"}},
        {"type": "CreateLink", "data": {"type": "partOf", "from": "b", "to": "c"}},
        {"type": "DeleteLink", "data": {"type": "partOf", "from": "a", "to": "b"}},
        {"type": "CreateLink", "data": {"type": "partOf", "from": "c", "to": "a"}},
        {"type": "DeleteObject", "data": {"type": "Part", "key": "a"}},
    ]
    outcome = await desk.send("Commit", commands=parts)
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 4 + 2 + 3)
    again = await desk.send("CreateObject", type="Part", properties={"id": "a"})
    assert again["status"] == "accepted"


async def test_what_tightened_a_rule_is_the_same_rebuilt_from_the_log(desk, outbox):
    await desk.send("CreateLinkType", **OF)
    await desk.group(linked("a", "b"), linked("b", "c"), linked("d", "c"), linked("d", "c", verb="DeleteLink"))
    for command in (
        asked("SetCardinality", type="partOf", cardinality="n-1"),
        asked("SetAcyclic", type="partOf", acyclic=True),
        asked("SetOnDelete", type="partOf", onDelete="cascade"),
    ):
        assert statuses(await desk.group(command)) == ["accepted"]
    await desk.group(asked("DeleteObject", type="Part", key="c"), linked("d", "d"))
    rebuilt = MemoryOutbox("main")
    await adopt(rebuilt, Rows(outbox), (await outbox.head()).position, catalog.fold, catalog.payload, lambda *_: None)
    assert await rebuilt.heads_after("", "", 0, 1_000) == await outbox.heads_after("", "", 0, 1_000)


class Rows:
    """What an outbox holds, read as a log is."""

    def __init__(self, outbox):
        self.outbox = outbox

    async def read(self, after, until):
        yield [row for row in await self.outbox.after(after, 10_000) if row.position <= until]


RACES = [
    ("CreateObject", [plane("N1", serial="s"), plane("N2", serial="s")], "VALUE_NOT_UNIQUE"),
    ("CreateLink", [{"type": "one", "from": "a", "to": to} for to in "bc"], "LINK_CARDINALITY"),
    ("CreateLink", [{"type": "partOf", "from": f, "to": t} for f, t in ("ab", "ba")], "LINK_CYCLE"),
]


@pytest.mark.parametrize(("command", "both", "code"), RACES)
async def test_of_two_writers_that_race_exactly_one_wins(desk, outbox, command, both, code):
    """Two tasks, each sending by itself to the running committer; every order of arrival, grouped or not."""
    await desk.group(
        asked("CreateObjectType", **PLANE),
        asked("CreateLinkType", name="one", cardinality="1-1", **{"from": "Part", "to": "Part"}),
        asked("CreateLinkType", **OF, acyclic=True),
    )
    committer = Committer(outbox, Planner("main", desk.new_id, ring=ring_in_memory()), lambda: desk.now, lambda _: None)

    async def write(data, pauses):
        for _ in range(pauses):
            await asyncio.sleep(0)
        body = {"id": desk.new_id(), "branch": MAIN, "type": command, "data": data}
        submitted = receive(address(command_subject("main", "local", MAIN, command)), json.dumps(body).encode())
        return json.loads(await committer.enqueue(submitted))

    running = asyncio.create_task(committer.run())
    try:
        for pauses in ((0, 0), (0, 3), (3, 0)):
            outcomes = await asyncio.gather(*map(write, both, pauses))
            assert sorted(statuses(outcomes)) == ["accepted", "rejected"]
            assert [codes(outcome) for outcome in outcomes if outcome["findings"]] == [[code]]
            won = both[statuses(outcomes).index("accepted")]
            await undo(desk, command, won)
            committer.planner.forget()
    finally:
        running.cancel()


async def undo(desk, command, won):
    desk.restart()
    if command == "CreateLink":
        await desk.send("DeleteLink", **won)
    else:
        await desk.send("DeleteObject", type="Plane", key=won["properties"]["tail"])


async def test_ten_thousand_commands_are_one_commit_links_and_their_ends_alike():
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", **PART)
    await desk.send("CreateLinkType", **OF, acyclic=True)
    objects = [{"type": "CreateObject", "data": {"type": "Part", "properties": {"id": f"{n}"}}} for n in range(5_000)]
    links = [
        {"type": "CreateLink", "data": {"type": "partOf", "from": f"{n}", "to": f"{n // 2}"}} for n in range(1, 5_000)
    ]
    closing = {"type": "CreateLink", "data": {"type": "partOf", "from": "0", "to": "4999"}}
    refused = await desk.send("Commit", commands=[*objects, *links, closing])
    assert codes(refused) == ["LINK_CYCLE"]
    assert refused["findings"][0]["path"] == "/data/commands/9999/data"
    outcome = await desk.send("Commit", commands=[*objects, *links])
    assert (outcome["status"], len(outcome["events"])) == ("accepted", 9_999)
