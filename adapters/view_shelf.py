"""The builds of one view in their files: `<folder>/views/<name>.v<build>.db`, and the alias that says which is live."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from adapters.sqlite_audit import copy_unplaced
from adapters.sqlite_bundles import move
from adapters.sqlite_packing import pack, stats
from adapters.sqlite_reader import remedy
from adapters.sqlite_standing import Standing, parked_in, view_standing
from adapters.sqlite_verify import verify_view
from adapters.view_files import ViewMissing, flip, live_path, live_version, make_live, view_files, view_path
from projectors.mending import By
from projectors.projector import Feed, Parked, ViewUnavailable
from projectors.verify import Agreed, Difference
from queries.versions import Kept

ViewT = TypeVar("ViewT")


class SqliteShelf(Generic[ViewT]):
    """`opened(file, ontology)` makes the file if it is not there."""

    def __init__(self, folder: Path, name: str, ontology: str, opened: Callable[[Path, str], ViewT]) -> None:
        self.folder, self.name, self.ontology = folder, name, ontology
        self._opened = opened

    def live(self) -> int | None:
        return live_version(self.folder, self.name)

    def flip(self) -> tuple[int, int] | None:
        return flip(self.folder, self.name)

    def holds(self, build: int) -> bool:
        return self.path(build).exists()

    def open(self, build: int) -> ViewT:
        return self._opened(self.path(build), self.ontology)

    def make_live(self, build: int) -> None:
        make_live(self.folder, self.name, build)

    def drop(self, build: int) -> None:
        """With what lies beside it: its write-ahead log, indexes."""
        for file in self.path(build).parent.glob(f"{self.path(build).name}*"):
            file.unlink(missing_ok=True)

    async def carry(self, old: int, new: int) -> None:
        if self.name == "audit":
            await asyncio.to_thread(copy_unplaced, self.path(old), self.path(new))

    async def verified(
        self, build: int, feed: Feed, told: Callable[[int], None], by: By | None = None
    ) -> Agreed | Difference:
        """See `Kept`."""
        with self._readable():
            try:
                return await verify_view(self.path(build), self.name, feed, told, by)
            finally:
                for file in self.columns_of(build) if by is not None else ():  # they were made of what is mended
                    file.unlink(missing_ok=True)

    async def pack(self, build: int, before: int) -> int | None:
        """See `oms.shelves.Kept.pack`."""
        with self._readable():
            return await asyncio.to_thread(pack, self.path(build), before)

    async def move(self, build: int, before: int) -> int | None:
        """See `oms.shelves.Kept.move`."""
        with self._readable():
            return await asyncio.to_thread(move, self.path(build), before)

    async def columns(self, build: int) -> int | None:
        """See `oms.shelves.Kept.columns`."""
        with self._readable():
            return await asyncio.to_thread(_renewed, self.path(build))

    def stats(self, build: int) -> list[Kept]:
        """See `oms.shelves.Kept.stats`."""
        with self._readable():
            return stats(self.path(build))

    def path(self, build: int) -> Path:
        return view_path(self.folder, self.name, build)

    def following(self) -> "LiveBuild[ViewT]":
        return LiveBuild(self)

    def standings(self) -> list[tuple[Standing, bool]]:
        """Of each build, and whether it is live. Raises `ViewUnavailable`."""
        files = [file for file in view_files(self.folder) if file.name == self.name]
        with self._readable():
            found = [(view_standing(file.path), file.live) for file in files]
        return [(standing, live) for standing, live in found if standing]

    def position(self) -> int:
        """Of the live build; 0 while it is being made, or exchanged for a new one."""
        try:
            standing = view_standing(live_path(self.folder, self.name))
        except (ViewMissing, sqlite3.Error):
            return 0
        return standing.checkpoint.position if standing else 0

    def parked(self) -> list[Parked]:
        """In the live build, in position order. Raises `ViewMissing`, `ViewUnavailable`."""
        path = live_path(self.folder, self.name)
        with self._readable():
            return parked_in(path)

    def columns_of(self, build: int) -> list[Path]:
        """Files of columns that lie beside a build."""
        return list(self.path(build).parent.glob(f"{self.path(build).name}.columns-*"))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            cause = f"a file in {self.folder} cannot be read: {error}"
            raise ViewUnavailable(self.name, cause, remedy(self.name, error)) from error


def _renewed(path: Path) -> int | None:
    if not any(path.parent.glob(f"{path.name}.columns-*.json")):
        return None
    from adapters.column_making import renew  # with Arrow, which takes a while to import
    from adapters.sqlite_columns import sqlite_columns

    return renew(sqlite_columns(path))


class LiveBuild(Generic[ViewT]):
    """The live build of a shelf, for a track; where there is none, build 1 is made and becomes live."""

    def __init__(self, shelf: SqliteShelf[ViewT]) -> None:
        self._shelf = shelf
        self._seen = shelf.flip()  # before what it says: a flip in between is seen later
        self._opened = shelf.live()

    def changed(self) -> bool:
        seen = self._shelf.flip()
        if seen != self._seen and self._shelf.live() == self._opened:
            self._seen = seen
        return seen != self._seen

    def open(self) -> ViewT:
        self._seen = self._shelf.flip()
        live = self._shelf.live()
        view = self._shelf.open(live or 1)
        if live is None:
            self._shelf.make_live(1)
        self._opened = live or 1
        return view
