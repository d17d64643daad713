"""Tells what a view parked, on core NATS. Whoever does not listen at that moment finds it in the view: `oms dead list`."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from nats.errors import Error as NatsError

from adapters.nats_connection import SteadyClient, close, connect
from adapters.nats_server import Endpoint
from events.names import dead_subject
from events.wire.content_modes import header_value
from events.wire.envelope import CONTENT_TYPE
from projectors.projector import Parked

CONNECT_SECONDS = 2.0


class DeadLetters:
    """Connects when there is something to tell; where nobody answers then, it is not told. `close` after use."""

    def __init__(self, endpoint: Endpoint, user: str = "service") -> None:
        self._endpoint, self._user = endpoint, user
        self._client: SteadyClient | None = None

    async def tell(self, view: str, parked: Sequence[Parked]) -> None:
        """Each with the bytes that the log has of it. Never raises for a server that is away."""
        with suppress(NatsError, OSError):  # a TimeoutError is an OSError
            if self._client is None:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._client = await connect(self._endpoint, self._user, name="dead letters")
            for each in parked:
                await self._client.publish(dead_subject(view, each.subject), each.body, headers=_headers(each))

    async def close(self) -> None:
        if self._client is not None:
            await close(self._client)


def _headers(parked: Parked) -> dict[str, str]:
    """NOTE what consumers read: schemas/asyncapi_words.py describes it."""
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Oms-Dead-Position": str(parked.position),
        "Oms-Dead-Code": parked.code,
        "Oms-Dead-Reason": header_value(parked.reason),
    }
    return headers | ({"Oms-Dead-Behind": str(parked.behind)} if parked.behind else {})
