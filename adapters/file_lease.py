"""Leases in a folder: one locked file each. The lock goes with its process, so a dead holder holds nothing.

The file's text is the fence: it grows by one with each holder and is on disk before the lease is given.
"""

import fcntl
import os
from pathlib import Path

from producers.lease import Held


class FileLeases:
    """For processes of one machine. `folder` must lie on a local disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Held, int] = {}

    async def acquire(self, name: str) -> Held | None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path(name), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        held = Held(name, int(os.pread(file, 32, 0) or b"0") + 1)
        os.pwrite(file, b"%d\n" % held.fence, 0)
        os.fsync(file)
        self._open[held] = file
        return held

    async def renew(self, held: Held) -> bool:
        """A file that was put in the place of ours is another lease."""
        if held not in self._open:
            return False
        try:
            return os.path.samestat(os.fstat(self._open[held]), self._path(held.name).stat())
        except FileNotFoundError:
            return False

    async def release(self, held: Held) -> None:
        if held in self._open:
            os.close(self._open.pop(held))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lease"
