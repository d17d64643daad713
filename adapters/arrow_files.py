"""Arrow tables in the formats that other programs read: CSV, Parquet, and Arrow's own stream."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyarrow import ipc, parquet

from adapters.arrow_rows import rows


def write(table: pa.Table, how: str, into: BinaryIO) -> None:
    """The whole table; `how`: csv, parquet or arrow."""
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
