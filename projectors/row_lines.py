"""Rows as lines of bytes, and the checksums of these: what a database computes by itself is the same, bit by bit.

a line      each value as <characters>:<text>, nothing as -, with commas between: no value can pass for two others
a checksum  SHA-256 of the SHA-256 of each line, in the order of positions
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any


def line(values: Iterable[Any]) -> bytes:
    """Bytes stand in it as hex."""
    return ",".join(map(_said, values)).encode("utf-8", "surrogatepass")


def _said(value: Any) -> str:
    if value is None:
        return "-"
    text = value.hex() if isinstance(value, bytes) else str(value)
    return f"{len(text)}:{text}"


class Sums:
    """Checksums of ranges of `size` positions, of lines that are added in the order of positions."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._sums: dict[int, Any] = {}

    def add(self, position: int, line: bytes) -> None:
        number = position // self._size
        if number not in self._sums:
            self._sums[number] = sha256()
        self._sums[number].update(sha256(line).digest())

    def digests(self) -> Mapping[int, bytes]:
        """By the number of each range that has lines."""
        return {number: each.digest() for number, each in self._sums.items()}
