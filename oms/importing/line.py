"""A line of a file: one row, or why it is none."""

from gzip import GzipFile
from io import BufferedReader
from typing import Any, NamedTuple

Bytes = BufferedReader | GzipFile


class Line(NamedTuple):
    """One row, numbered from 1. `row` is `None` where `fault` says why it cannot be read."""

    number: int
    row: dict[str, Any] | None
    fault: str = ""


class FileRefused(Exception):
    """A file that cannot be read as rows at all, or no further than here."""
