"""Sections that a commit took out of what waits: a few go with it, the rest soon behind it, in between other commits.

To let 50 MB go takes longer than to write a large commit. Nothing is lost where that does not come about: they are events
now, nobody needs them, and whatever waits too long is thrown away (`producers.uploads`).
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final

from adapters.sqlite_answers import SQL
from adapters.sqlite_file import transaction
from producers.outbox import UploadKey

AT_ONCE: Final = 32  # sections: some milliseconds


class Taking:
    """In the thread of the writer. `soon` runs something there, behind what was asked meanwhile."""

    def __init__(self, writer: sqlite3.Connection, soon: Callable[[Callable[[], object]], None]) -> None:
        self._writer, self._soon = writer, soon
        self._left: list[UploadKey] = []

    def first(self, taken: Sequence[UploadKey]) -> None:
        """Inside of the commit that took them."""
        self._writer.executemany(SQL["take_upload"], taken[:AT_ONCE])

    def rest(self, taken: Sequence[UploadKey]) -> None:
        """Behind that commit."""
        if len(taken) > AT_ONCE:
            self._left += taken[AT_ONCE:]
            self._soon(self._some)

    def finish(self) -> None:
        """All that is left, inside of a transaction that must not find it."""
        self._writer.executemany(SQL["take_upload"], self._left)
        self._left.clear()

    def _some(self) -> None:
        some, self._left = self._left[:AT_ONCE], self._left[AT_ONCE:]
        if not some:
            return
        with transaction(self._writer):
            self._writer.executemany(SQL["take_upload"], some)
        self._soon(self._some)
