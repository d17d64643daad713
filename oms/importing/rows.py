"""Rows of files, plain or gzipped, whatever their kind, and the mapping file beside them."""

import csv
import gzip
import hashlib
import io
import json
import tomllib
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from oms.importing.line import Bytes, FileRefused, Line
from oms.importing.mapping import MappingRefused, RowMapping, mapping_of

Read = Callable[[Bytes], Iterator[Line]]


def read_mapping(path: Path) -> RowMapping:
    """From TOML or JSON. Raises `MappingRefused`."""
    try:
        text = path.read_text(encoding="utf-8")
        return mapping_of(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingRefused(f'{path}: {error}; names beyond ASCII stand in quotes: "이름" = "name"') from None
    except (ValueError, MappingRefused) as error:
        raise MappingRefused(f"{path}: {error}") from None


def lacking(path: Path, columns: set[str]) -> list[str]:
    """Columns that no row of the file can have: those that the header of a CSV file does not name."""
    if kind(path) != ".csv":
        return []
    first = next((line.row for line in rows(path)), None)
    return [] if first is None else sorted(columns - first.keys())


def digest(path: Path) -> str:
    """SHA-256 (hex) of the file as it lies there."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kind(path: Path) -> str:
    """What the end of its name says, without `.gz`."""
    suffixes = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    return suffixes[0] if suffixes else ""


def points_ahead(path: Path) -> bool:
    """Whether rows of this kind of file refer to later ones as a matter of course."""
    return kind(path) in (".jsonld", ".ttl", ".nt", ".obo", ".md", ".markdown")


def rows_again(path: Path) -> Callable[[], Iterable[Line]]:
    """For who goes through the rows several times: a graph, which is parsed as a whole, is parsed once and kept."""
    if kind(path) not in (".jsonld", ".ttl", ".nt"):
        return partial(rows, path)
    kept = list(rows(path))
    return lambda: kept


def rows(path: Path) -> Iterator[Line]:
    """In file order, by the name of the file (`KINDS`). Raises `FileRefused`."""
    read = KINDS.get(kind(path))
    if read is None:
        raise FileRefused(f"{path}: rows are read from {', '.join(KINDS)}, each also with .gz")
    try:
        with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else raw as data:
            yield from read(data)
    except FileRefused as refused:
        raise FileRefused(f"{path} {refused}") from refused
    except UnicodeDecodeError as error:
        raise FileRefused(f"{path} is not UTF-8: {error}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile, csv.Error) as error:
        raise FileRefused(f"{path} cannot be read to its end: {error}") from error


def _text(read: Callable[[io.TextIOWrapper], Iterator[Line]]) -> Read:
    def lines(data: Bytes) -> Iterator[Line]:
        with io.TextIOWrapper(data, encoding="utf-8-sig", newline="") as text:
            yield from read(text)

    return lines


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


def _graph(form: str) -> Read:
    def read(data: Bytes) -> Iterator[Line]:
        from oms.importing.graph_rows import graph_rows  # rdflib takes 0.3 s to import

        return graph_rows(data, form)

    return read


def _obo(data: Bytes) -> Iterator[Line]:
    from oms.importing.obo_rows import obo_rows

    return obo_rows(data)


def _markdown_rows(text: io.TextIOWrapper) -> Iterator[Line]:
    from oms.importing.markdown_rows import markdown_rows  # ruamel.yaml takes 0.1 s to import

    return markdown_rows(text)


KINDS: Final[dict[str, Read]] = {
    ".csv": _text(_csv_rows),
    ".ndjson": _text(_json_rows),
    ".jsonl": _text(_json_rows),
    ".jsonld": _graph("json-ld"),
    ".ttl": _graph("turtle"),
    ".nt": _graph("nt"),
    ".obo": _obo,
    ".md": _text(_markdown_rows),
    ".markdown": _text(_markdown_rows),
}
"""How rows are read, by the end of a file's name."""
