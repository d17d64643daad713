"""The examples of docs/time-travel.md, run as they stand there; `…` in an output stands for anything."""

import re
import shlex
from pathlib import Path

import pytest

from oms.cli import run
from tests.docs.pages import examples, laid, without_progress
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type

PAGE = "time-travel.md"
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("time-travel"), history())


@pytest.mark.parametrize(("command", "output"), examples(PAGE))
def test_the_page_does_not_lie(command, output, folder, capsys) -> None:
    name, *arguments = shlex.split(command)
    assert name == "oms"
    run([*arguments, "--folder", str(folder)])
    captured = capsys.readouterr()
    expected = ".*".join(re.escape(part) for part in output.split("…"))
    told = captured.out + without_progress(captured.err)
    assert re.fullmatch(expected, told), told


def test_the_page_has_examples() -> None:
    assert len(examples(PAGE)) > 8
