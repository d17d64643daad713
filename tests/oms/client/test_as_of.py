"""Reading the past from Python: a question finds the view, or says why not."""

import pytest

from adapters.nats_commands import command_door
from adapters.view_files import make_live, view_path
from oms.client import Refused, Unavailable
from oms.reading import read_door
from oms.settings import Settings
from oms.shelves import FolderShelves
from producers.receive import address
from tests.queries.test_objects import flights


@pytest.fixture
async def asked(client, nats_server, tmp_path):
    """The client, with the door for reads open over a folder; `asked.folder` may get a view."""
    settings = Settings(folder=tmp_path / "data")
    door = read_door(settings, FolderShelves(settings))

    async def answer(subject, headers, payload, _told):
        return await door.answer(address(subject), headers, payload)

    async with command_door(nats_server.endpoint, "main", answer):
        yield client


@pytest.fixture
async def view(tmp_path):
    await flights().into_file(view_path(tmp_path / "data", "versions", 1))
    make_live(tmp_path / "data", "versions", 1)


async def test_an_object_as_it_was_and_how_it_came_about(asked, view):
    assert (await asked.as_of(3, "Flight", "UA-1"))["properties"] == {"id": "UA-1", "origin": "JFK"}
    assert (await asked.as_of("now", "Flight", "UA-1", min_position=4))["version"] == 4
    assert [step["position"] for step in (await asked.history("Flight", "UA-1"))["steps"]] == [3, 4]
    blame = await asked.blame("Flight", "UA-1")
    assert [(each["path"], each["position"]) for each in blame["fields"]] == [("/id", 3), ("/origin", 4)]
    assert [each["kind"] async for each in asked.everything()] == ["objectType", "object"]
    assert [each["version"] async for each in asked.everything("Flight", as_of=3)] == [3]
    assert [each["what"] async for each in asked.differences(from_moment=3)] == ["updated"]
    assert (await asked.impact("Flight"))["impact"] == [{"what": "objects", "name": "Flight", "number": 1}]


async def test_a_question_without_an_answer_is_refused_with_findings(asked, view):
    with pytest.raises(Refused, match="OBJECT_UNKNOWN") as refused:
        await asked.as_of("now", "Flight", "UA-2")
    assert refused.value.outcome.findings[0].path == "/key"


@pytest.mark.parametrize("branch", ["no branch", "a/b", "dev/a/b.c"])
async def test_what_no_subject_can_carry_is_refused_before_it_is_sent(asked, branch):
    with pytest.raises(Refused, match="BRANCH_NAME"):
        await asked.as_of("now", "Flight", branch=branch)


async def test_a_view_that_is_not_there_yet_is_asked_again_until_the_deadline(asked):
    with pytest.raises(Unavailable, match="there is no view versions"):
        await asked.as_of("now", "Flight", deadline=0.3)


async def test_a_position_that_does_not_come_is_waited_for_until_the_deadline(asked, view):
    with pytest.raises(Unavailable, match="at position 4, not yet at 5"):
        await asked.as_of("now", "Flight", min_position=5, deadline=0.3)
