"""The examples of docs/branches.md, run as they stand there; `…` in an output stands for anything."""

import re
import shlex
from pathlib import Path

import pytest

from events.names import Key
from oms.cli import run
from tests.docs.pages import examples, laid, without_progress
from tests.queries.histories import MAIN, History, made, object_type

PAGE = "branches.md"
GATES, OLD = "dev/flights/gates", "dev/flights/old"


def history() -> History:
    told = History()
    told.commit(MAIN, [object_type("Flight", ["id", "origin"])])
    tagged = told.commit(MAIN, [made("Flight", "UA-1", id="UA-1", origin="JFK")])
    tag = {"name": "첫-버전", "branch": MAIN, "position": tagged, "commit": "5e" * 32}
    told.commit(MAIN, [(Key("tag/첫-버전"), "created", tag)])
    told.branch(GATES, MAIN, 2)
    old = {"name": OLD, "parent": MAIN, "base": 2, "default": False, "deleted": False, "archived": True}
    told.commit(MAIN, [(Key(f"branch/{OLD}"), "archived", old)], by="지우@desk")
    gates = {"name": GATES, "parent": MAIN, "base": 4, "default": False, "deleted": False, "forked": 2, "floor": 6}
    told.commit(GATES, [(Key(f"branch/{GATES}"), "rebased", gates)])
    main = {"name": MAIN, "parent": None, "base": 0, "default": True, "deleted": False, "protected": {"approvals": 2}}
    told.commit(MAIN, [(Key(f"branch/{MAIN}"), "protected", main)])
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("branches"), history())


@pytest.mark.parametrize(("command", "output"), examples(PAGE))
def test_the_page_does_not_lie(command, output, folder, capsys) -> None:
    name, *arguments = shlex.split(command)
    assert name == "oms"
    run([*arguments, "--folder", str(folder)])
    captured = capsys.readouterr()
    shown = re.sub(r" +$", "", captured.out + without_progress(captured.err), flags=re.MULTILINE)
    expected = ".*".join(re.escape(re.sub(r" +$", "", part, flags=re.MULTILINE)) for part in output.split("…"))
    assert re.fullmatch(expected, shown, re.DOTALL), captured.out + captured.err


def test_the_page_has_examples() -> None:
    assert len(examples(PAGE)) == 4
