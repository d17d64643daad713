"""Events put out on subjects of the log's own server, for whoever subscribes: oms.out.<ontology>.<subject of the sink>.

A stream that somebody put on such a subject answers when it holds the event; without one it is out once the server has it,
and reaches who listens at that moment.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import nats.errors
from nats.aio.client import Client

from adapters.nats_connection import ApiRefused, api, connection
from adapters.nats_server import Endpoint
from events.subscriptions.outgoing import Answered, Failed, Outgoing, Request

ASKED_SECONDS: Final = 30.0  # after which it is looked again whether a stream is there
_BINARY: Final = "ce-specversion"


class _NatsOut:
    def __init__(self, client: Client, ontology: str, refused: "deque[str]") -> None:
        self._client, self._ontology, self._refused = client, ontology, refused
        self._streams: dict[str, tuple[bool, float]] = {}  # by subject: whether, and until when that is known

    async def __call__(self, request: Request) -> Answered | Failed:
        begun = time.monotonic()
        subject = f"oms.out.{self._ontology}.{request.url.removeprefix('nats:')}"
        try:
            async with asyncio.timeout(request.timeout):
                await self._put(subject, request)
        except TimeoutError:
            return Failed("timeout", f"{subject}: the server did not answer", time.monotonic() - begun)
        except (nats.errors.Error, ApiRefused, OSError, ValueError) as error:
            return Failed("network_error", str(error) or repr(error), time.monotonic() - begun)
        return Answered(204, {}, b"", time.monotonic() - begun)

    async def _put(self, subject: str, request: Request) -> None:
        headers = _headers(request.headers)
        if await self._has_stream(subject):
            answer = await self._client.request(subject, request.body, request.timeout, headers=headers)
            if (error := json.loads(answer.data).get("error")) is not None:
                raise ConnectionError(f"{subject}: {error}")
            return
        await self._client.publish(subject, request.body, headers=headers)
        await self._client.flush(round(request.timeout) or 1)
        refused = next((each for each in self._refused if f'"{subject.lower()}"' in each.lower()), None)
        if refused is not None:
            self._refused.remove(refused)
            raise ConnectionError(f"the server does not let OMS publish on {subject}: see deploy/nats/nats.conf")

    async def _has_stream(self, subject: str) -> bool:
        there, until = self._streams.get(subject, (False, 0.0))
        if time.monotonic() >= until:
            there = bool((await api(self._client, "STREAM.NAMES", {"subject": subject})).get("streams"))
            self._streams[subject] = (there, time.monotonic() + ASKED_SECONDS)
        return there


@asynccontextmanager
async def nats_out(endpoint: Endpoint, ontology: str) -> AsyncIterator[Outgoing]:
    refused: deque[str] = deque(maxlen=100)

    async def heard(error: Exception) -> None:
        refused.append(str(error))

    async with connection(endpoint, "service", name="webhooks", on_error=heard) as client:
        yield _NatsOut(client, ontology, refused)


def _headers(said: Mapping[str, str]) -> dict[str, str]:
    """Of HTTP; in binary mode the type of the data is an attribute as others are. Source: CloudEvents NATS binding, 3.1."""
    if _BINARY not in said:
        return dict(said)
    return {"ce-datacontenttype" if name.lower() == "content-type" else name: value for name, value in said.items()}
