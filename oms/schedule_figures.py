"""How schedules stand as a whole, from the view and from what is remembered of their runs: for `oms status`."""

import asyncio
import contextlib
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from adapters import system_clock as clock
from adapters.view_files import ViewMissing
from oms.runs import runs, runs_file
from projectors.projector import ViewUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from events.schedules.planning import Standing
    from oms.settings import Settings
    from oms.shelves import Shelves
    from queries.schedules import Schedule


@dataclass(frozen=True, slots=True)
class ScheduleFigures:
    """Of schedules that are not over. `next`: when the first is to run (µs); `late`: seconds since that was due."""

    count: int
    paused: int
    running: int  # runs that are not answered
    next: int | None
    late: float

    def json(self) -> dict[str, Any]:
        from events.wire import instants

        return asdict(self) | {"next": None if self.next is None else instants.to_text(self.next)}


async def schedule_figures(settings: "Settings", shelves: "Shelves") -> ScheduleFigures | None:
    """`None` where there is no schedule."""
    found = await asyncio.to_thread(_schedules, settings, shelves)
    if not found:
        return None
    standings: Mapping[str, Standing] = {}
    running = 0
    if settings.postgres_url or runs_file(settings).exists():
        async with runs(settings) as kept:
            standings, running = await kept.standings(), len(await kept.unanswered())
    now = clock.now()
    coming = [time for each in found if (time := _next(each, standings, now)) is not None]
    first = min(coming, default=None)
    late = 0.0 if first is None else max(now - first, 0) / 1e6
    paused = sum(each.state["status"] == "paused" for each in found)
    return ScheduleFigures(len(found), paused, running, first, round(late, 3))


def _schedules(settings: "Settings", shelves: "Shelves") -> "list[Schedule]":
    from queries.cuts import cut
    from queries.moments import Now
    from queries.schedules import schedules

    with contextlib.suppress(ViewMissing, ViewUnavailable), shelves.versions() as versions:
        return schedules(cut(versions, settings.branch, Now(), now=clock.now()))
    return []


def _next(of: "Schedule", standings: "Mapping[str, Standing]", now: int) -> int | None:
    """As whoever keeps schedules has it; where nobody has planned it yet as it is now, by its terms."""
    from events.schedules.planning import due, planned

    standing = standings.get(str(of.state["id"]))
    if of.state["status"] != "active":
        return None
    if standing is None or not planned(of.state, standing):
        return next(iter(replace(of, standing=standing or of.standing).next(now, 1)), None)
    return due(of.state, standing)
