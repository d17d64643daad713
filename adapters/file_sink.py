"""A sink that is a file: each event's stored bytes are a line, for whoever ships lines elsewhere.

<path>                what was committed, in order; it may be moved away, then another one is begun
<path>.checkpoint     where it is, replaced behind each append: what a kill between the two appended is found in the file
"""

import asyncio
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from projectors.projector import Checkpoint, Recorded
from security.chain import link


class FileSink:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._beside = path.with_name(path.name + ".checkpoint")

    @property
    def name(self) -> str:
        return str(self.path)

    async def checkpoint(self) -> Checkpoint | None:
        """Raises `OSError`."""
        return await asyncio.to_thread(self._checkpoint)

    async def take(self, events: Sequence[Recorded]) -> None:
        """Raises `OSError`."""
        await asyncio.to_thread(self._append, events)

    def noted(self) -> Checkpoint | None:
        """What is noted, for who only looks. Raises `OSError`."""
        return msgspec.json.decode(self._beside.read_bytes(), type=Checkpoint) if self._beside.exists() else None

    def _checkpoint(self) -> Checkpoint | None:
        """The further one of what is noted and of what the file ends with; half a line is taken off it."""
        noted = self.noted()
        last = self._last_line() if self.path.exists() else b""
        named = link(last) if last else None
        if named is None or (noted is not None and int(named.sequence) <= noted.position):
            return noted
        return Checkpoint(int(named.sequence), sha256(last).hexdigest())

    def _last_line(self) -> bytes:
        with self.path.open("rb+") as file:
            end = file.seek(0, os.SEEK_END)
            tail, at = b"", end
            while at and tail.count(b"\n") < 2:
                at = max(0, at - (1 << 20))  # longer than any line
                file.seek(at)
                tail = file.read(end - at)
            whole = tail.rfind(b"\n") + 1
            if whole < len(tail):
                file.truncate(at + whole)
            return tail[:whole].rstrip(b"\n").rpartition(b"\n")[2]

    def _append(self, events: Sequence[Recorded]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(b"".join(each.body + b"\n" for each in events))
            file.flush()
            os.fsync(file.fileno())
        part = self._beside.with_name(self._beside.name + ".part")
        part.write_bytes(msgspec.json.encode(Checkpoint(events[-1].position, events[-1].hash, events[-1].time)))
        part.replace(self._beside)
