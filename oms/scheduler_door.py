"""Puts the scheduler's door together: what stands behind it, and the server before it."""

import asyncio
import socket
from collections.abc import Sequence
from functools import partial
from typing import Any

from adapters import system_clock as clock
from adapters.door_figures import DoorFigures
from adapters.http_server import serve as serve_http
from adapters.nats_commands import requests
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.scheduler_figures import Kept, SchedulerFigures
from gateways.http.scheduler_app import scheduler_application
from gateways.http.scheduling import Keeping, SchedulerBehind
from oms.http_behind import Admitted, asking, ending, live, once
from oms.http_role import Alarm, Turned, server_tls
from oms.process import looping
from oms.runs import runs, standings, told
from oms.scheduling import Scheduling
from oms.settings import Settings
from oms.shelves import Shelves


async def serve(
    settings: Settings, endpoint: Endpoint, shelves: Shelves, turned: Turned, listener: socket.socket,
    scheduling: Scheduling, alarm: Alarm,
) -> None:  # fmt: skip
    """Until cancelled; closes the listener."""
    log_end = ending(NatsReader(endpoint, settings.ontology))
    figures = SchedulerFigures(DoorFigures("scheduler", settings.ontology, log_end), lambda: _figures(scheduling))

    async def last(schedule: str, most: int) -> Sequence[dict[str, Any]]:
        async with runs(settings) as kept:
            return [told(each) for each in await kept.last(schedule, most)]

    with listener:
        async with requests(endpoint, "service") as asked:
            behind = SchedulerBehind(
                settings.ontology, settings.branch, asking(asked), Admitted(settings), turned, lambda: live(shelves),
                last, partial(standings, settings), lambda: _keeping(scheduling), log_end, figures, clock.now, clock.new_id,
                once("scheduler", alarm),
            )  # fmt: skip
            app = await asyncio.to_thread(scheduler_application, behind)  # it takes a while, beside everything else
            async with looping([turned.tell()]):
                try:
                    await serve_http(app, listener, lambda: None, alarm, server_tls(settings))
                finally:
                    figures.close()


def _keeping(scheduling: Scheduling) -> Keeping:
    kept = scheduling.scheduler
    if kept is None:
        return Keeping(keeping=False, schedules=0, open=0, overdue=0.0)
    return Keeping(keeping=True, schedules=len(kept.known), open=kept.lanes.open, overdue=kept.overdue())


def _figures(scheduling: Scheduling) -> Kept:
    kept, now = scheduling.scheduler, _keeping(scheduling)
    by_status = {} if kept is None else dict(kept.tally.by_status)
    return Kept(by_status, 0.0 if kept is None else kept.tally.late, now.schedules, now.open, now.overdue)
