"""What a query reads beside the versions: columns of whole tables, and the events, from the audit and its segments."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

from adapters.view_files import live_path
from oms.settings import Settings
from projectors.projector import Fetched, ViewUnavailable
from queries.collecting import uncollected
from queries.freshness import Behind, at_least
from queries.sql.kept import Lookup, nothing_kept


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
    """Those that are kept beside the live versions; beside a database there are none."""
    if settings.postgres_url:
        return nothing_kept
    from adapters.kept_columns import lookup

    return lookup(live_path(settings.folder, "versions"))


def renewed(settings: Settings, whole: Mapping[tuple[str, str], int], told: Callable[[int], None]) -> bool:
    """Makes columns, or makes them newer, where that pays for what is asked as a whole: (branch, prefix), up to a position.

    `told(count)` is progress. Whether there are others now. Raises `OSError` where there is no place for them.
    """
    if settings.postgres_url:
        return False
    from adapters.sqlite_columns import keep, pays

    view, made = live_path(settings.folder, "versions"), False
    with uncollected():
        for (branch, prefix), last in whole.items():
            if pays(view, branch, prefix, last):
                keep(view, branch, prefix, told)
                made = True
    return made


def all_columns(settings: Settings, told: Callable[[int], None]) -> int:
    """Of all types that are large enough; how many versions were read. `told(count)` is progress of each type. Raises `ViewMissing`."""
    if settings.postgres_url:
        return 0
    from adapters.sqlite_columns import keep, large

    view = live_path(settings.folder, "versions")
    with uncollected():
        return sum(keep(view, branch, prefix, told) for branch, prefix in large(view))


async def _next(chunks: AsyncIterator[Sequence[Fetched]]) -> Sequence[Fetched] | None:
    return await anext(chunks, None)
