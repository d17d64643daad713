"""Reading the log as an ordinary client may: pages by position, woken by live messages. No consumer, no server state.

A live message is only a hint that there is more: it may be part of a batch that the log then refuses.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from oms.client.messages import Event, subject_matches

PAGE_EVENTS = 1_000
PAGE_BYTES = 8 << 20
PAGE_SECONDS = 5.0
IDLE_SECONDS = 1.0  # a hint can be lost in a reconnect: ask anyway after so long
HINT_SECONDS = 0.005  # between the hint and the log's own answer lies its fsync
END, NOTHING = "204", "404"


class Gap(Exception):
    """The log does not hold a position that it must hold; nothing behind it was read."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"position {expected} is missing from the log, the next one is {found}; run: oms verify log")


async def last(nats: Nats, ontology: str, seconds: float = PAGE_SECONDS) -> int:
    """The log's last position, 0 when it is empty. Raises nats errors."""
    ask = json.dumps({"last_by_subj": f"oms.evt.{ontology}.>"}).encode()
    headers = (await nats.request(_direct(ontology), ask, timeout=seconds)).headers or {}
    if headers.get("Status") == NOTHING:
        return 0
    if "Nats-Sequence" not in headers:
        raise NatsError(_refusal(headers))
    return int(headers["Nats-Sequence"])


async def until(nats: Nats, ontology: str, after: int, end: int, subjects: Sequence[str]) -> AsyncIterator[Event]:
    """Events behind `after` up to `end`, in order, of the subjects asked for. Raises `Gap`, and nats errors."""
    while after < end:
        page = await _page(nats, ontology, after, min(PAGE_EVENTS, end - after))
        if not page:
            raise Gap(after + 1, end)
        for event in page:
            if event.position != after + 1:
                raise Gap(after + 1, event.position)
            after = event.position
            if subject_matches(event.subject, subjects):
                yield event


async def follow(nats: Nats, ontology: str, after: int, subjects: Sequence[str]) -> AsyncIterator[Event]:
    """Events behind `after` in order, and then those to come, without end; waits out a server that is away."""
    hinted = asyncio.Event()

    async def hint(_: Msg) -> None:
        hinted.set()

    subscription = await nats.subscribe(f"oms.evt.{ontology}.>", cb=hint)
    try:
        while True:
            hinted.clear()
            end = after
            with suppress(NatsError, OSError):
                end = await last(nats, ontology)
            if end <= after:
                await _within(hinted, IDLE_SECONDS)
                await _within(asyncio.Event(), HINT_SECONDS)
                continue
            with suppress(NatsError, OSError):
                async for event in until(nats, ontology, after, end, ()):
                    after = event.position
                    if subject_matches(event.subject, subjects):
                        yield event
    finally:
        with suppress(NatsError, OSError):
            await subscription.unsubscribe()


async def _page(nats: Nats, ontology: str, after: int, limit: int) -> list[Event]:
    inbox = nats.new_inbox()
    subscription = await nats.subscribe(inbox)
    ask = {"seq": after + 1, "batch": limit, "max_bytes": PAGE_BYTES}
    try:
        await nats.publish(_direct(ontology), json.dumps(ask).encode(), reply=inbox)
        page: list[Event] = []
        while True:
            message = await subscription.next_msg(PAGE_SECONDS)
            headers = message.headers or {}
            status = headers.get("Status")
            if status in {END, NOTHING}:
                return page
            if status is not None:
                raise NatsError(_refusal(headers))
            page.append(Event(int(headers["Nats-Sequence"]), headers["Nats-Subject"], message.data))
    finally:
        with suppress(NatsError, OSError):
            await subscription.unsubscribe()


def _direct(ontology: str) -> str:
    return f"$JS.API.DIRECT.GET.OMS_LOG_{ontology}"


def _refusal(headers: Mapping[str, str]) -> str:
    return f"the log answered {headers.get('Status', '?')} {headers.get('Description', '')}".rstrip()


async def _within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
