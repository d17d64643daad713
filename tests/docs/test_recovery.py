"""The examples of docs/recovery.md, run in their order; `…` in an output stands for anything, blanks do not count."""

import asyncio
import re
import shlex
from contextlib import chdir
from pathlib import Path

from oms.cli import run
from tests.oms.filled import fill, flip

PAGE = Path(__file__).parents[2] / "docs" / "recovery.md"
EXAMPLE = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ |```).*\n)*)", re.MULTILINE)


def examples():
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [(found["command"], found["output"]) for block in blocks for found in EXAMPLE.finditer(block)]


def plain(text):
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


def test_the_page_does_not_lie(tmp_path, capsys):
    asyncio.run(fill(tmp_path / "oms-data"))
    with chdir(tmp_path):
        for command, output in examples():
            if command == "oms repair log":
                flip(tmp_path / "oms-data")
            run(shlex.split(command)[1:])
            said = capsys.readouterr()
            expected = ".*".join(re.escape(part) for part in plain(output).split("…"))
            assert re.fullmatch(expected, plain(said.out + said.err), re.DOTALL), (command, said)


def test_the_page_has_examples():
    assert len(examples()) > 7
