"""The live versions view, for one question. Nothing is imported that the place where it is kept does not need."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.sqlite_reader import remedy
from adapters.sqlite_versions_reader import reading
from adapters.view_files import live_path
from oms.settings import Settings
from projectors.projector import ViewUnavailable
from queries.gaps import Opens, shut
from queries.versions import Versions


@contextmanager
def live_versions(settings: Settings, opens: Opens = shut) -> Iterator[Versions]:
    """As they are now. Raises `ViewMissing`, `ViewUnavailable`."""
    if not settings.postgres_url:
        with versions_in(settings.folder, opens) as found:
            yield found
        return
    from oms.database_shelves import database_shelves

    with database_shelves(settings) as shelves, shelves.versions(opens) as found:
        yield found


@contextmanager
def versions_in(folder: Path, opens: Opens = shut) -> Iterator[Versions]:
    """Of a data folder."""
    try:
        with reading(live_path(folder, "versions"), opens) as found:
            yield found
    except sqlite3.Error as error:
        raise ViewUnavailable("versions", f"its file cannot be read: {error}", remedy("versions", error)) from error
