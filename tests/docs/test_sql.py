"""The examples of docs/sql.md, run as they stand there; `…` in an output stands for anything."""

import re
import shlex
import sys
from io import TextIOWrapper
from pathlib import Path

import pytest

from events.names import Key
from events.wire.instants import from_text
from oms.cli import run
from tests.docs.pages import examples, laid, without_progress
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type

PAGE = "sql.md"
AGES = "dev/plan/ages"
KNOWS = {"rid": "ri.Knows", "slug": "Knows", "name": "Knows", "from": "User", "to": "User", "properties": {}}
LINK = {"type": "ri.Knows", "slug": "Knows", "from": "1", "to": "2", "properties": {}, "deleted": False}


def history() -> History:
    told = History()
    columns = [
        {"field": "id", "name": "id", "type": "string"},
        "name",
        {"field": "age", "name": "age", "type": "integer"},
    ]
    user = object_type("User", columns, table="users")
    told.commit(MAIN, [user, (Key("linkType/ri.Knows"), "created", KNOWS)])
    told.commit(MAIN, [made("User", "1", id="1", name="김", age=30), made("User", "2", id="2", name="Lee", age=40)])
    february = from_text("2024-02-01T00:00:00Z")
    told.commit(MAIN, [changed("User", "1", id="1", name="김", age=31)], by="bo@desk", effective=february)
    told.commit(MAIN, [(Key("link/Knows/1~2"), "created", LINK)])
    told.commit(MAIN, [deleted("User", "2", id="2", name="Lee", age=40)], by="cy@desk")
    told.branch(AGES, MAIN, 8)
    told.commit(AGES, [changed("User", "1", id="1", name="김", age=32)])
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("sql"), history())


@pytest.mark.parametrize(("command", "output"), examples(PAGE))
def test_the_page_does_not_lie(command, output, folder, capfdbinary) -> None:
    name, *arguments = shlex.split(command)
    assert name == "oms"
    assert isinstance(sys.stdout, TextIOWrapper)
    run([*arguments, "--folder", str(folder)])
    sys.stdout.flush()
    captured = capfdbinary.readouterr()
    told = captured.out.decode().replace("\r\n", "\n") + without_progress(captured.err.decode())
    expected = ".*".join(re.escape(part) for part in output.split("…"))
    assert re.fullmatch(expected, told), told


def test_the_page_has_examples() -> None:
    assert len(examples(PAGE)) > 12
