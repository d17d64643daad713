"""Where a repair keeps what must survive a kill, in one folder of the data folder.

```
<data>/repair/
  journal.json              the step that is under way; absent = none is
  1/                        an archive: the whole log in segments; `whole` is there once it is fsynced
    quarantine.ndjson       what was put aside: {position, source, subject, body (base64)}
```
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from adapters.folders import sync_folder
from adapters.segment_writer import SegmentWriter
from adapters.segments import SegmentFeed
from producers.archive import Archived
from producers.collect import Candidate
from producers.outbox import Row
from producers.repair import Step
from security.chain import genesis


class _Note(msgspec.Struct):
    step: Step
    archived: Archived


class _Quarantined(msgspec.Struct):
    position: int
    source: str
    subject: str
    body: bytes  # base64 in JSON


class RepairUnderWay(Exception):
    """A repair was interrupted; until it is finished, the log may be anything."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"a repair of the log is under way ({folder}); run `oms repair log` to its end first")


def refuse_while_repairing(folder: Path) -> None:
    """Raises `RepairUnderWay`; `folder` is the repair's."""
    if RepairJournal(folder).read() is not None:
        raise RepairUnderWay(folder)


class RepairJournal:
    """`journal.json`, replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.json"

    def read(self) -> tuple[Step, Archived] | None:
        if not self._path.exists():
            return None
        note = msgspec.json.decode(self._path.read_bytes(), type=_Note)
        return note.step, note.archived

    def note(self, step: Step, archived: Archived) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _write_durably(self._path, msgspec.json.encode(_Note(step, archived)))

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)
        sync_folder(self._path.parent)


class RepairArchives:
    """Archives are folders 1, 2, 3 …; one that was not finished is dropped when the next is made."""

    def __init__(self, folder: Path, ontology: str) -> None:
        self.folder, self.ontology = folder, ontology

    def create(self) -> "RepairArchive":
        numbers = [0]
        for path in self.folder.glob("[0-9]*"):
            if (path / "whole").exists():
                numbers.append(int(path.name))
            else:
                shutil.rmtree(path)
        return RepairArchive(self.folder / str(max(numbers) + 1), self.ontology)

    def open(self, archive: str) -> SegmentFeed:
        return SegmentFeed(self.folder / archive, self.ontology)


class RepairArchive:
    def __init__(self, folder: Path, ontology: str) -> None:
        self._folder = folder
        self._writer = SegmentWriter(folder, ontology, 0, genesis(ontology))

    @property
    def name(self) -> str:
        return self._folder.name

    def append(self, rows: Sequence[Row]) -> None:
        self._writer.append(rows)

    def quarantine(self, candidates: Sequence[Candidate]) -> None:
        if candidates:
            self._folder.mkdir(parents=True, exist_ok=True)
            lines = (
                msgspec.json.encode(_Quarantined(row.position, by, row.subject, row.body)) for by, row in candidates
            )
            _write_durably(self._folder / "quarantine.ndjson", b"\n".join(lines) + b"\n")

    def finish(self) -> None:
        self._writer.finish()
        self._folder.mkdir(parents=True, exist_ok=True)
        _write_durably(self._folder / "whole", b"")

    def abandon(self) -> None:
        self._writer.abandon()
        shutil.rmtree(self._folder, ignore_errors=True)


def _write_durably(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
