"""What a nats-server refuses is read from its log: each once, whoever it was."""

import asyncio
from collections import Counter

import pytest

from adapters.nats_checks import refuse_open_server
from adapters.nats_connection import connection
from adapters.nats_violations import Violation, Violations, violation

START = "[1] 2026/11/26 01:31:18.175256 [ERR] 127.0.0.1:38540 - cid:8 - "

DEADLINE = 10


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            START + '"v2:python3:a" - "CLIENTS/user:local" - Publish Violation - Subject "oms.evt.main.x"',
            Violation("denied", "local", "127.0.0.1", "publish oms.evt.main.x"),
        ),
        (
            START + '"v2" - "OMS/user:김" - Subscription Violation - Subject "oms.\\"x", SID 1',
            Violation("denied", "김", "127.0.0.1", 'subscribe oms."x'),
        ),
        (START + 'authentication error - User "eve"', Violation("failedLogin", "eve", "127.0.0.1", "log in")),
        (START + "authentication error", Violation("failedLogin", "", "127.0.0.1", "log in")),
        (START + "Slow Consumer Detected", None),
        (START + '"v2" - "CLIENTS/user:local" - Publish Violation - Subject "oms.evt.main.probe"', None),
        ("[1] 2026/11/26 01:31:18.1 [INF] Publish Violation", None),
    ],
)
def test_a_line_is_a_violation_or_none(line, found):
    assert violation(line) == found


async def told(violations, count):
    """The server writes its log when it comes to it."""
    found = Counter()
    async with asyncio.timeout(DEADLINE):
        while found.total() < count:
            found += violations.new()
            await asyncio.sleep(0)
    return found


async def test_of_a_server_that_runs_what_is_new_is_told_once(nats_server):
    violations = Violations(nats_server.folder / "server.log")
    assert violations.new() == Counter()
    async with connection(nats_server.endpoint, "local") as client:
        for _ in range(3):
            await client.publish("oms.cmd.main.다른.x", b"")
        await client.flush()
        denied = Violation("denied", "local", "127.0.0.1", "publish oms.cmd.main.다른.x")
        assert await told(violations, 3) == {denied: 3}
    reader, writer = await asyncio.open_connection("127.0.0.1", nats_server.port)
    writer.write(b"CONNECT {}\r\nPING\r\n")
    assert b"Authorization Violation" in await reader.read()  # until it hangs up
    writer.close()
    await writer.wait_closed()
    assert list(await told(violations, 1)) == [Violation("failedLogin", "", "127.0.0.1", "log in")]
    assert violations.new() == Counter()


async def test_who_starts_beside_is_no_intruder(nats_server):
    """Each part of OMS looks at its start whether others could write into the log."""
    violations = Violations(nats_server.folder / "server.log")
    await refuse_open_server(nats_server.endpoint, "main")
    async with connection(nats_server.endpoint, "local") as client:
        await client.publish("oms.evt.main.other", b"")
        await client.flush()
    assert await told(violations, 1) == {Violation("denied", "local", "127.0.0.1", "publish oms.evt.main.other"): 1}
