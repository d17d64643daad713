"""Where the views of these settings are kept: in files of the data folder, or in a database of PostgreSQL."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from adapters.joined_copy import joined
from adapters.segments import SegmentFeed
from adapters.similar_files import SimilarFiles
from adapters.sqlite_audit import sqlite_audit
from adapters.sqlite_audit_reader import reading_audit
from adapters.sqlite_audit_rows import SqliteAuditRows
from adapters.sqlite_copies import audit_copy
from adapters.sqlite_metrics import Metrics, metrics
from adapters.sqlite_reader import remedy
from adapters.sqlite_refusals import SqliteRegister
from adapters.sqlite_standing import Standing, outbox_head
from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_view import SqliteView
from adapters.view_files import ViewMissing, live_path
from adapters.view_shelf import SqliteShelf
from events import catalog
from oms.live_versions import versions_in
from oms.settings import Settings
from producers.leaving import Rows
from producers.outbox import LogHead, Refusal
from projectors.audit import Entry, audit
from projectors.incidents import Incident, Table
from projectors.mending import By
from projectors.projector import Feed, Parked, Projector, ViewUnavailable
from projectors.rebuild import Shelf
from projectors.track import Live
from projectors.verify import Agreed, Difference
from projectors.versions import versions
from queries.audit import Refusals, Search
from queries.gaps import Opens, shut
from queries.versions import Kept as KeptVersions
from queries.versions import Versions
from workers.refusals import Register

if TYPE_CHECKING:
    from oms.similar_store import SimilarStore


class ReadModel(NamedTuple):
    """`opened(file, ontology)` makes the file if it is not there."""

    projector: Projector[Any]
    opened: Callable[[Path, str], SqliteView[Any]]


ARCHIVE: Final = "archive"
"""The folder of segments that rows left for, in the data folder."""
READ_MODELS: Final[Mapping[str, ReadModel]] = {
    "versions": ReadModel(versions(catalog.evolve), sqlite_versions),
    "audit": ReadModel(audit, sqlite_audit),
}


class Kept(Shelf[Any], Protocol):
    """A shelf that says how far its builds are. Raises `ViewUnavailable`."""

    def following(self) -> Live[Any]:
        """For a track: the live build, made if there is none."""

    def standings(self) -> list[tuple[Standing, bool]]:
        """Of each build, and whether it is live."""

    def position(self) -> int:
        """Of the live build; 0 while there is none."""

    async def verified(
        self, build: int, feed: Feed, told: Callable[[int], None], by: By | None = None
    ) -> Agreed | Difference:
        """Compared with a replay; where `by` says who mends, ranges that differ are written again.

        Raises `ViewUnavailable`, `ChainBroken`, `Gap`.
        """

    async def pack(self, build: int, before: int) -> int | None:
        """Of versions: make deltas of the states that the next stretch of commits before a time (µs) put an end to.

        How many; `None` when there is nothing more to look at.
        """

    async def move(self, build: int, before: int) -> int | None:
        """Of versions: move those that the next stretch of commits before a time (µs) put an end to into Parquet.

        How many; `None` when there is nothing more to look at.
        """

    async def columns(self, build: int) -> int | None:
        """Of versions: make those columns newer that questions about whole tables read and that are far behind.

        How many versions were read; `None` when there is nothing to do.
        """

    def stats(self, build: int) -> list[KeptVersions]:
        """Of versions: what those of each type take."""

    def parked(self) -> list[Parked]:
        """In the live build, in position order. Raises `ViewMissing`."""


class Entries(Protocol):
    """The rows of an audit, from one moment of it."""

    def departed(self) -> tuple[int, str]:
        """See `checks.WrittenEntries`."""

    def search(self, search: Search) -> Sequence[Entry]: ...

    def refused(self, search: Refusals) -> Sequence[tuple[int, Refusal]]:
        """`(number, refusal)`."""

    def evidence(self, incident: str) -> Sequence[Entry]:
        """The rows that a mending took away, by the id of its incident."""

    def incidents(self, search: Refusals) -> Sequence[Incident]:
        """`search.text` stands in what was read or wanted; the next page is told by its `until`."""


class Leaving(Rows, Protocol):
    """`close` after use."""

    async def before(self, time: int) -> int:
        """The last position before a time (µs), 0 if there is none."""

    async def close(self) -> None: ...


class Registering(Register, Table, Protocol):
    """`close` after use."""

    async def close(self) -> None: ...


class Shelves(Protocol):
    """What is read and written of views beside their rows. Raises `ViewMissing`, `ViewUnavailable`."""

    where: str

    def shelf(self, name: str) -> Kept:
        """The builds of a view. Raises `KeyError` for a view that is not known."""

    def versions(self, opens: Opens = shut) -> AbstractContextManager[Versions]:
        """The live ones, as they are now."""

    def log_head(self) -> LogHead | None:
        """Where the outbox beside them says the log ends; `None` where there is none."""

    def metrics(self) -> Metrics | None:
        """How often what happened; `None` where no audit of this version says so."""

    def audit(self) -> AbstractContextManager[Entries]:
        """The live one, as it is now."""

    def audit_copy(self) -> Feed:
        """The stored bytes of the live audit, and of what left it for segments."""

    def audit_rows(self) -> Leaving:
        """Those of the live audit, to leave it."""

    def register(self) -> Registering:
        """The second table of the live audit."""

    def similar(self) -> "SimilarStore":
        """The builds of what is found by meaning; there are none before somebody asks for it."""


@contextmanager
def kept(settings: Settings) -> Iterator[Shelves]:
    """Open as long as the block runs."""
    if not settings.postgres_url:
        yield FolderShelves(settings)
        return
    from oms.database_shelves import database_shelves  # takes a while to import

    with database_shelves(settings) as shelves:
        yield shelves


class FolderShelves:
    def __init__(self, settings: Settings) -> None:
        self._settings, self._folder, self._ontology = settings, settings.folder, settings.ontology
        self.where = str(settings.folder / "views")
        self._archive = SegmentFeed(settings.folder / ARCHIVE, settings.ontology)

    def shelf(self, name: str) -> Kept:
        return SqliteShelf(self._folder, name, self._ontology, READ_MODELS[name].opened)

    def versions(self, opens: Opens = shut) -> AbstractContextManager[Versions]:
        return versions_in(self._folder, opens)

    def log_head(self) -> LogHead | None:
        try:
            return outbox_head(self._folder / "outbox.db")
        except sqlite3.Error as error:
            cause = f"a file in {self._folder} cannot be read: {error}"
            raise ViewUnavailable("outbox", cause, "`oms verify`") from error

    def metrics(self) -> Metrics | None:
        try:
            return metrics(live_path(self._folder, "audit"))
        except (ViewMissing, sqlite3.Error):
            return None

    @contextmanager
    def audit(self) -> Iterator[Entries]:
        try:
            with reading_audit(live_path(self._folder, "audit")) as found:
                yield found
        except sqlite3.Error as error:
            raise ViewUnavailable("audit", f"its file cannot be read: {error}", remedy("audit", error)) from error

    def audit_copy(self) -> Feed:
        with self.audit() as audit:
            last, _ = audit.departed()
        return joined(self._archive, audit_copy(live_path(self._folder, "audit")), last)

    def audit_rows(self) -> Leaving:
        return SqliteAuditRows(live_path(self._folder, "audit"), self._ontology)

    def register(self) -> Registering:
        return SqliteRegister(live_path(self._folder, "audit"))

    def similar(self) -> "SimilarStore":
        return SimilarFiles(self._folder, self._ontology, lambda: fingerprint(self._settings))


def fingerprint(settings: Settings) -> str:
    """How the texts of the similar view are made. Raises `SettingRefused`."""
    from oms.rendering import rendering

    return rendering(settings).fingerprint
