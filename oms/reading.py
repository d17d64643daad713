"""The door for reads over the live versions view of a data folder."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters import system_clock
from adapters.sqlite_standing import Watched
from adapters.sqlite_versions_reader import reading
from adapters.view_files import ViewMissing, live_path
from gateways.reads import ReadDoor, ViewUnreadable
from queries.freshness import Moving
from queries.versions import Versions


def read_door(folder: Path) -> ReadDoor:
    """Which version of the view is live is looked up at each question."""

    @contextmanager
    def opened() -> Iterator[Versions]:
        try:
            with reading(live_path(folder, "versions")) as versions:
                yield versions
        except (ViewMissing, sqlite3.Error) as error:
            raise ViewUnreadable(str(error)) from error

    def moving() -> Moving:
        try:
            return Watched(live_path(folder, "versions"))
        except ViewMissing as error:
            raise ViewUnreadable(str(error)) from error

    return ReadDoor(opened, moving, system_clock.now)
