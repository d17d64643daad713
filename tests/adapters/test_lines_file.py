"""Lines of several that append: whole, in order, also behind a kill in the middle of one."""

import asyncio
import json
import os
import signal
import sys

import pytest

from adapters.lines_file import LinesFile
from tests.torture.program import ROOT

LARGE = 1 << 20  # bytes of a line, which take the kernel some time
WRITER = f"""
import asyncio, sys
from pathlib import Path
from adapters.lines_file import LinesFile

async def main(path, first):
    file = LinesFile(Path(path))
    for number in range(int(first), 10_000):
        await file.append(b'{{"number":%d,"rest":"%b"}}' % (number, b"x" * {LARGE}))
        print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_lines_of_several_are_whole_and_in_the_order_of_each(tmp_path):
    file = LinesFile(tmp_path / "new" / "out")

    async def write(who):
        for number in range(50):
            await file.append(f"{who} {number} 인천".encode())

    await asyncio.gather(*map(write, "abc"))
    lines = file.path.read_text().splitlines()
    for who in "abc":
        assert [line for line in lines if line.startswith(who)] == [f"{who} {number} 인천" for number in range(50)]


async def test_who_was_stopped_while_writing_is_in_nobodys_way(tmp_path):
    path = tmp_path / "out"
    for number in range(20):
        stopped = asyncio.create_task(LinesFile(path).append(f"{number} ".encode() + b"x" * LARGE))
        await asyncio.sleep(0)
        stopped.cancel()
        await LinesFile(path).append(f"{number} y".encode())
    lines = path.read_bytes().splitlines()
    assert [line for line in lines if line.endswith(b" y")] == [f"{number} y".encode() for number in range(20)]
    assert {len(line.partition(b" ")[2]) for line in lines} <= {1, LARGE}


@pytest.mark.parametrize(("there", "kept"), [
    (b"", b""), (b"half", b""), (b"one\n", b"one\n"), (b"one\ntwo\nha", b"one\ntwo\n"),
    (b"one\n" + b"h" * 200_000, b"one\n"), (b"h" * 200_000, b""),
])  # fmt: skip
async def test_half_a_line_is_taken_off(tmp_path, there, kept):
    (tmp_path / "out").write_bytes(there)
    await LinesFile(tmp_path / "out").append(b"next")
    assert (tmp_path / "out").read_bytes() == kept + b"next\n"


async def test_what_cannot_be_written_is_said_to_each_and_tried_anew(tmp_path):
    file = LinesFile(tmp_path / "out")
    file.path.mkdir()
    ended = await asyncio.gather(*(file.append(b"x") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, OSError) for each in ended)
    file.path.rmdir()
    await file.append(b"y")
    assert file.path.read_bytes() == b"y\n"


async def test_moved_away_it_begins_another(tmp_path):
    file = LinesFile(tmp_path / "out")
    await file.append(b"a")
    file.path.rename(tmp_path / "old")
    await file.append(b"b")
    assert [(tmp_path / name).read_bytes() for name in ("old", "out")] == [b"a\n", b"b\n"]


async def test_killed_in_the_middle_of_a_line_it_goes_on_behind_whole_ones(tmp_path):
    path, said = tmp_path / "out", -1
    for _ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(path), str(said + 1), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(3):
            said = int(await process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    await LinesFile(path).append(b'{"number":-1}')
    *numbers, last = [json.loads(line)["number"] for line in path.read_text().splitlines()]
    assert last == -1
    assert set(range(said + 1)) <= set(numbers)
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers))
