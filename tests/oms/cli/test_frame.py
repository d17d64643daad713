"""The command line's frame: one sentence for a failure, stable exit codes, JSON for programs, and a quick start."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from oms.cli import program, run
from oms.cli.failures import CODES, Exit, Failure, told
from producers.outbox import OutboxUnavailable

ROOT = Path(__file__).parents[3]


def test_settings_are_shown_with_value_source_and_meaning(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["settings", "--json", "--folder", str(tmp_path)]) == Exit.OK
    rows = {row["setting"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["folder"]["value"], rows["folder"]["from"]) == (str(tmp_path), "flag")
    assert rows["deadline"]["unit"] == "s"
    assert all(row["meaning"] for row in rows.values())


def test_a_table_is_not_wrapped_where_no_person_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["settings"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["setting", "value", "unit", "from", "meaning"]
    assert len(lines) == len(json_rows(capsys)) + 1


def json_rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    run(["settings", "--json"])
    rows: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return rows


def test_a_failure_is_one_sentence_and_no_traceback(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "oms.toml").write_text("deadlin = 3")
    assert run(["settings", "--folder", str(tmp_path)]) == Exit.SETTING
    said = capsys.readouterr().err
    assert said == f"oms: setting 'deadlin' from {tmp_path}/oms.toml: no such setting; did you mean 'deadline'?\n"


def test_an_unknown_schema_names_the_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schemas", "no.such"]) == Exit.USAGE
    assert "no schema 'no.such'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nope"], ["settings", "--nope"], []])
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == Exit.USAGE
    assert capsys.readouterr()


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        (Failure("a", "do b", Exit.CONFLICT), "a; do b", Exit.CONFLICT),
        (OutboxUnavailable("disk full", "make room"), "disk full; make room", Exit.UNAVAILABLE),
        (KeyboardInterrupt(), "interrupted", Exit.INTERRUPTED),
        (
            FileNotFoundError(2, "No such file or directory", "x"),
            "no such file or directory: x; see that it is there and spelt like this",
            Exit.UNAVAILABLE,
        ),
        (
            sqlite3.OperationalError("no file"),
            "no file; see that the data folder is whole, that its disk has space, and that you may write there",
            Exit.UNAVAILABLE,
        ),
        (
            ZeroDivisionError("0"),
            "a bug in OMS: ZeroDivisionError: 0; with OMS_LOG_LEVEL=debug it shows where",
            Exit.BUG,
        ),
    ],
)
def test_every_end_has_a_sentence_and_a_code(error: BaseException, text: str, code: Exit) -> None:
    assert told(error) == (text, code)


def test_every_error_that_has_a_code_is_there():
    sources = [
        path.read_text(encoding="utf-8")
        for package in ("adapters", "events", "oms", "producers", "projectors", "queries", "security", "workers")
        for path in (ROOT / package).rglob("*.py")
    ]
    defined = {name for source in sources for name in re.findall(r"^class (\w+)\(", source, re.MULTILINE)}
    assert set(CODES) - defined == set()


def test_exit_codes_are_documented() -> None:
    documented = re.findall(r"^\| (\d+) \| (\w+) \|", (ROOT / "docs" / "exit-codes.md").read_text(), re.MULTILINE)
    assert {(int(code), name) for code, name in documented} == {(code.value, code.name) for code in Exit}


def test_every_command_prints_json_for_programs() -> None:
    without = [info.name for info in program().registered_commands if "as_json" not in info.callback.__annotations__]
    assert without == []


def test_help_imports_nothing_heavy() -> None:
    program = "import sys; from oms.cli import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    loaded = set(done.stderr.split())
    assert "Commands:" in done.stdout
    assert not loaded & {"pydantic", "nats", "sqlalchemy", "faststream", "rich.console", "asyncio", "sqlite3", "events"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("oms sett", ["settings"]),
        ("oms schema", ["schemas", "schema"]),
        ("oms proposal re", ["ready", "request-changes", "resolve", "reopen"]),
        ("oms show --folde", ["--folder"]),
        ("oms nonsense --f", []),
    ],
)
def test_completion_knows_commands_and_options(line: str, words: list[str]) -> None:
    env = os.environ | {"_OMS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        [sys.executable, "-m", "oms"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.split() == words


@pytest.mark.parametrize(
    "command", [["show", "Airline"], ["history", "Airline"], ["diff"], ["query", "SELECT 1"], ["branch", "list"]]
)
def test_reading_imports_only_what_it_needs(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    program = f"import sys; from oms.cli import run; run({command}); print(*sys.modules, file=sys.stderr)"
    env = os.environ | {"OMS_FOLDER": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=True
    )
    said, loaded = done.stderr.splitlines()
    assert said.startswith("oms: there is no view versions")
    assert not set(loaded.split()) & {"sqlalchemy", "nats", "cryptography", "aiohttp", "events.catalog", "oms.cli.log"}


def test_what_sends_a_command_takes_the_same_options() -> None:
    root = typer.main.get_group(program())
    families = [root, *(command for command in root.commands.values() if hasattr(command, "commands"))]
    sending = [
        {option for parameter in command.params for option in parameter.opts}
        for family in families
        for command in family.commands.values()
        if any("--message" in parameter.opts for parameter in command.params)
    ]
    assert len(sending) > 20
    assert all({"--author", "--folder", "--ontology", "--deadline", "--json"} <= options for options in sending)


def test_what_a_list_says_of_a_command_fits_its_line() -> None:
    root = typer.main.get_group(program())
    families = [root, *(command for command in root.commands.values() if hasattr(command, "commands"))]
    cut = [
        (name, text)
        for family in families
        for name, command in family.commands.items()
        if (text := command.get_short_help_str(80 - 6 - max(map(len, family.commands)))).endswith("...")
    ]
    assert cut == []
