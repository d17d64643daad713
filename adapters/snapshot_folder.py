"""Snapshots as compressed files, each under its name only when it is whole and fsynced; a few are kept, spread over the log.

1.4-000000500000-3f9a… 64 digits.ndjson.zst
"""

import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import zstandard

from adapters.folders import sync_folder
from queries.snapshots import Rests, Spoilt

MOST: Final = 8  # files; then the one goes whose neighbours are nearest to each other
_LEVEL: Final = 3
_NAME: Final = re.compile(r"(\d{12})-([0-9a-f]{64})\.ndjson\.zst")


class SnapshotFolder:
    """A folder of one ontology's."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder, self._most = folder, most

    def before(self, form: str, position: int) -> list[Rests]:
        return [rests for rests in reversed(self._all(form)) if rests.position <= position]

    def lines(self, form: str, rests: Rests) -> Iterator[bytes]:
        """Raises `Spoilt`: a frame carries a checksum of its own, and its last line says that it is the last."""
        last = b""
        try:
            with self._path(form, rests).open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as frame:
                for line in io.BufferedReader(frame):
                    if last:
                        yield last
                    last = line
        except (zstandard.ZstdError, OSError) as error:
            raise Spoilt(str(error)) from error
        if last != _END:
            raise Spoilt("its end is missing")

    def keep(self, form: str, rests: Rests, lines: Iterable[bytes]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(form, rests)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        with part.open("wb") as file:
            with zstandard.ZstdCompressor(_LEVEL, write_checksum=True).stream_writer(file, closefd=False) as frame:
                for line in lines:
                    frame.write(line + b"\n")
                frame.write(_END)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(self._folder)
        self._make_room(form)

    def _make_room(self, form: str) -> None:
        for other in self._folder.glob("*.ndjson.zst"):
            if not other.name.startswith(f"{form}-"):  # of a fold that nobody makes any more
                other.unlink(missing_ok=True)
        there = self._all(form)
        while len(there) > self._most:
            closest = min(range(1, len(there) - 1), key=lambda n: there[n + 1].position - there[n - 1].position)
            self._path(form, there.pop(closest)).unlink(missing_ok=True)

    def _all(self, form: str) -> list[Rests]:
        """In order of positions."""
        names = [path.name.removeprefix(f"{form}-") for path in self._folder.glob(f"{form}-*")]
        return sorted(Rests(int(found[1]), found[2]) for name in names if (found := _NAME.fullmatch(name)))

    def _path(self, form: str, rests: Rests) -> Path:
        return self._folder / f"{form}-{rests.position:012d}-{rests.hash}.ndjson.zst"


_END: Final = b'{"end":true}\n'
