"""Writes segments: a file appears under its name only when it is whole and fsynced, so a kill leaves none half-written."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from adapters.folders import sync_folder
from adapters.segments import Segment
from producers.outbox import Row
from security.chain import verify

EVENTS: Final = 1_000_000  # in one segment
_LEVEL: Final = 6
_text: Final = msgspec.json.Encoder().encode


class SegmentWriter:
    """Writes the log behind `after` into segments of at most `events` rows; a file appears only when it is whole and fsynced.

    `prevhash` is the hash of the body at `after` (for 0 the genesis); whatever does not follow raises `ChainBroken`.
    """

    def __init__(self, folder: Path, ontology: str, after: int, prevhash: str, events: int = EVENTS) -> None:
        self.folder, self.ontology, self.last, self.hash, self.events = folder, ontology, after, prevhash, events
        self.written: list[Segment] = []
        self._first = after + 1
        self._part: _Part | None = None

    def append(self, rows: Sequence[Row]) -> None:
        """Rows last+1 … in order."""
        start = 0
        while start < len(rows):
            some = rows[start : start + self._first + self.events - self.last - 1]
            self._append(some)
            start += len(some)
            if self.last - self._first + 1 == self.events:
                self.finish()

    def finish(self) -> list[Segment]:
        """Make what was appended durable; all segments of this writer."""
        if self._part is not None:
            name = f"oms-{self.ontology}-{self._first:012d}-{self.last:012d}-{self.hash[:12]}.ndjson.zst"
            self._part.keep_as(self.folder / name)
            self.written.append(Segment(self.folder / name, self.ontology, self._first, self.last, self.hash[:12]))
            self._part, self._first = None, self.last + 1
        return self.written

    def abandon(self) -> None:
        """Drop the part that is not whole yet."""
        if self._part is not None:
            self._part.drop()
            self._part = None

    def _append(self, rows: Sequence[Row]) -> None:
        head = verify((row.body for row in rows), self.last, self.hash)
        if self._part is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._part = _Part(self.folder / f".oms-{self.ontology}-{self._first}.part")
        self._part.write(b"".join(_lines(rows)))
        self.last, self.hash = rows[-1].position, head


class _Part:
    """A compressed file under a name of its own until it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._frame = zstandard.ZstdCompressor(_LEVEL, write_checksum=True).compressobj()

    def write(self, lines: bytes) -> None:
        self._file.write(self._frame.compress(lines))

    def keep_as(self, path: Path) -> None:
        self._file.write(self._frame.flush())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(path)
        sync_folder(path.parent)

    def drop(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def _lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for position, subject, body in rows:
        if b"\n" in body:
            raise ValueError(f"the body at position {position} holds a line break: OMS did not write it")
        yield b"[%d,%b,%b]\n" % (position, _text(subject), body)
