"""The examples of docs/time-travel.md, run as they stand there; `…` in an output stands for anything."""

import asyncio
import re
import shlex
from pathlib import Path

import pytest

from adapters.view_files import make_live, view_path
from oms.cli import run
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type

PAGE = Path(__file__).parents[2] / "docs" / "time-travel.md"
EXAMPLE = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ |```).*\n)*)", re.MULTILINE)
GATES = "dev/plan/gates"


def history() -> History:
    told = History()
    told.commit(MAIN, [object_type("Flight", ["id", "origin"])])
    told.commit(MAIN, [made("Flight", "UA-1", id="UA-1", origin="JFK")])
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="EWR")], by="bo@desk")
    told.branch(GATES, MAIN, 4)
    told.commit(GATES, [object_type("Flight", ["id", "origin"], name="Departure", change="renamed")])
    told.commit(GATES, [changed("Flight", "UA-1", id="UA-1", origin="LGA")])
    told.commit(MAIN, [deleted("Flight", "UA-1", id="UA-1", origin="EWR")], by="cy@desk")
    return told


def examples() -> list[tuple[str, str]]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [(found["command"], found["output"]) for block in blocks for found in EXAMPLE.finditer(block)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("time-travel")
    asyncio.run(history().into_file(view_path(folder, "versions", 1)))
    make_live(folder, "versions", 1)
    return folder


@pytest.mark.parametrize(("command", "output"), examples())
def test_the_page_does_not_lie(command, output, folder, capsys) -> None:
    name, *arguments = shlex.split(command)
    assert name == "oms"
    run([*arguments, "--folder", str(folder)])
    captured = capsys.readouterr()
    expected = ".*".join(re.escape(part) for part in output.split("…"))
    assert re.fullmatch(expected, captured.out + captured.err), captured.out + captured.err


def test_the_page_has_examples() -> None:
    assert len(examples()) > 8
