"""Writes what a unit of work comes to; of a long one what is ready, in a thread beside the one that makes the rest of it.

```
the writer's thread   draw 4,000 ─ draw 4,000 ─ draw 4,000 ─ … ─ the rest ─ COMMIT
beside it                       └─ heads, 4,000 rows ─ 4,000 rows ─ …  ┘
```
"""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from itertools import chain
from types import TracebackType
from typing import Final, Self

from adapters.courtesy import courteous
from adapters.sqlite_answers import SQL, told
from adapters.sqlite_staging import Staging, bound
from adapters.sqlite_taking import Taking
from producers.outbox import Ask, Ready, Row, Told, Writes

AT_ONCE: Final = 4_000  # rows to a statement, if SQLite was built to take so many


class Putting:
    """For one transaction of the writer's. The connection has two users, but never at once; behind the block one."""

    def __init__(
        self, writer: sqlite3.Connection, staging: Staging, taking: Taking, beside: ThreadPoolExecutor
    ) -> None:
        self._writer, self._staging, self._taking, self._beside = writer, staging, taking, beside
        self._asked: list[Future[None]] = []
        self._courtesy = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        wait(self._asked)
        self._courtesy.close()

    def told(self, ask: Ask) -> Told:
        """What a unit of work asks; what it has ready is taken."""
        if ask.ready is None:
            return told(self._writer, ask)
        self._take(ask.ready)
        return Told()

    def put(self, writes: Writes, ontology: str) -> None:
        """All that is not there yet. Raises what went wrong beside."""
        for asked in self._asked[-1:]:
            asked.result()
        # NOTE sqlite3 looks for an adapter at each value of type bytes, not so for a bytearray: a third of the binding
        many = self._writer.executemany
        many(SQL["add_head"], bound(writes.heads))
        if writes.prepared is not None and not self._asked:
            self._staging.put(writes.prepared)
        many(SQL["add_row"], ((position, subject, bytearray(body)) for position, subject, body in writes.rows))
        many(SQL["add_commit"], writes.commits)
        remembered = [(*key, digest, bytearray(outcome), time) for key, (digest, outcome, time) in writes.commands]
        many(SQL["remember_command"], remembered)
        if writes.taken:
            self._taking.first(writes.taken)
        if writes.refusals:
            many(SQL["add_refusal"], writes.refusals)
        self._writer.execute(SQL["move_log_head"], (*writes.head, ontology))

    def _take(self, ready: Ready) -> None:
        if not self._asked:
            self._courtesy.enter_context(courteous())
            self._ask(lambda: self._staging.put(ready.prepared))
        self._ask(lambda: self._put_rows(ready.rows))

    def _ask(self, work: Callable[[], None]) -> None:
        """NOTE nothing is done behind what failed: a full disk has ended the transaction, and each statement would be one."""
        before = self._asked[-1:]

        def run() -> None:
            for asked in before:
                asked.result()
            work()

        self._asked.append(self._beside.submit(run))

    def _put_rows(self, rows: Sequence[Row]) -> None:
        """Thousands to a statement: for so long SQLite works without the interpreter's lock."""
        most = min(AT_ONCE, self._writer.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(Row._fields))
        for start in range(0, len(rows), most):
            several = rows[start : start + most]
            statement = SQL["add_row"] + ", (?, ?, ?)" * (len(several) - 1)
            self._writer.execute(statement, list(chain.from_iterable(several)))
