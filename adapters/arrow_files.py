"""Arrow tables in the formats that other programs read: CSV, Parquet, and Arrow's own stream."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyarrow import ipc, parquet

from adapters.arrow_rows import rows


class Unwritable(Exception):
    """A column whose values the format has no type for."""

    def __init__(self, column: str, kind: str, how: str) -> None:
        self.column, self.kind, self.how = column, kind, how
        super().__init__(f"{how} has no type for the column {column}, which is {kind}")


def check(table: pa.Table, how: str) -> None:
    """Before a file is opened. Raises `Unwritable`."""
    for field in table.schema if how == "parquet" else ():
        try:
            _parquet(pa.schema([field]).empty_table(), io.BytesIO())
        except pa.ArrowException:
            raise Unwritable(field.name, str(field.type), how) from None


def write(table: pa.Table, how: str, into: BinaryIO) -> None:
    """The whole table, of which `check` says nothing; `how`: csv, parquet or arrow."""
    _WRITERS[how](table, into)


def _csv(table: pa.Table, into: BinaryIO) -> None:
    """RFC 4180 with a head; times are RFC 3339, lists and structs JSON, nothing is empty."""
    text = io.TextIOWrapper(into, encoding="utf-8", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow(table.column_names)
    lines.writerows([_cell(value) for value in row.values()] for row in rows(table))
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _parquet(table: pa.Table, into: BinaryIO) -> None:
    parquet.write_table(table, into, compression="zstd")


def _arrow(table: pa.Table, into: BinaryIO) -> None:
    with ipc.new_stream(into, table.schema) as stream:
        stream.write_table(table)


_WRITERS: Final[Mapping[str, Callable[[pa.Table, BinaryIO], None]]] = {
    "csv": _csv, "parquet": _parquet, "arrow": _arrow,
}  # fmt: skip
