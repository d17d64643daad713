"""Rows of NDJSON and CSV files, plain or gzipped, and the mapping file beside them."""

import csv
import gzip
import hashlib
import io
import json
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from oms.importing.mapping import MappingRefused, RowMapping, mapping_of

BLOCK = 1 << 20


class Line(NamedTuple):
    """One row, numbered from 1. `row` is `None` where `fault` says why it cannot be read."""

    number: int
    row: dict[str, Any] | None
    fault: str = ""


class FileRefused(Exception):
    """A file that cannot be read as rows at all, or no further than here."""


def read_mapping(path: Path) -> RowMapping:
    """From TOML or JSON. Raises `MappingRefused`."""
    try:
        text = path.read_text(encoding="utf-8")
        return mapping_of(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except (ValueError, MappingRefused) as error:
        raise MappingRefused(f"{path}: {error}") from None


def digest(path: Path) -> str:
    """SHA-256 (hex) of the file as it lies there."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows(path: Path) -> Iterator[Line]:
    """In file order. By name: `.csv`, `.ndjson` or `.jsonl`, each also with `.gz`. Raises `FileRefused`."""
    kinds = {".csv": _csv_rows, ".ndjson": _json_rows, ".jsonl": _json_rows}
    suffixes = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    read = kinds.get(suffixes[0] if suffixes else "")
    if read is None:
        raise FileRefused(f"{path}: rows are read from .csv, .ndjson and .jsonl, each also with .gz")
    try:
        with (
            path.open("rb") as raw,
            gzip.open(raw) if path.suffix == ".gz" else raw as data,
            io.TextIOWrapper(data, encoding="utf-8-sig", newline="") as text,
        ):
            yield from read(text)
    except UnicodeDecodeError as error:
        raise FileRefused(f"{path} is not UTF-8: {error}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile, csv.Error) as error:
        raise FileRefused(f"{path} cannot be read to its end: {error}") from error


def _csv_rows(text: io.TextIOWrapper) -> Iterator[Line]:
    reader = csv.reader(text, strict=True)
    header = next(reader, None)
    if header is None:
        return
    for number, values in enumerate((values for values in reader if values), 1):
        if len(values) == len(header):
            yield Line(number, dict(zip(header, values, strict=True)))
        else:
            yield Line(number, None, f"has {len(values)} fields, the header has {len(header)}")


def _json_rows(text: io.TextIOWrapper) -> Iterator[Line]:
    for number, line in enumerate((line for line in text if line.strip()), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Line(number, None, f"is no JSON: {error}")
            continue
        yield Line(number, row) if isinstance(row, dict) else Line(number, None, "is no JSON object")
