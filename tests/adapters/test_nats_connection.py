"""A connection's own promises, beyond those of nats-py."""

import asyncio

from adapters.nats_connection import connection

DEADLINE = 30


async def test_a_flush_waits_for_what_was_published_before_it(nats_server):
    refused = []

    async def heard(error):
        refused.append(str(error))

    async with connection(nats_server.endpoint, "service", on_error=heard) as client, asyncio.timeout(DEADLINE):
        for count in range(1, 101):
            await client.publish("nobody.may.write.here", b"x" * 10_000)
            await client.flush()
            assert len(refused) == count
