"""The part of a running OMS that carries events out to who subscribed. It loads nothing before somebody has."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from adapters import system_clock as clock
from oms.endpoints import anybody, selected
from oms.hourly import days_ago, hourly
from oms.settings import Settings
from oms.shelves import Shelves
from producers.lease import lead

if TYPE_CHECKING:
    from adapters.nats_server import Endpoint
    from events.subscriptions.subscription_words import Command
    from oms.deliveries import Kept
    from workers.delivering.courier import Selected

LOOK_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 5.0
AT_ONCE: Final = 500  # events in a request to the log: each endpoint that is behind has two under way
ROLE: Final = "webhooks"
_OVER: Final = frozenset({"SUBSCRIPTION_UNKNOWN", "SUBSCRIPTION_DELETED"})
AUTHOR: Final = "webhooks@oms"
Alarm = Callable[[str, BaseException], None]
Projected = Callable[[str, int], Awaitable[None]]


class EndpointFails(Exception):
    """An endpoint takes nothing; at 100 per cent it is disabled."""

    def __init__(self, name: str, percent: int) -> None:
        super().__init__(
            f"subscription {name} has failed for {percent} % of the time after which it is disabled;"
            f" `oms webhook tries {name}` shows why"
        )


class Delivering:
    """One in a folder, or in a database."""

    def __init__(
        self, settings: Settings, endpoint: "Endpoint", shelves: Shelves, projected: Projected, alarm: Alarm
    ) -> None:
        self._settings, self._endpoint, self._shelves = settings, endpoint, shelves
        self._projected, self._alarm = projected, alarm

    async def run(self) -> None:
        """Until cancelled."""
        while not await asyncio.to_thread(anybody, self._shelves):  # noqa: ASYNC110 the view is a file that others write, too
            await asyncio.sleep(LOOK_SECONDS)
        if not self._settings.postgres_url:
            await self._keep()
            return
        from adapters.postgres_leases import postgres_leases

        async with postgres_leases(self._settings.postgres_url, self._settings.ontology) as leases:
            await lead(leases, ROLE, lambda _: self._keep())

    async def selected(self, position: int) -> "Sequence[Selected]":
        """A `Directory`."""
        await self._projected("versions", position)
        return await asyncio.to_thread(lambda: selected(self._settings, self._shelves, expunged=True))

    async def say(self, command: "Command") -> None:
        """A `Desk`."""
        from oms.speaking import speaking

        kind, data = type(command).__name__, command.model_dump(by_alias=True, exclude_none=True)
        async with await speaking(self._settings, AUTHOR) as client:
            outcome = await client.send(kind, data)
        if outcome.status == "rejected" and not _OVER.issuperset(each.code for each in outcome.findings):
            raise RuntimeError(f"{kind} was refused: {outcome.findings}")
        if kind == "ReportSubscriptionFailing":
            self._alarm(f"webhook {command.name}", EndpointFails(command.name, data["percent"]))

    async def _keep(self) -> None:
        """Whatever ends it is told once, and ends nothing else; it goes on from what was noted."""
        said = ""
        while True:
            try:
                await self._carry()
            except Exception as error:  # noqa: BLE001 a store, a server or a defect: OMS lives on without webhooks
                if repr(error) != said:
                    self._alarm("webhooks", error)
                said = repr(error)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _carry(self) -> None:
        from adapters.nats_reader import NatsReader
        from adapters.nats_timer import nats_timer
        from oms.consents import handshakes
        from oms.deliveries import deliveries
        from oms.outgoing import outgoing
        from workers.delivering.courier import Courier

        settings, endpoint = self._settings, self._endpoint
        feed = NatsReader(endpoint, settings.ontology, pull=AT_ONCE)
        async with (
            deliveries(settings) as kept,
            nats_timer(endpoint, settings.ontology) as timer,
            outgoing(settings, endpoint, self._alarm) as send,
            handshakes(settings, self, kept, self._alarm) as asking,
            asyncio.TaskGroup() as tasks,
        ):
            courier = Courier(
                feed, asking, kept, timer, self, send, _seconds, self._alarm,
                rate=settings.webhook_rate, schedule=[int(each) for each in settings.webhook_schedule],
            )  # fmt: skip
            tasks.create_task(courier.run())
            tasks.create_task(asking.run(courier.look_again))
            tasks.create_task(hourly(lambda: _forget(kept, settings)))


def _seconds() -> float:
    return clock.now() / 1e6


async def _forget(kept: "Kept", settings: Settings) -> None:
    """Without `webhook_days` tries are kept for ever."""
    from events.subscriptions.tallies import KEPT, first_slot
    from oms.secrets import swept

    await asyncio.to_thread(swept, settings)
    days = settings.webhook_days
    await kept.forget(days_ago(days) if days else 0, first_slot(clock.now(), KEPT))
