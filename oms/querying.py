"""What a query reads beside the versions: the events, from the audit and the segments that its rows left for."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from oms.settings import Settings
from projectors.projector import Fetched, ViewUnavailable
from queries.freshness import Behind, at_least


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


async def _next(chunks: AsyncIterator[Sequence[Fetched]]) -> Sequence[Fetched] | None:
    return await anext(chunks, None)
