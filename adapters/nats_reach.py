"""Whether a NATS server is there at all: asked once, before anything waits for one that may come back.

A connection reconnects for ever, which is right for a program that runs, and a silent halt for one that begins.
"""

import asyncio
import os
import re
from typing import Final

import nats.errors

from adapters.nats_connection import close, connect
from adapters.nats_server import Endpoint

REACH_SECONDS: Final = 5.0
_LOGIN: Final = re.compile(r"//[^/@,]*@")


class ServerAway(ConnectionError):
    """No server of an endpoint lets us in; `why` is what the last of them met us with."""

    def __init__(self, url: str, why: str, remedy: str) -> None:
        self.url, self.why, self.remedy = _LOGIN.sub("//…@", url), why, remedy
        super().__init__(f"no NATS server answers at {self.url}: {why}; {remedy}")


async def reach(endpoint: Endpoint, user: str, remedy: str = "see that it runs") -> None:
    """Log in and out again at one of the servers. Raises `ServerAway`, with that remedy."""
    met: list[Exception] = []

    async def note(error: Exception) -> None:
        met.append(error)
        if len(met) >= len(endpoint.url.split(",")):  # each was tried
            raise error

    try:
        async with asyncio.timeout(REACH_SECONDS):
            client = await connect(endpoint, user, name="oms reach", on_error=note)
    except (nats.errors.Error, OSError) as error:
        why = f"it was silent for {REACH_SECONDS:g} s" if isinstance(error, TimeoutError) and not met else _said(error)
        raise ServerAway(endpoint.url, why, remedy) from error
    await close(client)


def _said(error: Exception) -> str:
    text = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return (text or type(error).__name__).removeprefix("nats: ").strip("'").lower()
