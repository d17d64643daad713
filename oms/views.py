"""The read models that this program keeps: what folds each, and what opens its file."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_view import SqliteView
from adapters.view_files import live_path
from events import catalog
from projectors.audit import audit
from projectors.projector import Projector
from projectors.versions import versions


class ReadModel(NamedTuple):
    """`opened(file, ontology)` makes the file if it is not there."""

    projector: Projector[Any]
    opened: Callable[[Path, str], SqliteView[Any]]


READ_MODELS: Final[Mapping[str, ReadModel]] = {
    "versions": ReadModel(versions(catalog.evolve), sqlite_versions),
    "audit": ReadModel(audit, sqlite_audit),
}


@asynccontextmanager
async def live_view(folder: Path, ontology: str, name: str) -> AsyncIterator[SqliteView[Any]]:
    """The version of a view that readers see, open for writing. Raises `ViewMissing`."""
    view = READ_MODELS[name].opened(live_path(folder, name), ontology)
    try:
        yield view
    finally:
        await view.close()
