"""What stands behind the portal: tries and figures, the log, the timer that sends again, and secrets. A `gateways.http.portal_ports.Portal`."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from adapters import system_clock as clock
from adapters.nats_reader import NatsReader
from adapters.nats_server import Endpoint
from adapters.nats_timer import nats_timer
from adapters.nats_wire import WireLost, WireRefused
from events.decider import State
from events.findings import EnvelopeError, Finding, Refused
from events.subscriptions.consent import WAITS, carried
from events.subscriptions.letters import OVERDUE, Due, Letter, Sought, Try
from events.subscriptions.messages import message
from events.subscriptions.secret_ids import signs
from events.subscriptions.shaping import Unshaped
from gateways.http.portal_ports import Secret, Tested
from oms.deliveries import deliveries, deliveries_file
from oms.endpoints import endpoint_figures
from oms.examples import NoSuchType, example, marked
from oms.outgoing import outgoing
from oms.secrets import made, secret_files
from oms.settings import Settings
from oms.shelves import Shelves


class PortalDesk:
    """`reader` reads the log; `alarm` hears of what is wrong on our side when a test is sent."""

    def __init__(
        self, settings: Settings, endpoint: Endpoint, shelves: Shelves, reader: NatsReader,
        alarm: Callable[[str, BaseException], None],
    ) -> None:  # fmt: skip
        self._settings, self._endpoint, self._shelves = settings, endpoint, shelves
        self._reader, self._alarm = reader, alarm

    async def figures(self) -> Mapping[str, Mapping[str, Any]]:
        return {each.name: each.json() for each in await endpoint_figures(self._settings, self._shelves)}

    async def tries(self, subscription: str, most: int, asked: Sought) -> Sequence[tuple[int, Try]]:
        settings = self._settings
        if not settings.postgres_url and not deliveries_file(settings).exists():
            return ()
        async with deliveries(settings) as kept:
            return await kept.last(subscription, most, asked)

    async def body(self, state: State, position: int) -> bytes | None:
        try:
            found = await self._reader.these([position])
        except (WireLost, WireRefused) as error:
            raise ConnectionError(str(error)) from error
        if not found:
            return None
        config = state["config"]
        try:
            return message(
                {**config, "mode": "structured"} if config["mode"] == "batch" else config, [found[0].body]
            ).body
        except (Unshaped, EnvelopeError):
            return None

    async def undelivered(
        self, subscription: str, since: int, until: int, kinds: Collection[str] | None
    ) -> Sequence[int]:
        settings = self._settings
        if not settings.postgres_url and not deliveries_file(settings).exists():
            return ()
        async with deliveries(settings) as kept:
            return await kept.undelivered(subscription, since, clock.now() - OVERDUE, until, kinds)

    async def resend(self, subscription: str, positions: Sequence[int]) -> None:
        async with nats_timer(self._endpoint, self._settings.ontology) as timer:
            for position in positions:
                await timer.at(Due(subscription, position, 1), clock.now() / 1e6)

    async def test(self, state: State, type_: str | None) -> Tested:
        try:
            identity, body = marked(example(self._settings, state, type_))
        except NoSuchType as error:
            raise Refused([Finding("SUBSCRIPTION_TYPE", "/type", f"{error}; {error.meant}")]) from None
        await self._must_consent(state)
        async with outgoing(self._settings, self._endpoint, self._alarm) as send:
            sent = await send(state, Letter(0, identity, body, 1, "test"))
        return Tested(identity, sent.headers, sent.ended)

    async def secret(self, state: State) -> Secret:
        signing = state["config"]["signing"]
        return Secret(*await asyncio.to_thread(made, self._settings, signing, signs(state["name"])))

    async def forget(self, secret: str) -> None:
        await asyncio.to_thread(secret_files(self._settings).destroy, secret)

    async def _must_consent(self, state: State) -> None:
        async with deliveries(self._settings) as kept:
            known = (await kept.consents()).get(state["id"])
        if carried({**state, "status": "active"}, known, self._settings.webhook_origin)["status"] == WAITS:
            text = f"the endpoint of {state['name']} has not consented to being sent to"
            raise Refused([Finding("SUBSCRIPTION_STATUS", "/path/name", text)])
