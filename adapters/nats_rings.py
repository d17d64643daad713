"""Times at which schedules are due, as schedules of JetStream: the server keeps them, and rings.

oms.later.<ontology>.run.<time in µs>     waits
oms.later.<ontology>.ring.<time in µs>    comes to whoever keeps schedules, until it is answered
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.nats_config import later_stream
from adapters.nats_connection import ApiRefused, api, close, connect
from adapters.nats_later import ANSWER_SECONDS, Coming, done, put_off
from adapters.nats_server import Endpoint
from adapters.nats_streams import RINGS_CONSUMER

AT_ONCE: Final = 256
WAIT_SECONDS: Final = 2.0  # then who keeps schedules looks by itself whether something is due


class NatsRings:
    """Passes the conformance suite."""

    def __init__(self, client: Client, ontology: str) -> None:
        self._client, self._stream, self._place = client, later_stream(ontology), f"oms.later.{ontology}"
        self._coming = Coming(client, ontology, RINGS_CONSUMER)

    async def arm(self, times: Collection[int]) -> None:
        waiting = list(times)
        for start in range(0, len(waiting), AT_ONCE):
            await asyncio.gather(*map(self._arm, waiting[start : start + AT_ONCE]))

    async def cancel(self, time: int) -> None:
        await self._api(f"STREAM.PURGE.{self._stream}", {"filter": f"{self._place}.run.{time}"})

    async def armed(self) -> set[int]:
        found: set[int] = set()
        for what in ("run", "ring"):
            prefix = f"{self._place}.{what}."
            offset, total = 0, 1
            while offset < total:
                asked = {"subjects_filter": f"{prefix}>", "offset": offset}
                answer = await self._api(f"STREAM.INFO.{self._stream}", asked)
                subjects = answer["state"].get("subjects") or {}
                found |= {int(each.removeprefix(prefix)) for each in subjects}
                offset += len(subjects)
                total = answer.get("total", 0) if subjects else 0
        return found

    async def take(self) -> "Sequence[_Rung]":
        return [
            _Rung(int(message.subject.rpartition(".")[2]), message) for message in await self._coming.take(WAIT_SECONDS)
        ]

    async def _arm(self, time: int) -> None:
        await put_off(self._client, f"{self._place}.run.{time}", f"{self._place}.ring.{time}", b"", time / 1e6)

    async def _api(self, ask: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return await api(self._client, ask, body)
        except (ApiRefused, nats.errors.Error, TimeoutError, OSError) as error:
            raise ConnectionError(str(error) or repr(error)) from error


class _Rung:
    def __init__(self, time: int, message: Msg) -> None:
        self.time, self._message = time, message

    async def done(self) -> None:
        await done(self._message)


@asynccontextmanager
async def nats_rings(endpoint: Endpoint, ontology: str) -> AsyncIterator[NatsRings]:
    async with asyncio.timeout(ANSWER_SECONDS):
        client = await connect(endpoint, "service", name="rings of schedules")
    try:
        yield NatsRings(client, ontology)
    finally:
        await close(client)
