"""Reads out of the log what became of schedules' runs, where the store of these was lost."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, aclosing
from typing import Final

from events.names import ONTOLOGY_SCOPE
from events.schedules.planning import Known
from events.schedules.recovering import Recovered, Stood, Trace, recovered, schedule_of
from events.schedules.schedule_words import schedule_key
from events.wire.envelope import proven
from projectors.projector import Feed
from projectors.versions import Version
from queries.versions import Versions

KEPT: Final = 1_000  # runs of each schedule that the history gets back: the last ones
_RUN: Final = b'"correlationid":"ri.oms.schedule.'


async def recover(
    feed: Feed, versions: Callable[[], AbstractContextManager[Versions]], found: Sequence[Known], until: int,
    forgotten: int, now: int,
) -> list[Recovered]:  # fmt: skip
    """Of each schedule, from the log up to a position; none where no run ever had an effect: then there is nothing to lose.

    What was sent before `forgotten` (µs, as `now`) is not known any more by its id.
    """

    def look() -> list[list[Version]]:
        with versions() as opened:
            names = (str(known.state["name"]) for known in found)
            return [list(opened.of(ONTOLOGY_SCOPE, schedule_key(name), until)) for name in names]

    histories = await asyncio.to_thread(look)
    traces = await _traces(feed, min(history[0].since for history in histories) - 1, until)
    if not traces:
        return []
    kept = max(forgotten, *(each[-1].time for each in traces.values()))
    return [
        recovered(
            known, [Stood(each.time, each.state) for each in history], traces.get(str(known.state["id"]), ()), kept, now
        )
        for known, history in zip(found, histories, strict=True)
    ]


async def _traces(feed: Feed, after: int, until: int) -> dict[str, Sequence[Trace]]:
    """By the RID of the schedule, in order."""
    found: dict[str, deque[Trace]] = defaultdict(lambda: deque(maxlen=KEPT))
    async with aclosing(feed.read(after, until)) as chunks:
        async for chunk in chunks:
            for position, _, body in chunk:
                if _RUN not in body:
                    continue
                event, time = proven(body)
                schedule = schedule_of(event.causationid or "", event.correlationid)
                if schedule is not None:
                    last = found[schedule]
                    if not last or last[-1].id != event.causationid:
                        last.append(Trace(str(event.causationid), position, time))
    return dict(found)
