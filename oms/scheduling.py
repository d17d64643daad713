"""The part of a running OMS that keeps schedules. It loads nothing before there is one, and asks nobody whether there is:
the log's server tells it what changes.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from adapters import system_clock as clock
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from oms.hourly import days_ago, hourly
from oms.settings import Settings
from oms.shelves import Shelves
from producers.lease import lead
from projectors.projector import Fetched
from workers.patiently import Alarm, until_it_works

if TYPE_CHECKING:
    from events.schedules.planning import Known
    from events.schedules.recovering import Recovered
    from events.schedules.running import Run, Status
    from oms.client import Client
    from workers.scheduling.ports import Answer
    from workers.scheduling.scheduler import Scheduler

ROLE: Final = "scheduler"
AUTHOR: Final = "schedules@oms"
IDLE_SECONDS: Final = 60.0  # then the server is asked whether it forgot to tell us
AT_ONCE: Final = 500  # facts in a request to the log
MICROS_A_DAY: Final = 86_400_000_000
_ENDS: Final[Mapping[str, "Status"]] = {
    "accepted": "accepted",
    "unchanged": "unchanged",
    "rejected": "rejected",
}
Projected = Callable[[str, int], Awaitable[None]]


class Facts:
    """A `Directory`: the log says that schedules changed, the view how they are now. `close` after use."""

    def __init__(self, settings: Settings, endpoint: Endpoint, shelves: Shelves, projected: Projected) -> None:
        self._shelves, self._projected, self._remember = shelves, projected, settings.remember
        self._feed = NatsReader(endpoint, settings.ontology, pull=AT_ONCE, idle=IDLE_SECONDS)
        self._subjects = [f"oms.evt.{settings.ontology}.*.*.*.{what}.>" for what in ("schedule", "calendar")]
        self._reading: AsyncGenerator[Sequence[Fetched], None] | None = None
        self._at = 0

    async def end(self) -> int:
        return await self._feed.last()

    async def changed(self, after: int) -> int:
        if self._reading is None or self._at != after:
            await self.close()
            self._reading = self._feed.read(after, None, self._subjects)
        reading, self._reading = self._reading, None
        chunk = await anext(reading)
        self._reading, self._at = reading, chunk[-1].position
        return self._at

    async def known(self, after: int, until: int) -> "Sequence[Known]":
        from queries.schedules import known

        def look() -> "Sequence[Known]":
            with self._shelves.versions() as versions:
                return known(versions, after, until)

        await self._projected("versions", until)
        return await asyncio.to_thread(look)

    async def recovered(self, found: "Sequence[Known]", until: int, now: int) -> "Sequence[Recovered]":
        from oms.schedule_recovery import recover

        forgotten = now - round(self._remember * MICROS_A_DAY)
        return await recover(self._feed, self._shelves.versions, found, until, forgotten, now)

    async def close(self) -> None:
        if self._reading is not None:
            await self._reading.aclose()


class Scheduling:
    """One in a folder, or in a database. `scheduler` is there while this process keeps schedules."""

    def __init__(
        self, settings: Settings, endpoint: Endpoint, shelves: Shelves, projected: Projected, alarm: Alarm
    ) -> None:
        self._settings, self._endpoint, self._shelves = settings, endpoint, shelves
        self._projected, self._alarm = projected, alarm
        self.scheduler: Scheduler | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await self._patiently(self._anybody)
        if not self._settings.postgres_url:
            await self._patiently(self._work)
            return
        from adapters.postgres_leases import postgres_leases

        async with postgres_leases(self._settings.postgres_url, self._settings.ontology) as leases:
            await lead(leases, ROLE, lambda _: self._patiently(self._work))

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """A store, a server or a defect: OMS lives on without schedules, and goes on with them from what was noted."""
        await until_it_works("schedules", work, self._alarm)

    async def _anybody(self) -> None:
        """Returns once there is, or was, a schedule."""
        facts = self._facts()
        try:
            await facts.changed(0)
        finally:
            await facts.close()

    async def _work(self) -> None:
        from adapters.nats_rings import nats_rings
        from oms.runs import runs
        from oms.speaking import speaking
        from workers.scheduling.scheduler import Scheduler

        settings, facts = self._settings, self._facts()
        try:
            async with (
                runs(settings) as kept,
                nats_rings(self._endpoint, settings.ontology) as rings,
                await speaking(settings, AUTHOR) as client,
                asyncio.TaskGroup() as tasks,
            ):
                self.scheduler = Scheduler(facts, rings, kept, _sending(client), clock.now, self._alarm)
                tasks.create_task(self.scheduler.run())
                if settings.schedule_days:
                    tasks.create_task(hourly(lambda: kept.forget(days_ago(settings.schedule_days))))
        finally:
            self.scheduler = None
            await facts.close()

    def _facts(self) -> Facts:
        return Facts(self._settings, self._endpoint, self._shelves, self._projected)


def _sending(client: "Client") -> "Callable[[Run], Awaitable[Answer]]":
    from workers.scheduling.ports import Answer

    async def send(run: "Run") -> "Answer":
        said = run.command
        outcome = await client.send(
            said["type"], said["data"], id=run.id, branch=said["branch"], author=said["author"],
            on_behalf_of=said.get("onBehalfOf"), message=said.get("message"), correlation=said["correlation"],
        )  # fmt: skip
        findings = tuple((each.code, each.path, each.text) for each in outcome.findings)
        return Answer(_ENDS[outcome.status], outcome.position, findings)

    return send
