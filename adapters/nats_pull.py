"""A pull subscription that has asked beforehand: messages come in order, through one inbox, and `fetch` finds them there.

nats-py asks the server at each `fetch`: it waits a round trip for a message, and for a batch its whole timeout.
"""

import asyncio
import json
from collections import deque
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from adapters.nats_connection import STORED

AT_ONCE = 256  # messages asked for and not fetched; asked again at half
MOST_BYTES = 16 << 20  # of one request
EXPIRES_SECONDS = 30.0
HEARTBEAT_SECONDS = 1.0
SILENCE_SECONDS = 2.5  # not even a heartbeat: the request went down with a server


class Pull:
    """As much of nats-py's pull subscription as FastStream uses, on a durable consumer that is there."""

    def __init__(self, client: Client, stream: str, consumer: str) -> None:
        self._client = client
        self._asking = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._inbox = client.new_inbox()
        self._here: deque[Msg] = deque()
        self._due = 0  # asked for, and not come
        self._heard, self._heard_at = asyncio.Event(), 0.0

    async def open(self) -> None:
        self._subscription = await self._client.subscribe(self._inbox, cb=self._arrive)

    async def fetch(self, batch: int, timeout: float | None = None) -> list[Msg]:  # noqa: ASYNC109  nats-py's signature
        """What is there, at most `batch`. Raises nats' `TimeoutError` when nothing comes in time.

        For less than a full batch nothing is waited for: FastStream asks so for the rest of one.
        """
        await self._ask()
        if not self._here and batch < AT_ONCE:
            raise nats.errors.TimeoutError
        try:
            async with asyncio.timeout(timeout):
                while not self._here:
                    self._heard.clear()
                    await self._heard.wait()
                    await self._ask()
        except TimeoutError:
            raise nats.errors.TimeoutError from None
        return [self._here.popleft() for _ in range(min(batch, len(self._here)))]

    async def unsubscribe(self) -> None:
        await self._subscription.unsubscribe()

    async def _ask(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > SILENCE_SECONDS:
            self._due = 0
        wanted = AT_ONCE - self._due - len(self._here)
        if wanted < AT_ONCE // 2:
            return
        self._due += wanted
        self._heard_at = now
        ask = {
            "batch": wanted,
            "max_bytes": MOST_BYTES,
            "expires": int(EXPIRES_SECONDS * 1e9),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * 1e9),
        }
        await self._client.publish(self._asking, json.dumps(ask).encode(), reply=self._inbox)

    async def _arrive(self, message: Msg) -> None:
        self._heard.set()
        self._heard_at = asyncio.get_running_loop().time()
        headers: dict[str, Any] = message.headers or {}
        if message.reply.startswith(STORED.decode()):
            self._due = max(self._due - 1, 0)
            self._here.append(message)
        elif headers.get("Status") != "100":  # the request is over: what it says it had left does not come
            self._due = max(self._due - int(headers.get("Nats-Pending-Messages", AT_ONCE)), 0)
