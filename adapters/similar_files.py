"""The similar view in files of the data folder, with indexes in memory over the live one.

Nothing that computes is imported before it is asked for: others look only how far it is.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.sqlite_reader import remedy
from adapters.view_files import live_path
from adapters.view_shelf import SqliteShelf
from projectors.projector import ViewUnavailable

if TYPE_CHECKING:
    from adapters.sqlite_similar import SqliteSimilar
    from adapters.sqlite_similar_reader import Indexes, SqliteSimilarReader


class SimilarFiles:
    """See `oms.similar_store.SimilarStore`. `fingerprint` says how its texts are made."""

    def __init__(self, folder: Path, ontology: str, fingerprint: Callable[[], str]) -> None:
        def opened(path: Path, ontology: str) -> "SqliteSimilar":
            from adapters.sqlite_similar import SqliteSimilar

            return SqliteSimilar(path, ontology, fingerprint())

        self.shelf = SqliteShelf(folder, "similar", ontology, opened)
        self._indexes: Indexes | None = None

    @contextmanager
    def reading(self, build: int = 0) -> Iterator["SqliteSimilarReader"]:
        from adapters.sqlite_similar_reader import Indexes, similar_reading

        self._indexes = self._indexes or Indexes()
        path = self.shelf.path(build) if build else live_path(self.shelf.folder, self.shelf.name)
        try:
            with similar_reading(path, self._indexes) as found:
                yield found
        except sqlite3.Error as error:
            cause = f"its file cannot be read: {error}"
            raise ViewUnavailable(self.shelf.name, cause, remedy("similar", error)) from error
