"""A server on a free port of this machine that lets everybody connect and says nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def silent_server() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Its URL, as of a NATS server; the event is set when somebody is connected."""
    reached, over = asyncio.Event(), asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await over.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        try:
            yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}", reached
        finally:
            over.set()
