"""What one would take instead for time travel: a git repository of JSON files, a commit for every thousand changes.

It is written by `git fast-import`, which packs at once; a hundred files are in one folder. Moments are commits: in between there are none.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from msgspec.json import encode

from bench.as_of import COMMIT, written

NAME: Final = "git"
_FIRST: Final = 3  # position of the first object


class Repository:
    """`close` ends the process that answers for single files."""

    def __init__(self, folder: Path, keys: int, each: int) -> None:
        self._folder = folder
        folder.mkdir()
        self._git("init", "--bare", "-q", ".")
        told = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, env=_ENV, stdin=subprocess.PIPE)
        assert told.stdin is not None
        told.stdin.writelines(_stream(keys, each))
        told.stdin.close()
        assert told.wait() == 0
        self.commits = self._git("rev-list", "--reverse", "main").decode().split()
        self._files = subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=folder, env=_ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def commit(self, position: int) -> str:
        """The last one that is whole there."""
        return self.commits[max((position - _FIRST + 1) // COMMIT - 1, 0)]

    def file(self, name: str) -> bytes:
        """`<commit>:<path>`, or an id."""
        into, out = self._files.stdin, self._files.stdout
        assert into is not None
        assert out is not None
        into.write(f"{name}\n".encode())
        into.flush()
        return _answer(out)

    def point(self, position: int, row: int) -> bytes:
        return self.file(f"{self.commit(position)}:{path(row)}")

    def history(self, row: int) -> list[bytes]:
        names = self._git("log", "--format=%H", "main", "--", path(row)).decode().split()
        return [self.file(f"{name}:{path(row)}") for name in names]

    def whole(self, position: int) -> bytes:
        return self._git("archive", "--format=tar", self.commit(position))

    def window(self, first: int, last: int) -> tuple[bytes, bytes]:
        """What was there at the first moment, by name, and what was written up to the last."""
        start, end = self.commit(first), self.commit(last)
        return self._git("ls-tree", "-r", start), self._git("log", "--raw", "--format=%H", f"{start}..{end}")

    def differences(self, first: int, last: int) -> bytes:
        """Names and ids, no contents."""
        return self._git("diff-tree", "-r", self.commit(first), self.commit(last))

    @property
    def megabytes(self) -> float:
        return sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file()) / 1e6

    def close(self) -> None:
        assert self._files.stdin is not None
        self._files.stdin.close()
        self._files.wait()

    def _git(self, *arguments: str) -> bytes:
        found = subprocess.run(["git", *arguments], cwd=self._folder, env=_ENV, capture_output=True, check=True)
        return found.stdout


def path(row: int) -> str:
    return f"{row // 100}/K{row}.json"


def _stream(keys: int, each: int) -> Iterator[bytes]:
    number = 0
    for commit in written(keys, each):
        objects = [version for version in commit if version.entity.startswith("object/")]
        if not objects:
            continue
        time = objects[0].time // 1_000_000 + number
        number += 1
        yield f"commit refs/heads/main\ncommitter ana <ana@bench> {time} +0000\ndata 0\n".encode()
        for version in objects:
            text = encode(version.state["properties"])
            row = int(version.state["key"][1:])
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (path(row).encode(), len(text), text)
    yield b"done\n"


def _answer(out: IO[bytes]) -> bytes:
    size = int(out.readline().split()[-1])
    text = out.read(size)
    out.read(1)
    return text


_ENV: Final = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
