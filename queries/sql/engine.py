"""The engine port: what runs a SELECT over rows that it is given, and can reach nothing else."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from queries.sql.columns import Column


class Relation(Protocol):
    """What the engine knows under a name. `batches` may be asked for once."""

    @property
    def columns(self) -> Sequence[Column]: ...

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """Columns of values."""


class Limits(NamedTuple):
    """What a query may take at most."""

    memory: int = 512  # MiB, of the engine
    seconds: float = 60.0  # of the engine
    read: int = 5_000_000  # versions and events
    rows: int = 1_000_000  # of the answer


class Unbound(Exception):
    """A name that the engine does not find: of a column, or of what stands before it."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.kind, self.name, self.known = kind, name, known
        super().__init__(f"{kind} {name}")


class Failed(Exception):
    """The engine cannot run it; `code` is that of the finding."""

    def __init__(self, code: str, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(text)


def too_much(limits: Limits) -> Failed:
    text = f"more than {limits.read:,} rows would be read; name keys or a shorter time, or allow more"
    return Failed("SQL_LIMIT_READ", text)


class Engine(Protocol):
    def run(self, text: str, relations: Sequence[tuple[str, Relation]], limits: Limits) -> Any:
        """The rows, in a form that the engine's own side can print. Raises `Unbound`, `Failed`."""
