"""The log port of the write side: append in position order, and never by guess."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from producers.outbox import Row


class Appended(NamedTuple):
    """The rows are in the log (fsynced); `last` is the last of them."""

    last: int


class Doubt(NamedTuple):
    """Nothing is known for sure: an error, a timeout, another writer. Ask the log for its last message and compare."""

    reason: str


class Log(Protocol):
    """Adapters pass `tests/ports/test_log.py` unchanged."""

    async def append(self, rows: Sequence[Row], after: int) -> Appended | Doubt:
        """Append rows at positions after+1 …, only if the log ends at `after`; all or, up to some row, none.

        At most 1,000 rows and 8 MiB at once. May be called again before it has returned: rows are sent in call order.
        """

    async def last(self) -> Row | None:
        """The log's last message, `None` when the log is empty. Raises `LogUnavailable`, `LogDamaged`."""

    async def get(self, position: int) -> Row | None:
        """One message. Raises `LogUnavailable`."""


class LogUnavailable(Exception):
    """The log does not answer now; what was asked may or may not have happened."""


class LogDamaged(Exception):
    """The log has lost messages it had acknowledged; only `oms repair log` may touch it now."""

    def __init__(self, log: str, last: int, missing: int) -> None:
        self.log, self.last, self.missing = log, last, missing
        super().__init__(
            f"{log} ends at {last} but {missing} messages of it are missing; stop and run `oms repair log`"
        )
