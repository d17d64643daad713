"""Incidents that the audit could not take, in `<folder>/audit_dlq_<n>.jsonl`: a line each, fsynced."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from adapters.folders import sync_folder
from projectors.incidents import Incident, Standing

PREFIX: Final = "audit_dlq_"
TAKEN: Final = "_taken"  # it is being brought into the audit
_DIGITS: Final = 6
_MODE: Final = 0o600


class IncidentLetters:
    """See `DeadLetters`. The last line of a file may be cut off by a crash: nobody was told that it is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, incidents: Sequence[Incident]) -> None:
        """Begins a line of its own: the one before may have been cut off."""
        lines = b"".join(b"\n" + json.dumps(incident, ensure_ascii=False).encode() for incident in incidents)
        open_ones = [path for path in self._files() if not _taken(path)]
        path = open_ones[-1] if open_ones else self._next()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _MODE), "ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._folder)

    def standing(self) -> Standing:
        waiting = [incident for path in self._files() for incident in _incidents(path)]
        size = sum(path.stat().st_size for path in self._files())
        return Standing(len(waiting), size, min((incident.time for incident in waiting), default=0))

    def take(self) -> Sequence[tuple[str, Sequence[Incident]]]:
        for path in self._files():
            if not _taken(path):
                path.rename(path.with_name(path.stem + TAKEN + ".jsonl"))
        return [(path.name, list(_incidents(path))) for path in self._files() if _taken(path)]

    def drop(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{PREFIX}*.jsonl"))

    def _next(self) -> Path:
        numbers = [int(path.name[len(PREFIX) :][:_DIGITS]) for path in self._files()]
        return self._folder / f"{PREFIX}{max(numbers, default=0) + 1:0{_DIGITS}d}.jsonl"


def _taken(path: Path) -> bool:
    return path.stem.endswith(TAKEN)


def _incidents(path: Path) -> Iterator[Incident]:
    for line in path.read_bytes().split(b"\n"):
        try:
            yield Incident(*json.loads(line))
        except (ValueError, TypeError):  # empty, or cut off
            continue
