"""`oms schema impact` and `oms show` of types below others, on a folder with nothing running."""

import asyncio
import json
from pathlib import Path

import pytest

from adapters.view_files import make_live, view_path
from oms.cli import run
from oms.cli.failures import Exit
from tests.queries.test_impact import story


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    asyncio.run(story().into_file(view_path(tmp_path, "versions", 1)))
    make_live(tmp_path, "versions", 1)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: Exit = Exit.OK) -> str:
    assert run([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_what_stands_at_a_type(capsys, folder) -> None:
    lines = said(capsys, "schema", "impact", "T", "--folder", folder).splitlines()
    assert lines[0] == "T  prod/main/main at position 13"
    assert lines[1:4] == ["  objects       T  1", "  objects       S  1", "  links         L  1"]
    assert lines[-1] == "  rule          NoGap"


def test_what_stands_at_a_property_for_programs(capsys, folder) -> None:
    told = json.loads(said(capsys, "schema", "impact", "T", "이름", "--folder", folder, "--json"))
    assert (told["type"], told["property"], told["position"]) == ("T", "이름", 13)
    assert told["impact"][2:] == [
        {"what": "titleProperty", "name": "T"},
        {"what": "interface", "name": "Named"},
        {"what": "rule", "name": "NoGap"},
    ]


def test_what_is_not_there(capsys, folder) -> None:
    assert "gone" in said(capsys, "schema", "impact", "T", "gone", "--folder", folder, code=Exit.REFUSED)


def test_a_type_is_shown_with_what_it_inherits(capsys, folder) -> None:
    lines = said(capsys, "show", "S", "--folder", folder).splitlines()
    assert ["/이름", "string, inherited"] in [line.split(maxsplit=1) for line in lines]
