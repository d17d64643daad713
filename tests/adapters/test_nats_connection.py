"""A connection's own promises, beyond those of nats-py."""

import asyncio
from contextlib import suppress

import pytest
import uvloop

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


async def lost(nats_server):
    """A connection that broke off, and that nobody has noticed yet."""
    told = asyncio.Event()
    async with connection(nats_server.endpoint, "service", reconnect=False) as client, asyncio.timeout(DEADLINE):
        carrier = client._transport._io_writer.transport
        carrier.abort()
        asyncio.get_running_loop().call_soon(told.set)  # behind what aborting it has begun
        await told.wait()
        for use in (lambda: client._transport.write(b"x"), lambda: client._transport.writelines([b"x"])):
            with suppress(ConnectionResetError):
                use()
        await client.write(b"PUB a 1\r\nx\r\n")
    return carrier.is_closing()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_writing_to_a_connection_that_is_gone_is_no_other_fault(nats_server, loop):
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(lost(nats_server))
