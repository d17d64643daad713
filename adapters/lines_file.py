"""A file of lines that several append to: whole lines only, in order, durable when `append` returns.

Half a line, which a kill or a full disk left behind, is taken off before the next one. What comes while a write is under
way is written by the next: one fsync for all of them.
"""

import asyncio
import fcntl
import os
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Final

from adapters.folders import sync_folder

_STEP: Final = 1 << 16  # bytes


class LinesFile:
    """It may be moved away at any time, then another one is begun."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = _Batch()
        self._writing = asyncio.Lock()

    async def append(self, line: bytes) -> None:
        """`line` holds no line break. Raises `OSError`; then nothing of it is there."""
        batch = self._next
        batch.lines.append(line)
        async with self._writing:
            if batch is self._next:
                self._next = _Batch()
                try:
                    await asyncio.to_thread(_write, self.path, batch.lines)
                except BaseException as error:
                    batch.error = error if isinstance(error, OSError) else OSError("it was not written to its end")
                    raise
        if batch.error is not None:
            raise OSError(batch.error.errno, str(batch.error))


class _Batch:
    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.error: OSError | None = None


def _write(path: Path, lines: Sequence[bytes]) -> None:
    there = path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileIO(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one whose loop was stopped may still be writing
        end = _cut(file)
        try:
            rest = memoryview(b"".join(line + b"\n" for line in lines))
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise
    if not there:
        sync_folder(path.parent)


def _cut(file: FileIO) -> int:
    """Take half a line off its end; where it ends then."""
    end = at = file.seek(0, os.SEEK_END)
    while at:
        at = max(0, at - _STEP)
        file.seek(at)
        found = file.read(min(_STEP, end - at)).rfind(b"\n")
        if found >= 0:
            at += found + 1
            break
    if at < end:
        file.truncate(at)
    return file.seek(at)
