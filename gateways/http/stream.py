"""The log as Server-Sent Events: `GET /stream`. A reader that comes back says how far it was, and misses nothing.

id: 42                                   the position; the browser sends it back as `Last-Event-ID`
data: {"specversion": "1.0", …}          the event as the log holds it

Where nothing passed the filters for a while an id alone tells how far the log was read. A reader that does not read is
waited for, with nothing but a page in hand, and hung up on by the server after a while.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateways.http.callers import Door
from gateways.http.ports import Behind, Figures
from gateways.http.problems import problem
from gateways.http.reading import beginning, cut_now
from gateways.http.selection import Selecting, Test, selected
from gateways.http.tail import Heard, Tail
from security.chain import Gap

MEDIA_TYPE: Final = "text/event-stream"
MOST_STREAMS: Final = 500
HEARTBEAT: Final = 15.0  # seconds
PART_BYTES: Final = 64 << 10  # written at once
RETRY: Final = b"retry: 1000\n\n"  # ms until a browser comes back


class Streaming(Selecting):
    """Where to begin; `Last-Event-ID` goes before."""

    from_: int | Literal["now"] = Field(
        "now", alias="from", description="the first position that is wanted, 1 = all; `now` = what happens from now on"
    )


class Streams:
    def __init__(self, behind: Behind, door: Door) -> None:
        self._behind, self._door, self._open = behind, door, 0

    def router(self) -> APIRouter:
        router = APIRouter(tags=["events out"])
        router.add_api_route(
            "/stream", self.get, methods=["GET"], response_model=None, summary="Follow the log as Server-Sent Events.",
            responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "Without end"}},
        )  # fmt: skip
        return router

    async def get(
        self,
        request: Request,
        said: Annotated[Streaming, Query()],
        last_event_id: Annotated[str | None, Header(description="the position that came last")] = None,
    ) -> Response:
        self._door.enter(request, "read")
        behind = self._behind
        passes = await asyncio.to_thread(selected, said, lambda: cut_now(behind))
        after = await beginning(behind, last_event_id, said.from_)
        if self._open >= MOST_STREAMS or behind.tail.ended:
            text = (
                "OMS is ending" if behind.tail.ended else f"{MOST_STREAMS} streams are open, which is all there may be"
            )
            raise problem(503, "GATEWAY_BUSY", "", text, {"Retry-After": "5"})
        return EventStream(parts(behind.tail, after, passes, behind.figures), self._count)

    def _count(self, more: int) -> None:
        self._open += more
        self._behind.figures.streams(more)


async def parts(
    tail: Tail, after: int, passes: Test | None, figures: Figures, heartbeat: float = HEARTBEAT
) -> AsyncGenerator[bytes, None]:
    """What is written, piece by piece, until the tail has ended. Raises `Gap`."""
    clock = asyncio.get_running_loop().time
    yield RETRY
    spoke, told = clock(), after
    while not tail.ended:
        page = await _page(tail, after)
        written, number = bytearray(), 0
        for event in page:
            after = event.position
            if passes is None or passes(event.candidate):
                written += message(event)
                number, told = number + 1, after
                if len(written) >= PART_BYTES:
                    figures.told(number)
                    yield bytes(written)
                    written, number, spoke = bytearray(), 0, clock()
        if not written and clock() - spoke >= heartbeat:
            written += b":\n\n" if told == after else b"id: %d\n\n" % after
            told = after
        if written:
            figures.told(number)
            yield bytes(written)
            spoke = clock()
        if not page:
            await tail.more(after, max(0.0, spoke + heartbeat - clock()))


async def _page(tail: Tail, after: int) -> Sequence[Heard]:
    """A log that is away for a while is no end: whoever reads hears that this lives, and it is asked again."""
    try:
        return await tail.page(after)
    except ConnectionError:
        return ()


def message(event: Heard) -> bytes:
    """One event; OMS writes JSON without line ends, and if one were there it would part the data."""
    body = event.body if b"\n" not in event.body else event.body.replace(b"\r", b"").replace(b"\n", b"\ndata: ")
    return b"id: %d\ndata: %b\n\n" % (event.position, body)


class EventStream(Response):
    """Ends when its parts do, or when the reader is gone; the server hangs up on who does not read."""

    def __init__(self, told: AsyncGenerator[bytes, None], count: Callable[[int], None]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._told, self._count = told, count

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self._count(1)
        try:
            async with asyncio.TaskGroup() as tasks:
                writing = tasks.create_task(self._write(send))
                watching = tasks.create_task(_watch(receive, writing))
                writing.add_done_callback(lambda _: watching.cancel())
        finally:
            self._count(-1)

    async def _write(self, send: Send) -> None:
        start: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        try:
            async with aclosing(self._told):
                async for part in self._told:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except Gap:
            return  # without an end: the server breaks the connection off, and whoever reads comes back
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _watch(receive: Receive, writing: "asyncio.Task[None]") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    writing.cancel()
