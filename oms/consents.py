"""Who asks endpoints for their consent, and who hears of it when they give it later."""

import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from adapters import system_clock
from events.decider import State
from events.subscriptions.consent import Door, allowed_rate, digest_of, token
from oms.credentials import Credentials
from oms.deliveries import Kept, deliveries
from oms.outgoing import guarded
from oms.secrets import secret_files
from oms.settings import Settings
from workers.delivering.courier import Directory
from workers.delivering.handshakes import Handshakes

PURPOSE = b"tokens of callbacks"


@asynccontextmanager
async def handshakes(
    settings: Settings, directory: Directory, kept: Kept, alarm: Callable[[str, BaseException], None]
) -> AsyncIterator[Handshakes]:
    """Through the same guard as every request."""
    http = guarded(settings)
    files, origin = secret_files(settings), settings.webhook_origin

    def offered(state: State) -> str:
        return token(files.derived(PURPOSE), state["id"], state["sink"], origin)

    try:
        yield Handshakes(
            directory, kept, Credentials(files.get, http, time.monotonic).ask, origin, settings.webhook_callback,
            offered, lambda: system_clock.now() / 1e6, random.random, alarm,
        )  # fmt: skip
    finally:
        await http.close()


@asynccontextmanager
async def consent_door(settings: Settings) -> AsyncIterator[Door]:
    """For whoever answers at `webhook_callback`, by GET and by POST: the token is what follows it, names of headers are lower case."""
    async with deliveries(settings) as kept:

        async def given(text: str, headers: Mapping[str, str]) -> bool:
            return await kept.grant(digest_of(text), allowed_rate(headers) or None, system_clock.now())

        yield given
