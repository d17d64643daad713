"""Heads that may soon be written, in a temporary database of the writer's: from there they move over in one statement.

That is half of the work that would be done while others wait, and none of it needs the interpreter.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from adapters.sqlite_answers import SQL
from producers.outbox import HeadWrite, Prepared

_dump: Final = msgspec.json.Encoder().encode


AT_ONCE: Final = 2_000  # heads: some milliseconds in which nobody commits
AT_ONCE_BYTES: Final = 2 << 20


class Staging:
    """In the thread of the writer, in between its transactions but for `put`."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        self._writer = writer
        self._staged: Sequence[HeadWrite] = ()
        self._attached = False
        self._moved = False  # what is there moved over; others may be staged before anybody asks

    def empty(self) -> None:
        """NOTE a table that is dropped is gone through page by page: for so long others would wait."""
        self._staged, self._moved = (), False
        if self._attached:
            self._writer.execute(SQL["unstage"])
            self._attached = False

    def empty_if_moved(self) -> None:
        if self._moved:
            self.empty()

    def add(self, heads: Sequence[HeadWrite]) -> None:
        if not self._attached:
            self._writer.execute(SQL["stage"])
            self._attached = True
            self._writer.execute(SQL["stage_heads"])
        self._writer.execute("BEGIN")
        with self._writer:
            self._writer.executemany(SQL["stage_head"], bound(heads))

    def complete(self, heads: Sequence[HeadWrite]) -> None:
        """These, all of them, are what was added."""
        self._staged = heads

    def put(self, prepared: Prepared) -> None:
        """Into the heads, inside of a transaction."""
        if prepared.heads is not self._staged:
            self._writer.executemany(SQL["add_head"], bound(prepared.written()))
            return
        self._staged, self._moved = (), True
        instead = _dump(list(prepared.instead)).decode()
        self._writer.execute(SQL["add_staged"], (prepared.after, instead))
        others = prepared._replace(heads=list(prepared.instead.values()))
        self._writer.executemany(SQL["add_head"], bound(others.written()))


def portions(heads: Sequence[HeadWrite]) -> list[Sequence[HeadWrite]]:
    """Of `AT_ONCE` heads and `AT_ONCE_BYTES` of states at most, or one; nothing is gained by staging a single one."""
    ends: list[int] = []
    count = size = 0
    for at, head in enumerate(heads):
        more = len(head.state or b"")
        if count and (count == AT_ONCE or size + more > AT_ONCE_BYTES):
            ends.append(at)
            count = size = 0
        count, size = count + 1, size + more
    return [heads[start:end] for start, end in pairwise([0, *ends, len(heads)])] if heads else []


def bound(heads: Iterable[HeadWrite]) -> Iterator[tuple[str, str, int, bytearray | None]]:
    """Their parameters. NOTE sqlite3 looks for an adapter at each value of type bytes, not so for a bytearray."""
    return ((b, k, since, None if state is None else bytearray(state)) for b, k, since, state in heads)
