"""What OMS needs of the place where the similar view is kept: files of the data folder, or a database of PostgreSQL."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

from adapters.sqlite_standing import Standing
from projectors.similar_check import Written
from projectors.similar_source import Coverage
from queries.similar import Similar
from workers.embedding import SimilarView


class SimilarBuild(SimilarView, Protocol):
    """One build, for writing. `close` after use."""

    async def try_again(self) -> None:
        """Nothing waits any longer."""

    async def carry(self, old: Self, /) -> None:
        """The vectors that another build has of the same texts."""

    async def close(self) -> None: ...


class SimilarShelf(Protocol):
    """Its builds, numbered from 1: see `projectors.rebuild.Shelf`. Raises `ViewUnavailable`."""

    def live(self) -> int | None: ...
    def holds(self, build: int, /) -> bool: ...
    def open(self, build: int, /) -> SimilarBuild: ...
    def make_live(self, build: int, /) -> None: ...
    def drop(self, build: int, /) -> None: ...
    def position(self) -> int: ...
    def standings(self) -> list[tuple[Standing, bool]]: ...


class Held(Protocol):
    """A space; `filled`: it has vectors, `serving`: it is the one that is searched."""

    @property
    def name(self) -> str: ...
    @property
    def serving(self) -> bool: ...
    @property
    def filled(self) -> bool: ...


class SimilarReader(Similar[Any], Written, Protocol):
    """One build, as it is at one moment."""

    @property
    def spaces(self) -> Sequence[Held]:
        """The one that serves first."""

    def coverage(self, space: str, /) -> Coverage: ...
    def waiting(self, space: str, /) -> list[tuple[str, str, int]]:
        """Why passages wait: code, reason, how many; the commonest first."""

    def ready(self) -> None:
        """So that no question waits for an index."""


class SimilarStore(Protocol):
    """Its indexes in memory, if it has any, last as long as it does."""

    @property
    def shelf(self) -> SimilarShelf: ...

    def reading(self, build: int = 0) -> AbstractContextManager[SimilarReader]:
        """A build, else the live one, as it is now. Raises `ViewMissing`, `ViewUnavailable`."""
