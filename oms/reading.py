"""The door for reads over the live versions view of a data folder."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from adapters import system_clock
from adapters.sqlite_standing import Watched
from adapters.sqlite_versions_reader import reading
from adapters.view_files import ViewMissing, live_path
from gateways.reads import ReadDoor, ViewUnreadable
from oms.keys import keys_file, opening
from oms.settings import Settings
from queries.freshness import Moving
from queries.versions import Versions


def read_door(settings: Settings) -> ReadDoor:
    """Which version of the view is live is looked up at each question."""
    folder, keys = settings.folder, keys_file(settings)

    @contextmanager
    def opened() -> Iterator[Versions]:
        try:
            with opening(keys) as opens, reading(live_path(folder, "versions"), opens) as versions:
                yield versions
        except (ViewMissing, sqlite3.Error) as error:
            raise ViewUnreadable(str(error)) from error

    def moving() -> Moving:
        try:
            return Watched(live_path(folder, "versions"))
        except ViewMissing as error:
            raise ViewUnreadable(str(error)) from error

    return ReadDoor(opened, moving, system_clock.now)
