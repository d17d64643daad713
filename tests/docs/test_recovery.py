"""The examples of docs/recovery.md, run in their order; `…` in an output stands for anything, blanks do not count."""

import asyncio
import re
import shlex
from contextlib import chdir

from oms.cli import run
from tests.docs.pages import examples, without_progress
from tests.oms.filled import fill, flip


def plain(text):
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


def test_the_page_does_not_lie(tmp_path, capsys):
    asyncio.run(fill(tmp_path / "oms-data"))
    with chdir(tmp_path):
        for command, output in examples("recovery.md"):
            if command == "oms repair log":
                flip(tmp_path / "oms-data")
            run(shlex.split(command)[1:])
            said = capsys.readouterr()
            expected = ".*".join(re.escape(part) for part in plain(output).split("…"))
            assert re.fullmatch(expected, plain(said.out + without_progress(said.err)), re.DOTALL), (command, said)


def test_the_page_has_examples():
    assert len(examples("recovery.md")) > 7
