"""What a query reads beside the versions: columns of whole tables, and the events, from the audit and its segments."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.view_files import live_path
from oms.settings import Settings
from projectors.projector import Fetched, ViewUnavailable
from queries.collecting import uncollected
from queries.freshness import Behind, at_least
from queries.sql.kept import Lookup, nothing_kept

if TYPE_CHECKING:
    from adapters.column_rows import Store


def bodies(settings: Settings, after: int, until: int) -> Iterator[Sequence[Fetched]]:
    """What the audit holds behind `after` up to `until`; waits for it as the deadline allows.

    Raises `ViewUnavailable`, `ViewMissing`, `Gap`.
    """
    if after >= until:
        return
    from oms.shelves import kept  # takes a while to import, and most queries ask no events
    from oms.views import Elsewhere

    with asyncio.Runner() as runner, kept(settings) as shelves:
        found = runner.run(at_least(Elsewhere(shelves.shelf("audit")), until, within=settings.deadline))
        if isinstance(found, Behind):
            cause = f"it is at position {found.position}, not yet at {found.wanted}, after {settings.deadline:g} s"
            raise ViewUnavailable("audit", cause, "`oms status` says how it moves")
        chunks = shelves.audit_copy().read(after, until)
        try:
            while (chunk := runner.run(_next(chunks))) is not None:
                yield chunk
        finally:
            runner.run(chunks.aclose())


def columns(settings: Settings) -> Lookup:
    """Those that are kept beside the live versions; those of a database are in the data folder of this machine."""
    if not any((settings.folder / "views").glob("versions.*.columns-*.json")):
        return nothing_kept
    from adapters.kept_columns import lookup  # with Arrow, which takes a while to import

    def place() -> Path:
        if not settings.postgres_url:
            return live_path(settings.folder, "versions")
        from adapters.postgres_columns import columns_place
        from oms.database_shelves import database_shelves

        with database_shelves(settings) as shelves:
            return columns_place(shelves.shelf("versions"), settings.folder)

    return lookup(place)


def renewed(settings: Settings, whole: Mapping[tuple[str, str], int], told: Callable[[int], None]) -> bool:
    """Makes columns, or makes them newer, where that pays for what is asked as a whole: (branch, prefix), up to a position.

    `told(count)` is progress. Whether there are others now. Raises `OSError` where there is no place for them.
    """
    if not whole:
        return False
    from adapters.column_making import keep, pays

    with uncollected(), _store(settings) as store:
        with store() as stored:
            due = [(branch, prefix) for (branch, prefix), last in whole.items() if pays(stored, branch, prefix, last)]
        for branch, prefix in due:
            keep(store, branch, prefix, told)
    return bool(due)


def all_columns(settings: Settings, told: Callable[[int], None]) -> int:
    """Of all types that are large enough; how many versions were read. `told(count)` is progress of each type.

    Raises `ViewMissing`, `ViewUnavailable`.
    """
    from adapters.column_making import keep, large

    with uncollected(), _store(settings) as store:
        with store() as stored:
            due = large(stored)
        return sum(keep(store, branch, prefix, told) for branch, prefix in due)


@contextmanager
def _store(settings: Settings) -> Iterator["Store"]:
    """What columns are made of. Raises `ViewMissing`."""
    if not settings.postgres_url:
        from adapters.sqlite_columns import sqlite_columns

        yield sqlite_columns(live_path(settings.folder, "versions"))
        return
    from adapters.postgres_columns import postgres_columns
    from oms.database_shelves import database_shelves

    with database_shelves(settings) as shelves:
        yield postgres_columns(shelves.shelf("versions"), settings.folder)


async def _next(chunks: AsyncIterator[Sequence[Fetched]]) -> Sequence[Fetched] | None:
    return await anext(chunks, None)
