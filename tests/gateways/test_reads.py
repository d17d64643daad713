"""The door for reads: asked like a command, answered from the view, at a position."""

import asyncio
import json
from contextlib import nullcontext
from functools import partial

import pytest
from pydantic import TypeAdapter

from adapters.memory_versions import MemoryVersions
from events.findings import Answer
from events.names import command_subject
from gateways.reads import ReadDoor, ViewUnreadable
from producers.receive import address
from tests.queries.histories import MAIN, made
from tests.queries.test_objects import DEV, NOW, flights
from tests.queries.test_subscriptions import subscribed


class Still:
    """A view that stays where it is."""

    def position(self):
        return 4

    async def reached(self, position):
        await asyncio.Event().wait()


@pytest.fixture
def ask():
    """`await ask(question, data)` gives the answer as a dict, and proves its shape."""
    door = ReadDoor(lambda: nullcontext(flights().into(MemoryVersions())), Still, lambda: NOW)

    async def asked(question, data, *, branch=MAIN, headers=None, door=door):
        body = {"id": "q1", "type": question, "branch": branch, "data": data}
        to = address(command_subject("main", "local", branch, question))
        reply = await door.questions[question](to, headers or {}, json.dumps(body).encode())
        TypeAdapter(Answer).validate_json(reply)
        return json.loads(reply)

    return asked


async def test_an_object_as_it_was(ask):
    reply = await ask("Show", {"type": "Flight", "key": "UA-1", "asOf": "3"})
    assert (reply["command"], reply["status"], reply["position"]) == ("q1", "unchanged", 3)
    assert reply["answer"]["properties"] == {"id": "UA-1", "origin": "JFK"}


async def test_its_history(ask):
    reply = await ask("History", {"type": "Flight", "key": "UA-1"})
    assert [step["event"] for step in reply["answer"]["steps"]] == ["created", "updated"]


async def test_subscriptions(ask):
    assert (await ask("Subscriptions", {}))["answer"] == {"position": 4, "subscriptions": []}
    history = flights()
    history.commit(MAIN, [subscribed("가"), subscribed("나", deleted=True)])
    door = ReadDoor(lambda: nullcontext(history.into(MemoryVersions())), Still, lambda: NOW)
    reply = await ask("Subscriptions", {"deleted": True}, door=door)
    assert [each["name"] for each in reply["answer"]["subscriptions"]] == ["가", "나"]
    assert (await ask("Subscriptions", {"asOf": "4"}, door=door))["answer"]["subscriptions"] == []


async def test_branches_and_tags(ask):
    reply = await ask("Branches", {"deleted": True})
    assert MAIN in [branch["name"] for branch in reply["answer"]["branches"]]
    assert reply["answer"]["tags"] == []


async def test_who_said_what(ask):
    fields = (await ask("Blame", {"type": "Flight", "key": "UA-1"}))["answer"]["fields"]
    assert [(each["path"], each["position"]) for each in fields] == [("/id", 3), ("/origin", 4)]


async def pages(ask, question, data, name, door):
    """All of them, and how many pages that were."""
    found, answer = [], {"next": ""}
    for number in range(1, 20):
        answer = (await ask(question, {**data, "after": answer["next"]}, door=door))["answer"]
        found += answer[name]
        if answer["next"] is None:
            return found, number
    raise AssertionError


async def test_all_of_a_branch_and_what_differs_come_in_pages(ask):
    history = flights()
    history.branch(DEV, MAIN, 4)
    history.commit(DEV, [made("Flight", f"UA-{n}", id=f"UA-{n}", origin="x" * 300_000) for n in range(2, 8)])
    door = ReadDoor(lambda: nullcontext(history.into(MemoryVersions())), Still, lambda: NOW)

    async def told(question, data, name):
        return await pages(partial(ask, branch=DEV), question, data, name, door)

    every, number = await told("ShowAll", {}, "entities")
    assert ([each["kind"] for each in every], number) == (["objectType", *["object"] * 7], 3)
    assert await told("ShowAll", {"limit": 3}, "entities") == (every, 4)
    assert await told("ShowAll", {"type": "Flight", "limit": 2}, "entities") == (every[1:], 4)
    differing, number = await told("Diff", {}, "differences")
    assert ([each["key"] for each in differing], number) == ([f"UA-{n}" for n in range(2, 8)], 3)
    assert await told("Diff", {"fromBranch": MAIN, "limit": 2}, "differences") == (differing, 3)
    assert await told("Diff", {"type": "Flight", "key": "UA-2"}, "differences") == (differing[:1], 1)
    ends = (await ask("Diff", {"from": "3", "to": "4"}))["answer"]
    assert (ends["from"]["position"], ends["to"]["position"], len(ends["differences"])) == (3, 4, 1)


async def test_what_stands_at_its_type(ask):
    reply = await ask("Impact", {"type": "Flight", "property": "origin"})
    assert reply["answer"]["impact"] == [{"what": "objects", "name": "Flight", "number": 1}]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"type": "Flight", "key": "UA-2"}, "OBJECT_UNKNOWN"),
        ({"type": "Fligt"}, "TYPE_UNKNOWN"),
        ({"type": "Flight", "asOf": "yesterday"}, "TIME_UNPARSABLE"),
        ({"type": "Flight", "asOf": 3}, "COMMAND_SHAPE"),
        ({"key": "UA-1"}, "COMMAND_SHAPE"),
        ({"type": "Flight", "minPosition": 5}, "UNAVAILABLE_VIEW"),
    ],
)
async def test_what_has_no_answer_says_why(ask, data, code):
    reply = await ask("Show", data, headers={"Oms-Deadline": "0.01"})
    assert (reply["status"], reply["answer"], [found["code"] for found in reply["findings"]]) == (
        "rejected",
        None,
        [code],
    )


@pytest.mark.parametrize("end", ["from", "to"])
async def test_a_difference_says_which_of_its_moments_is_none(ask, end):
    (finding,) = (await ask("Diff", {"from": "1", end: "어제"}))["findings"]
    assert (finding["code"], finding["path"]) == ("TIME_UNPARSABLE", f"/{end}")


async def test_an_unknown_branch(ask):
    assert [found["code"] for found in (await ask("Show", {"type": "Flight"}, branch=DEV))["findings"]] == [
        "BRANCH_UNKNOWN"
    ]


async def test_a_view_that_is_not_there_is_unavailable(ask):
    def gone():
        raise ViewUnreadable("there is no view versions")

    reply = await ask("Show", {"type": "Flight"}, door=ReadDoor(gone, gone, lambda: NOW))
    assert [found["code"] for found in reply["findings"]] == ["UNAVAILABLE_VIEW"]
