import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.view_files import make_live, view_path
from events.names import Key
from oms.cli import dead, program, run
from oms.cli.failures import Exit
from oms.settings import load
from projectors.projector import Checkpoint, Overtaken, Parked
from tests.projectors.story import MAIN as STORY_MAIN
from tests.projectors.story import Story
from tests.queries.histories import MAIN
from tests.queries.test_objects import flights

UA = Key("object/Flight/UA-9")


def parked() -> list[Parked]:
    """A creation that some older program could not read, and the change that waits behind it."""
    assert STORY_MAIN == MAIN
    story = Story()
    made = {"type": "ri.Flight", "slug": "Flight", "key": "UA-9", "properties": {"id": "UA-9", "origin": "JFK"}}
    moved = {
        "type": "ri.Flight",
        "slug": "Flight",
        "key": "UA-9",
        "set": {"origin": "LGA"},
        "unset": [],
        "was": {"origin": "JFK"},
    }
    while story.position < 4:  # where the view is
        story.created("1")
    story.commit(("object.created", UA, made))
    story.commit(("object.updated", UA, moved))
    first, second = story.messages[4:]
    return [
        Parked(first.position, ((MAIN, UA),), "EVENT_TYPE_UNKNOWN", "no such event", first.subject, first.body),
        Parked(second.position, ((MAIN, UA),), "EVENT_WAITS", "waits behind 5", second.subject, second.body, 5),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    history = flights()
    commit, written = history.told[-1]
    history.told[-1] = commit._replace(last=6), written  # its other two events are parked
    asyncio.run(history.into_file(view_path(tmp_path, "versions", 1), parked()))
    make_live(tmp_path, "versions", 1)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: Exit = Exit.OK) -> str:
    assert run([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_what_is_parked_is_listed_the_first_one_first(capsys, folder) -> None:
    rows = json.loads(said(capsys, "dead", "list", "--json", "--folder", folder))
    assert [(row["view"], row["position"], row["code"], row["behind"]) for row in rows] == [
        ("versions", 5, "EVENT_TYPE_UNKNOWN", None),
        ("versions", 6, "EVENT_WAITS", 5),
    ]
    assert rows[0]["entities"] == [f"{MAIN} {UA}"]


def test_one_is_shown_with_its_body(capsys, folder) -> None:
    shown = json.loads(said(capsys, "dead", "show", 5, "--json", "--folder", folder))
    assert json.loads(shown["body"])["data"]["key"] == "UA-9"
    assert "`oms dead list`" in said(capsys, "dead", "show", 4, "--folder", folder, code=Exit.REFUSED)


def test_redriven_events_are_in_the_view(capsys, folder) -> None:
    assert json.loads(said(capsys, "dead", "redrive", "--yes", "--json", "--folder", folder)) == {
        "view": "versions", "applied": 2, "left": 0
    }  # fmt: skip
    assert json.loads(said(capsys, "dead", "list", "--json", "--folder", folder)) == []
    shown = json.loads(said(capsys, "show", "Flight", "UA-9", "--json", "--folder", folder))
    assert shown["properties"] == {"id": "UA-9", "origin": "LGA"}


def test_a_discarded_event_no_longer_holds_up_what_waits(capsys, folder) -> None:
    assert said(capsys, "dead", "discard", 5, 6, "--why", "written by mistake", "--yes", "--folder", folder) == (
        "view: versions, discarded: 2\n"
    )
    assert json.loads(said(capsys, "dead", "list", "--json", "--folder", folder)) == []


def test_what_is_not_parked_cannot_be_discarded(capsys, folder) -> None:
    error = said(capsys, "dead", "discard", 5, 4, "--why", "x", "--yes", "--folder", folder, code=Exit.REFUSED)
    assert "not parked in versions: 4" in error


@pytest.mark.parametrize(("answer", "left"), [("", 2), ("n\n", 2), ("y\n", 0)])
def test_without_yes_it_counts_and_asks(capsys, folder, answer, left) -> None:
    ended = CliRunner().invoke(program(), ["dead", "redrive", "--folder", str(folder)], input=answer)
    assert "redrive 2 parked events of versions? [y/N]" in ended.output
    assert ended.exit_code == (Exit.REFUSED if left else Exit.OK)
    assert len(json.loads(said(capsys, "dead", "list", "--json", "--folder", folder))) == left


def test_nothing_parked_is_nothing_to_do(capsys, tmp_path) -> None:
    asyncio.run(flights().into_file(view_path(tmp_path, "versions", 1)))
    make_live(tmp_path, "versions", 1)
    assert run(["dead", "redrive", "--folder", str(tmp_path)]) == Exit.OK
    assert "nothing is parked" in capsys.readouterr().err


def test_what_waits_for_an_endpoint_is_given_up_only_if_it_does(capsys, folder) -> None:
    asked = ["discard", "5", "--why", "x", "--yes"]
    assert run(["dead", *asked, "--view", "webhooks", "--folder", str(folder)]) == Exit.REFUSED
    assert "not parked in webhooks: 5" in capsys.readouterr().err


def test_what_waits_for_an_endpoint_is_shown_where_its_tries_are(capsys, folder) -> None:
    assert run(["dead", "show", "5", "--view", "webhooks", "--folder", str(folder)]) == Exit.USAGE
    assert "oms webhook tries" in capsys.readouterr().err


async def test_who_is_overtaken_by_a_running_projector_tries_again(folder) -> None:
    settings = load({"folder": folder}).settings
    overtaken = 0

    async def step() -> str:
        nonlocal overtaken
        overtaken += 1
        if overtaken < 3:
            raise Overtaken("versions", Checkpoint(1, ""), Checkpoint(2, ""))
        return "done"

    assert await dead._until_first(step) == "done"
    assert await dead._redrive(settings, "versions") == (2, 0)
