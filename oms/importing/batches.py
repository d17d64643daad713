"""Rows in batches: each one commit, with an id made of what the file holds, so that it is the same after a restart. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from oms.importing.commands import RowRefused, commands_of
from oms.importing.line import Line
from oms.importing.mapping import Command, RowMapping

BATCH_ROWS = 500
BATCH_COMMANDS = 1_000  # while one commit is decided, others wait
BATCH_BYTES = 700_000  # of commands as JSON; a command message may have 1,000,000

NO_ROWS_FAULT = ("BRANCH_", "TYPE_UNKNOWN", "PROPERTY_UNKNOWN")
"""Codes of what the mapping or the command line says: other rows would meet the same."""


class Reason(NamedTuple):
    """Why a row was refused; `path` points into the row's commands, `/<n>/data/…`."""

    code: str
    path: str
    text: str


class Refusal(NamedTuple):
    line: Line
    reasons: tuple[Reason, ...]


class Ready(NamedTuple):
    """A row and its commands."""

    line: Line
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that travel as one commit. `name` tells this batch from every other of every file."""

    name: str
    first: int
    last: int
    ready: tuple[Ready, ...]
    refused: tuple[Refusal, ...]

    @property
    def commands(self) -> list[Command]:
        return [command for ready in self.ready for command in ready.commands]

    @property
    def identity(self) -> str:
        """The command id: another one when other rows are left in."""
        left = ",".join(str(ready.line.number) for ready in self.ready)
        return f"{self.name}-{_short(left)}"

    def split(self, reasons: Sequence[Reason]) -> tuple["Batch", tuple[Refusal, ...]]:
        """Without the rows that the reasons name, and those rows; none if a reason is no row's fault.

        A reason names a row as `/data/commands/<i>/…`.
        """
        if any(reason.code.startswith(NO_ROWS_FAULT) for reason in reasons):
            return self, ()
        by_row: dict[int, list[Reason]] = {}
        owners = [(index, n) for index, ready in enumerate(self.ready) for n in range(len(ready.commands))]
        for reason in reasons:
            steps = reason.path.split("/")
            if steps[1:3] == ["data", "commands"] and len(steps) > 3 and int(steps[3]) < len(owners):
                row, n = owners[int(steps[3])]
                by_row.setdefault(row, []).append(reason._replace(path="/".join(["", str(n), *steps[4:]])))
        kept = tuple(ready for index, ready in enumerate(self.ready) if index not in by_row)
        refused = tuple(Refusal(self.ready[row].line, tuple(why)) for row, why in sorted(by_row.items()))
        return replace(self, ready=kept), refused

    def only(self, refused: Iterable[Refusal]) -> "Batch":
        """Just these of its rows, under a name of their own."""
        numbers = {refusal.line.number for refusal in refused}
        ready = tuple(ready for ready in self.ready if ready.line.number in numbers)
        return replace(self, name=f"{self.name}-again", ready=ready)


def batches(lines: Iterable[Line], mapping: RowMapping, source: str) -> Iterator[Batch]:
    """`source` tells the file and its mapping: with the same one, the same rows come in the same batches."""
    here: list[Ready | Refusal] = []
    commands = size = 0
    for line in lines:
        one = _ready(line, mapping)
        more = _size(one)
        if here and (len(here) >= BATCH_ROWS or commands >= BATCH_COMMANDS or size + more > BATCH_BYTES):
            yield _batch(source, here)
            here, commands, size = [], 0, 0
        here.append(one)
        commands += len(one.commands) if isinstance(one, Ready) else 0
        size += more
    if here:
        yield _batch(source, here)


def source_of(file_digest: str, mapping: RowMapping, branch: str) -> str:
    """What makes an import the same import: the file's bytes, the mapping, and where it goes."""
    return _short(json.dumps([file_digest, mapping.model_dump(mode="json"), branch], sort_keys=True))


def _ready(line: Line, mapping: RowMapping) -> Ready | Refusal:
    if line.row is None:
        return Refusal(line, (Reason("IMPORT_ROW", "", f"row {line.number} {line.fault}"),))
    try:
        return Ready(line, tuple(commands_of(mapping, line.row)))
    except RowRefused as refused:
        return Refusal(line, tuple(Reason("IMPORT_VALUE", f"/{column}", text) for column, text in refused.reasons))


def _size(one: Ready | Refusal) -> int:
    return len(json.dumps(one.commands, ensure_ascii=False).encode()) if isinstance(one, Ready) else 0


def _batch(source: str, here: Sequence[Ready | Refusal]) -> Batch:
    first, last = here[0].line.number, here[-1].line.number
    ready = tuple(one for one in here if isinstance(one, Ready))
    refused = tuple(one for one in here if isinstance(one, Refusal))
    return Batch(f"import-{source}-{first}-{last}", first, last, ready, refused)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
