"""`oms show`, `oms history` and `oms diff` on a folder with nothing running."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.view_files import make_live, view_path
from events.names import Key
from oms.cli import run
from oms.cli.failures import Exit
from projectors.projector import Parked
from tests.queries.histories import MAIN, changed, deleted
from tests.queries.test_objects import DEV, flights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    history = flights()
    history.branch(DEV, MAIN, 3)
    history.commit(DEV, [changed("Flight", "UA-1", id="UA-1", origin="SFO", note="한국 [b]")])
    history.commit(MAIN, [deleted("Flight", "UA-1", id="UA-1", origin="EWR")], by="cy@desk")
    asyncio.run(history.into_file(view_path(tmp_path, "versions", 1)))
    make_live(tmp_path, "versions", 1)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: Exit = Exit.OK) -> str:
    assert run([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    return json.loads(said(capsys, *arguments, "--json"))


def test_show(capsys, folder) -> None:
    assert said(capsys, "show", "Flight", "UA-1", "--as-of", "2024-02-29T00:00:02Z", "--folder", folder) == (
        "Flight UA-1  prod/main/main at position 3, version 3\n"
        "  id      UA-1\n"
        "  origin  JFK\n"
        "  created 2024-02-29T00:00:02.000000Z by ana@desk\n"
        "  updated 2024-02-29T00:00:02.000000Z by ana@desk\n"
    )


def test_show_of_what_was_deleted_says_who_and_when(capsys, folder) -> None:
    assert "  deleted 2024-02-29T00:00:06.000000Z by cy@desk\n" in said(
        capsys, "show", "Flight", "UA-1", "--folder", folder
    )


def test_show_for_programs(capsys, folder) -> None:
    shown = told(capsys, "show", "Flight", "UA-1", "--branch", DEV, "--folder", folder)
    assert (shown["position"], shown["version"], shown["properties"]["note"]) == (7, 6, "한국 [b]")
    assert shown["_deleted"] is False


def test_show_of_a_type_has_a_line_for_each_property(capsys, folder) -> None:
    lines = said(capsys, "show", "Flight", "--folder", folder).splitlines()
    assert lines[0] == "Flight  prod/main/main at position 7, version 2"
    assert [line.split()[0] for line in lines[1:8]] == ["rid", "slug", "name", "primaryKey", "status", "/id", "/origin"]


def test_history(capsys, folder) -> None:
    lines = said(capsys, "history", "Flight", "UA-1", "--branch", DEV, "--folder", folder).splitlines()
    assert lines[0] == "Flight UA-1  dev/a/b at position 7, 2 versions"
    assert lines[1].startswith("● 3  2024-02-29T00:00:02.000000Z  created by ana@desk  prod/main/main  commit ")
    assert lines[2:4] == ['│   + /id  "UA-1"', '│   + /origin  "JFK"']
    assert lines[4].startswith("● 6  2024-02-29T00:00:05.000000Z  updated by ana@desk  dev/a/b  commit ")
    assert lines[5:] == ['│   + /note  "한국 [b]"', '│   ~ /origin  "JFK" → "SFO"']


def test_history_for_programs(capsys, folder) -> None:
    steps = told(capsys, "history", "Flight", "UA-1", "--folder", folder)["steps"]
    assert [(step["position"], step["event"]) for step in steps] == [(3, "created"), (4, "updated"), (7, "deleted")]


def test_diff_of_two_moments(capsys, folder) -> None:
    assert said(capsys, "diff", "--from", 3, "--to", 4, "--folder", folder) == (
        "~ object Flight UA-1\n"
        '    ~ /origin  "JFK" → "EWR"\n'
        "0 created, 1 updated, 0 deleted; from prod/main/main at 3 to prod/main/main at 4\n"
    )


def test_diff_of_a_branch_is_what_it_changed(capsys, folder) -> None:
    found = told(capsys, "diff", "--branch", DEV, "--folder", folder)
    assert (found["from"], found["to"]) == ({"branch": DEV, "position": 3}, {"branch": DEV, "position": 7})
    assert [(one["what"], one["key"]) for one in found["differences"]] == [("updated", "UA-1")]


def test_diff_of_two_branches(capsys, folder) -> None:
    found = told(capsys, "diff", "--from-branch", DEV, "--to-branch", MAIN, "--folder", folder)
    assert [(one["what"], one["before"], one["after"]) for one in found["differences"]] == [("deleted", 6, None)]


def test_no_differences_is_valid_json_too(capsys, folder) -> None:
    assert told(capsys, "diff", "--from", "now", "--folder", folder)["differences"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["show", "Flight", "UA-2"], Exit.REFUSED, "OBJECT_UNKNOWN"),
        (["show", "Flight", "UA/1"], Exit.REFUSED, "at position 7; written as a key it is UA%2F1"),
        (["show", "Flight", "UA%2F1"], Exit.REFUSED, "at position 7\n"),
        (["replay", "--until", "3", "--as-of", "2"], Exit.USAGE, "leave one of them"),
        (["show", "Fligt", "UA-1"], Exit.REFUSED, "TYPE_UNKNOWN"),
        (["show", "Flight", "UA-1", "--as-of", "yesterday"], Exit.REFUSED, "TIME_UNPARSABLE"),
        (["show", "Flight", "UA-1", "--as-of", "9999-01-01"], Exit.REFUSED, "TIME_IN_FUTURE"),
        (["history", "Flight", "UA-1", "--branch", "dev/no/no"], Exit.REFUSED, "BRANCH_UNKNOWN"),
        (["diff", "--to", "commit:ffffffffffff"], Exit.REFUSED, "TIME_COMMIT_UNKNOWN"),
    ],
)
def test_what_cannot_be_answered_is_one_line_with_a_code(capsys, folder, arguments, code, says) -> None:
    error = said(capsys, *arguments, "--folder", folder, code=code)
    assert says in error
    assert error.count("\n") == 1


def test_without_a_view_it_says_what_to_do(capsys, tmp_path) -> None:
    assert "`oms up` makes it" in said(capsys, "show", "Flight", "x", "--folder", tmp_path, code=Exit.UNAVAILABLE)


def test_what_is_parked_is_named_beside_the_answer(capsys, tmp_path) -> None:
    parked = [Parked(4, ((MAIN, Key("object/Flight/UA-1")),), "EVENT_UNAPPLIABLE", "no such field", "oms.evt.x", b"{}")]
    asyncio.run(flights().into_file(view_path(tmp_path, "versions", 1), parked))
    make_live(tmp_path, "versions", 1)
    assert run(["show", "Flight", "UA-1", "--folder", str(tmp_path)]) == Exit.OK
    assert "position 4 is not in this answer: no such field (EVENT_UNAPPLIABLE)" in capsys.readouterr().err


def test_a_position_that_the_view_has_is_not_waited_for(capsys, folder) -> None:
    assert "version 7" in said(capsys, "show", "Flight", "UA-1", "--min-position", 7, "--folder", folder)


def test_a_view_that_stays_behind_says_how_far_it_is(capsys, folder) -> None:
    arguments = ["show", "Flight", "UA-1", "--min-position", 8, "--deadline", 0.1, "--folder", folder]
    assert "is at position 7, not yet at 8" in said(capsys, *arguments, code=Exit.UNAVAILABLE)
