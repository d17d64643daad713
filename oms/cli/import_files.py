"""What an import leaves in files: the rows that were refused, and the events that would be written."""

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from oms.importing.batches import Refusal
    from oms.importing.rehearsing import Rehearsing, Would


class Rejects:
    """A file that is there only if a row was refused; begun anew by each import, since each meets the same refusals.

    A row's values may be somebody's, and nothing that is purged reaches this file: so only `with_rows` keeps them.
    """

    def __init__(self, path: Path, *, with_rows: bool) -> None:
        self.path, self.with_rows = path, with_rows
        self._file: IO[str] | None = None

    def __call__(self, refusal: "Refusal") -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        data = {"data": refusal.line.row} if self.with_rows else {}
        findings = [reason._asdict() for reason in refusal.reasons]
        line = {"row": refusal.line.number, **data, "findings": findings}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


class Changes:
    """A file of the events that would be written, one a line, where somebody wants it."""

    def __init__(self, path: Path | None, rehearsing: "Rehearsing") -> None:
        self._file = None if path is None else path.open("w", encoding="utf-8")
        if self._file is not None:
            rehearsing.seen = self._write

    def _write(self, would: "Would") -> None:
        assert self._file is not None
        line = {"change": would.change, "subject": would.subject, "effective": would.effectivetime, "data": would.data}
        present = {name: value for name, value in line.items() if value is not None}
        self._file.write(json.dumps(present, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
