"""A server of HTTP on a free port of this machine: whom a test's requests reach."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

HERE = ("127.0.0.1",)


@asynccontextmanager
async def serving(
    *routes: web.RouteDef,
    context: ssl.SSLContext | None = None,
    hosts: Sequence[str] = HERE,
    most: int = 1 << 30,
    decompress: bool = True,
) -> AsyncIterator[int]:
    """Its port, the same at each of the hosts. `routes` as `web.post("/{name}", take)`; `most`: bytes of a body."""
    application = web.Application(client_max_size=most)
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, auto_decompress=decompress)
    await runner.setup()
    try:
        port = 0
        for host in hosts:
            await web.TCPSite(runner, host, port, ssl_context=context).start()
            port = runner.addresses[0][1]
        yield port
    finally:
        await runner.cleanup()
