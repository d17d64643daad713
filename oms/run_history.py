"""What became of a schedule's runs, for the door that is asked for it: its RID from the view, its runs from where they are kept."""

import asyncio
from typing import Any

from adapters import system_clock as clock
from adapters.view_files import ViewMissing
from events.command import AskScheduleRuns
from gateways.reads import ViewUnreadable
from gateways.schedules import Finds
from oms.settings import Settings
from oms.shelves import Shelves
from oms.views import Elsewhere
from producers.outbox import OutboxUnavailable
from projectors.projector import ViewUnavailable
from queries.cuts import cut
from queries.freshness import Behind, at_least
from queries.moments import Now
from queries.schedules import schedule


def last_runs(settings: Settings, shelves: Shelves) -> Finds:
    def found(branch: str, name: str) -> tuple[int, str]:
        with shelves.versions() as versions:
            at = cut(versions, branch, Now(), now=clock.now())
            return at.position, str(schedule(at, name).state["id"])

    async def last(branch: str, asked: AskScheduleRuns, within: float) -> dict[str, Any]:
        from oms.runs import runs, told

        try:
            if asked.min_position:
                await _wait(shelves, asked.min_position, within)
            position, identity = await asyncio.to_thread(found, branch, asked.schedule)
            async with runs(settings) as kept:
                last = [told(each) for each in await kept.last(identity, asked.limit)]
        except (ViewMissing, ViewUnavailable, OutboxUnavailable) as error:
            raise ViewUnreadable(str(error)) from error
        return {"position": position, "schedule": asked.schedule, "runs": last}

    return last


async def _wait(shelves: Shelves, position: int, within: float) -> None:
    reached = await at_least(Elsewhere(shelves.shelf("versions")), position, within=within)
    if isinstance(reached, Behind):
        text = f"the view versions is at position {reached.position}, not yet at {reached.wanted}"
        raise ViewUnreadable(text)
