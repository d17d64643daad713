"""A connection that breaks off between two steps of its owner, on the event loop of the owner's choice."""

import asyncio

import pytest
import uvloop

from oms.client import connect

DEADLINE = 30


async def broken_off(folder):
    """A connection that is gone, as nobody has noticed yet; what writing to it raises, and whether it came back."""
    told, raised = asyncio.Event(), []
    async with await connect(folder) as client, asyncio.timeout(DEADLINE):
        carrier = client.nats._transport
        carrier._io_writer.transport.abort()
        asyncio.get_running_loop().call_soon(told.set)  # behind what aborting it has begun
        await told.wait()
        for use in (client.nats.flush, client.nats._send_ping):  # what pings does so without being asked
            try:
                await use()
            except Exception as error:  # noqa: BLE001 which one is the question
                raised.append(error)
        for use in (lambda: carrier.write(b"x"), lambda: carrier.writelines([b"x"])):
            try:
                use()
            except Exception as error:  # noqa: BLE001
                raised.append(error)
        assert await client.last() == 0
    return raised


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_lost_connection_is_no_other_fault_and_comes_back(nats_server, loop):
    with asyncio.Runner(loop_factory=loop) as runner:
        raised = runner.run(broken_off(nats_server.folder.parent))
    assert {type(error) for error in raised} <= {ConnectionResetError}
    assert raised or loop is asyncio.new_event_loop
